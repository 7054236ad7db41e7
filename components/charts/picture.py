"""What every chart shares: the pair it returns, its colours, its way of drawing a strip of cells.

Colours fade to transparent at zero, so that a figure suits a light and a dark page alike and
one figure serves every visitor.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

Colorscale = list[tuple[float, str]]

Figure = dict[str, Any]
"""A Plotly figure in Plotly's own form, data and layout: `go.Figure(figure)` checks it, which
would cost more here than all the rest of a rerun's drawing."""

HIDDEN: Colorscale = [
    (0.0, "rgba(27, 98, 168, 1)"),
    (0.25, "rgba(46, 125, 196, 0.55)"),
    (0.5, "rgba(128, 128, 128, 0.06)"),
    (0.75, "rgba(214, 84, 56, 0.55)"),
    (1.0, "rgba(184, 42, 36, 1)"),
]
"""h and the candidate: blue below zero, red above."""

CELL: Colorscale = [
    (0.0, "rgba(170, 88, 8, 1)"),
    (0.25, "rgba(214, 130, 40, 0.55)"),
    (0.5, "rgba(128, 128, 128, 0.06)"),
    (0.75, "rgba(128, 100, 190, 0.55)"),
    (1.0, "rgba(98, 56, 160, 1)"),
]
"""c: brown below zero, violet above, so that nobody takes it for h."""

GATE: Colorscale = [(0.0, "rgba(128, 128, 128, 0.06)"), (1.0, "rgba(0, 128, 112, 1)")]
"""A gate: transparent when closed (0), green when open (1)."""

UNIT_COLOURS = (
    "rgb(0, 114, 178)",
    "rgb(213, 94, 0)",
    "rgb(0, 158, 115)",
    "rgb(204, 121, 167)",
    "rgb(86, 180, 233)",
    "rgb(230, 159, 0)",
    "rgb(128, 100, 190)",
    "rgb(120, 120, 120)",
)

DIM = 0.3
"""The opacity of what was computed but not returned."""

MOST_CAPTIONED = 1000
"""Cells of a strip: with more, a caption for each would be most of what is sent."""

MARK = "rgb(240, 120, 0)"
"""The outline of a chosen step or unit."""

PAGE_TEXT = "rgb(120, 120, 120)"
"""Stands for the page's own text colour, and can be read on any page where that is unknown."""

FAINT = {"opacity": 0.75}
"""For a label that says what is less: the page's text colour, weaker."""


class Picture(NamedTuple):
    """A figure, and the sentence that stands for it where it cannot be seen."""

    figure: Figure
    alt: str


def reach(*arrays: np.ndarray) -> float:
    """The smallest number of two significant digits that no value exceeds in size; 1 for zeros."""
    largest = max((float(np.abs(array).max()) for array in arrays), default=0.0)
    if largest == 0 or not math.isfinite(largest):
        return 1.0
    unit = 10.0 ** (math.floor(math.log10(largest)) - 1)
    return math.ceil(largest / unit * (1 - 1e-9)) * unit


def number(value: float) -> str:
    """Three significant digits, with a true minus sign."""
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def cells(
    values: np.ndarray,
    columns: list[Any],
    *,
    name: str,
    limit: float,
    colorscale: Colorscale,
    low: float | None = None,
    axes: tuple[str, str] = ("x", "y"),
    dim: bool = False,
    captions: list[str] | None = None,
) -> Figure:
    """A strip of cells, one row a unit and one column a step, from values (unit, column).

    captions say in a hover label what each column is.
    """
    wide, high = values.shape[1] <= 40, values.shape[0] <= 16
    hover = {"hovertemplate": f"{name}, step %{{x}}: <b>%{{z:.6g}}</b><extra></extra>"}
    if captions and values.size <= MOST_CAPTIONED:
        hover = {
            "customdata": [captions] * len(values),
            "hovertemplate": "%{customdata}<br>unit %{y:d}: <b>%{z:.6g}</b><extra></extra>",
        }
    return {
        "type": "heatmap",
        "z": values,
        "x": columns,
        "y": list(range(len(values))),
        "name": name,
        "zmin": -limit if low is None else low,
        "zmax": limit,
        "colorscale": colorscale,
        "showscale": False,
        "opacity": DIM if dim else 1,
        "xgap": 2 if wide else 0,
        "ygap": 2 if high else 0,
        "xaxis": axes[0],
        "yaxis": axes[1],
        **hover,
    }


def label(text: str, x: float, y: float, **extra: Any) -> dict[str, Any]:
    """A text of the figure's own, at x and y in parts of the plot unless extra says otherwise."""
    defaults = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
    return {"text": text, "x": x, "y": y, "showarrow": False} | defaults | extra


def unit_axis(units: int, **extra: Any) -> dict[str, Any]:
    """A y axis with unit 0 at the top, labelled as often as there is room."""
    every = 1 if units <= 16 else 8
    shown = list(range(0, units, every))
    return {
        "range": [units - 0.5, -0.5],
        "tickvals": shown,
        "ticktext": [f"unit {unit}" for unit in shown],
        "ticklabelstandoff": 4,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "ticks": "",
    } | extra


def unit_rows(
    units: int, *, pitch: float | None = None, height: float | None = None
) -> dict[str, float]:
    """For layout.meta: where on the y axis a row of each unit lies, so that a click can choose one.

    Without more, where `unit_axis` puts them; else in strips from 0 on, each `height` of a `pitch`.
    """
    if pitch is None or height is None:
        return {"units": units, "top": -0.5, "pitch": units, "height": units}
    return {"units": units, "top": 0, "pitch": pitch, "height": height}


def step_ticks(tokens: np.ndarray) -> dict[str, Any]:
    """Ticks of a step axis: the step's number and, below it in bold, the token read there."""
    steps = len(tokens)
    every = 1 if steps <= 20 else 5 if steps <= 50 else 10
    shown = [step for step in range(1, steps + 1) if step == 1 or step % every == 0]
    return {
        "tickvals": shown,
        "ticktext": [f"{step}<br><b>{tokens[step - 1]}</b>" for step in shown],
        "range": [0.5, steps + 0.5],
        "showgrid": False,
        "zeroline": False,
        "ticks": "",
        "tickangle": 0,
    }


def step_label() -> Figure:
    """What the two lines of a step axis are, at its left end."""
    text = "step<br><b>token</b>"
    where = {"xshift": -8, "yshift": -4, "xanchor": "right", "yanchor": "top", "align": "right"}
    return label(text, 0, 0, **where)
