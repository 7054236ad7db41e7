"""What a trained cell says after each step, and whether it is right."""

from __future__ import annotations

import numpy as np

from components.backend.learning.said import Said
from components.charts import picture
from components.texts import has_text, text

_CHECK, _CROSS = "\N{CHECK MARK}", "\N{BALLOT X}"


def said_row(said: Said, edges: tuple[float, float], marks: float) -> list[picture.Figure]:
    """A cell for each step at which the cell is asked, with its answer, dark for the last of its
    classes, such as yes; below it a mark that says whether it is right.

    Args:
        edges: of the row, on the y axis.
        marks: where the marks stand on that axis.
    """
    classes, steps = said.kind.classes, np.flatnonzero(said.asked).tolist()
    shade, full = np.full(len(said.right), np.nan), [""] * len(said.right)
    for at in steps:
        shade[at] = said.classes[at] / (len(classes) - 1)
        answer, right = (classes[one] for one in (said.classes[at], said.right[at]))
        full[at] = text("charts.said", said=answer, right=right)
    cells: picture.Figure = {
        "type": "heatmap",
        "z": [shade],
        "x": list(range(1, len(shade) + 1)),
        "y": list(edges),
        "name": "says",
        "zmin": 0,
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


def _words(said: Said) -> tuple[str, ...]:
    """The name of each answer, short enough for a cell."""
    short = f"learn.tasks.{said.kind.name}.short"
    return tuple(text(short)) if has_text(short) else said.kind.classes
