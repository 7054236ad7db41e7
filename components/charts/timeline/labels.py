"""The labels above and below the timeline."""

from __future__ import annotations

from typing import Any

from components.backend import Run
from components.backend.code import named_shape
from components.backend.layout import returned_layout
from components.charts.picture import (
    FAINT,
    RETURNED,
    TITLE,
    WHITE,
    Figure,
    Limits,
    label,
    number,
    start_edges,
    step_label,
    step_range,
)
from components.charts.timeline.layout import LINE, domains_of
from components.charts.timeline.parts import Part, computed_blocks, would
from components.texts import text

# px that the names of two states stand off the middles of their columns, or they touch on a phone.
_APART = 3


def labels_of(parts: list[Part], run: Run, limits: Limits | None, same: bool) -> list[Figure]:
    """Names, badges, scales (where limits are given), what is missing, and the equals sign."""
    first, end = _ends(run)
    at = first if run.settings.return_sequences else end
    anchor = {"xanchor": "left" if at == first else "right"}
    shape = named_shape(returned_layout(run.settings)[0])
    labels = [
        label(f"<b>outputs</b> {shape}", at, 1, yshift=2, name=TITLE, **anchor),
        _badge(at, **anchor),
        *_state_labels(parts, run, limits),
        *_missing_labels(parts, run),
        step_label(),
    ]
    if same:
        domains = domains_of(run)
        middle = (domains["x"][1] + domains["x2"][0]) / 2
        labels.append(label("<b>=</b>", middle, 0.5, xanchor="center", font={"size": 18}))
    return labels


def _ends(run: Run) -> tuple[float, float]:
    """Where step 1 begins and the last step ends, in parts of the plot."""
    steps = run.settings.steps
    low, high = step_range(steps, start_edges(steps, run.trace.initial["state_h"]))
    left, right = domains_of(run)["x"]
    first, end = ((x - low) / (high - low) for x in (0.5, steps + 0.5))
    return left + (right - left) * first, left + (right - left) * end


def _badge(x: float, **where: Any) -> Figure:
    """The word returned on the colour of the frame."""
    colours = {"bgcolor": RETURNED, "font": {"color": WHITE}, "borderpad": 1}
    return label(f" {text('charts.returned')} ", x, 1, yshift=3 + LINE, **colours, **where)


def _state_labels(parts: list[Part], run: Run, limits: Limits | None) -> list[Figure]:
    """Above each state its name, below it how far its colours, if it has any, reach; a badge for
    all of them."""
    states = [part for part in parts if part.axis == "x2"]
    labels = []
    for part, apart in zip(states, (-_APART, _APART) if len(states) > 1 else (0,), strict=True):
        at = {"xref": "x2", "xanchor": "center"}
        name = f"<b>{part.name}</b>" if part.returned else part.name
        weak = {} if part.returned else FAINT
        labels.append(label(name, part.columns[0], 1, xshift=apart, yshift=2, **at, **weak))
        if limits is not None:
            scale = f"\N{PLUS-MINUS SIGN}{number(part.limit(limits))}"
            below = {"yanchor": "top", "yshift": -4}
            labels.append(label(scale, part.columns[0], 0, **at, **below, **FAINT))
    if states[0].returned:
        left, right = domains_of(run)["x2"]
        labels.append(_badge((left + right) / 2, xanchor="center"))
    return labels


def _missing_labels(parts: list[Part], run: Run) -> list[Figure]:
    """What was computed and not returned, and the flag that would return it.

    Each has lines of its own: side by side they would have no room on a phone.
    """
    labels = []
    for row, block in enumerate(computed_blocks(parts), start=2):
        if block[0].axis == "x":
            last = block[0].columns[-1]
            which = text("charts.steps_computed" if last > 1 else "charts.step_computed", last=last)
            said = f"{which}<br>{would(block[0].flag, 1)}"
            where = {"yshift": 5 + LINE, "xanchor": "left", "align": "left"}
            labels.append(label(said, _ends(run)[0], 1, **where))
        else:
            said = f"{text('charts.not_returned')}; {would(block[0].flag, len(block))}"
            where = {"yshift": 5 + LINE * row, "xanchor": "right"}
            labels.append(label(said, domains_of(run)["x2"][1], 1, **where))
    return labels
