"""A run as one strip: h at every step, and beside it the last states, as Keras gave them or not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from components.backend.facts import EQUAL
from components.charts.picture import CELL, FAINT, HIDDEN, Figure, Limits, Ran, label, number, reach
from components.charts.strips import Block, Look, Strip
from components.charts.timeline.parts import START, Part, missing, parts_of, start_of
from components.texts import text

STATES = "x2"
"""The axis on which the last states stand."""


def run_strip(
    run: Ran, title: str, *, sentence: int, limits: Limits, start: tuple[float, float]
) -> Strip:
    """h at every step, framed where it was returned and hatched where it was not, after the state
    before step 1; then the last states.

    Args:
        title: what stands above it.
        start: the edges of the column before step 1.
    """
    blocks = run_blocks(run, sentence=sentence, limits=limits)
    first = start_of(run, sentence, start)
    said = [text("charts.hover_start", name=START)]
    first_block = Block(START, first.values, start, HIDDEN, limits.h, look="start", captions=said)
    return Strip(title, (*blocks, first_block), tick=START)


def run_blocks(run: Ran, *, sentence: int, limits: Limits, after: int = 0) -> list[Block]:
    """h at every step and the last states, without what there was before.

    Args:
        after: how many steps of the axis come before the run's first.
    """
    return [_block(part, run, sentence, limits, after) for part in parts_of(run, sentence)]


def _block(part: Part, run: Ran, sentence: int, limits: Limits, after: int) -> Block:
    look: Look = "returned" if part.returned else "computed"
    scale = CELL if part.of_cell else HIDDEN
    moved = after if part.axis != STATES else 0
    return Block(
        part.name,
        part.values,
        [column + moved for column in part.columns],
        scale,
        part.limit(limits),
        look=look,
        axis=part.axis,
        captions=_captions(part, run, sentence, after),
    )


def _captions(part: Part, run: Ran, sentence: int, after: int) -> list[str]:
    ending = f"<br>{missing(part)}" if part.flag else ""
    if part.axis == STATES:
        return [part.name + ending]
    tokens = run.trace.read[sentence]
    return [
        text("charts.hover", name=part.name, step=step + after, token=tokens[step - 1]) + ending
        for step in part.columns
    ]


def apart_strip(apart: np.ndarray, between: str, *, title: str | None = None) -> Strip:
    """How far apart two runs are, (unit, step), on a scale of its own; what is no more than
    rounding has no colour.

    Args:
        between: what was taken from what, in words.
        title: what stands above it, in place of that and the largest of all.
    """
    steps = list(range(1, apart.shape[1] + 1))
    captions = [text("charts.hover_many", name=between, step=step) for step in steps]
    largest = float(np.abs(apart).max())
    limit = reach(apart) if largest > EQUAL else 1.0
    block = Block("difference", apart, steps, HIDDEN, limit, captions=captions)
    said = title or text("charts.apart", between=between, largest=number(largest))
    return Strip(said, (block,))


def state_labels(strips: Sequence[Strip], edges: Sequence[np.ndarray]) -> list[Figure]:
    """Above each strip the names of the states that stand in it.

    The first one ends, and the second one begins, with its column: centred they would touch on a
    phone.
    """
    labels = []
    for strip, edge in zip(strips, edges, strict=True):
        states = [block for block in strip.blocks if block.axis == STATES]
        for end, anchor, block in zip((1, 0), ("right", "left"), states, strict=False):
            returned = block.look == "returned"
            said = f"<b>{block.name}</b>" if returned else block.name
            where = {"xref": STATES, "yref": "y", "xanchor": anchor}
            labels.append(
                label(said, block.edges[end], edge[0], **where, **({} if returned else FAINT))
            )
    return labels


def state_axes(states: int) -> dict[str, dict]:
    """The layout of the step axis and of the states' beside it.

    Args:
        states: the most that stand side by side in any strip.
    """
    left, last = (0.88, 1.0) if states == 1 else (0.765, 2.2)
    hidden = {"showticklabels": False, "showgrid": False, "zeroline": False, "ticks": ""}
    xaxis2 = {"domain": (left, 1.0), "range": [0.47, last + 0.53], "fixedrange": True} | hidden
    return {"xaxis": {"domain": (0.0, left - 0.03)}, "xaxis2": xaxis2}
