"""The three recurrent activations, and where two of them are exactly 0 and 1."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from components.backend.running.facts import activation_curves
from components.charts.picture import UNIT_COLOURS, Figure, Picture
from components.texts import text


def activations() -> Picture:
    """sigmoid and both hard_sigmoids from -6 to 6, marked where they reach 0 and 1."""
    x, curves = activation_curves()
    drawn = zip(curves.items(), UNIT_COLOURS, strict=False)
    traces = [trace for (name, y), colour in drawn for trace in _curve(name, x, y, colour)]
    layout = {
        "height": 300,
        "margin": {"l": 40, "r": 8, "t": 8, "b": 40},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        "xaxis": {"title": {"text": text("charts.goes_in")}, "fixedrange": True},
        "yaxis": {"title": {"text": text("charts.opens")}, "fixedrange": True},
        "dragmode": False,
    }
    return Picture({"data": traces, "layout": layout}, text("charts.alt_activations"))


def _curve(name: str, x: np.ndarray, y: np.ndarray, colour: str) -> Iterator[Figure]:
    """An activation's line, and a mark where it reaches 0 and 1, if it does."""
    said = f"{name}(%{{x:.3g}}) = "
    yield {
        "type": "scatter",
        "x0": x[0],
        "dx": x[1] - x[0],
        "y": np.float32(y),
        "name": text(f"charts.curves.{name}"),
        "mode": "lines",
        "line": {"color": colour, "width": 2},
        "hovertemplate": f"{said}<b>%{{y:.6g}}</b><extra></extra>",
    }
    rises = x[(y > 0) & (y < 1)]
    if len(rises) < len(x):
        step = x[1] - x[0]
        yield {
            "type": "scatter",
            "x": [rises[0] - step, rises[-1] + step],  # the first points where the curve is flat
            "y": [0, 1],
            "mode": "markers",
            "marker": {"color": colour, "size": 9},
            "showlegend": False,
            "hovertemplate": f"{said}<b>%{{y}}</b> {text('charts.exactly')}<extra></extra>",
        }
