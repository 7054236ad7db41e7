"""The target's column of a table and forecasts of it: two that need no layer, and that of a trained
one."""

from __future__ import annotations

import numpy as np

from components.backend.whatif.forecast import Answer as Trained
from components.backend.whatif.series import Answer
from components.charts.picture import UNIT_COLOURS, Figure, Picture
from components.texts import text

_MOST = 60  # held-out samples that are drawn: of more it could not be seen that a line is late
_FEW = 12  # rows: between so few Plotly puts ticks at half a row
_STYLES = {
    "target_column": ("solid", UNIT_COLOURS[0]),
    "repeated": ("dash", UNIT_COLOURS[1]),
    "mean": ("dot", UNIT_COLOURS[2]),
    "trained": ("solid", UNIT_COLOURS[3]),
}
"""How the line of each is drawn, in both charts."""


def forecasts(answer: Answer) -> Picture:
    """The target's column, and two forecasts of it in each row from the first target to the last:
    the column's number `horizon` rows earlier, which is the last step of that target's sample, if
    there is one; and the mean of all targets."""
    question, targets_at = answer.question, answer.question.targets_at
    column, at = answer.table[:, question.target], np.arange(targets_at[0], targets_at[-1] + 1)
    lines = [
        _line("target_column", np.arange(len(column)), column),
        _line("repeated", at, column[at - question.horizon]),
        _line("mean", at, np.full(len(at), answer.targets.mean())),
    ]
    said = {"first": int(at[0]), "last": int(at[-1]), "horizon": question.horizon}
    return Picture(_figure(lines), text("series.alt_forecasts", **said))


def trained_forecast(answer: Trained) -> Picture:
    """What a layer forecasts of the first samples that it was not trained on, beside their targets
    and their last steps, at the rows of the targets."""
    question = answer.question
    held = slice(question.trained, question.trained + _MOST)
    at = question.table.targets_at[held]
    lines = [
        _line("target_column", at, answer.targets[held]),
        _line("repeated", at, answer.last_step[held]),
        _line("trained", at, answer.forecast[held]),
    ]
    said = {"first": int(at[0]), "last": int(at[-1]), **answer.errors._asdict()}
    return Picture(_figure(lines), text("forecast.alt", **said))


def _figure(lines: list[Figure]) -> Figure:
    axis = {"fixedrange": True, "zeroline": False}
    few = len(lines[0]["x"]) <= _FEW
    layout = {
        "height": 260,
        "margin": {"l": 40, "r": 8, "t": 8, "b": 40},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        "xaxis": {
            "title": {"text": text("series.row_axis")},
            **axis,
            **({"dtick": 1} if few else {}),
        },
        "yaxis": axis,
        "dragmode": False,
    }
    return {"data": lines, "layout": layout}


def _line(name: str, rows: np.ndarray, values: np.ndarray) -> Figure:
    (dash, colour), said = _STYLES[name], text(f"series.{name}")
    return {
        "type": "scatter",
        "x": rows.tolist(),
        "y": np.asarray(values, "float32"),
        "name": said,
        "mode": "lines",
        "line": {"width": 2, "dash": dash, "color": colour},
        "hovertemplate": f"{text('series.hover_forecast', name=said)}<extra></extra>",
    }
