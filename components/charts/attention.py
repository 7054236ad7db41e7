"""Attention: which step asks, and how much each step that it asks counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from components.charts.picture import (
    BARE,
    CUT,
    FAINT,
    PAGE_TEXT,
    STRONG,
    WEIGHT,
    Figure,
    Numbered,
    Picture,
    label,
    number,
    numbers,
)
from components.charts.strips import HEAD, crossed
from components.texts import text

_MOST_HEADS = 8
_MOST_STEPS = 100  # of queries, and of values
_BESIDE = 4  # heads beside one another; further ones stand below
_ROW, _LEAST_ROW = 26, 4  # px of a query's row
_ROWS = 320  # px of all rows of a head, where that is possible
_NAMES = 20  # px above the cells, for the names of the values
_BETWEEN = 0.03  # from one head to the next, in parts of the plot
_GAPS = (2, 40), (1, 80)  # px between cells, and the most columns that leave room for it
_MOST_NUMBERED = (12, 14)  # queries, values: beyond these the numbers have no room


def attention_heatmap(
    weights: np.ndarray,
    query_labels: Sequence[object],
    value_labels: Sequence[object],
    *,
    query_name: str = "query",
    value_name: str = "value",
    title: str = "",
    mask: np.ndarray | None = None,
) -> Picture:
    """A row for each query, a column for each value, and in each cell the weight, on a scale from
    0 to 1. Heads stand beside one another.

    Args:
        weights: (query, value), or (head, query, value); each row sums to 1.
        query_labels, value_labels: what stands beside each row and above each column, such as the
            words.
        query_name, value_name: what the rows are, and the columns.
        title: above the cells; with several heads the number of each head follows it.
        mask: (value,): False at the values that were masked, which are crossed out.
    """
    heads = weights if weights.ndim == 3 else weights[np.newaxis]
    shown = heads[:_MOST_HEADS, :_MOST_STEPS, :_MOST_STEPS]
    grid = _Grid(*shown.shape)
    names = [
        [str(each) for each in labels[:_MOST_STEPS]] for labels in (query_labels, value_labels)
    ]
    hidden = [] if mask is None else (~mask[:_MOST_STEPS]).tolist()
    traces = [one for head in range(grid.heads) for one in _head(shown, head, grid, names, hidden)]
    corner = f"{query_name} \N{DOWNWARDS ARROW}  {value_name} \N{RIGHTWARDS ARROW}"
    layout = {
        "height": grid.height,
        "margin": {"l": 52, "r": 8, "t": 0, "b": 6},
        **_axes(grid, names),
        "annotations": [*_titles(grid, title, corner)],
        "hoverlabel": {"align": "left"},
        "dragmode": False,
        "uirevision": str(shown.shape),
        "meta": {"pageText": PAGE_TEXT, CUT: _cut(heads)},
    }
    return Picture({"data": traces, "layout": layout}, _alt(heads, query_labels, value_labels))


class _Grid(NamedTuple):
    """Heads, at most _BESIDE of them in a line."""

    heads: int
    queries: int
    values: int

    @property
    def lines(self) -> int:
        return -(-self.heads // _BESIDE)

    @property
    def columns(self) -> int:
        """How many columns stand beside one another."""
        return min(self.heads, _BESIDE) * self.values

    @property
    def cells(self) -> int:
        """px of a head's cells, from top to bottom."""
        return self.queries * max(_LEAST_ROW, min(_ROW, _ROWS // self.queries))

    @property
    def pitch(self) -> int:
        """px from one line of heads to the next."""
        return HEAD + _NAMES + self.cells

    @property
    def height(self) -> int:
        return self.lines * self.pitch + 6  # the margin below

    def across(self, head: int) -> list[float]:
        """The place of a head's cells from left to right, in parts of the plot."""
        beside = min(self.heads, _BESIDE)
        width = (1 - _BETWEEN * (beside - 1)) / beside
        left = head % _BESIDE * (width + _BETWEEN)
        return [left, min(1.0, left + width)]

    def down(self, line: int) -> list[float]:
        """The place of a line's cells from the bottom to the top, in parts of the plot."""
        whole = self.lines * self.pitch
        top = whole - line * self.pitch - HEAD - _NAMES
        return [(top - self.cells) / whole, top / whole]


def _axis(letter: str, number: int) -> str:
    """The name of an axis, as traces have it: "x", "x2", …"""
    return letter if number == 0 else f"{letter}{number + 1}"


def _head(
    shown: np.ndarray, head: int, grid: _Grid, names: list[list[str]], hidden: list[bool]
) -> Iterator[Figure]:
    """The cells of a head, crossed lines over those that were masked, and their numbers."""
    queries, values = names
    x, y = _axis("x", head), _axis("y", head // _BESIDE)
    columns = list(range(1, grid.values + 1))
    yield {
        "type": "heatmap",
        "z": shown[head],
        "x": columns,
        "y": list(range(grid.queries)),
        "zmin": 0,
        "zmax": 1,
        "colorscale": WEIGHT,
        "showscale": False,
        "xgap": next((gap for gap, most in _GAPS if grid.columns <= most), 0),
        "ygap": 2 if grid.queries <= 40 else 0,
        "xaxis": x,
        "yaxis": y,
        "customdata": [values],
        "text": [[name] for name in queries],
        "hovertemplate": f"{text('attention.hover')}<extra></extra>",
    }
    for lines in crossed(hidden, [-0.5, grid.queries - 0.5]):
        yield lines | {"xaxis": x, "yaxis": y}
    if grid.queries <= _MOST_NUMBERED[0] and grid.values <= _MOST_NUMBERED[1]:
        yield numbers([Numbered(shown[head], columns, 2, STRONG)], (x, y))


def _axes(grid: _Grid, names: list[list[str]]) -> dict[str, Any]:
    """The axes: for each head the names of the values above it, for each line those of the
    queries."""
    queries, values = names
    axes: dict[str, Any] = {}
    for head in range(grid.heads):
        axes[_axis("x", head).replace("x", "xaxis")] = BARE | {
            "domain": grid.across(head),
            "anchor": _axis("y", head // _BESIDE),
            "range": [0.5, grid.values + 0.5],
            "side": "top",
            "tickvals": list(range(1, grid.values + 1)),
            "ticktext": values,
            "tickangle": 0,
            **({"matches": "x"} if head else {}),
        }
    every = -(-grid.queries * 15 // grid.cells)  # a name takes 15 px
    for line in range(grid.lines):
        axes[_axis("y", line).replace("y", "yaxis")] = BARE | {
            "domain": grid.down(line),
            "anchor": _axis("x", line * _BESIDE),
            "range": [grid.queries - 0.5, -0.5],
            "tickvals": list(range(0, grid.queries, every)),
            "ticktext": queries[::every],
            "ticklabelstandoff": 4,
        }
    return axes


def _titles(grid: _Grid, title: str, corner: str) -> Iterator[Figure]:
    """Above each head its title; at the left of each line, what its rows and columns are."""
    for head in range(grid.heads):
        top, (left, _) = grid.down(head // _BESIDE)[1], grid.across(head)
        number_of = text("attention.head", head=head + 1) if grid.heads > 1 else ""
        said = " ".join(part for part in (title, number_of) if part)
        if said:
            yield label(said, left, top, yshift=_NAMES)
    for line in range(grid.lines):
        where = {"xanchor": "right", "xshift": -4}
        yield label(corner, 0, grid.down(line)[1], **where, **FAINT)


def _cut(heads: np.ndarray) -> str:
    """The text that says how much is not drawn."""
    count, queries, values = heads.shape
    if count <= _MOST_HEADS and max(queries, values) <= _MOST_STEPS:
        return ""
    return text("attention.cut", heads=min(count, _MOST_HEADS), of=count, steps=_MOST_STEPS)


def _alt(heads: np.ndarray, queries: Sequence[object], values: Sequence[object]) -> str:
    """How many weights there are and, of each head, which is the heaviest."""
    count, asking, asked = heads.shape
    said = [text("attention.alt_weights", heads=count, queries=asking, values=asked)]
    for head, weights in enumerate(heads[:_MOST_HEADS]):
        query, value = divmod(int(weights.argmax()), asked)
        named = {"query": queries[query], "value": values[value]}
        most = number(float(weights.max()))
        said.append(text("attention.alt_head", head=head + 1, largest=most, **named))
    return " ".join(said)
