"""The recurrent layer's weights as blocks, one block a gate."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.backend import Run
from components.backend.layout import GATES, SYMBOLS, weight_layout
from components.charts.picture import HIDDEN, Figure, Picture, label, number, reach


def parameters(run: Run) -> Picture:
    """kernel, recurrent_kernel and bias under one another, their columns aligned.

    All share one axis of G * units columns; a line parts the gates' blocks.
    """
    layouts = [layout for layout in weight_layout(run.settings) if layout.name != "embeddings"]
    arrays = {layout.name: np.atleast_2d(run.weights[layout.name]) for layout in layouts}
    limit = reach(*arrays.values())
    columns = run.weights["kernel"].shape[1]
    gap = 0.14
    # A strip's height grows with its rows, but slowly: 1 row is to be seen beside 64.
    weights = {name: 1 + np.sqrt(len(array)) for name, array in arrays.items()}
    room = (1 - gap * (len(arrays) - 1)) / sum(weights.values())
    traces: list[Any] = []
    axes: dict[str, Any] = {}
    labels: list[dict[str, Any]] = []
    top = 1.0
    for number_, layout in enumerate(layouts, start=1):
        array = arrays[layout.name]
        bottom = max(0.0, top - room * weights[layout.name])
        axis = "y" if number_ == 1 else f"y{number_}"
        axes[axis.replace("y", "yaxis")] = {
            "domain": [bottom, top],
            "range": [len(array) - 0.5, -0.5],
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "ticks": "",
        }
        traces.append(_strip(layout.name, array, limit, axis))
        labels.append(label(f"<b>{layout.name}</b> {layout.shape}", 0, bottom, yanchor="top"))
        top = bottom - gap
    blocks = GATES[run.settings.cell] or ("h",)
    width = columns / len(blocks)
    labels += [
        label(
            f"{name} {SYMBOLS[name]}" if name != "h" else "h",
            (block + 0.5) * width - 0.5,
            1.0,
            xref="x",
            xanchor="center",
        )
        for block, name in enumerate(blocks)
    ]
    layout_ = {
        "height": 120 + 62 * len(arrays) + min(120, 6 * run.settings.units),
        "margin": {"l": 8, "r": 8, "t": 28, "b": 28},
        "xaxis": {
            "range": [-0.5, columns - 0.5],
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "ticks": "",
        },
        "shapes": [_divider(block * width - 0.5) for block in range(1, len(blocks))],
        "annotations": labels,
        "hoverlabel": {"align": "left"},
        "dragmode": False,
        **axes,
    }
    alt = (
        f"The weights of the {run.settings.cell} layer in {len(blocks)} blocks of "
        f"{run.settings.units} columns, between {number(-limit)} and {number(limit)}."
    )
    return Picture({"data": traces, "layout": layout_}, alt)


def _strip(name: str, array: np.ndarray, limit: float, axis: str) -> Figure:
    small = array.shape[1] <= 64
    return {
        "type": "heatmap",
        "z": array,
        "name": name,
        "zmin": -limit,
        "zmax": limit,
        "colorscale": HIDDEN,
        "showscale": False,
        "xgap": 1 if small else 0,
        "ygap": 1 if len(array) <= 16 else 0,
        "yaxis": axis,
        "hovertemplate": f"{name}[%{{y}}, %{{x}}] = <b>%{{z:.6g}}</b><extra></extra>",
    }


def _divider(x: float) -> dict[str, Any]:
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": x,
        "x1": x,
        "y0": 0,
        "y1": 1,
        "line": {"width": 2, "color": "rgba(128, 128, 128, 0.9)"},
    }
