"""The recurrent layer's weights, with a block of columns for each gate."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from components.backend import Run
from components.backend.cells import CELLS
from components.backend.question.layout import BLOCKS, Layout, features, layer_weight_layout
from components.charts import picture
from components.charts.strips import MOST_DRAWN
from components.texts import text

_ROW, _LEAST_ROW = 26, 3  # px of a row: as high as the others, whatever weight it is of
_ROWS = 280  # px for all rows, where that is possible
_CAPTION = 24  # px above each strip, for its name
_MOST_ROWS_NAMED = 6
_MOST_UNITS_NAMED = 8
_TOP, _BOTTOM = 48, 62  # px: for the names of the blocks, and for the scale
_LEAST_NUMBERED, _LEAST_NAMED = 14, 15  # px of a row with room for numbers, for a name beside it
_FEW_ROWS = 2  # of a strip in which each row has its name, however large the layer is


class _Weight(NamedTuple):
    """The part of a weight that is drawn."""

    layout: Layout
    values: np.ndarray  # (row, column)
    index: np.ndarray  # (column,): of each drawn column, its index in the whole weight
    place: np.ndarray  # (column,): of each drawn column, its place on the axis of all blocks

    @property
    def rows(self) -> int:
        return len(self.values)


def parameters(run: Run) -> picture.Picture:
    """The layer's weights under one another, each block of their columns below its gate.

    All share one axis of G * units columns, with lines between the gates' blocks. A weight without
    a block for some gate is blank there. Of a large layer only the first rows and units are drawn.
    """
    cell, blocks = run.settings.cell, len(BLOCKS[run.settings.cell])
    units = min(run.settings.units, MOST_DRAWN)
    weights = _weights(run, units)
    limit = picture.reach(*(weight.values for weight in weights))
    heights = _heights(weights)
    plot = sum(heights) + _CAPTION * len(heights)
    domains = _domains(heights, plot)
    titles = [
        picture.label(_title(w.layout), 0, d[1]) for w, d in zip(weights, domains, strict=True)
    ]
    figure = {
        "height": plot + _TOP + _BOTTOM,
        "margin": {"l": 92, "r": 8, "t": _TOP, "b": _BOTTOM},
        "xaxis": _column_axis(blocks, units),
        "shapes": [
            _divider(block * units - 0.5, *domain)
            for domain in domains
            for block in range(1, blocks)
        ],
        "annotations": [*_block_labels(cell, units), *titles],
        "hoverlabel": {"align": "left"},
        "dragmode": False,
        "meta": {
            "pageText": picture.PAGE_TEXT,
            "strips": [(1 - high, 1 - low) for low, high in domains],
        },
        **_row_axes(weights, heights, domains),
    }
    said = {"cell": cell, "blocks": blocks, "units": run.settings.units}
    alt = text(
        "charts.alt_parameters", **said, low=picture.number(-limit), high=picture.number(limit)
    )
    return picture.Picture({"data": _traces(weights, heights, limit), "layout": figure}, alt)


def _weights(run: Run, units: int) -> list[_Weight]:
    """The layer's weights, as far as they are drawn, with so many units of each block."""
    settings, names = run.settings, BLOCKS[run.settings.cell]
    layouts = layer_weight_layout(settings, features(settings))
    found = []
    for layout, weight in zip(layouts, CELLS[settings.cell].weights(settings), strict=True):
        index = _first_units(len(weight.blocks), settings.units, units)
        values = np.atleast_2d(run.weights[layout.name])[:MOST_DRAWN, index]
        found.append(_Weight(layout, values, index, _stands(weight.blocks, names, units)))
    return found


def _traces(weights: list[_Weight], heights: list[float], limit: float) -> list[picture.Figure]:
    """Each weight's cells and, where there is room for them, its numbers."""
    traces: list[picture.Figure] = []
    for axis, weight, height in zip(_axes(weights), weights, heights, strict=True):
        traces.append(_strip(weight, limit, axis))
        if height >= _LEAST_NUMBERED * weight.rows:
            block = picture.Numbered(
                weight.values,
                weight.place.tolist(),
                picture.decimals(limit),
                picture.STRONG * limit,
            )
            traces.append(picture.numbers([block], ("x", axis)))
    traces[0] |= {"showscale": True, "colorbar": _scale(limit)}  # the same for all of them
    return traces


def _axes(weights: list[_Weight]) -> list[str]:
    """The name of each weight's y axis, as a trace has it."""
    return ["y", *(f"y{place}" for place in range(2, len(weights) + 1))]


def _heights(weights: list[_Weight]) -> list[float]:
    """The height of each strip, in px: the same for all rows, except that a few rows have at least
    the height of their names."""
    each = min(_ROW, max(_LEAST_ROW, _ROWS / sum(weight.rows for weight in weights)))
    return [
        max(_LEAST_NAMED * min(weight.rows, _FEW_ROWS), each * weight.rows) for weight in weights
    ]


def _domains(heights: list[float], plot: float) -> list[list[float]]:
    """The lower and the upper end of each strip, in parts of the plot, with room for its name
    above."""
    domains, top = [], plot
    for height in heights:
        top -= _CAPTION
        domains.append([max(0.0, top - height) / plot, top / plot])
        top -= height
    return domains


def _row_axes(
    weights: list[_Weight], heights: list[float], domains: list[list[float]]
) -> dict[str, Any]:
    """The layout's y axes."""
    axes = {}
    for axis, weight, height, domain in zip(_axes(weights), weights, heights, domains, strict=True):
        axes[axis.replace("y", "yaxis")] = {"domain": domain, **_row_axis(weight, height)}
    return axes


def _row_axis(weight: _Weight, height: float) -> dict[str, Any]:
    most = min(_MOST_ROWS_NAMED, int(height // _LEAST_NAMED))
    shown = list(range(0, weight.rows, math.ceil(weight.rows / most)))
    return {
        "range": [weight.rows - 0.5, -0.5],
        "tickvals": shown,
        "ticktext": [row_name(weight.layout, row) for row in shown],
        "ticklabelstandoff": 4,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "ticks": "",
    }


def row_name(layout: Layout, row: int) -> str:
    """The name of a row: its feature's or its unit's; the weight's name if it is the only row."""
    rows, *columns = layout.axes
    if not columns:
        return layout.name
    if rows == "part":
        return text("charts.recurrent_bias" if row else "charts.input_bias")
    return text(f"charts.{rows}", **{rows: row})


def _first_units(blocks: int, units: int, first: int) -> np.ndarray:
    """The indices of the first units' columns in each block, where a block has a column a unit."""
    return np.concatenate([block * units + np.arange(first) for block in range(blocks)])


def _stands(blocks: tuple[str, ...], names: tuple[str, ...], units: int) -> np.ndarray:
    """The places of a weight's columns on the axis of all blocks.

    Args:
        blocks: the weight's own blocks.
        names: all blocks, in the order of the axis.
    """
    return np.concatenate([names.index(block) * units + np.arange(units) for block in blocks])


def _column_axis(blocks: int, units: int) -> dict[str, Any]:
    """The axis above the strips: each column's unit, or only the first and the last of each
    block."""
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


def _block_labels(cell: str, units: int) -> list[picture.Figure]:
    """Labels: above each block its gate; at the left, what the numbers below them are."""
    labels = []
    for block, name in enumerate(BLOCKS[cell]):
        title = picture.strip_title(name, cell)
        middle = (block + 0.5) * units - 0.5
        labels.append(picture.label(title, middle, 1, xref="x", xanchor="center", yshift=20))
    return [
        *labels,
        picture.label(text("charts.units"), 0, 1, xanchor="right", xshift=-4, yshift=-2),
    ]


def _strip(weight: _Weight, limit: float, axis: str) -> picture.Figure:
    """A weight's cells, with each column at its place. Hover labels give NumPy's index."""
    name, values, place = weight.layout.name, weight.values, weight.place
    cells = np.full((weight.rows, place.max() + 1), np.nan, values.dtype)
    indices = np.zeros(cells.shape, "int16")
    cells[:, place], indices[:, place] = values, weight.index
    # With a format, Plotly writes the row's number; without one, what its tick says.
    row = "%{y:d}, " if len(weight.layout.shape) == 2 else ""
    return {
        "type": "heatmap",
        "z": cells,
        "customdata": indices,
        "hoverongaps": False,
        "name": name,
        "zmin": -limit,
        "zmax": limit,
        "colorscale": picture.HIDDEN,
        "showscale": False,
        "xgap": 1 if values.shape[1] <= 64 else 0,
        "ygap": 1 if weight.rows <= 16 else 0,
        "yaxis": axis,
        "hovertemplate": f"{name}[{row}%{{customdata}}] = <b>%{{z:.6g}}</b><extra></extra>",
    }


def _title(layout: Layout) -> str:
    """A weight's name and shape, and why it is a bias of two rows, if it is."""
    name = f"<b>{layout.name}</b> {layout.shape}"
    return f"{name}: {text('charts.two_rows')}" if "part" in layout.axes else name


def _scale(limit: float) -> picture.Figure:
    """The colour bar, at the figure's lower left."""
    return {
        "orientation": "h",
        "xref": "container",
        "yref": "container",
        "x": 0,
        "y": 0,
        "xanchor": "left",
        "yanchor": "bottom",
        "xpad": 28,  # half of the longest number at its end
        "ypad": 4,
        "lenmode": "pixels",
        "len": 220,
        "thickness": 8,
        "outlinewidth": 0,
        "tickvals": [-limit, -limit / 2, 0, limit / 2, limit],
        "ticktext": [picture.number(value) for value in (-limit, -limit / 2, 0, limit / 2, limit)],
    }


def _divider(x: float, low: float, high: float) -> picture.Figure:
    """A line between two blocks of a weight, from its lower to its upper end."""
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": x,
        "x1": x,
        "y0": low,
        "y1": high,
        "line": {"width": 2, "color": "rgba(128, 128, 128, 0.9)"},
    }
