"""Strips of cells under one another on one step axis: what a page with a question of its own draws.

All strips stand on one pair of axes, each a pitch high whatever the number of its units: that is
drawn in a third of the time that an axis of its own for each would take.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from components.charts.picture import (
    FAINT,
    MOST_CAPTIONED,
    RETURNED,
    TITLE,
    Colorscale,
    Figure,
    beyond,
    cells,
    hatching,
    label,
    start_outline,
    unit_rows,
)
from components.texts import text

HEAD = 22  # px above a strip, for its name and its sentence
_FOOT = 44  # px below all, for the steps and the tokens
_SILL = 2  # px below the last strip, for what a frame's line takes of them
_MOST_MARKED = (16, 40)  # units, columns: beyond these a mark is larger than its cell

Look = Literal["plain", "returned", "computed", "start"]
"""What became of values: framed if returned, hatched if only computed, outlined with dots where
they are what there was before step 1."""


@dataclass(frozen=True)
class Block:
    """Values (unit, column) side by side in a strip.

    columns are their places on the axis, or the edges between them; captions say in a hover label
    what each column is, called what each cell is, if it is no unit's, and, if it is numbered, the
    value follows.
    """

    name: str
    values: np.ndarray
    columns: Sequence[float]
    colorscale: Colorscale
    high: float
    low: float | None = None
    look: Look = "plain"
    axis: str = "x"
    captions: Sequence[str] | None = None
    called: Sequence[Sequence[str]] | None = None
    numbered: bool = True

    @property
    def edges(self) -> tuple[float, float]:
        """Where it begins and ends on its axis."""
        half = 0.5 if len(self.columns) == self.values.shape[1] else 0
        return self.columns[0] - half, self.columns[-1] + half

    @property
    def beyond(self) -> np.ndarray:
        """Which values the scale does not reach."""
        return np.abs(self.values) > self.high


@dataclass(frozen=True)
class Strip:
    """Blocks side by side, one row a unit.

    title stands above them at their left, note at their right, tick beside them; said is the
    sentence of their hover labels.
    """

    title: str
    blocks: tuple[Block, ...]
    note: str = ""
    said: str = ""
    tick: str = ""

    @property
    def units(self) -> int:
        return len(self.blocks[0].values)


@dataclass(frozen=True)
class Rows:
    """Where the strips lie: of each the edges between its units, from top to bottom, and its px."""

    edges: tuple[np.ndarray, ...]
    height: float

    @property
    def pitch(self) -> float:
        """px from one strip to the next."""
        return HEAD + self.height

    @classmethod
    def of(cls, strips: Sequence[Strip], height: float) -> Rows:
        """Strips of that many px each, under one another."""
        pitch = HEAD + height
        edges = (
            row + (HEAD + np.linspace(0, height, strip.units + 1)) / pitch
            for row, strip in enumerate(strips)
        )
        return cls(tuple(edges), height)

    def meta(self, units: int) -> dict[str, float]:
        """For layout.meta, so that a click can choose a unit."""
        return unit_rows(units, top=HEAD / self.pitch, pitch=1, height=self.height / self.pitch)


def strips_figure(
    strips: Sequence[Strip],
    rows: Rows,
    *,
    steps: int,
    xaxis: dict[str, Any],
    units: int = 1,
    **layout: Any,
) -> Figure:
    """The strips as a figure.

    Args:
        steps: how many the step axis has.
        xaxis: the step axis, as `step_ticks` gives it.
        units: how many a strip has, where a click on one chooses a unit.
        layout: more of the layout: annotations and shapes come on top of the strips' own.
    """
    shapes, annotations = layout.pop("shapes", []), layout.pop("annotations", [])
    pairs = list(zip(strips, rows.edges, strict=True))
    ticks = [(strip.tick, (edge[0] + edge[-1]) / 2) for strip, edge in pairs if strip.tick]
    base = {
        "height": _FOOT + _SILL + len(strips) * rows.pitch,
        "margin": {"l": 52, "r": 12, "t": 0, "b": _FOOT},
        "xaxis": xaxis,
        "yaxis": {
            "range": [len(strips) + _SILL / rows.pitch, 0],
            "tickvals": [place for _, place in ticks],
            "ticktext": [said for said, _ in ticks],
            "ticklabelstandoff": 4,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "ticks": "",
        },
        "annotations": [*_heads(pairs), *annotations],
        "shapes": [*_frames(pairs), *shapes],
        "hoverlabel": {"align": "left"},
        "dragmode": "zoom",
        "uirevision": steps,
        "meta": {"steps": steps, "rows": rows.meta(units)},
    }
    traces = [trace for pair in pairs for trace in _traces(*pair, rows.height)]
    return {"data": traces, "layout": base | layout}


def _gap(strip: Strip, height: float) -> float:
    """px between two rows: none where rows are so thin that it would hide them."""
    return min(2, height / strip.units // 6)


def _traces(strip: Strip, edges: np.ndarray, height: float) -> list[Figure]:
    """A strip's cells, hatching, and marks for what a scale does not reach."""
    names = [text("charts.unit", unit=unit) for unit in range(strip.units)]
    said = f"{strip.said}<br>" if strip.said else ""
    traces = []
    for block in strip.blocks:
        captioned = block.captions and block.values.size <= MOST_CAPTIONED
        trace = cells(
            block.values,
            list(block.columns),
            name=block.name,
            low=block.low,
            limit=block.high,
            colorscale=block.colorscale,
            axes=(block.axis, "y"),
            dim=block.look == "computed",
            captions=list(block.captions) if captioned else None,
        )
        trace["y"] = edges.tolist()
        trace["ygap"] = _gap(strip, height)
        if captioned:
            units = [[unit] * block.values.shape[1] for unit in names]
            trace["text"] = list(map(list, block.called or units))
            hover = f"%{{customdata}}<br>{said}%{{text}}"
            value = ": <b>%{z:.6g}</b>" if block.numbered else ""
            trace["hovertemplate"] = f"{hover}{value}<extra></extra>"
        traces.append(trace)
        if block.look == "computed":
            traces.append(hatching(block.edges, (edges[0], edges[-1]), block.axis))
    return traces + _marks(strip, edges)


def _marks(strip: Strip, edges: np.ndarray) -> list[Figure]:
    """A mark in the corner of each cell whose value the scale does not reach."""
    middles, marks = (edges[:-1] + edges[1:]) / 2, []
    for block in strip.blocks:
        units, columns = block.values.shape
        room = units <= _MOST_MARKED[0] and columns <= _MOST_MARKED[1]
        if room and len(block.columns) == columns and block.beyond.any():
            at_unit, at_column = np.nonzero(block.beyond)
            x = (np.asarray(block.columns)[at_column] + 0.3).tolist()
            mark = beyond(x, middles[at_unit].tolist(), "triangle-up", xaxis=block.axis)
            mark["marker"]["size"] = 6
            marks.append(mark)
    return marks


def _heads(pairs: list[tuple[Strip, np.ndarray]]) -> list[Figure]:
    """Above each strip what it is, at its left, and its note, at its right."""
    labels, at = [], {"yref": "y", "yanchor": "bottom", "yshift": 0}
    for strip, edge in pairs:
        labels.append(label(strip.title, 0, edge[0], name=TITLE, **at))
        if strip.note:
            labels.append(label(strip.note, 1, edge[0], xanchor="right", **at, **FAINT))
    return labels


def _frames(pairs: list[tuple[Strip, np.ndarray]]) -> list[Figure]:
    """Round what was returned, and round what there was before step 1."""
    shapes = []
    for strip, edge in pairs:
        for block in strip.blocks:
            ends = edge[0], edge[-1]
            if block.look == "start":
                shapes.append(start_outline(block.edges, ends, "y") | {"xref": block.axis})
            elif block.look == "returned":
                shapes.append(frame(block.edges, ends, block.axis))
    return shapes


def frame(x: tuple[float, float], y: tuple[float, float], axis: str = "x") -> Figure:
    """A frame round what was returned."""
    line = {"width": 2.5, "color": RETURNED}
    place = {"xref": axis, "yref": "y", "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1]}
    return {"type": "rect", "line": line, **place}
