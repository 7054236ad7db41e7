"""A run as one strip: h at every step, and beside it the last states, as Keras gave them or not."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import starmap
from typing import Any, NamedTuple

import numpy as np

from components.backend.running.facts import EQUAL
from components.backend.running.model_run import LayerRun
from components.charts.picture import CELL, HIDDEN, Colorscale, Limits, Ran, number, reach
from components.charts.strips import STATES, Block, Strip
from components.texts import text

START, START_C = "h\N{SUBSCRIPT ZERO}", "c\N{SUBSCRIPT ZERO}"
_BETWEEN_STATES = 1.2  # from state_h to state_c, in widths of a cell


def run_strip(
    run: Ran, title: str, *, sentence: int, limits: Limits, start: tuple[float, float]
) -> Strip:
    """h at every step and the last states, after the state before step 1.

    Args:
        start: the edges of the column before step 1.
    """
    blocks = run_blocks(run, sentence=sentence, limits=limits)
    values = run.trace.initial["state_h"][sentence]
    first = start_block(START, values, start, HIDDEN, limits.h)
    return Strip(title, (*blocks, first), tick=START)


def run_blocks(run: Ran, *, sentence: int, limits: Limits, after: int = 0) -> list[Block]:
    """h at every step and the last states, without the state before step 1.

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
    """h of each step: the last steps as returned, any steps before them as computed."""
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
            more: dict[str, Any] = look | {"tokens": tokens[part]}
            yield Block(name, values.T, columns[part], HIDDEN, limits.h, **more)


def _states(run: Ran, sentence: int, limits: Limits) -> Iterator[Block]:
    """The last states, as Keras returned them or as they were computed."""
    for place, (name, steps) in enumerate(run.trace.states.items()):
        tensor = run.tensor(name)
        values = steps[sentence, -1] if tensor is None else tensor[sentence]
        yield _end(limits, place, _End(name, name, values[:, None], tensor is not None))


def layer_strip(
    reached: LayerRun,
    title: str,
    *,
    sentence: int,
    start: tuple[float, float],
    limits: Limits | None = None,
) -> Strip:
    """A layer of a model: the state before step 1, h at every step, and the last states; of
    Bidirectional, its merged outputs, or both of them.

    Args:
        limits: where its colours end, if it is not on a scale of its own.
    """
    limits = limits or layer_limits(reached)
    if reached.recurrent.both_ways:
        return _merged_strip(reached, title, sentence=sentence, limits=limits)
    return run_strip(reached, title, sentence=sentence, limits=limits, start=start)


def layer_limits(*layers: LayerRun) -> Limits:
    """Limits that suit all values of these layers, so that they can be compared."""
    traces = [trace for layer in layers for trace in layer.traces]
    outputs = (layer.returned[0].values for layer in layers)
    return Limits(
        h=reach(*(trace.hidden for trace in traces), *outputs),
        c=reach(*(trace.cell for trace in traces if trace.cell is not None)),
    )


def _merged_strip(reached: LayerRun, title: str, *, sentence: int, limits: Limits) -> Strip:
    """h of Bidirectional's two layers, merged at each step, and their last states.

    Where the outputs are concatenated, or are two tensors, what is the forward layer's stands above
    what is the backward one's.
    """
    tensors = reached.returned[: reached.recurrent.output_count]
    outputs = np.concatenate([tensor.values[sentence] for tensor in tensors], axis=-1)
    said = _above([tensor.name for tensor in tensors])
    tokens = reached.trace.read[sentence].tolist()
    columns = list(range(1, len(tokens) + 1))
    if reached.layer.return_sequences:
        look: dict[str, Any] = {"look": "returned", "tokens": tokens}
        blocks = [Block(said, outputs.T, columns, HIDDEN, limits.h, **look)]
        ends = []
    else:
        look = {"look": "computed", "flag": "return_sequences", "tokens": tokens}
        blocks = [Block("h", reached.hidden[sentence].T, columns, HIDDEN, limits.h, **look)]
        ends = [_End("outputs", said, outputs[:, None], True)]
    ends += _ends(reached, sentence)
    blocks += starmap(partial(_end, limits), enumerate(ends))
    return Strip(title, tuple(blocks), halves=2 if _stands_apart(reached) else 1)


def _stands_apart(reached: LayerRun) -> bool:
    """Whether both layers' numbers stand one above the other, and are not merged into one."""
    return reached.recurrent.merge_mode in ("concat", None)


def _above(names: list[str]) -> str:
    """The name of what stands above, and of what stands below; or of the one tensor there is."""
    return (
        names[0]
        if len(names) == 1
        else text("charts.both_states", forward=names[0], backward=names[1])
    )


class _End(NamedTuple):
    """A last state of a layer, as a column beside the steps."""

    name: str
    said: str  # in hover labels
    values: np.ndarray  # (unit, 1)
    returned: bool


def _ends(reached: LayerRun, sentence: int) -> Iterator[_End]:
    """The last states: those of both directions in one column where the outputs are not merged into
    one, else a column each, with an arrow for its direction."""
    states = {name: state[sentence] for name, state in reached.last_states.items()}
    returned, half = reached.layer.return_state, len(states) // 2
    if not _stands_apart(reached):
        for place, (name, state) in enumerate(states.items()):
            arrow = "\N{RIGHTWARDS ARROW}" if place < half else "\N{LEFTWARDS ARROW}"
            yield _End(f"{name[-1]}{arrow}", name, state[:, None], returned)
        return
    names = list(states)
    for forward, backward in zip(names[:half], names[half:], strict=True):
        said = _above([forward, backward])
        both = np.concatenate([states[forward], states[backward]])
        yield _End(forward[-1], said, both[:, None], returned)


def _end(limits: Limits, place: int, end: _End) -> Block:
    """A column beside the steps."""
    cell = end.name.removeprefix("state_").startswith("c")
    return Block(
        end.name,
        end.values,
        [1 + place * _BETWEEN_STATES],
        CELL if cell else HIDDEN,
        limits.c if cell else limits.h,
        look="returned" if end.returned else "computed",
        flag="" if end.returned else "return_state",
        axis=STATES,
        described=end.said,
    )


def apart_limit(*apart: np.ndarray) -> float:
    """The limit of a scale for differences: very large if they are no more than rounding, so that
    they have no colour."""
    told = any((np.abs(each) > EQUAL).any() for each in apart)
    return reach(*apart) if told else 1.0


def apart_strip(
    apart: np.ndarray, between: str, *, title: str | None = None, limit: float | None = None
) -> Strip:
    """A strip of differences between two runs, (unit, step). Mere rounding has no colour.

    Args:
        between: the text that says what was taken from what.
        title: the text above it; if None, that text and the largest difference.
        limit: where its colours end, if it is not on a scale of its own.
    """
    steps = list(range(1, apart.shape[1] + 1))
    largest = float(np.abs(apart).max())
    limit = limit or apart_limit(apart)
    block = Block("difference", apart, steps, HIDDEN, limit, described=between)
    title = title or text("charts.apart", between=between, largest=number(largest))
    return Strip(title, (block,))
