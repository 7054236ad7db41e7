"""A run as one strip: h at every step, and beside it the last states, as Keras gave them or not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from components.backend.facts import EQUAL
from components.charts.picture import CELL, HIDDEN, Colorscale, Limits, Ran, number, reach
from components.charts.strips import STATES, Block, Strip
from components.texts import text

START = "h\N{SUBSCRIPT ZERO}"
_BETWEEN_STATES = 1.2  # from state_h to state_c, in widths of a cell


def run_strip(
    run: Ran, title: str, *, sentence: int, limits: Limits, start: tuple[float, float]
) -> Strip:
    """h at every step and the last states, after the state before step 1.

    Args:
        title: what stands above it.
        start: the edges of the column before step 1.
    """
    blocks = run_blocks(run, sentence=sentence, limits=limits)
    values = run.trace.initial["state_h"][sentence]
    first = start_block(START, values, start, HIDDEN, limits.h)
    return Strip(title, (*blocks, first), tick=START)


def run_blocks(run: Ran, *, sentence: int, limits: Limits, after: int = 0) -> list[Block]:
    """h at every step and the last states, without what there was before.

    Args:
        after: how many steps of the axis come before the run's first.
    """
    steps = _steps(run, sentence, limits, after)
    return [*steps, *_states(run, sentence, limits)]


def start_block(
    name: str, values: np.ndarray, edges: tuple[float, float], scale: Colorscale, limit: float
) -> Block:
    """A state (unit,) before step 1."""
    said = text("charts.hover_start", name=name)
    return Block(name, values[:, None], edges, scale, limit, look="start", described=said)


def _steps(run: Ran, sentence: int, limits: Limits, after: int) -> Iterator[Block]:
    """h of each step: the last ones as returned, and any before as they were computed."""
    hidden, tokens = run.trace.hidden[sentence], run.trace.read[sentence].tolist()
    outputs = np.atleast_2d(run.tensor("outputs")[sentence])
    columns = list(range(after + 1, after + len(hidden) + 1))
    missing = len(hidden) - len(outputs)
    computed = {"look": "computed", "flag": "return_sequences"}
    for name, values, part, look in (
        ("h", hidden[:missing], slice(missing), computed),
        ("outputs", outputs, slice(missing, None), {"look": "returned"}),
    ):
        if len(values):
            more = look | {"tokens": tokens[part]}
            yield Block(name, values.T, columns[part], HIDDEN, limits.h, **more)


def _states(run: Ran, sentence: int, limits: Limits) -> Iterator[Block]:
    """The last states, as Keras returned them or as they were computed."""
    for place, (name, steps) in enumerate(run.trace.states.items()):
        tensor = run.tensor(name)
        scale, limit = (CELL, limits.c) if name == "state_c" else (HIDDEN, limits.h)
        values = steps[sentence, -1] if tensor is None else tensor[sentence]
        yield Block(
            name,
            values[:, None],
            [1 + place * _BETWEEN_STATES],
            scale,
            limit,
            look="computed" if tensor is None else "returned",
            flag="return_state" if tensor is None else "",
            axis=STATES,
        )


def apart_strip(apart: np.ndarray, between: str, *, title: str | None = None) -> Strip:
    """How far apart two runs are, (unit, step), on a scale of its own; what is no more than
    rounding has no colour.

    Args:
        between: what was taken from what, in words.
        title: what stands above it, in place of that and the largest of all.
    """
    steps = list(range(1, apart.shape[1] + 1))
    largest = float(np.abs(apart).max())
    limit = reach(apart) if largest > EQUAL else 1.0
    block = Block("difference", apart, steps, HIDDEN, limit, described=between)
    title = title or text("charts.apart", between=between, largest=number(largest))
    return Strip(title, (block,))
