"""The three recurrent activations, and where two of them are exactly 0 and 1."""

from __future__ import annotations

from components.backend.facts import activation_curves
from components.charts.picture import UNIT_COLOURS, Picture
from components.texts import text


def activations() -> Picture:
    """sigmoid and both hard_sigmoids from -6 to 6, marked where they reach 0 and 1."""
    x, curves = activation_curves()
    exactly = text("charts.exactly")
    traces = []
    for (name, y), colour in zip(curves.items(), UNIT_COLOURS, strict=False):
        traces.append(
            {
                "type": "scatter",
                "x": x,
                "y": y,
                "name": text(f"charts.curves.{name}"),
                "mode": "lines",
                "line": {"color": colour, "width": 2},
                "hovertemplate": f"{name}(%{{x:.3g}}) = <b>%{{y:.6g}}</b><extra></extra>",
            }
        )
        flat = x[(y > 0) & (y < 1)]
        if len(flat) < len(x):  # the first points on either side where the curve is flat
            step = x[1] - x[0]
            ends = [flat[0] - step, flat[-1] + step]
            traces.append(
                {
                    "type": "scatter",
                    "x": ends,
                    "y": [0, 1],
                    "mode": "markers",
                    "marker": {"color": colour, "size": 9},
                    "showlegend": False,
                    "hovertemplate": f"{name}(%{{x:.3g}}) = <b>%{{y}}</b> {exactly}<extra></extra>",
                }
            )
    layout = {
        "height": 300,
        "margin": {"l": 40, "r": 8, "t": 8, "b": 40},
        "legend": {"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom"},
        "xaxis": {"title": {"text": text("charts.goes_in")}, "fixedrange": True},
        "yaxis": {"title": {"text": text("charts.opens")}, "fixedrange": True},
        "dragmode": False,
    }
    return Picture({"data": traces, "layout": layout}, text("charts.alt_activations"))
