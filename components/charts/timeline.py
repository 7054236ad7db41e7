"""The timeline: h at every step, and on the same unit axis what was handed back of h and c."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from components.backend import Run
from components.backend.code import named_shape
from components.backend.layout import returned_layout
from components.charts.picture import (
    CELL,
    DIM,
    FAINT,
    HIDDEN,
    PAGE_TEXT,
    UNIT_COLOURS,
    Figure,
    Picture,
    cells,
    label,
    number,
    reach,
    step_label,
    step_ticks,
    unit_axis,
    unit_rows,
)

NOT_RETURNED = "computed, not returned"
_MOST_NUMBERED = (12, 14)  # units, steps: beyond these the numbers have no room
_MARGIN = {"l": 52, "r": 8, "t": 44, "b": 44}


@dataclass(frozen=True)
class _Part:
    """One block of the figure: values (unit, column) and whether Keras handed them back."""

    name: str
    values: np.ndarray
    columns: list[int]
    axis: str
    returned: bool

    @property
    def of_cell(self) -> bool:
        return self.name == "state_c"


def timeline(
    run: Run,
    *,
    sentence: int = 0,
    scale: Literal["fitted", "fixed"] = "fitted",
    view: Literal["heatmap", "lines"] = "heatmap",
) -> Picture:
    """Outputs as units by steps with the tokens under the steps; beside them the last states.

    What Keras returned is lit and drawn from its tensors; what was only computed is drawn from
    the trace, dimmed and labelled.

    Args:
        sentence: which sentence of the batch.
        scale: colours (or lines) fitted to the values, or fixed at -1 to 1.
    """
    parts = _parts(run, sentence)
    trace = run.trace
    limits = {"h": 1.0, "c": 1.0}
    if scale == "fitted":
        limits = {"h": reach(trace.hidden), "c": 1.0 if trace.cell is None else reach(trace.cell)}
    draw = _heatmap if view == "heatmap" else _lines
    layout = {
        **_layout(parts, run),
        **_view_axes(view, run, limits),
        "xaxis": {"domain": _domains(run)["x"], **step_ticks(trace.tokens[sentence])},
        "annotations": _labels(parts, run, limits),
    }
    figure = {"data": draw(parts, run, sentence, limits), "layout": layout}
    if view == "heatmap":
        layout["meta"]["rows"] = unit_rows(run.settings.units)
    return Picture(figure, _alt(run, sentence))


def _parts(run: Run, sentence: int) -> list[_Part]:
    outputs = run.tensor("outputs")[sentence]
    hidden = run.trace.hidden[sentence]
    steps = len(hidden)
    if run.settings.return_sequences:
        parts = [_Part("outputs", outputs.T, list(range(1, steps + 1)), "x", True)]
    else:
        parts = [
            _Part("h", hidden[:-1].T, list(range(1, steps)), "x", False),
            _Part("outputs", outputs[:, None], [steps], "x", True),
        ]
    for name, axis, computed in (("state_h", "x2", hidden), ("state_c", "x3", run.trace.cell)):
        if computed is None:
            continue
        tensor = run.tensor(name)
        last = computed[-1] if name == "state_h" else computed[sentence, -1]
        values = last if tensor is None else tensor[sentence]
        parts.append(_Part(name, values[:, None], [1], axis, tensor is not None))
    return [part for part in parts if part.columns]


def _heatmap(parts: list[_Part], run: Run, sentence: int, limits: dict[str, float]) -> list[Figure]:
    traces: list[Figure] = []
    for part in parts:
        which = "c" if part.of_cell else "h"
        traces.append(
            cells(
                part.values,
                part.columns,
                name=part.name,
                limit=limits[which],
                colorscale=CELL if part.of_cell else HIDDEN,
                axes=(part.axis, "y"),
                dim=not part.returned,
                captions=_captions(part, run, sentence),
            )
        )
    units, steps = run.settings.units, run.settings.steps
    if units <= _MOST_NUMBERED[0] and steps <= _MOST_NUMBERED[1]:
        for part in parts:
            traces.append(_numbers(part, limits["c" if part.of_cell else "h"]))
    return traces


def _captions(part: _Part, run: Run, sentence: int) -> list[str]:
    ending = "" if part.returned else f", {NOT_RETURNED}"
    if part.axis != "x":
        return [part.name + ending]
    tokens = run.trace.tokens[sentence]
    return [f"{part.name}, step {t}, token {tokens[t - 1]}{ending}" for t in part.columns]


def _numbers(part: _Part, limit: float) -> Figure:
    """The values as text: white where the cell is strongly coloured, else the page's own colour."""
    strong = part.returned & (np.abs(part.values) > 0.7 * limit)
    rows, columns = np.indices(part.values.shape).reshape(2, -1)
    return {
        "type": "scatter",
        "x": [part.columns[column] for column in columns],
        "y": rows.tolist(),
        "text": [number(value) for value in part.values.flat],
        "mode": "text",
        "textfont": {"color": ["rgb(255, 255, 255)" if s else PAGE_TEXT for s in strong.flat]},
        "opacity": 1 if part.returned else 0.62,
        "xaxis": part.axis,
        "hoverinfo": "skip",
        "showlegend": False,
        "meta": "numbers",
    }


def _lines(parts: list[_Part], run: Run, sentence: int, limits: dict[str, float]) -> list[Figure]:
    """One line a unit; beside them, one mark a unit for each last state."""
    traces: list[Figure] = []
    units = run.settings.units
    hidden = run.trace.hidden[sentence]
    for unit in range(units):
        colour = UNIT_COLOURS[unit % len(UNIT_COLOURS)]
        for part in parts:
            joined = part.axis == "x" and len(part.columns) > 1
            x, y = part.columns, part.values[unit].tolist()
            if part.name == "h":  # reaches to the returned point, so that the line is whole
                x, y = [*x, x[-1] + 1], hidden[:, unit].tolist()
            traces.append(
                {
                    "type": "scatter",
                    "x": x,
                    "y": y,
                    "name": f"unit {unit}",
                    "legendgroup": f"unit {unit}",
                    "showlegend": units <= 8 and part.name == "outputs",
                    "mode": "lines"
                    if part.name == "h"
                    else "lines+markers"
                    if joined
                    else "markers",
                    "line": {"color": colour, "width": 2},
                    "marker": {"color": colour, "size": 5 if joined else 9},
                    "opacity": 1 if part.returned else DIM,
                    "xaxis": part.axis,
                    "yaxis": "y2" if part.of_cell else "y",
                    "hovertemplate": f"{part.name}, unit {unit}: <b>%{{y:.6g}}</b><extra></extra>",
                }
            )
    return traces


def _domains(run: Run) -> dict[str, tuple[float, float]]:
    if run.trace.cell is None:
        return {"x": (0.0, 0.84), "x2": (0.885, 1.0)}
    return {"x": (0.0, 0.72), "x2": (0.765, 0.875), "x3": (0.89, 1.0)}


def _layout(parts: list[_Part], run: Run) -> dict[str, Any]:
    domains = _domains(run)
    narrow = {
        "range": [0.5, 1.5],
        "showticklabels": False,
        "showgrid": False,
        "zeroline": False,
        "fixedrange": True,
        "ticks": "",
    }
    layout: dict[str, Any] = {
        "height": 88 + min(208, 52 * max(run.settings.units, 2)),
        "margin": _MARGIN,
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": -0.3, "yanchor": "top"},
        "xaxis2": {"domain": domains["x2"], **narrow},
        "hoverlabel": {"align": "left"},
        "dragmode": "zoom",
        "uirevision": run.settings.steps,
        "meta": {"steps": run.settings.steps, "pageText": PAGE_TEXT},
        "shapes": [_frame(part, run.settings.units) for part in parts if part.returned],
    }
    if "x3" in domains:
        layout["xaxis3"] = {"domain": domains["x3"], **narrow}
    return layout


def _view_axes(view: str, run: Run, limits: dict[str, float]) -> dict[str, Any]:
    if view == "heatmap":
        return {"yaxis": unit_axis(run.settings.units)}
    axis = {"zeroline": True, "fixedrange": True, "nticks": 5}
    h, c = limits["h"] * 1.08, limits["c"] * 1.08
    axes: dict[str, Any] = {"yaxis": {"range": [-h, h], **axis}, "shapes": []}
    if run.trace.cell is not None:
        axes["yaxis2"] = {"range": [-c, c], "anchor": "x3", "side": "right", **axis}
        axes["margin"] = _MARGIN | {"r": 52}
    return axes


def _frame(part: _Part, units: int) -> dict[str, Any]:
    """A thin outline round what was returned."""
    return {
        "type": "rect",
        "xref": part.axis,
        "yref": "y",
        "x0": part.columns[0] - 0.5,
        "x1": part.columns[-1] + 0.5,
        "y0": -0.5,
        "y1": units - 0.5,
        "line": {"width": 1.5, "color": "rgba(128, 128, 128, 0.8)"},
    }


def _labels(parts: list[_Part], run: Run, limits: dict[str, float]) -> list[dict[str, Any]]:
    domains = _domains(run)
    shapes = {layout.name: named_shape(layout) for layout in returned_layout(run.settings)}
    labels = []
    for part in parts:
        left, right = domains[part.axis]
        if part.name == "outputs":
            text = f"<b>outputs</b> {shapes['outputs']}"
            at_end = not run.settings.return_sequences
            where = {"xanchor": "right" if at_end else "left"}
            labels.append(label(text, right if at_end else left, 1.02, **where))
        elif part.name == "h":
            text = f"h of steps 1 to {part.columns[-1]}: {NOT_RETURNED}"
            above = {"yshift": 14}  # a line of its own: on a phone there is no room for two texts
            labels.append(label(text, left, 1.02, **FAINT, **above))
        else:
            middle = (left + right) / 2
            text = f"<b>{part.name}</b>" if part.returned else part.name
            weak = {} if part.returned else {"font": {"size": 11}, **FAINT}
            labels.append(label(text, middle, 1.02, xanchor="center", **weak))
            scale = f"\N{PLUS-MINUS SIGN}{number(limits['c' if part.of_cell else 'h'])}"
            below = {"xanchor": "center", "yanchor": "top", "yshift": -4}
            labels.append(label(scale, middle, 0, **FAINT, **below))
    if computed := [part.axis for part in parts if part.axis != "x" and not part.returned]:
        left, right = domains[computed[0]][0], domains[computed[-1]][1]
        above = {"yshift": 14, "font": {"size": 11}, **FAINT}
        if len(computed) > 1:
            labels.append(
                label("not returned", (left + right) / 2, 1.02, xanchor="center", **above)
            )
        else:  # wider than its column: it must not stick out of the figure
            labels.append(label("not returned", right, 1.02, xanchor="right", **above))
    if _last_is_state(run):
        gap = (domains["x"][1] + domains["x2"][0]) / 2
        labels.append(
            label("<b>=</b>", gap, 0.5, xanchor="center", yanchor="middle", font={"size": 18})
        )
    labels.append(step_label())
    return labels


def _last_is_state(run: Run) -> bool:
    state_h = run.tensor("state_h")
    outputs = run.tensor("outputs")
    last = outputs[:, -1] if run.settings.return_sequences else outputs
    return state_h is not None and np.array_equal(last, state_h)


def _alt(run: Run, sentence: int) -> str:
    settings, hidden = run.settings, run.trace.hidden[sentence]
    steps = "every step" if settings.return_sequences else "the last step only"
    states = [tensor.name for tensor in run.returned[1:]] or ["no state"]
    same = "; the last output equals state_h" if _last_is_state(run) else ""
    return (
        f"{settings.cell}, {settings.units} units by {settings.steps} steps, h between "
        f"{number(hidden.min())} and {number(hidden.max())}. Returned: outputs of {steps}, "
        f"{' and '.join(states)}{same}."
    )
