"""Strips of cells under one another on one step axis: the record of what stands in them, and the
one way in which they are drawn.

All strips stand on one pair of axes, each a pitch high whatever the number of its units: that is
drawn in a third of the time that an axis of its own for each would take. Last states stand beside
the steps, on an x axis of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Literal

import numpy as np

from components.backend.question.linked import listed
from components.charts import picture
from components.texts import text

STATES = "x2"
"""The axis on which the last states stand."""

MOST_DRAWN = 64
"""The most units of a layer that are drawn, and can be chosen."""

HEAD = 24  # px above a strip, for its name and its sentence
_FOOT = 48  # px below all, for the steps and one line of tokens
_LINE = 18  # px of a further line
_SILL = 2  # px below the last strip, for the line of a frame round it
_APART = 3  # px from the name of a state to its column: with less, two names touch on a phone
_MOST_CAPTIONED = 1000  # cells: with more, a caption for each would be most of what is sent
_LEAST_WRITTEN = 14  # px of a row: a lower one has no room for a number
_MOST_MARKED = (16, 40)  # units, columns: beyond these a mark is larger than its cell

Look = Literal["plain", "returned", "computed", "start"]
"""How values are drawn: framed if returned, dimmed and hatched if only computed, dimmed with a
dotted outline if they are the state before step 1."""

Pairs = list[tuple["Strip", list[float]]]
"""Each strip with the edges between its units."""


@dataclass(frozen=True)
class Block:
    """Values (unit, column) of one tensor, side by side in a strip."""

    name: str
    values: np.ndarray
    columns: Sequence[float]  # the places of the columns on the axis, or the edges between them
    colorscale: picture.Colorscale
    high: float  # the upper end of the colour scale
    low: float | None = None  # the lower end; -high if None
    look: Look = "plain"
    flag: str = ""  # the argument that would have had it returned, if there is one
    axis: str = "x"
    described: str = ""  # its name in hover labels; `name` if empty
    tokens: Iterable[object] | None = None  # for hover labels: the token read at each column
    called: Sequence[Sequence[str]] | None = None
    """For hover labels: the name of each cell, such as an answer; None if each row is a unit."""

    numbered: bool = True  # whether hover labels give the value

    @property
    def returned(self) -> bool:
        return self.look == "returned"

    @property
    def lowest(self) -> float:
        return -self.high if self.low is None else self.low

    @property
    def of_steps(self) -> bool:
        """Whether its columns are steps, and not a column beside them or before step 1."""
        return self.axis != STATES and len(self.columns) == self.values.shape[1]

    @property
    def middles(self) -> Sequence[float]:
        """The places of its columns."""
        if len(self.columns) == self.values.shape[1]:
            return self.columns
        return [(a + b) / 2 for a, b in zip(self.columns, self.columns[1:], strict=False)]

    @property
    def span(self) -> tuple[float, float]:
        """Its left and right edge on its axis."""
        half = 0.5 if len(self.columns) == self.values.shape[1] else 0
        return self.columns[0] - half, self.columns[-1] + half

    @property
    def beyond(self) -> np.ndarray:
        """True for the values beyond the scale."""
        return np.abs(self.values) > self.high

    @property
    def caption(self) -> str:
        """The part of hover labels about a column, as a template for Plotly: its step and its
        token. %{x:d} gives the step's number, %{x} would give the text of its tick."""
        name = self.described or self.name
        if not self.of_steps:
            return name
        if self.tokens is None:
            return text("charts.hover_many", name=name, step="%{x:d}")
        return text("charts.hover", name=name, step="%{x:d}", token="%{customdata}")

    @property
    def missing(self) -> str:
        """A line of hover labels: that it was not returned, and what would have returned it."""
        if self.look != "computed":
            return ""
        said = f"<br>{text('charts.not_returned')}"
        return f"{said}; {would(self.flag)}" if self.flag else said


@dataclass(frozen=True)
class Strip:
    """Blocks side by side, one row a unit."""

    title: str  # above the blocks, at the left
    blocks: tuple[Block, ...]
    note: str = ""  # above the blocks, at the right
    said: str = ""  # the sentence in their hover labels
    tick: str = ""  # beside the blocks
    halves: int = 1  # 2 if the forward layer's units stand above the backward layer's

    @property
    def layer_units(self) -> int:
        """How many units each half has."""
        return len(self.blocks[0].values) // self.halves

    @property
    def drawn(self) -> np.ndarray:
        """The indices of the rows that are drawn: the first MOST_DRAWN of each half."""
        first = np.arange(min(self.layer_units, MOST_DRAWN))
        return np.concatenate([first + half * self.layer_units for half in range(self.halves)])

    @property
    def drawn_blocks(self) -> list[Block]:
        """The blocks with only the rows that are drawn."""
        return [
            replace(
                block,
                values=block.values[self.drawn],
                called=block.called and [block.called[row] for row in self.drawn],
            )
            for block in self.blocks
        ]

    @property
    def units(self) -> int:
        """How many rows are drawn."""
        return len(self.drawn)

    @property
    def last(self) -> float:
        """Where its steps end on the step axis."""
        return max((block.span[1] for block in self.blocks if block.of_steps), default=0.0)

    @property
    def states(self) -> list[Block]:
        return [block for block in self.blocks if block.axis == STATES]


@dataclass(frozen=True)
class Rows:
    """The places of strips, all of one height, on the y axis."""

    edges: tuple[list[float], ...]  # of each strip: the edges between its units, from the top down
    height: float
    range: tuple[float, float]  # the bottom and the top of the axis
    pitch: float = 1  # from one strip to the next

    @classmethod
    def of(cls, strips: Sequence[Strip], height: float) -> Rows:
        """Strips under one another, each with room for its name above it."""
        pitch = HEAD + height
        edges = (
            (row + (HEAD + np.linspace(0, height, strip.units + 1)) / pitch).round(6).tolist()
            for row, strip in enumerate(strips)
        )
        return cls(tuple(edges), height, (len(strips) + _SILL / pitch, 0))

    @classmethod
    def alone(cls, edges: list[float], height: float) -> Rows:
        """A single strip, which takes the whole axis."""
        return cls((edges,), height, (edges[-1], edges[0]), edges[-1] - edges[0])

    def meta(self, strips: Sequence[Strip], units: int) -> dict[str, Any]:
        """For layout.meta: the rows of each unit, so that a click can choose a unit, and the
        browser can outline it; and the end of each strip, so that no step beyond it is framed."""
        first = self.edges[0]
        place = {"top": first[0], "pitch": self.pitch, "height": first[-1] - first[0]}
        return {"units": units, "ends": [strip.last for strip in strips], **place}


def cut_said(strips: Iterable[Strip]) -> str:
    """The text that says how many units are drawn of how many, if any strip has more."""
    more = sorted({strip.layer_units for strip in strips if strip.layer_units > MOST_DRAWN})
    return text("charts.cut", drawn=MOST_DRAWN, units=listed(map(str, more))) if more else ""


def would(flag: str, count: int = 1) -> str:
    """The text that says which flag would have returned a tensor, or so many tensors."""
    return text("charts.would_one" if count == 1 else "charts.would_many", flag=flag)


def strips_figure(
    strips: Sequence[Strip],
    rows: Rows,
    tokens: np.ndarray,
    start: tuple[float, float] | None = None,
    *,
    looks: bool = True,
    **options: Any,
) -> picture.Figure:
    """The strips as a figure: their cells, with numbers, and a layout as `strips_layout` gives it.

    Args:
        looks: whether the first frame and the first hatching say above them what they mean.
    """
    layout = strips_layout(strips, rows, tokens, start, **options)
    if looks:
        layout["annotations"] += _looks(strips, rows)
    return {"data": cell_traces(strips, rows, numbered=True), "layout": layout}


def _looks(strips: Sequence[Strip], rows: Rows) -> Iterator[picture.Figure]:
    """Above the first steps that were returned, and above the first that were not: that they were,
    or were not."""
    said: dict[str, picture.Figure] = {}
    for strip, edges in zip(strips, rows.edges, strict=True):
        for block in strip.blocks:
            if block.of_steps and block.look in _LOOKS and block.look not in said:
                place = {"xref": block.axis, "yref": "y", "xanchor": "right", "name": picture.ASIDE}
                told, at = text(f"charts.{_LOOKS[block.look]}"), (block.span[1], edges[0])
                is_badge = block.look == "returned"
                said[block.look] = (badge if is_badge else picture.label)(told, *at, **place)
    yield from said.values()


_LOOKS = {"returned": "returned", "computed": "not_returned"}


def badge(said: str, x: float, y: float, **extra: Any) -> picture.Figure:
    """A badge, in the colour of the frame, that says what was returned."""
    colours = {"bgcolor": picture.RETURNED, "font": {"color": picture.WHITE}, "borderpad": 1}
    return picture.label(f" {said} ", x, y, **extra, **colours)


# Traces


def cell_traces(
    strips: Sequence[Strip], rows: Rows, *, numbered: bool = False
) -> list[picture.Figure]:
    """For each strip its cells, its hatching, and marks for values beyond the scale.

    Args:
        numbered: whether the browser writes their numbers on the cells that have room for them.
    """
    traces: list[picture.Figure] = []
    for strip, edges in zip(strips, rows.edges, strict=True):
        high = rows.height / strip.units  # px of a row
        said = f"{strip.said}<br>" if strip.said else ""
        names = [[name] for name in picture.unit_names(strip.drawn)]
        blocks = strip.drawn_blocks
        for block in blocks:
            # No gap where rows are so thin that it would hide them.
            cells = _cells(block, edges, min(2, high // 6)) | _hover(block, said, names)
            written = _written(block) if numbered and high >= _LEAST_WRITTEN else {}
            traces.append(cells | written)
            traces += hatches((block,), edges)
        traces += [_marks(block, edges, high) for block in blocks if is_marked(block)]
    return traces


def _cells(block: Block, edges: list[float], gap: float) -> picture.Figure:
    """The cells of a block: one row a unit, one column a step."""
    return {
        "type": "heatmap",
        "z": block.values,
        "x": list(block.columns),
        "y": edges,
        "name": block.name,
        "zmin": block.lowest,
        "zmax": block.high,
        "colorscale": block.colorscale,
        "showscale": False,
        "opacity": picture.DIM if block.look == "computed" else 1,
        "xgap": 2 if block.values.shape[1] <= 40 else 0,
        "ygap": gap,
        "xaxis": block.axis,
    }


def _written(block: Block) -> picture.Figure:
    """How the browser writes the numbers of a block: with how many decimals, and beyond which size
    in white, if at all. Nothing if it does not, as they are not on the colours of h or c."""
    if block.low is not None or not block.numbered:
        return {}
    strong = None if block.look == "computed" else round(picture.STRONG * block.high, 6)
    return {"meta": {"written": (picture.decimals(block.high), strong)}}


def _hover(block: Block, said: str, names: list[list[str]]) -> picture.Figure:
    """The hover labels of a block's cells: in full, or shorter if the block has too many cells.

    Args:
        names: the names of its rows, each in a list of its own.
    """
    value = ": <b>%{z:.6g}</b>" if block.numbered else ""
    if block.values.size > _MOST_CAPTIONED:
        where = text("charts.hover_many", name=block.name, step="%{x:d}")
        return {"hovertemplate": f"{where}{value}{block.missing}<extra></extra>"}
    said = f"{block.caption}{block.missing}<br>{said}%{{text}}{value}<extra></extra>"
    tokens = list(block.tokens or ()) if block.of_steps else []
    tokens = tokens or [""] * block.values.shape[1]
    # One row for all rows, and one column for all columns: the browser repeats them.
    return {"customdata": [tokens], "text": block.called or names, "hovertemplate": said}


def hatches(blocks: Iterable[Block], edges: list[float]) -> list[picture.Figure]:
    """Hatching over what was only computed."""
    ends = edges[0], edges[-1]
    return [hatching(each.span, ends, each.axis) for each in blocks if each.look == "computed"]


def hatching(
    x: tuple[float, float], y: tuple[float, float], axis: str = "x", *, masked: bool = False
) -> picture.Figure:
    """Hatching over values that were only computed; with crossed lines, over masked steps."""
    (left, right), (low, high) = x, y
    return {
        "type": "scatter",
        "x": [left, right, right, left],
        "y": [low, low, high, high],
        "mode": "none",
        "fill": "toself",
        "fillcolor": "rgba(128, 128, 128, 0)",
        "fillpattern": {
            "shape": "x" if masked else "/",
            "fgcolor": "rgba(128, 128, 128, 0.55)",
            "size": 9,
            "solidity": 0.12,
        },
        "hoverinfo": "skip",
        "showlegend": False,
        "xaxis": axis,
        "meta": "hatch",
    }


def crossed(masked: Iterable[bool], edges: list[float]) -> Iterator[picture.Figure]:
    """Crossed lines over each stretch of masked steps, in the order of the axis."""
    step = 0.5
    for over, stretch in groupby(masked):
        end = step + len(list(stretch))
        if over:
            yield hatching((step, end), (edges[0], edges[-1]), masked=True)
        step = end


def is_marked(block: Block) -> bool:
    """Whether there are values beyond the scale, and room to mark them."""
    return has_room(*block.values.shape) and block.look != "start" and bool(block.beyond.any())


def has_room(units: int, columns: int) -> bool:
    """Whether that many cells have room for marks."""
    return units <= _MOST_MARKED[0] and columns <= _MOST_MARKED[1]


def _marks(block: Block, edges: list[float], high: float) -> picture.Figure:
    """A mark in the corner of each cell whose value lies beyond the scale."""
    units, columns = np.nonzero(block.beyond)
    x = np.asarray(block.columns)[columns] + 0.36
    at = np.asarray(edges)
    y = 0.8 * at[units] + 0.2 * at[units + 1]
    size = 8 if high >= 20 else 6
    return picture.beyond(x.tolist(), y.tolist(), "triangle-up", size=size, xaxis=block.axis)


# Layout


def strips_layout(
    strips: Sequence[Strip],
    rows: Rows,
    tokens: np.ndarray,
    start: tuple[float, float] | None,
    *,
    xaxis: dict[str, Any] | None = None,
    units: int = 1,
    named: int | None = None,
    gap: float = 0.03,
    lines: Sequence[str] | None = None,
    annotations: Iterable[picture.Figure] = (),
    shapes: Iterable[picture.Figure] = (),
    **more: Any,
) -> dict[str, Any]:
    """The layout with the names and the frames.

    Args:
        tokens: the tokens under the steps; empty strings for none.
        start: the edges of the column before step 1; None for no such column.
        xaxis: the step axis; None for that of `step_ticks`.
        units: how many units each strip has, if a click chooses a unit, whose row the browser then
            outlines in every strip.
        named: how many strips have the names of their states above them; all if None.
        gap: from the steps to the last states, in parts of the plot.
        lines: the names of the lines below the steps, if there is more than a line of tokens.
        annotations, shapes: drawn over the strips' own.
        more: further keys of the layout, which replace those set here.
    """
    pairs = list(zip(strips, rows.edges, strict=True))
    axes = _state_axes(strips, gap)
    steps = xaxis or picture.step_ticks(tokens, start, zeros=begins_at_zero(strips))
    if lines is None:
        lines = [picture.token_label(tokens)] * picture.has_tokens(tokens)
    foot = _FOOT + _LINE * max(0, len(lines) - 1)
    return {
        "height": foot + _SILL + len(strips) * (HEAD + rows.height),
        "margin": {"l": 52, "r": 12, "t": 0, "b": foot},
        **axes,
        "xaxis": axes.get("xaxis", {}) | steps,
        "yaxis": row_axis(rows, _ticks(pairs)),
        "annotations": [
            picture.step_label(*lines),
            *_heads(pairs),
            *_state_names(pairs[:named]),
            *annotations,
        ],
        "shapes": [*_frames(pairs), *shapes],
        "hoverlabel": {"align": "left"},
        "dragmode": "zoom",
        "uirevision": len(tokens),
        "meta": {
            "steps": len(tokens),
            "rows": rows.meta(strips, units),
            "pageText": picture.PAGE_TEXT,
            picture.SHORT: _short(strips),
            picture.CUT: cut_said(strips),
        },
        **more,
    }


def begins_at_zero(strips: Iterable[Strip]) -> bool:
    """Whether the state before step 1 is 0 in all strips that show it."""
    blocks = (block for strip in strips for block in strip.blocks)
    return not any(block.values.any() for block in blocks if block.look == "start")


def _short(strips: Iterable[Strip]) -> dict[str, list[str]]:
    """Shorter forms of the labels that a narrow picture has no room for."""
    first = {b.name for strip in strips for b in strip.blocks if b.look == "start"}
    reaches = {b.high for strip in strips for b in strip.states}
    return {
        text("charts.start"): sorted(first)[:1],
        f"<b>{text('charts.token_id')}</b>": [f"<b>{text('charts.token')}</b>"],
        **{_reach(high): [_reach(high, "_short"), _plus_minus(high)] for high in reaches},
    }


def _state_axes(strips: Sequence[Strip], gap: float) -> dict[str, dict[str, Any]]:
    """The axis of the last states, if a strip has any, and the step axis, cut to make room for
    it."""
    columns = [block.columns[-1] for strip in strips for block in strip.states]
    if not columns:
        return {}
    left = 0.88 if max(columns) == 1 else 0.78
    beside = {
        "domain": (left, 1.0),
        "range": [0.47, max(columns) + 0.53],
        "showticklabels": False,
    }
    return {"xaxis": {"domain": (0.0, left - gap)}, "xaxis2": picture.BARE | beside}


def of_plot(x: float, axis: dict[str, Any]) -> float:
    """A place on an axis, in parts of the plot."""
    (left, right), (low, high) = axis["domain"], axis["range"]
    return left + (right - left) * (x - low) / (high - low)


def row_axis(rows: Rows, ticks: Mapping[Any, str]) -> dict[str, Any]:
    """The y axis of rows, with texts beside them.

    Args:
        ticks: by place, the text.
    """
    said = {"tickvals": list(ticks), "ticktext": list(ticks.values()), "ticklabelstandoff": 4}
    return {**picture.BARE, "range": list(rows.range), **said}


def _ticks(pairs: Pairs) -> dict[float, str]:
    """By its middle, the text beside each strip that has one."""
    return {(edges[0] + edges[-1]) / 2: strip.tick for strip, edges in pairs if strip.tick}


def _heads(pairs: Pairs) -> Iterator[picture.Figure]:
    """Above each strip, its title at the left and its note at the right."""
    for strip, edges in pairs:
        if strip.title:
            yield picture.label(strip.title, 0, edges[0], yref="y", name=picture.TITLE)
        if strip.note:
            yield picture.label(strip.note, 1, edges[0], yref="y", xanchor="right", **picture.FAINT)


def _state_names(pairs: Pairs) -> Iterator[picture.Figure]:
    """Above each strip the names of its states, in bold where they were returned."""
    for strip, edges in pairs:
        count = len(strip.states)
        shifts = (-_APART, _APART) if count == 2 else (0,) * count
        for shift, block in zip(shifts, strip.states, strict=True):
            said, weak = (
                (f"<b>{block.name}</b>", {}) if block.returned else (block.name, picture.FAINT)
            )
            where = {"xref": STATES, "yref": "y", "xanchor": "center", "xshift": shift}
            yield picture.label(said, block.columns[0], edges[0], **where, **weak)


def reaches(strip: Strip) -> Iterator[picture.Figure]:
    """Below each state, from where to where its colour scale reaches."""
    for block in strip.states:
        where = {"xref": STATES, "xanchor": "center", "yanchor": "top", "yshift": -2}
        yield picture.label(_reach(block.high), block.columns[0], 0, **where, **picture.FAINT)


def _reach(high: float, kind: str = "") -> str:
    low, high_said = (picture.number(end) for end in (-high, high))
    both = _plus_minus(high)
    return text(f"charts.colours{kind}", low=low, high=high_said, both=both)


def _plus_minus(high: float) -> str:
    return f"\N{PLUS-MINUS SIGN}{picture.number(high)}"


def _frames(pairs: Pairs) -> Iterator[picture.Figure]:
    """A frame round what was returned, and a dotted one round the state before step 1, which looks
    empty where it is 0."""
    dots = {"width": 1, "color": "rgba(128, 128, 128, 0.8)", "dash": "dot"}
    for strip, edges in pairs:
        for block in strip.blocks:
            box = frame(block.span, (edges[0], edges[-1]), block.axis)
            if block.look == "start":
                yield box | {"line": dots}
            elif block.returned:
                yield box


def frame(x: tuple[float, float], y: tuple[float, float], axis: str = "x") -> picture.Figure:
    """A frame round what was returned."""
    line = {"width": 2.5, "color": picture.RETURNED}
    place = {"xref": axis, "yref": "y", "x0": x[0], "x1": x[1], "y0": y[0], "y1": y[1]}
    return {"type": "rect", "line": line, **place}
