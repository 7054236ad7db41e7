"""The target's column of a table, and two forecasts of it that need no layer."""

from __future__ import annotations

import numpy as np

from components.backend.whatif.series import Answer
from components.charts.picture import UNIT_COLOURS, Figure, Picture
from components.texts import text


def forecasts(answer: Answer) -> Picture:
    """The target's column, and two forecasts of it in each row from the first target to the last:
    the column's number `horizon` rows earlier, which is the last step of that target's sample, if
    there is one; and the mean of all targets."""
    question, targets_at = answer.question, answer.question.targets_at
    column, at = answer.table[:, question.target], np.arange(targets_at[0], targets_at[-1] + 1)
    lines = [
        _line("target_column", np.arange(len(column)), column, "solid"),
        _line("repeated", at, column[at - question.horizon], "dash"),
        _line("mean", at, np.full(len(at), answer.targets.mean()), "dot"),
    ]
    for line, colour in zip(lines, UNIT_COLOURS, strict=False):
        line["line"]["color"] = colour
    axis = {"fixedrange": True, "zeroline": False}
    layout = {
        "height": 260,
        "margin": {"l": 40, "r": 8, "t": 8, "b": 40},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        "xaxis": {"title": {"text": text("series.row_axis")}, **axis},
        "yaxis": axis,
        "dragmode": False,
    }
    said = {"first": int(at[0]), "last": int(at[-1]), "horizon": question.horizon}
    return Picture({"data": lines, "layout": layout}, text("series.alt_forecasts", **said))


def _line(name: str, rows: np.ndarray, values: np.ndarray, dash: str) -> Figure:
    name = text(f"series.{name}")
    return {
        "type": "scatter",
        "x": rows.tolist(),
        "y": values.tolist(),
        "name": name,
        "mode": "lines",
        "line": {"width": 2, "dash": dash},
        "hovertemplate": f"{text('series.hover_forecast', name=name)}<extra></extra>",
    }
