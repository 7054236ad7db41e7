"""A run at a glance, as coloured cells: small enough for many of them to stand on one page."""

from __future__ import annotations

import re

import numpy as np

from components.backend import Run
from components.charts.layer_strips import run_blocks
from components.charts.picture import Colorscale, Limits, reach
from components.charts.strips import Block


def strip(run: Run, *, sentence: int = 0) -> list[Block]:
    """h at every step, then the last states, each on a scale that its values of all steps reach."""
    limits = Limits(*(reach(steps[sentence]) for steps in run.trace.states.values()))
    return run_blocks(run, sentence=sentence, limits=limits)


def colours(block: Block) -> list[list[str]]:
    """The CSS colours of a block's cells, (unit, column)."""
    rows = block.values.tolist()
    return [[shade(value, block.high, block.colorscale) for value in row] for row in rows]


def shade(value: float, limit: float, scale: Colorscale) -> str:
    """The CSS colour of a value on a scale from -limit to limit, as Plotly mixes it."""
    places = [place for place, _ in scale]
    stops = [[float(number) for number in re.findall(r"[\d.]+", colour)] for _, colour in scale]
    at = (value / limit + 1) / 2
    *rgb, alpha = (np.interp(at, places, channel) for channel in zip(*stops, strict=True))
    return "#" + "".join(f"{round(channel):02x}" for channel in (*rgb, 255 * alpha))
