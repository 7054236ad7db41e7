"""Inside the cell: every gate, the candidate, c and h through time, on one step axis."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from components.backend import Run
from components.charts.picture import (
    CELL,
    GATE,
    HIDDEN,
    Colorscale,
    Picture,
    Scale,
    limits_of,
    number,
    start_edges,
    step_label,
    step_ticks,
    strip_title,
)
from components.charts.strips import Block, Rows, Strip, strips_figure
from components.texts import text

_SUBSCRIPT = "\N{SUBSCRIPT ZERO}"


class _Part(NamedTuple):
    """values (unit, step), and in words what they are; initial is the state before step 1,
    (unit, 1)."""

    name: str
    title: str
    sentence: str
    values: np.ndarray
    colorscale: Colorscale
    low: float
    high: float
    initial: np.ndarray | None = None


def inside(run: Run, *, sentence: int = 0, scale: Scale = "fitted") -> Picture:
    """One strip of cells, units by steps, for each thing the cell computes. The browser outlines
    the row of the unit that is looked at in every strip (layout.meta.outlined).

    Args:
        sentence: which sentence of the batch.
        scale: of c, h and the candidate; a gate's is always 0 to 1.
    """
    units, steps = run.settings.units, run.settings.steps
    start = start_edges(steps, *run.trace.initial.values())
    strips = inside_strips(run, start, sentence=sentence, scale=scale)
    rows = Rows.of(strips, min(56, 9 * max(units, 3)))
    figure = strips_figure(
        strips,
        rows,
        steps=steps,
        xaxis=step_ticks(run.trace.read[sentence], start),
        units=units,
        annotations=[step_label()],
    )
    figure["layout"]["meta"]["outlined"] = True
    return Picture(figure, _alt(run, _parts(run, sentence, scale)))


def inside_strips(
    run: Run, start: tuple[float, float], *, sentence: int, scale: Scale
) -> list[Strip]:
    """A strip for each thing the cell computes.

    Args:
        start: the edges of the column before step 1.
    """
    tokens = run.trace.read[sentence]
    return [_strip(part, tokens, start) for part in _parts(run, sentence, scale)]


def _parts(run: Run, sentence: int, scale: Scale) -> list[_Part]:
    trace, limits, cell = run.trace, limits_of(scale, run), run.settings.cell
    parts = []
    for name, gate in trace.gates.items():
        values = gate[sentence].T
        if name == "candidate":
            words = _words(name, cell)
            parts.append(_Part(*words, values, HIDDEN, -limits.candidate, limits.candidate))
        else:
            parts.append(_Part(*_words(name, cell), values, GATE, 0, 1))
    first = {name: state[sentence][:, None] for name, state in trace.initial.items()}
    if trace.cell is not None:
        values, limit = trace.cell[sentence].T, limits.c
        parts.append(_Part(*_words("c", cell), values, CELL, -limit, limit, first["state_c"]))
    values, limit = trace.hidden[sentence].T, limits.h
    parts.append(_Part(*_words("h", cell), values, HIDDEN, -limit, limit, first["state_h"]))
    return parts


def _words(name: str, cell: str) -> tuple[str, str, str]:
    """A part's name, its title and its sentence."""
    described = f"candidate_{cell}" if name == "candidate" else name
    return name, strip_title(name, cell), text(f"strips.{described}.sentence")


def _strip(part: _Part, tokens: np.ndarray, start: tuple[float, float]) -> Strip:
    """A part as a strip: its values, and the state before step 1 where it has one."""
    colours = {"colorscale": part.colorscale, "low": part.low, "high": part.high}
    steps = list(range(1, len(tokens) + 1))
    captions = [
        text("charts.hover", name=part.title, step=step, token=token)
        for step, token in zip(steps, tokens.tolist(), strict=True)
    ]
    blocks = [Block(part.name, part.values, steps, captions=captions, **colours)]
    tick = ""
    if part.initial is not None:
        tick = part.name + _SUBSCRIPT
        before = [text("charts.hover_start", name=tick)]
        first = Block(tick, part.initial, start, look="start", captions=before, **colours)
        blocks.append(first)
    return Strip(
        f"<b>{part.title}</b>: {part.sentence}",
        tuple(blocks),
        note=_range(part, blocks[0]),
        said=part.sentence,
        tick=tick,
    )


def _range(part: _Part, block: Block) -> str:
    """How far its colours reach, and how many values lie beyond."""
    low, high, count = number(part.low), number(part.high), int(block.beyond.sum())
    return text(f"charts.{'range_beyond' if count else 'range'}", low=low, high=high, count=count)


def _alt(run: Run, parts: list[_Part]) -> str:
    values = (
        text(
            "charts.alt_range",
            title=part.title,
            sentence=part.sentence,
            low=number(float(part.values.min())),
            high=number(float(part.values.max())),
        )
        for part in parts
    )
    return text(
        "charts.alt_inside",
        cell=run.settings.cell,
        units=run.settings.units,
        steps=run.settings.steps,
        values="; ".join(values),
    )
