"""What a trained cell predicts after each step, and whether it is right."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from components.backend.learning.predictions import Predictions
from components.charts import picture
from components.charts.strips import Block, Strip
from components.texts import has_text, text

_CHECK, _CROSS = "\N{CHECK MARK}", "\N{BALLOT X}"


def drawable(*found: Predictions | None) -> tuple[Predictions, ...]:
    """All of these, if each is of a trained cell that is asked somewhere; else none."""
    asked = tuple(each for each in found if each is not None and each.asked.any())
    return asked if len(asked) == len(found) else ()


def predictions_strip(title: str, *rows: Predictions, tokens: Iterable[object] = ()) -> Strip:
    """A row for each cell, or for each way of calling one: dark for the last of its classes, such
    as yes, red for a wrong answer.

    Args:
        title: what the rows are, from the top down.
        tokens: for hover labels: what is read at each step.
    """
    block = Block(
        "says",
        np.array([_shades(each) for each in rows]),
        list(range(1, len(rows[0].right) + 1)),
        picture.SAYS,
        high=1.0,
        low=-1.0,
        described=text("charts.says"),
        tokens=tokens or None,
        called=[_called(each) for each in rows],
        numbered=False,
    )
    return Strip(title, (block,))


def prediction_words(edges: list[float], *rows: Predictions, marked: bool = True) -> picture.Figure:
    """The answers as words on the cells of `predictions_strip`.

    Args:
        edges: of the strip's rows.
        marked: whether a wrong one has a cross.
    """
    x, y = list[float](), list[float]()
    # In as many ways as numbers are written: the words are there for as long as those are.
    ways: tuple[list[str], ...] = ([], [], [])
    for row, found in enumerate(rows):
        words = _words(found)
        for at in np.flatnonzero(found.asked).tolist():
            x.append(at + 1)
            y.append((edges[row] + edges[row + 1]) / 2)
            word = words[found.classes[at]]
            crossed = marked and found.wrong[at]
            told = (f"{word} {_CROSS}", f"{word}{_CROSS}", _CROSS) if crossed else (word,) * 3
            for way, one in zip(ways, told, strict=True):
                way.append(one)
    return picture.texts(ways, [picture.PAGE_TEXT] * len(x), x, y, ("x", "y"))


def prediction_marks(y: float, found: Predictions) -> picture.Figure:
    """A mark for each answer that says whether it is right, at that height."""
    steps = np.flatnonzero(found.asked)
    wrong = found.wrong[steps].tolist()
    return {
        "type": "scatter",
        "x": (steps + 1).tolist(),
        "y": [y] * len(wrong),
        "mode": "text",
        "text": [_CROSS if each else _CHECK for each in wrong],
        "textfont": {"color": [picture.WRONG if each else picture.RIGHT for each in wrong]},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _shades(found: Predictions) -> np.ndarray:
    """By step: the class, from 0 to 1 for the last one; -1 where it is wrong."""
    shades = found.classes / (len(found.kind.classes) - 1)
    return np.where(found.asked, np.where(found.wrong, -1.0, shades), np.nan)


def _called(found: Predictions) -> list[str]:
    """For hover labels: by step, the answer and the right one; nothing where it is not asked."""
    names = found.kind.classes
    each = zip(found.classes, found.right, found.asked, strict=True)
    return [
        text("charts.said", said=names[one], right=names[right]) if asked else ""
        for one, right, asked in each
    ]


def _words(found: Predictions) -> tuple[str, ...]:
    """The name of each answer, short enough for a cell."""
    short = f"learn.tasks.{found.kind.name}.short"
    return tuple(text(short)) if has_text(short) else found.kind.classes
