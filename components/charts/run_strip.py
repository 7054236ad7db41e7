"""A run as one strip: h at every step, and beside it the last states, as Keras gave them or not."""

from __future__ import annotations

from collections.abc import Sequence

from components.backend import Run
from components.charts.picture import CELL, FAINT, HIDDEN, Figure, Limits, label, start_edges
from components.charts.strips import Block, Look, Strip
from components.charts.timeline.parts import START, Part, missing, parts_of, start_of
from components.texts import text

STATES = "x2"
"""The axis on which the last states stand."""


def run_strip(
    run: Run, title: str, *, sentence: int, limits: Limits, steps: int | None = None
) -> Strip:
    """h at every step, framed where it was returned and hatched where it was not, after the state
    before step 1; then the last states.

    Args:
        title: what stands above it.
        steps: of the axis on which it is drawn, where that is longer.
    """
    parts = parts_of(run, sentence)
    blocks = [_block(part, run, sentence, limits) for part in parts]
    start = start_edges(steps or run.settings.steps, run.trace.initial["state_h"])
    first = start_of(run, sentence, start)
    said = [text("charts.hover_start", name=START)]
    blocks.append(Block(START, first.values, start, HIDDEN, limits.h, look="start", captions=said))
    return Strip(title, tuple(blocks), tick=START)


def _block(part: Part, run: Run, sentence: int, limits: Limits) -> Block:
    look: Look = "returned" if part.returned else "computed"
    scale = CELL if part.of_cell else HIDDEN
    return Block(
        part.name,
        part.values,
        part.columns,
        scale,
        part.limit(limits),
        look=look,
        axis=part.axis,
        captions=_captions(part, run, sentence),
    )


def _captions(part: Part, run: Run, sentence: int) -> list[str]:
    ending = f"<br>{missing(part)}" if part.flag else ""
    if part.axis == STATES:
        return [part.name + ending]
    tokens = run.trace.tokens[sentence]
    return [
        text("charts.hover", name=part.name, step=step, token=tokens[step - 1]) + ending
        for step in part.columns
    ]


def state_labels(strips: Sequence[Strip], edges: Sequence) -> list[Figure]:
    """Above each strip the names of the states that stand in it."""
    return [
        label(
            block.name if block.look != "returned" else f"<b>{block.name}</b>",
            block.columns[0],
            edge[0],
            xref=STATES,
            yref="y",
            xanchor="center",
            font={"size": 11},
            **({} if block.look == "returned" else FAINT),
        )
        for strip, edge in zip(strips, edges, strict=True)
        for block in strip.blocks
        if block.axis == STATES
    ]


def state_axes(states: int) -> dict[str, dict]:
    """The layout of the step axis and of the states' beside it.

    Args:
        states: the most that stand side by side in any strip.
    """
    left, last = (0.88, 1.0) if states == 1 else (0.765, 2.2)
    hidden = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""}
    xaxis2 = {"domain": (left, 1.0), "range": [0.47, last + 0.53], "fixedrange": True} | hidden
    return {"xaxis": {"domain": (0.0, left - 0.03)}, "xaxis2": xaxis2}
