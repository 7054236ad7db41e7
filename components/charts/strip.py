"""A run at a glance, as coloured cells: small enough for many of them to stand on one page."""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from components.backend import Run
from components.charts.picture import CELL, HIDDEN, Colorscale, reach


class Part(NamedTuple):
    """Cells of one tensor: values and CSS colours (unit, column), and whether Keras returned it.

    limit is the size of a value whose colour is the strongest.
    """

    name: str
    values: np.ndarray
    colours: list[list[str]]
    returned: bool
    limit: float


def strip(run: Run, *, sentence: int = 0) -> tuple[Part, ...]:
    """h at every step, then the last states, each as Keras returned it or as it was computed.

    Where outputs is the last step alone, the steps before it are a part of their own, named "h".
    """
    hidden, outputs = run.trace.hidden[sentence], run.tensor("outputs")[sentence]
    limit = reach(hidden)
    parts = []
    if run.settings.return_sequences:
        parts.append(_part("outputs", outputs, HIDDEN, limit))
    else:
        if len(hidden) > 1:
            parts.append(_part("h", hidden[:-1], HIDDEN, limit, returned=False))
        parts.append(_part("outputs", outputs[np.newaxis], HIDDEN, limit))
    parts.append(_state(run, "state_h", hidden, HIDDEN, sentence))
    if run.trace.cell is not None:
        parts.append(_state(run, "state_c", run.trace.cell[sentence], CELL, sentence))
    return tuple(parts)


def _state(run: Run, name: str, steps: np.ndarray, scale: Colorscale, sentence: int) -> Part:
    tensor = run.tensor(name)
    last = steps[-1] if tensor is None else tensor[sentence]
    return _part(name, last[np.newaxis], scale, reach(steps), returned=tensor is not None)


def _part(
    name: str, steps: np.ndarray, scale: Colorscale, limit: float, *, returned: bool = True
) -> Part:
    colours = [[shade(value, limit, scale) for value in row] for row in steps.T.tolist()]
    return Part(name, steps.T, colours, returned, limit)


def shade(value: float, limit: float, scale: Colorscale) -> str:
    """The CSS colour of a value on a scale from -limit to limit, as Plotly mixes it."""
    places = [place for place, _ in scale]
    stops = [[float(number) for number in re.findall(r"[\d.]+", colour)] for _, colour in scale]
    at = (value / limit + 1) / 2
    *rgb, alpha = (np.interp(at, places, channel) for channel in zip(*stops, strict=True))
    return f"rgba({', '.join(f'{channel:.0f}' for channel in rgb)}, {alpha:.2f})"
