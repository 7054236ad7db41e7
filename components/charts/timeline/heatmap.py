"""The timeline as coloured cells, with their numbers where there is room."""

from __future__ import annotations

import numpy as np

from components.backend import Run
from components.charts.picture import (
    CELL,
    HIDDEN,
    MOST_CAPTIONED,
    STRONG,
    Figure,
    Limits,
    Numbered,
    beyond,
    cells,
    decimals,
    numbers,
    reach,
)
from components.charts.timeline.parts import START, Part, missing, start_of
from components.texts import text

_MOST_NUMBERED = (12, 14)  # units, steps: beyond these the numbers have no room
MOST_MARKED = 16  # units: beyond these a mark for a cell is larger than the cell


def cell_traces(
    parts: list[Part], run: Run, sentence: int, limits: Limits, start: tuple[float, float]
) -> list[Figure]:
    """A strip of cells for each part, and what is written and marked in them."""
    first = start_of(run, sentence, start)
    traces: list[Figure] = []
    for part in [*parts, first]:
        captioned = part.values.size <= MOST_CAPTIONED
        trace = cells(
            part.values,
            part.columns,
            name=part.name,
            limit=part.limit(limits),
            colorscale=CELL if part.of_cell else HIDDEN,
            axes=(part.axis, "y"),
            dim=not part.returned,
            captions=_captions(part, run, sentence) if captioned else None,
        )
        traces.append(trace)
    traces[-1]["x"] = list(start)
    traces += _written([*parts, first], run, limits)
    if run.settings.units <= MOST_MARKED:
        traces += [trace for axis in ("x", "x2") for trace in _marks(parts, axis, limits)]
    return traces


def _written(parts: list[Part], run: Run, limits: Limits) -> list[Figure]:
    """The numbers in the cells: of the states as long as their rows have room, of the steps only as
    long as there are few."""
    if run.settings.units > _MOST_NUMBERED[0]:
        return []
    axes = ("x", "x2") if run.settings.steps <= _MOST_NUMBERED[1] else ("x2",)
    places = {name: decimals(reach(steps)) for name, steps in run.trace.states.items()}
    return [
        numbers(
            [_numbered(part, limits, places) for part in parts if part.axis == axis], (axis, "y")
        )
        for axis in axes
    ]


def _captions(part: Part, run: Run, sentence: int) -> list[str]:
    """What the hover labels say of each column of a part."""
    if part.name == START:
        return [text("charts.hover_start", name=START)]
    ending = f"<br>{missing(part)}" if part.flag else ""
    if part.axis != "x":
        return [part.name + ending]
    tokens = run.trace.read[sentence]
    said = (text("charts.hover", name=part.name, step=t, token=tokens[t - 1]) for t in part.columns)
    return [one + ending for one in said]


def _numbered(part: Part, limits: Limits, places: dict[str, int]) -> Numbered:
    strong = STRONG * part.limit(limits) if part.returned else np.inf
    return Numbered(part.values, part.columns, places.get(part.name, places["state_h"]), strong)


def _marks(parts: list[Part], axis: str, limits: Limits) -> list[Figure]:
    """A mark in the corner of each cell whose value the scale does not reach."""
    x, y = [], []
    for part in parts:
        limit = part.limit(limits)
        if part.axis == axis and np.abs(part.values).max() > limit:
            units, columns = np.nonzero(np.abs(part.values) > limit)
            x += [part.columns[column] + 0.36 for column in columns]
            y += (units - 0.3).tolist()
    return [beyond(x, y, "triangle-up", xaxis=axis)] if x else []
