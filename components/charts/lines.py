"""The timeline as one line a unit."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from components.backend import Run
from components.charts.picture import DIM, MARK, UNIT_COLOURS, Figure, beyond, unit_names
from components.charts.strips import Block
from components.texts import text

ROOM = 1.08  # the lines' axis ends at so many times the largest value
_THIN = 0.7  # the opacity of a line that was only computed, which is dotted too
_C = "dash"  # how a line of c is drawn
_MOST_NAMED = 8  # units that have a line in the legend


def line_traces(blocks: Sequence[Block], run: Run, sentence: int, limit: float) -> list[Figure]:
    """One line a unit; beside them, one mark a unit for each last state.

    Args:
        blocks: the blocks of the run's strip, with the rows that are drawn.
        limit: where the scale ends on both sides of 0.
    """
    *parts, start = blocks
    units = range(len(start.values))
    names = unit_names(units)
    colours = [UNIT_COLOURS[unit % len(UNIT_COLOURS)] for unit in units]
    last = run.trace.hidden[sentence, -1, : len(units)].tolist()
    lines = (_lines(block, names, colours, last) for block in parts)
    traces = [line for of_unit in zip(*lines, strict=True) for line in of_unit]
    return [*traces, _start(start, colours), *_beyond(parts, limit)]


def _lines(block: Block, names: list[str], colours: list[str], last: list[float]) -> list[Figure]:
    """A block's lines, one a unit. A line of steps that were only computed is drawn on to the last
    h, which was returned, so that it has no gap there."""
    joined = block.axis == "x" and len(block.columns) > 1
    mode = "lines+markers" if joined else "markers"
    x, rows = list(block.columns), block.values.tolist()
    if block.name == "h":
        x, mode = [*x, x[-1] + 1], "lines"
        rows = [[*row, end] for row, end in zip(rows, last, strict=True)]
    dash, symbol = ("solid", "circle") if block.returned else ("dot", "circle-open")
    if block.name == "c":
        mode, dash = "lines", _C
    opacity = 1 if block.returned else _THIN
    size = 5 if joined else 9
    named = block.name == "outputs" and len(names) <= _MOST_NAMED
    ending = f": <b>%{{y:.6g}}</b>{block.missing}<extra></extra>"
    return [
        {
            "type": "scatter",
            "x": x,
            "y": y,
            "name": name,
            "legendgroup": name,
            "showlegend": named,
            "mode": mode,
            "line": {"color": colour, "width": 2, "dash": dash},
            "marker": {"color": colour, "size": size, "symbol": symbol},
            "opacity": opacity,
            "xaxis": block.axis,
            "hovertemplate": f"{block.name}, {name}{ending}",
        }
        for name, colour, y in zip(names, colours, rows, strict=True)
    ]


def key_of_c() -> Figure:
    """A line that stands in the legend alone: c's are dashed."""
    return {
        "type": "scatter",
        "x": [None],
        "y": [0],
        "name": text("charts.key_of_c"),
        "legendrank": 1001,  # after the units, which have Plotly's 1000
        "mode": "lines",
        "line": {"color": MARK, "width": 2, "dash": _C},
        "xaxis": "x",
    }


def _start(block: Block, colours: list[str]) -> Figure:
    """A mark a unit for the state before step 1."""
    return {
        "type": "scatter",
        "x": list(block.middles) * len(colours),
        "y": block.values[:, 0].tolist(),
        "name": block.name,
        "mode": "markers",
        "marker": {"color": colours, "size": 6, "symbol": "circle-open"},
        "showlegend": False,
        "opacity": DIM,
        "xaxis": block.axis,
        "hovertemplate": f"{block.described}: <b>%{{y:.6g}}</b><extra></extra>",
    }


def _beyond(blocks: Sequence[Block], limit: float) -> list[Figure]:
    """Marks at the upper or the lower edge for the values that lie beyond it."""
    marks = []
    for block in blocks:
        units, columns = np.nonzero(np.abs(block.values) > limit * ROOM)
        if units.size:
            above = block.values[units, columns] > 0
            x = np.asarray(block.columns)[columns].tolist()
            y = np.where(above, limit, -limit).tolist()
            symbols = np.where(above, "triangle-up", "triangle-down").tolist()
            marks.append(beyond(x, y, symbols, xaxis=block.axis))
    return marks
