"""The votes of a class on a question: who changed from what to what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate
from string import ascii_uppercase

import numpy as np

from components.backend.rooms.summary import Result
from components.charts.picture import BARE, FAINT, RIGHT, TITLE, Figure, Picture, label
from components.texts import text

_ALL = 120  # px of the votes of all phones
_APART = 22  # px beside each option's, so that its label has room even if nobody chose it
_WIDE = 0.05  # of a column, in parts of the plot
_SIDE = 64  # px beside the columns, for the labels of their options
_POINTS = 24  # of a band's edge

_OTHER = "rgba(128, 128, 128, 0.75)"  # an option that is not right
_OPEN = "rgb(0, 114, 178)"  # an option where none is known to be right
_TO_RIGHT = "rgba(38, 142, 66, 0.5)"
_FROM_RIGHT = "rgba(213, 94, 0, 0.5)"
_AMONG_OTHERS = "rgba(128, 128, 128, 0.3)"
_AMONG_OPEN = "rgba(0, 114, 178, 0.35)"


def flow(result: Result) -> Picture:
    """A column for each of two votes, with a piece for each option, and bands from the first option
    to the second of all phones that voted twice; from the top down.

    Bands to the right option are green, those away from it are orange.

    Args:
        result: with votes of phones that voted twice.
    """
    matrix = np.array(result.flow)
    before, after = matrix.sum(axis=1), matrix.sum(axis=0)
    right, high = result.asked.ballot.right, _ALL + _APART * len(matrix)
    scale = _ALL / matrix.sum()
    tops = [_tops(counts, scale) for counts in (before, after)]
    pieces = [
        piece
        for counts, top, x in zip((before, after), tops, (0, 1 - _WIDE), strict=True)
        for piece in _column(counts, top, scale, x, right)
    ]
    ends = {"showticklabels": False} | BARE
    layout = {
        "height": high + 50,
        "margin": {"l": _SIDE, "r": _SIDE, "t": 46, "b": 4},
        "xaxis": {"range": [0, 1]} | ends,
        "yaxis": {"range": [high, 0]} | ends,
        "annotations": [*_heads(result), *_labels(before, after, tops, scale, right)],
        "shapes": pieces,
        "showlegend": False,
        "dragmode": False,
    }
    bands = list(_bands(matrix, tops, scale, right))
    return Picture({"data": bands, "layout": layout}, _said(result))


def _tops(counts: np.ndarray, scale: float) -> list[float]:
    """Where each option's piece of a column begins."""
    ends = accumulate((count * scale + _APART for count in counts), initial=_APART / 2)
    return list(ends)[:-1]


def _bands(
    matrix: np.ndarray, tops: Sequence[Sequence[float]], scale: float, right: int | None
) -> Iterator[Figure]:
    left, other = map(list, tops)
    x = np.linspace(0, 1, _POINTS)
    bends = 3 * x**2 - 2 * x**3
    across = _WIDE + (1 - 2 * _WIDE) * x
    for (first, last), count in np.ndenumerate(matrix):
        if not count:
            continue
        edge = left[first] + (other[last] - left[first]) * bends
        left[first] += count * scale
        other[last] += count * scale
        yield {
            "type": "scatter",
            "x": np.concatenate([across, across[::-1]]).round(4).tolist(),
            "y": np.concatenate([edge, edge[::-1] + count * scale]).round(2).tolist(),
            "mode": "lines",
            "line": {"width": 0},
            "fill": "toself",
            "fillcolor": _band_colour(first, last, right),
            "hoveron": "fills",
            "hoverinfo": "text",
            "text": _changed(first, last, int(count)),
        }


def _band_colour(first: int, last: int, right: int | None) -> str:
    if right is None:
        return _AMONG_OPEN
    return _TO_RIGHT if last == right else _FROM_RIGHT if first == right else _AMONG_OTHERS


def _column(
    counts: np.ndarray, tops: Sequence[float], scale: float, x: float, right: int | None
) -> Iterator[Figure]:
    for option, (count, top) in enumerate(zip(counts.tolist(), tops, strict=True)):
        colour = _OPEN if right is None else RIGHT if option == right else _OTHER
        yield {
            "type": "rect",
            **{"x0": x, "x1": x + _WIDE, "y0": top, "y1": top + count * scale},
            **{"fillcolor": colour, "line": {"width": 0}},
        }


def _heads(result: Result) -> Iterator[Figure]:
    yield label(_title(result), 0, 1, name=TITLE, yshift=24)
    yield label(text("results.first"), 0, 1, xshift=-_SIDE, yshift=4, **FAINT)
    yield label(text("results.second"), 1, 1, xshift=_SIDE, xanchor="right", yshift=4, **FAINT)


def _title(result: Result) -> str:
    return text("results.flow", number=result.asked.number, count=result.stayed)


def _labels(
    before: np.ndarray,
    after: np.ndarray,
    tops: Sequence[Sequence[float]],
    scale: float,
    right: int | None,
) -> Iterator[Figure]:
    sides = ((before, tops[0], 0, "right", -6), (after, tops[1], 1, "left", 6))
    for counts, starts, x, anchor, shift in sides:
        for option, (count, top) in enumerate(zip(counts.tolist(), starts, strict=True)):
            place = {"yref": "y", "xanchor": anchor, "yanchor": "middle", "xshift": shift}
            mark = "✓ " * (option == right)
            said = f"{mark}<b>{ascii_uppercase[option]}</b> {count}"
            yield label(said, x, top + count * scale / 2, **place)


def _changed(first: int, last: int, count: int) -> str:
    one, other = ascii_uppercase[first], ascii_uppercase[last]
    return text(f"results.{'kept' if first == last else 'changed'}", a=one, b=other, count=count)


def _said(result: Result) -> str:
    """All that the picture shows, in words."""
    moves = (
        _changed(first, last, count)
        for first, row in enumerate(result.flow)
        for last, count in enumerate(row)
        if count
    )
    said = f"{_title(result)}: {', '.join(moves)}."
    right = result.asked.ballot.right
    return said if right is None else f"{said} {text('results.right', a=ascii_uppercase[right])}"
