"""A target over the rows of its table, and two forecasts of it that need no layer."""

from __future__ import annotations

import numpy as np

from components.backend.whatif.series import Answer
from components.charts.picture import UNIT_COLOURS, Figure, Picture
from components.texts import text

_LINES = {"target": "solid", "repeated": "dash", "mean": "dot"}


def forecasts(answer: Answer) -> Picture:
    """The target of every sample, the last step of the sample, and the mean of all targets."""
    question = answer.question
    rows, names = question.target_rows, {line: text(f"series.{line}") for line in _LINES}
    lines = {
        "target": answer.targets,
        "repeated": answer.samples[:, -1, question.target],
        "mean": np.full(len(rows), answer.targets.mean()),
    }
    traces: list[Figure] = [
        {
            "type": "scatter",
            "x": rows.tolist(),
            "y": lines[line].tolist(),
            "name": names[line],
            "mode": "lines",
            "line": {"color": colour, "width": 2, "dash": dash},
            "hovertemplate": f"{text('series.hover_forecast', name=names[line])}<extra></extra>",
        }
        for (line, dash), colour in zip(_LINES.items(), UNIT_COLOURS, strict=False)
    ]
    axis = {"fixedrange": True, "zeroline": False}
    layout = {
        "height": 260,
        "margin": {"l": 40, "r": 8, "t": 8, "b": 40},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        "xaxis": {"title": {"text": text("series.row_axis")}, **axis},
        "yaxis": axis,
        "dragmode": False,
    }
    ends = {"first": int(rows[0]), "last": int(rows[-1]), "horizon": question.horizon}
    return Picture({"data": traces, "layout": layout}, text("series.alt_forecasts", **ends))
