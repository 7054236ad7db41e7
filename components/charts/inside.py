"""Inside the cell: every gate, the candidate, c and h through time, on one step axis."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from components.backend import Run
from components.backend.layout import SYMBOLS
from components.charts.picture import (
    CELL,
    GATE,
    HIDDEN,
    MARK,
    Colorscale,
    Figure,
    Picture,
    cells,
    number,
    reach,
    step_label,
    step_ticks,
    unit_rows,
)

_PITCH, _GAP = 1.0, 0.14  # from one strip's top to the next one's, and what is free between them


class _Strip(NamedTuple):
    name: str
    values: np.ndarray  # (unit, step)
    colorscale: Colorscale
    low: float
    high: float


def inside(run: Run, *, sentence: int = 0, unit: int = 0) -> Picture:
    """One strip of cells, units by steps, for each thing the cell computes.

    All strips stand on one pair of axes, each a pitch high whatever the number of units: that is
    drawn in a third of the time that an axis of its own for each would take.

    Args:
        sentence: which sentence of the batch.
        unit: the unit (from 0) that is outlined in every strip.
    """
    strips = _strips(run, sentence)
    units, steps = run.settings.units, run.settings.steps
    tokens = run.trace.tokens[sentence]
    traces = []
    for row, strip in enumerate(strips):
        captions = [f"{_title(strip.name)}, step {t + 1}, token {tokens[t]}" for t in range(steps)]
        trace = cells(
            strip.values,
            list(range(1, steps + 1)),
            name=strip.name,
            low=strip.low,
            limit=strip.high,
            colorscale=strip.colorscale,
            captions=captions,
        )
        trace["y"] = _edges(row, units).tolist()
        if "customdata" in trace:
            trace["text"] = [[f"unit {unit}"] * steps for unit in range(units)]
            trace["hovertemplate"] = "%{customdata}<br>%{text}: <b>%{z:.6g}</b><extra></extra>"
        traces.append(trace)
    layout = {
        "height": 76 + len(strips) * (22 + min(56, 9 * max(units, 3))),
        "margin": {"l": 118, "r": 8, "t": 8, "b": 44},
        "xaxis": step_ticks(tokens),
        "yaxis": {
            "range": [len(strips) * _PITCH - _GAP, 0],
            "tickvals": [row * _PITCH + (_PITCH - _GAP) / 2 for row in range(len(strips))],
            "ticktext": [_strip_label(strip) for strip in strips],
            "ticklabelstandoff": 6,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "ticks": "",
        },
        "annotations": [step_label()],
        "shapes": [_outline(len(strips), units, steps, unit)],
        "hoverlabel": {"align": "left"},
        "dragmode": "zoom",
        "uirevision": steps,
        "meta": {"steps": steps, "rows": unit_rows(units, pitch=_PITCH, height=_PITCH - _GAP)},
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


def _edges(row: int, units: int) -> np.ndarray:
    """Where the units of a strip begin and end on the y axis: units + 1 places."""
    return row * _PITCH + np.linspace(0, _PITCH - _GAP, units + 1)


def _title(name: str) -> str:
    if name not in SYMBOLS:  # c and h
        return name
    return f"{name}{'' if name == 'candidate' else ' gate'} {SYMBOLS[name]}"


def _strip_label(strip: _Strip) -> str:
    low, high = number(strip.low), number(strip.high)
    return f"<b>{_title(strip.name)}</b><br>{low} to {high}"


def _outline(strips: int, units: int, steps: int, unit: int) -> Figure:
    """One path round the unit's row in every strip."""
    path = ""
    for row in range(strips):
        top, bottom = _edges(row, units)[unit : unit + 2]
        path += f"M0.5,{top:.6g}H{steps + 0.5}V{bottom:.6g}H0.5Z"
    return {"type": "path", "path": path, "line": {"width": 1.5, "color": MARK}}


def _alt(run: Run, strips: list[_Strip], unit: int) -> str:
    last = ", ".join(f"{_title(strip.name)} {number(strip.values[unit, -1])}" for strip in strips)
    return (
        f"What the {run.settings.cell} computes at each of {run.settings.steps} steps. "
        f"Unit {unit} at the last step: {last}."
    )
