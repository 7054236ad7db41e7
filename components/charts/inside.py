"""Inside the cell: every gate, the candidate, c and h through time, on one step axis."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from components.backend import Run
from components.charts.picture import (
    CELL,
    GATE,
    HIDDEN,
    MARK,
    Colorscale,
    Picture,
    cells,
    label,
    number,
    reach,
    step_ticks,
)

SYMBOLS = {
    "input": "i",
    "forget": "f",
    "candidate": "g",
    "output": "o",
    "update": "z",
    "reset": "r",
    "c": "c",
    "h": "h",
}

GAP = 0.14
"""What is left free under a strip, in parts of the room it has."""


class _Strip(NamedTuple):
    name: str
    values: np.ndarray  # (unit, step)
    colorscale: Colorscale
    low: float
    high: float


def inside(run: Run, *, sentence: int = 0, unit: int = 0) -> Picture:
    """One strip of cells, units by steps, for each thing the cell computes.

    Args:
        sentence: which sentence of the batch.
        unit: the unit (from 0) that is outlined in every strip.
    """
    strips = _strips(run, sentence)
    pitch = 1 / (len(strips) - GAP)  # from one strip's top to the next one's
    steps = list(range(1, run.settings.steps + 1))
    tokens = run.trace.tokens[sentence]
    traces, axes, labels, shapes = [], {}, [], []
    for row, strip in enumerate(strips):
        top = 1 - row * pitch
        axis = "y" if row == 0 else f"y{row + 1}"
        axes[axis.replace("y", "yaxis")] = {
            "domain": [max(0.0, top - pitch * (1 - GAP)), top],
            "range": [run.settings.units - 0.5, -0.5],
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "ticks": "",
        }
        captions = [f"{_title(strip.name)}, step {t}, token {tokens[t - 1]}" for t in steps]
        traces.append(
            cells(
                strip.values,
                steps,
                name=strip.name,
                low=strip.low,
                limit=strip.high,
                colorscale=strip.colorscale,
                axes=("x", axis),
                captions=captions,
            )
        )
        middle = top - pitch * (1 - GAP) / 2
        where = {"xanchor": "right", "yanchor": "middle", "align": "right", "xshift": -6}
        labels.append(label(_strip_label(strip), 0, middle, **where))
        shapes.append(_outline(run.settings.steps, unit, axis))
    labels.append(
        label("step<br><b>token</b>", 0, 0, xshift=-6, yshift=-4, xanchor="right", yanchor="top")
    )
    layout = {
        "height": 76 + len(strips) * (22 + min(56, 9 * max(run.settings.units, 3))),
        "margin": {"l": 118, "r": 8, "t": 8, "b": 44},
        "xaxis": {**step_ticks(tokens), "anchor": f"y{len(strips)}" if len(strips) > 1 else "y"},
        "annotations": labels,
        "shapes": shapes,
        "hoverlabel": {"align": "left"},
        "dragmode": "zoom",
        "uirevision": run.settings.steps,
        "meta": {"steps": run.settings.steps},
        **axes,
    }
    return Picture({"data": traces, "layout": layout}, _alt(run, strips, unit))


def _strips(run: Run, sentence: int) -> list[_Strip]:
    trace = run.trace
    strips = []
    for name, gate in trace.gates.items():
        values = gate[sentence].T
        if name == "candidate":
            limit = reach(gate)
            strips.append(_Strip(name, values, HIDDEN, -limit, limit))
        else:
            strips.append(_Strip(name, values, GATE, 0, 1))
    if trace.cell is not None:
        limit = reach(trace.cell)
        strips.append(_Strip("c", trace.cell[sentence].T, CELL, -limit, limit))
    limit = reach(trace.hidden)
    strips.append(_Strip("h", trace.hidden[sentence].T, HIDDEN, -limit, limit))
    return strips


def _title(name: str) -> str:
    symbol = SYMBOLS[name]
    if name == symbol:
        return name
    return f"{name} {symbol}" if name == "candidate" else f"{name} gate {symbol}"


def _strip_label(strip: _Strip) -> str:
    low, high = number(strip.low), number(strip.high)
    return f"<b>{_title(strip.name)}</b><br>{low} to {high}"


def _outline(steps: int, unit: int, axis: str) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": axis,
        "x0": 0.5,
        "x1": steps + 0.5,
        "y0": unit - 0.5,
        "y1": unit + 0.5,
        "line": {"width": 1.5, "color": MARK},
    }


def _alt(run: Run, strips: list[_Strip], unit: int) -> str:
    last = ", ".join(f"{_title(strip.name)} {number(strip.values[unit, -1])}" for strip in strips)
    return (
        f"What the {run.settings.cell} computes at each of {run.settings.steps} steps. "
        f"Unit {unit} at the last step: {last}."
    )
