"""The recurrent layer's weights, with a block of columns for each gate."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from components.backend import Run
from components.backend.cells import CELLS
from components.backend.layout import BLOCKS, Layout, features, layer_weight_layout
from components.charts.picture import (
    HIDDEN,
    PAGE_TEXT,
    STRONG,
    Figure,
    Numbered,
    Picture,
    decimals,
    label,
    number,
    numbers,
    reach,
    strip_title,
)
from components.charts.strips import MOST_DRAWN
from components.texts import text

_ROW, _LEAST_ROW = 26, 3  # px of a row: as high as the others, whatever weight it is of
_ROWS = 280  # px for all rows, where that is possible
_CAPTION = 24  # px above each strip, for its name
_MOST_ROWS_NAMED = 6
_MOST_UNITS_NAMED = 8
_TOP, _BOTTOM = 48, 62  # px: for the names of the blocks, and for the scale
_LEAST_NUMBERED = 14  # px of a row that has room for numbers, and of a strip that has one row


def parameters(run: Run) -> Picture:
    """The layer's weights under one another, each block of their columns below its gate.

    All share one axis of G * units columns; a line parts the gates' blocks. A weight that has no
    block for some gate is empty there. Of a large layer the first rows and units are drawn.
    """
    settings = run.settings
    units = min(settings.units, MOST_DRAWN)
    layouts = layer_weight_layout(settings, features(settings))
    weights = CELLS[settings.cell].weights(settings)
    indices = [_first_units(len(weight.blocks), settings.units, units) for weight in weights]
    arrays = [
        np.atleast_2d(run.weights[layout.name])[:MOST_DRAWN, columns]
        for layout, columns in zip(layouts, indices, strict=True)
    ]
    limit = reach(*arrays)
    blocks = BLOCKS[settings.cell]
    heights = _heights(arrays)
    plot = sum(heights) + _CAPTION * len(heights)
    traces: list[Figure] = []
    axes: dict[str, Any] = {}
    labels = _block_labels(settings.cell, blocks, units)
    stands = [_stands(weight.blocks, blocks, units) for weight in weights]
    for place, (layout, array, index, columns, domain) in enumerate(
        zip(layouts, arrays, indices, stands, _domains(heights, plot), strict=True), start=1
    ):
        axis = "y" if place == 1 else f"y{place}"
        axes[axis.replace("y", "yaxis")] = {"domain": domain, **_row_axis(layout, len(array))}
        traces.append(_strip(layout, array, index, columns, limit, axis))
        if heights[place - 1] >= _LEAST_NUMBERED * len(array):
            traces.append(_written(array, columns, limit, axis))
        labels.append(label(_title(layout), 0, domain[1]))
    traces[0] |= {"showscale": True, "colorbar": _scale(limit)}  # the same for all of them
    figure = {
        "height": plot + _TOP + _BOTTOM,
        "margin": {"l": 92, "r": 8, "t": _TOP, "b": _BOTTOM},
        "xaxis": _column_axis(len(blocks), units),
        "shapes": [_divider(block * units - 0.5) for block in range(1, len(blocks))],
        "annotations": labels,
        "hoverlabel": {"align": "left"},
        "dragmode": False,
        "meta": {"pageText": PAGE_TEXT},
        **axes,
    }
    alt = text(
        "charts.alt_parameters",
        cell=settings.cell,
        blocks=len(blocks),
        units=settings.units,
        low=number(-limit),
        high=number(limit),
    )
    return Picture({"data": traces, "layout": figure}, alt)


def _heights(arrays: list[np.ndarray]) -> list[float]:
    """The height of each strip, in px: one for all rows, but that a single row is to be seen."""
    rows = [len(array) for array in arrays]
    each = min(_ROW, max(_LEAST_ROW, _ROWS / sum(rows)))
    return [max(_LEAST_NUMBERED, each * count) for count in rows]


def _domains(heights: list[float], plot: float) -> list[list[float]]:
    """From where to where each strip reaches, in parts of the plot, with its name above it."""
    domains, top = [], plot
    for height in heights:
        top -= _CAPTION
        domains.append([max(0.0, top - height) / plot, top / plot])
        top -= height
    return domains


def _row_axis(layout: Layout, rows: int) -> dict[str, Any]:
    every = math.ceil(rows / _MOST_ROWS_NAMED)
    shown = list(range(0, rows, every))
    return {
        "range": [rows - 0.5, -0.5],
        "tickvals": shown,
        "ticktext": [row_name(layout, row) for row in shown],
        "ticklabelstandoff": 4,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "ticks": "",
    }


def row_name(layout: Layout, row: int) -> str:
    """What a row of a weight belongs to; the weight's own name if it is a single row."""
    rows, *columns = layout.axes
    if not columns:
        return layout.name
    if rows == "part":
        return text("charts.recurrent_bias" if row else "charts.input_bias")
    return text(f"charts.{rows}", **{rows: row})


def _first_units(blocks: int, units: int, first: int) -> np.ndarray:
    """The indices of so many blocks' first columns, where each block has a column a unit."""
    return np.concatenate([block * units + np.arange(first) for block in range(blocks)])


def _stands(blocks: tuple[str, ...], names: tuple[str, ...], units: int) -> np.ndarray:
    """Where on the axis of all blocks the columns of a weight with these blocks stand."""
    return np.concatenate([names.index(block) * units + np.arange(units) for block in blocks])


def _column_axis(blocks: int, units: int) -> dict[str, Any]:
    """Above the strips, the unit of each column, or each block's first and last."""
    named = range(units) if units <= _MOST_UNITS_NAMED else (0, units - 1)
    columns = [block * units + unit for block in range(blocks) for unit in named]
    return {
        "range": [-0.5, blocks * units - 0.5],
        "side": "top",
        "anchor": "free",
        "position": 1,
        "tickvals": columns,
        "ticktext": [str(column % units) for column in columns],
        "tickangle": 0,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "ticks": "",
    }


def _block_labels(cell: str, blocks: tuple[str, ...], units: int) -> list[Figure]:
    """Above each block its gate; at the left what the numbers below are."""
    labels = []
    for block, name in enumerate(blocks):
        title = strip_title(name, cell)
        middle = (block + 0.5) * units - 0.5
        labels.append(label(title, middle, 1, xref="x", xanchor="center", yshift=20))
    return [*labels, label(text("charts.units"), 0, 1, xanchor="right", xshift=-4, yshift=-2)]


def _strip(
    layout: Layout,
    array: np.ndarray,
    index: np.ndarray,
    columns: np.ndarray,
    limit: float,
    axis: str,
) -> Figure:
    """A weight's cells, each of its columns at its place; hover labels say NumPy's index."""
    small = array.shape[1] <= 64
    cells = np.full((len(array), columns.max() + 1), np.nan, array.dtype)
    indices = np.zeros(cells.shape, "int16")
    cells[:, columns], indices[:, columns] = array, index
    # With a format, Plotly writes the row's number; without one, what its tick says.
    row = "%{y:d}, " if len(layout.shape) == 2 else ""
    return {
        "type": "heatmap",
        "z": cells,
        "customdata": indices,
        "hoverongaps": False,
        "name": layout.name,
        "zmin": -limit,
        "zmax": limit,
        "colorscale": HIDDEN,
        "showscale": False,
        "xgap": 1 if small else 0,
        "ygap": 1 if len(array) <= 16 else 0,
        "yaxis": axis,
        "hovertemplate": f"{layout.name}[{row}%{{customdata}}] = <b>%{{z:.6g}}</b><extra></extra>",
    }


def _written(array: np.ndarray, columns: np.ndarray, limit: float, axis: str) -> Figure:
    """A weight's numbers."""
    block = Numbered(array, columns.tolist(), decimals(limit), STRONG * limit)
    return numbers([block], ("x", axis))


def _title(layout: Layout) -> str:
    """A weight's name and shape, and why it is a bias of two rows, if it is."""
    name = f"<b>{layout.name}</b> {layout.shape}"
    return f"{name}: {text('charts.two_rows')}" if "part" in layout.axes else name


def _scale(limit: float) -> Figure:
    """What the colours mean, at the figure's lower left."""
    return {
        "orientation": "h",
        "xref": "container",
        "yref": "container",
        "x": 0,
        "y": 0,
        "xanchor": "left",
        "yanchor": "bottom",
        "xpad": 12,
        "ypad": 4,
        "lenmode": "pixels",
        "len": 220,
        "thickness": 8,
        "outlinewidth": 0,
        "tickvals": [-limit, -limit / 2, 0, limit / 2, limit],
        "ticktext": [number(value) for value in (-limit, -limit / 2, 0, limit / 2, limit)],
    }


def _divider(x: float) -> Figure:
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
