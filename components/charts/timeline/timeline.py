"""The timeline: h at every step, and on the same unit axis what was handed back of h and c."""

from __future__ import annotations

from typing import Literal

from components.backend import Run
from components.charts.picture import (
    Picture,
    Scale,
    limits_of,
    number,
    start_edges,
    step_ticks,
    unit_axis,
    unit_rows,
)
from components.charts.timeline.framing import frames, hatch
from components.charts.timeline.heatmap import cell_traces
from components.charts.timeline.labels import labels_of
from components.charts.timeline.layout import domains_of, layout_of
from components.charts.timeline.lines import ROOM, line_traces
from components.charts.timeline.parts import START, Part, last_is_state, parts_of
from components.texts import text

View = Literal["heatmap", "lines"]
_LEGEND = 40  # px below the lines


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
    parts, limits, same = parts_of(run, sentence), limits_of(scale, run), last_is_state(run)
    start = start_edges(run.settings.steps, run.trace.initial["state_h"])
    if view == "heatmap":
        axis = unit_axis(run.settings.units)
        traces = cell_traces(parts, run, sentence, limits, start)
    else:
        limit = max(limits.h, limits.c if run.trace.cell is not None else 0) * ROOM
        axis = {"range": [-limit, limit], "zeroline": True, "fixedrange": True, "nticks": 5}
        traces = line_traces(parts, run, sentence, limit / ROOM, start)
    low, high = axis["range"]
    hatches = [hatch(part, low, high) for part in parts if part.flag]
    layout = {
        **layout_of(parts, run, 0 if view == "heatmap" else _LEGEND),
        "xaxis": {"domain": domains_of(run)["x"]}
        | step_ticks(run.trace.read[sentence], start, START),
        "yaxis": axis,
        "shapes": frames(parts, run, start, same),
        "annotations": labels_of(parts, run, limits if view == "heatmap" else None, same),
    }
    if view == "heatmap":
        layout["meta"]["rows"] = unit_rows(run.settings.units)
    return Picture(
        {"data": [*traces, *hatches], "layout": layout}, _alt(run, sentence, parts, same)
    )


def _alt(run: Run, sentence: int, parts: list[Part], same: bool) -> str:
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
