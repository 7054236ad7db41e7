"""The timeline as one line a unit."""

from __future__ import annotations

import numpy as np

from components.backend import Run
from components.charts.picture import DIM, UNIT_COLOURS, Figure, beyond
from components.charts.timeline.parts import START, Part, missing, start_of
from components.texts import text

ROOM = 1.08  # of the lines' axis, in parts of the largest value that it is for
_THIN = 0.7  # the opacity of a line that was only computed, which is dotted too


def line_traces(
    parts: list[Part], run: Run, sentence: int, limit: float, start: tuple[float, float]
) -> list[Figure]:
    """One line a unit; beside them, one mark a unit for each last state."""
    traces: list[Figure] = []
    units = run.settings.units
    hidden = run.trace.hidden[sentence]
    colours = [UNIT_COLOURS[unit % len(UNIT_COLOURS)] for unit in range(units)]
    endings = {part.name: f"<br>{missing(part)}" if part.flag else "" for part in parts}
    for unit, colour in enumerate(colours):
        unit_name = text("charts.unit", unit=unit)
        for part in parts:
            joined = part.axis == "x" and len(part.columns) > 1
            x, y = part.columns, part.values[unit].tolist()
            if part.name == "h":  # reaches to the returned point, so that the line is whole
                x, y = [*x, x[-1] + 1], hidden[:, unit].tolist()
            hover = f"{part.name}, {unit_name}: <b>%{{y:.6g}}</b>{endings[part.name]}"
            traces.append(
                {
                    "type": "scatter",
                    "x": x,
                    "y": y,
                    "name": unit_name,
                    "legendgroup": unit_name,
                    "showlegend": units <= 8 and part.name == "outputs",
                    "mode": "lines"
                    if part.name == "h"
                    else "lines+markers"
                    if joined
                    else "markers",
                    "line": {"color": colour, "width": 2, "dash": "dot" if part.flag else "solid"},
                    "marker": {
                        "color": colour,
                        "size": 5 if joined else 9,
                        "symbol": "circle-open" if part.flag else "circle",
                    },
                    "opacity": _THIN if part.flag else 1,
                    "xaxis": part.axis,
                    "hovertemplate": f"{hover}<extra></extra>",
                }
            )
    first = start_of(run, sentence, start)
    hover = f"{text('charts.hover_start', name=START)}: <b>%{{y:.6g}}</b><extra></extra>"
    traces.append(
        {
            "type": "scatter",
            "x": first.columns * units,
            "y": first.values[:, 0].tolist(),
            "name": START,
            "mode": "markers",
            "marker": {"color": colours, "size": 6, "symbol": "circle-open"},
            "showlegend": False,
            "opacity": DIM,
            "xaxis": "x",
            "hovertemplate": hover,
        }
    )
    return traces + [trace for axis in ("x", "x2") for trace in _beyond(parts, axis, limit)]


def _beyond(parts: list[Part], axis: str, limit: float) -> list[Figure]:
    """A mark at the upper or the lower edge for each value that lies beyond it."""
    x, y, symbols = [], [], []
    for part in parts:
        if part.axis == axis:
            units, columns = np.nonzero(np.abs(part.values) > limit * ROOM)
            above = part.values[units, columns] > 0
            x += [part.columns[column] for column in columns]
            y += np.where(above, limit, -limit).tolist()
            symbols += np.where(above, "triangle-up", "triangle-down").tolist()
    return [beyond(x, y, symbols, xaxis=axis)] if x else []
