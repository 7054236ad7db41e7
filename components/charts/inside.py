"""Inside the cell: every gate, the candidate, c and h through time, on one step axis."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from components.backend import Run
from components.backend.layout import SYMBOLS
from components.charts.picture import (
    CELL,
    FAINT,
    GATE,
    HIDDEN,
    MARK,
    MOST_CAPTIONED,
    Colorscale,
    Figure,
    Picture,
    Scale,
    beyond,
    cells,
    label,
    limits_of,
    number,
    start_edges,
    start_outline,
    step_label,
    step_ticks,
    unit_rows,
)
from components.texts import text

_HEAD = 22  # px above a strip, for its name and its sentence
_MOST_MARKED = (16, 40)  # units, steps: beyond these a mark is larger than its cell
_SUBSCRIPT = "\N{SUBSCRIPT ZERO}"


class _Strip(NamedTuple):
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

    @property
    def beyond(self) -> np.ndarray:
        """Which values the scale does not reach."""
        return np.abs(self.values) > self.high


def inside(run: Run, *, sentence: int = 0, unit: int = 0, scale: Scale = "fitted") -> Picture:
    """One strip of cells, units by steps, for each thing the cell computes.

    All strips stand on one pair of axes, each a pitch high whatever the number of units: that is
    drawn in a third of the time that an axis of its own for each would take.

    Args:
        sentence: which sentence of the batch.
        unit: the unit (from 0) that is outlined in every strip.
        scale: of c, h and the candidate; a gate's is always 0 to 1.
    """
    strips = _strips(run, sentence, scale)
    units, steps = run.settings.units, run.settings.steps
    tokens = run.trace.tokens[sentence]
    start = start_edges(steps, *run.trace.initial.values())
    high = min(56, 9 * max(units, 3))
    edges = [
        row + (_HEAD + np.linspace(0, high, units + 1)) / (_HEAD + high)
        for row in range(len(strips))
    ]
    traces = []
    for strip, edge in zip(strips, edges, strict=True):
        traces += _drawn(strip, edge, tokens, start)
    states = [(strip, edge) for strip, edge in zip(strips, edges, strict=True) if _starts(strip)]
    pitch = _HEAD + high
    rows = unit_rows(units, top=_HEAD / pitch, pitch=1, height=high / pitch)
    layout = {
        "height": 44 + len(strips) * (_HEAD + high),
        "margin": {"l": 52, "r": 8, "t": 0, "b": 44},
        "xaxis": step_ticks(tokens, start),
        "yaxis": {
            "range": [len(strips), 0],
            "tickvals": [(edge[0] + edge[-1]) / 2 for _, edge in states],
            "ticktext": [strip.name + _SUBSCRIPT for strip, _ in states],
            "ticklabelstandoff": 4,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "ticks": "",
        },
        "annotations": [*_heads(strips, edges), step_label()],
        "shapes": [
            *(start_outline(start, (edge[0], edge[-1]), "y") for _, edge in states),
            _outline(edges, steps, unit),
        ],
        "hoverlabel": {"align": "left"},
        "dragmode": "zoom",
        "uirevision": steps,
        "meta": {"steps": steps, "rows": rows},
    }
    return Picture({"data": traces, "layout": layout}, _alt(run, strips, unit))


def _strips(run: Run, sentence: int, scale: Scale) -> list[_Strip]:
    trace, limits = run.trace, limits_of(scale, run)
    strips = []
    for name, gate in trace.gates.items():
        values = gate[sentence].T
        if name == "candidate":
            words = _words(name, f"{name}_{run.settings.cell}")
            strips.append(_Strip(*words, values, HIDDEN, -limits.candidate, limits.candidate))
        else:
            strips.append(_Strip(*_words(name, name), values, GATE, 0, 1))
    first = {name: state[sentence][:, None] for name, state in trace.initial.items()}
    if trace.cell is not None:
        values, limit = trace.cell[sentence].T, limits.c
        strips.append(_Strip(*_words("c", "c"), values, CELL, -limit, limit, first["state_c"]))
    values, limit = trace.hidden[sentence].T, limits.h
    strips.append(_Strip(*_words("h", "h"), values, HIDDEN, -limit, limit, first["state_h"]))
    return strips


def _words(name: str, described: str) -> tuple[str, str, str]:
    """A strip's name, its title and its sentence."""
    title = text(f"strips.{described}.title", symbol=SYMBOLS.get(name, ""))
    return name, title, text(f"strips.{described}.sentence")


def _starts(strip: _Strip) -> bool:
    return strip.initial is not None


def _drawn(
    strip: _Strip, edges: np.ndarray, tokens: np.ndarray, start: tuple[float, float]
) -> list[Figure]:
    """A strip's cells, the state before step 1, and marks for what its scale does not reach."""
    units, steps = strip.values.shape
    captioned = strip.values.size <= MOST_CAPTIONED
    blocks = [(strip.name, strip.values, list(range(1, steps + 1)))]
    if _starts(strip):
        blocks.append((strip.name + _SUBSCRIPT, strip.initial, list(start)))
    names = [text("charts.unit", unit=unit) for unit in range(units)]
    traces = []
    for name, values, columns in blocks:
        trace = cells(
            values,
            columns,
            name=name,
            low=strip.low,
            limit=strip.high,
            colorscale=strip.colorscale,
            captions=_captions(strip, name, tokens) if captioned else None,
        )
        trace["y"] = edges.tolist()
        if "customdata" in trace:
            trace["text"] = [[unit] * values.shape[1] for unit in names]
            said = f"%{{customdata}}<br>{strip.sentence}<br>%{{text}}"
            trace["hovertemplate"] = f"{said}: <b>%{{z:.6g}}</b><extra></extra>"
        traces.append(trace)
    if units <= _MOST_MARKED[0] and steps <= _MOST_MARKED[1]:
        rows, columns = np.nonzero(strip.beyond)
        if len(rows):
            middles = (edges[:-1] + edges[1:]) / 2
            x, y = (columns + 1.3).tolist(), middles[rows].tolist()
            mark = beyond(x, y, "triangle-up")
            mark["marker"]["size"] = 6
            traces.append(mark)
    return traces


def _captions(strip: _Strip, name: str, tokens: np.ndarray) -> list[str]:
    if name != strip.name:
        return [text("charts.hover_start", name=name)]
    return [
        text("charts.hover", name=strip.title, step=step, token=token)
        for step, token in enumerate(tokens.tolist(), start=1)
    ]


def _heads(strips: list[_Strip], edges: list[np.ndarray]) -> list[Figure]:
    """Above each strip what it is, at its left, and its range, at its right."""
    labels = []
    for strip, edge in zip(strips, edges, strict=True):
        low, high = number(strip.low), number(strip.high)
        count = int(strip.beyond.sum())
        kind = "range_beyond" if count else "range"
        span = text(f"charts.{kind}", low=low, high=high, count=count)
        at = {"yref": "y", "yanchor": "bottom", "yshift": 0}
        said = f"<b>{strip.title}</b>: {strip.sentence}"
        labels.append(label(said, 0, edge[0], **at))
        labels.append(label(span, 1, edge[0], xanchor="right", **at, **FAINT))
    return labels


def _outline(edges: list[np.ndarray], steps: int, unit: int) -> Figure:
    """One path round the unit's row in every strip."""
    path = ""
    for edge in edges:
        top, bottom = edge[unit : unit + 2]
        path += f"M0.5,{top:.6g}H{steps + 0.5}V{bottom:.6g}H0.5Z"
    return {"type": "path", "path": path, "line": {"width": 2, "color": MARK}}


def _alt(run: Run, strips: list[_Strip], unit: int) -> str:
    values = (
        text(
            "charts.alt_value",
            title=strip.title,
            sentence=strip.sentence,
            value=number(strip.values[unit, -1]),
        )
        for strip in strips
    )
    return text(
        "charts.alt_inside",
        cell=run.settings.cell,
        steps=run.settings.steps,
        unit=unit,
        values=", ".join(values),
    )
