"""What a trained cell says after each step, and whether it is right."""

from __future__ import annotations

import numpy as np

from components.backend.learning.said import Said
from components.charts import picture
from components.charts.strips import Block, Strip
from components.texts import has_text, text

_CHECK, _CROSS = "\N{CHECK MARK}", "\N{BALLOT X}"


def said_row(said: Said, edges: tuple[float, float], marks: float) -> list[picture.Figure]:
    """A cell for each step at which the cell is asked, with its answer, dark for the last of its
    classes, such as yes; below it a mark that says whether it is right.

    Args:
        edges: of the row, on the y axis.
        marks: where the marks stand on that axis.
    """
    steps, classes = np.flatnonzero(said.asked).tolist(), said.kind.classes
    full = [""] * len(said.right)
    for at in steps:
        answer, right = (classes[one] for one in (said.classes[at], said.right[at]))
        full[at] = text("charts.said", said=answer, right=right)
    cells: picture.Figure = {
        "type": "heatmap",
        "z": [_shades(said)],
        "x": list(range(1, len(full) + 1)),
        "y": list(edges),
        "name": "says",
        "zmin": -1,
        "zmax": 1,
        "colorscale": picture.SAYS,
        "showscale": False,
        "xgap": 2,
        "text": [full],
        "hovertemplate": f"{text('charts.step_at', step='%{x:d}')}<br>%{{text}}<extra></extra>",
    }
    columns, words = [at + 1 for at in steps], _words(said)
    answers = [words[said.classes[at]] for at in steps]
    colours, places = [picture.PAGE_TEXT] * len(steps), [sum(edges) / 2] * len(steps)
    # In as many ways as numbers are written: the answers are there for as long as those are.
    written = picture.texts((answers, answers, answers), colours, columns, places, ("x", "y"))
    wrong = said.wrong[steps]
    mark = {
        "type": "scatter",
        "x": columns,
        "y": [marks] * len(steps),
        "mode": "text",
        "text": [_CROSS if each else _CHECK for each in wrong],
        "textfont": {"color": [picture.WRONG if each else picture.RIGHT for each in wrong]},
        "hoverinfo": "skip",
        "showlegend": False,
    }
    return [cells, written, mark]


def said_strip(title: str, *all_said: Said) -> Strip:
    """A row for each cell's answers, or for those of the same cell in several calls.

    Args:
        title: what the rows are, from the top down.
    """
    classes, steps = all_said[0].kind.classes, list(range(1, len(all_said[0].right) + 1))
    block = Block(
        "says",
        np.array([_shades(each) for each in all_said]),
        steps,
        picture.SAYS,
        high=1.0,
        low=-1.0,
        described=text("charts.says"),
        called=[[classes[one] for one in each.classes] for each in all_said],
        numbered=False,
    )
    return Strip(title, (block,))


def said_words(edges: list[float], *all_said: Said) -> picture.Figure:
    """The answers as words on the cells of `said_strip`; a wrong one is marked.

    Args:
        edges: of the strip's rows.
    """
    x, y = list[float](), list[float]()
    ways: tuple[list[str], ...] = ([], [], [])
    for row, said in enumerate(all_said):
        words = _words(said)
        for at in np.flatnonzero(said.asked).tolist():
            x.append(at + 1)
            y.append((edges[row] + edges[row + 1]) / 2)
            word = words[said.classes[at]]
            told = (
                (f"{word} {_CROSS}", f"{word}{_CROSS}", _CROSS) if said.wrong[at] else (word,) * 3
            )
            for way, one in zip(ways, told, strict=True):
                way.append(one)
    return picture.texts(ways, [picture.PAGE_TEXT] * len(x), x, y, ("x", "y"))


def _shades(said: Said) -> np.ndarray:
    """By step: the class, from 0 to 1 for the last one; -1 where it is wrong."""
    shades = said.classes / (len(said.kind.classes) - 1)
    return np.where(said.asked, np.where(said.wrong, -1.0, shades), np.nan)


def _words(said: Said) -> tuple[str, ...]:
    """The name of each answer, short enough for a cell."""
    short = f"learn.tasks.{said.kind.name}.short"
    return tuple(text(short)) if has_text(short) else said.kind.classes
