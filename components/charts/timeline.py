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
    MOST_CAPTIONED,
    PAGE_TEXT,
    RETURNED,
    STRONG,
    UNIT_COLOURS,
    Figure,
    Limits,
    Picture,
    Scale,
    beyond,
    cells,
    decimals,
    fixed,
    label,
    limits_of,
    number,
    reach,
    start_edges,
    start_outline,
    step_label,
    step_range,
    step_ticks,
    unit_axis,
    unit_rows,
)
from components.texts import text

START = "h\N{SUBSCRIPT ZERO}"

View = Literal["heatmap", "lines"]

_MOST_NUMBERED = (12, 14)  # units, steps: beyond these the numbers have no room
_ROOM = 1.08  # of the lines' axis, in parts of the largest value that it is for
_MOST_MARKED = 16  # units: beyond these a mark for a cell is larger than the cell
_LINE = 15  # px from one line of labels to the next
_BETWEEN_STATES = 1.2  # from state_h to state_c, in widths of a cell
_THIN = 0.7  # the opacity of a line that was only computed, which is dotted too
_LEGEND = 40  # px below the lines
_WHITE = "rgb(255, 255, 255)"


@dataclass(frozen=True)
class _Part:
    """One block of the figure: values (unit, column) and what became of them.

    flag is the argument that would have had it returned; empty where it was, and for the state
    before step 1, which is neither computed nor returned.
    """

    name: str
    values: np.ndarray
    columns: list[float]
    axis: str
    returned: bool = False
    flag: str = ""

    @property
    def of_cell(self) -> bool:
        return self.name == "state_c"

    @property
    def edges(self) -> tuple[float, float]:
        return self.columns[0] - 0.5, self.columns[-1] + 0.5

    def limit(self, limits: Limits) -> float:
        return limits.c if self.of_cell else limits.h


def timeline(
    run: Run, *, sentence: int = 0, scale: Scale = "fitted", view: View = "heatmap"
) -> Picture:
    """Outputs as units by steps with the tokens under the steps; beside them the last states.

    What Keras returned is framed, labelled so and drawn from its tensors; what was only computed
    is drawn from the trace, dimmed, hatched and labelled.

    Args:
        sentence: which sentence of the batch.
        scale: colours (or lines) fitted to the values, fixed at -1 to 1, or up to given limits.
    """
    parts, limits, same = _parts(run, sentence), limits_of(scale, run), _last_is_state(run)
    start = start_edges(run.settings.steps, run.trace.initial["state_h"])
    if view == "heatmap":
        axis = unit_axis(run.settings.units)
        traces = _heatmap(parts, run, sentence, limits, start)
    else:
        limit = max(limits.h, limits.c if run.trace.cell is not None else 0) * _ROOM
        axis = {"range": [-limit, limit], "zeroline": True, "fixedrange": True, "nticks": 5}
        traces = _lines(parts, run, sentence, limit / _ROOM, start)
    low, high = axis["range"]
    hatches = [_hatch(blocks, low, high) for blocks in _computed(parts)]
    layout = {
        **_layout(parts, run, 0 if view == "heatmap" else _LEGEND),
        "xaxis": {"domain": _domains(run)["x"]}
        | step_ticks(run.trace.tokens[sentence], start, START),
        "yaxis": axis,
        "shapes": _shapes(parts, run, start, same),
        "annotations": _labels(parts, run, limits if view == "heatmap" else None, same),
    }
    if view == "heatmap":
        layout["meta"]["rows"] = unit_rows(run.settings.units)
    return Picture(
        {"data": [*traces, *hatches], "layout": layout}, _alt(run, sentence, parts, same)
    )


def timeline_note(
    run: Run, *, sentence: int = 0, scale: Scale = "fitted", view: View = "heatmap"
) -> str:
    """What the colours of that timeline mean, of which it names those that are in it, and how many
    values lie beyond its scale."""
    limits = limits_of(scale, run)
    shown = {"h": run.trace.hidden[sentence]}
    if run.trace.cell is not None:
        shown["c"] = run.trace.cell[sentence, -1]
    kind = "given" if isinstance(scale, Limits) else scale
    names = text(f"note.of_{''.join(shown)}")
    said = [
        text("note.axis" if (view, kind) == ("lines", "fitted") else f"note.{kind}", names=names)
    ]
    if view == "heatmap":
        said += [text(f"note.{name}_{_signs(values)}") for name, values in shown.items()]
    edges = limits._asdict()
    if view == "lines":  # on one axis, which has some room at its ends
        edges = dict.fromkeys(shown, max(edges[name] for name in shown) * _ROOM)
    count = sum(int((np.abs(values) > edges[name]).sum()) for name, values in shown.items())
    if count:
        marked = view == "lines" or run.settings.units <= _MOST_MARKED
        mark = text("note.mark") if marked else ""
        kind = "one" if count == 1 else "many"
        said.append(text(f"note.beyond_{kind}", count=count, mark=mark))
    if not any(state.any() for state in run.trace.initial.values()):
        said.append(text(f"note.start_{''.join(shown)}"))
    return " ".join(said)


def _signs(values: np.ndarray) -> str:
    above, below = (values > 0).any(), (values < 0).any()
    return "both" if above and below else "above" if above else "below" if below else "zero"


def _parts(run: Run, sentence: int) -> list[_Part]:
    outputs, trace = run.tensor("outputs")[sentence], run.trace
    hidden = trace.hidden[sentence]
    steps = len(hidden)
    if run.settings.return_sequences:
        parts = [_Part("outputs", outputs.T, list(range(1, steps + 1)), "x", True)]
    else:
        computed = list(range(1, steps))
        parts = [_Part("outputs", outputs[:, None], [steps], "x", True)]
        if computed:
            parts.insert(0, _Part("h", hidden[:-1].T, computed, "x", flag="return_sequences"))
    column = 1.0
    for name, steps_of in (("state_h", trace.hidden), ("state_c", trace.cell)):
        if steps_of is None:
            continue
        tensor = run.tensor(name)
        values = steps_of[sentence, -1] if tensor is None else tensor[sentence]
        flag = "return_state" if tensor is None else ""
        parts.append(_Part(name, values[:, None], [column], "x2", not flag, flag))
        column += _BETWEEN_STATES
    return parts


def _start(run: Run, sentence: int, start: tuple[float, float]) -> _Part:
    values = run.trace.initial["state_h"][sentence]
    return _Part(START, values[:, None], [sum(start) / 2], "x")


def _computed(parts: list[_Part]) -> list[list[_Part]]:
    """What was computed only: of the steps, and of the last states."""
    blocks = [[part for part in parts if part.flag and part.axis == axis] for axis in ("x", "x2")]
    return [block for block in blocks if block]


# -- What is drawn ---------------------------------------------------------------------------------


def _heatmap(
    parts: list[_Part], run: Run, sentence: int, limits: Limits, start: tuple[float, float]
) -> list[Figure]:
    first = _start(run, sentence, start)
    traces: list[Figure] = []
    for part in [*parts, first]:
        captioned = part.values.size <= MOST_CAPTIONED
        trace = cells(
            part.values,
            part.columns,
            name=part.name,
            limit=part.limit(limits),
            colorscale=CELL if part.of_cell else HIDDEN,
            axes=(part.axis, "y"),
            dim=not part.returned,
            captions=_captions(part, run, sentence) if captioned else None,
        )
        traces.append(trace)
    traces[-1]["x"] = list(start)
    units, steps = run.settings.units, run.settings.steps
    if units <= _MOST_NUMBERED[0] and steps <= _MOST_NUMBERED[1]:
        places = {name: decimals(reach(steps_of)) for name, steps_of in _by_name(run).items()}
        for axis in ("x", "x2"):
            shown = [part for part in [*parts, first] if part.axis == axis]
            traces.append(_numbers(shown, limits, places))
    if units <= _MOST_MARKED:
        traces += [trace for axis in ("x", "x2") for trace in _marks(parts, axis, limits)]
    return traces


def _by_name(run: Run) -> dict[str, np.ndarray]:
    trace = run.trace
    return {"h": trace.hidden} if trace.cell is None else {"h": trace.hidden, "c": trace.cell}


def _captions(part: _Part, run: Run, sentence: int) -> list[str]:
    """What the hover labels say of each column of a part."""
    if part.name == START:
        return [text("charts.hover_start", name=START)]
    ending = f"<br>{_missing(part)}" if part.flag else ""
    if part.axis != "x":
        return [part.name + ending]
    tokens = run.trace.tokens[sentence]
    said = (text("charts.hover", name=part.name, step=t, token=tokens[t - 1]) for t in part.columns)
    return [one + ending for one in said]


def _missing(part: _Part) -> str:
    return f"{text('charts.not_returned')}; {_would(part.flag, 1)}"


def _would(flag: str, count: int) -> str:
    return text("charts.would_one" if count == 1 else "charts.would_many", flag=flag)


def _numbers(parts: list[_Part], limits: Limits, places: dict[str, int]) -> Figure:
    """The values as text: white where the cell is strongly coloured, else the page's own colour.

    meta holds them with three digits and with two: the browser shows the most that there is room
    for.
    """
    x, y, most, fewer, colours = [], [], [], [], []
    for part in parts:
        units, columns = part.values.shape
        values = part.values.ravel().tolist()
        digits = places["c" if part.of_cell else "h"]
        strong = STRONG * part.limit(limits) if part.returned else np.inf
        x += part.columns * units
        y += [unit for unit in range(units) for _ in range(columns)]
        most += fixed(values, digits)
        fewer += fixed(values, max(0, digits - 1))
        colours += [_WHITE if abs(value) > strong else PAGE_TEXT for value in values]
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "text": most,
        "mode": "text",
        "textfont": {"color": colours},
        "xaxis": parts[0].axis,
        "hoverinfo": "skip",
        "showlegend": False,
        "meta": {"numbers": [most, fewer]},
    }


def _marks(parts: list[_Part], axis: str, limits: Limits) -> list[Figure]:
    """A mark in the corner of each cell whose value the scale does not reach."""
    x, y = [], []
    for part in parts:
        limit = part.limit(limits)
        if part.axis == axis and np.abs(part.values).max() > limit:
            units, columns = np.nonzero(np.abs(part.values) > limit)
            x += [part.columns[column] + 0.36 for column in columns]
            y += (units - 0.3).tolist()
    return [beyond(x, y, "triangle-up", xaxis=axis)] if x else []


def _lines(
    parts: list[_Part], run: Run, sentence: int, limit: float, start: tuple[float, float]
) -> list[Figure]:
    """One line a unit; beside them, one mark a unit for each last state."""
    traces: list[Figure] = []
    units = run.settings.units
    hidden = run.trace.hidden[sentence]
    colours = [UNIT_COLOURS[unit % len(UNIT_COLOURS)] for unit in range(units)]
    endings = {part.name: f"<br>{_missing(part)}" if part.flag else "" for part in parts}
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
    first = _start(run, sentence, start)
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


def _beyond(parts: list[_Part], axis: str, limit: float) -> list[Figure]:
    """A mark at the upper or the lower edge for each value that lies beyond it."""
    x, y, symbols = [], [], []
    for part in parts:
        if part.axis == axis:
            units, columns = np.nonzero(np.abs(part.values) > limit * _ROOM)
            above = part.values[units, columns] > 0
            x += [part.columns[column] for column in columns]
            y += np.where(above, limit, -limit).tolist()
            symbols += np.where(above, "triangle-up", "triangle-down").tolist()
    return [beyond(x, y, symbols, xaxis=axis)] if x else []


def _hatch(parts: list[_Part], low: float, high: float) -> Figure:
    """Hatching over what was computed only."""
    left, right = parts[0].edges[0], parts[-1].edges[1]
    return {
        "type": "scatter",
        "x": [left, right, right, left],
        "y": [low, low, high, high],
        "mode": "none",
        "fill": "toself",
        "fillcolor": "rgba(128, 128, 128, 0)",
        "fillpattern": {"shape": "/", "fgcolor": "rgba(128, 128, 128, 0.55)", "size": 9}
        | {"solidity": 0.12},
        "hoverinfo": "skip",
        "showlegend": False,
        "xaxis": parts[0].axis,
        "meta": "hatch",
    }


# -- What stands round it --------------------------------------------------------------------------


def _domains(run: Run) -> dict[str, tuple[float, float]]:
    if run.trace.cell is None:
        return {"x": (0.0, 0.845), "x2": (0.9, 1.0)}
    return {"x": (0.0, 0.715), "x2": (0.765, 1.0)}


def _above(parts: list[_Part]) -> int:
    """How many lines of labels stand above the cells: names, badges, and what was not returned."""
    return 2 + len(_computed(parts))


def _layout(parts: list[_Part], run: Run, legend: int) -> dict[str, Any]:
    units, steps = run.settings.units, run.settings.steps
    top, bottom = 8 + _LINE * _above(parts), 38
    last = parts[-1].columns[-1]
    return {
        "height": legend + top + bottom + min(208, 36 * max(units, 2)),
        "margin": {"l": 52, "r": 8, "t": top, "b": bottom},
        "showlegend": True,
        "legend": {"orientation": "h", "x": 0, "y": -0.3, "yanchor": "top"},
        "xaxis2": {
            "domain": _domains(run)["x2"],
            "range": [0.47, last + 0.53],
            "showticklabels": False,
            "showgrid": False,
            "zeroline": False,
            "fixedrange": True,
            "ticks": "",
        },
        "hoverlabel": {"align": "left"},
        "dragmode": "zoom",
        "uirevision": steps,
        "meta": {"steps": steps, "pageText": PAGE_TEXT},
    }


def _shapes(parts: list[_Part], run: Run, start: tuple[float, float], same: bool) -> list[Figure]:
    """A frame round each returned tensor; one round the last output, tied to the state it is."""
    shapes = [start_outline(start, (0, 1), "paper")]
    strong = {"width": 2.5, "color": RETURNED}
    shapes += [_box(part.axis, *part.edges, strong) for part in parts if part.returned]
    if same:
        steps, domains = run.settings.steps, _domains(run)
        if run.settings.return_sequences and steps > 1:
            shapes.append(_box("x", steps - 0.5, steps + 0.5, strong))
        shapes.append(
            {
                "type": "line",
                "xref": "paper",
                "yref": "paper",
                "x0": domains["x"][1],
                "x1": domains["x2"][0],
                "y0": 0.5,
                "y1": 0.5,
                "line": strong,
            }
        )
    return shapes


def _box(axis: str, left: float, right: float, line: dict[str, Any]) -> Figure:
    return {
        "type": "rect",
        "xref": axis,
        "yref": "paper",
        "x0": left,
        "x1": right,
        "y0": 0,
        "y1": 1,
        "line": line,
    }


def _labels(parts: list[_Part], run: Run, limits: Limits | None, same: bool) -> list[Figure]:
    first, end = _ends(run)
    at = first if run.settings.return_sequences else end
    anchor = {"xanchor": "left" if at == first else "right"}
    shape = named_shape(returned_layout(run.settings)[0])
    labels = [
        label(f"<b>outputs</b> {shape}", at, 1, yshift=2, **anchor),
        _badge(at, **anchor),
        *_state_labels(parts, run, limits),
        *_missing_labels(parts, run),
        step_label(),
    ]
    if same:
        domains = _domains(run)
        middle = (domains["x"][1] + domains["x2"][0]) / 2
        labels.append(label("<b>=</b>", middle, 0.5, xanchor="center", font={"size": 18}))
    return labels


def _ends(run: Run) -> tuple[float, float]:
    """Where step 1 begins and the last step ends, in parts of the plot."""
    steps = run.settings.steps
    low, high = step_range(steps, start_edges(steps, run.trace.initial["state_h"]))
    left, right = _domains(run)["x"]
    first, end = ((x - low) / (high - low) for x in (0.5, steps + 0.5))
    return left + (right - left) * first, left + (right - left) * end


def _badge(x: float, **where: Any) -> Figure:
    """The word returned on the colour of the frame."""
    colours = {"bgcolor": RETURNED, "font": {"color": _WHITE}, "borderpad": 1}
    return label(f" {text('charts.returned')} ", x, 1, yshift=3 + _LINE, **colours, **where)


def _state_labels(parts: list[_Part], run: Run, limits: Limits | None) -> list[Figure]:
    """Above each state its name, below it how far its colours, if it has any, reach; a badge for
    all of them."""
    states = [part for part in parts if part.axis == "x2"]
    labels = []
    for part in states:
        at = {"xref": "x2", "xanchor": "center"}
        name = f"<b>{part.name}</b>" if part.returned else part.name
        weak = {} if part.returned else FAINT
        labels.append(label(name, part.columns[0], 1, yshift=2, **at, **weak))
        if limits is not None:
            scale = f"\N{PLUS-MINUS SIGN}{number(part.limit(limits))}"
            below = {"yanchor": "top", "yshift": -4}
            labels.append(label(scale, part.columns[0], 0, **at, **below, **FAINT))
    if states[0].returned:
        left, right = _domains(run)["x2"]
        labels.append(_badge((left + right) / 2, xanchor="center"))
    return labels


def _missing_labels(parts: list[_Part], run: Run) -> list[Figure]:
    """What was computed and not returned, and the flag that would return it.

    Each has lines of its own: side by side they would have no room on a phone.
    """
    labels = []
    for row, block in enumerate(_computed(parts), start=2):
        if block[0].axis == "x":
            last = block[0].columns[-1]
            which = text("charts.steps_computed" if last > 1 else "charts.step_computed", last=last)
            said = f"{which}<br>{_would(block[0].flag, 1)}"
            where = {"yshift": 5 + _LINE, "xanchor": "left", "align": "left"}
            labels.append(label(said, _ends(run)[0], 1, **where))
        else:
            said = f"{text('charts.not_returned')}; {_would(block[0].flag, len(block))}"
            where = {"yshift": 5 + _LINE * row, "xanchor": "right"}
            labels.append(label(said, _domains(run)["x2"][1], 1, **where))
    return labels


def _last_is_state(run: Run) -> bool:
    state_h = run.tensor("state_h")
    return state_h is not None and np.array_equal(run.last_output, state_h)


def _alt(run: Run, sentence: int, parts: list[_Part], same: bool) -> str:
    settings, hidden = run.settings, run.trace.hidden[sentence]
    states = [tensor.name for tensor in run.returned[1:]]
    said = [
        text(
            "charts.alt_timeline",
            cell=settings.cell,
            units=settings.units,
            steps=settings.steps,
            low=number(hidden.min()),
            high=number(hidden.max()),
        ),
        text(
            f"charts.alt_{'every' if settings.return_sequences else 'last'}_step",
            states=text("charts.and").join(states) or text("charts.no_state"),
        ),
    ]
    if same:
        said.append(text("charts.alt_equals"))
    if missing := [part.name for part in parts if part.flag]:
        said.append(text("charts.alt_missing", names=text("charts.and").join(missing)))
    return " ".join(said)
