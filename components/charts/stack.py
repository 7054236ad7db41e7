"""Layers on top of each other, a strip each, as far as Keras could call them."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.backend.running.replay import Returned
from components.backend.scripts.script import constructor
from components.backend.whatif.stack import Answer, listed_shapes
from components.charts import picture
from components.charts.layer_strips import layer_strip
from components.charts.strips import (
    HEAD,
    Block,
    Rows,
    Strip,
    begins_at_zero,
    crossed,
    strips_figure,
)
from components.texts import text

_HEIGHT, _BESIDE_ERROR, _HIGHEST = 240, 124, 78
"""In px: the height of all strips with their heads, the same beside an error, and the most for one
strip. Four layers and their widgets then fit into a window."""


def stack(answer: Answer, *, sentence: int = 0) -> picture.Picture:
    """A strip for each layer that Keras could call, and one for the outputs of the ending."""
    start = picture.start_edges(answer.question.first.steps)
    strips = [
        layer_strip(reached, _title(answer, layer), sentence=sentence, start=start)
        for layer, reached in enumerate(answer.layers, 1)
    ]
    if answer.ending_returned is not None:
        strips.append(_ending(answer, answer.ending_returned, sentence))
    room = _HEIGHT if answer.error is None else _BESIDE_ERROR
    rows = Rows.of(strips, min(_HIGHEST, room / len(strips) - HEAD))
    tokens = _tokens(answer, sentence)
    xaxis = _ticks(tokens, start, strips)
    figure = strips_figure(strips, rows, tokens, start, xaxis=xaxis)
    for reached, edges in zip(answer.layers, rows.edges, strict=False):
        figure["data"] += crossed((~reached.counts[sentence]).tolist(), edges)
    return picture.Picture(figure, _alt(answer))


def _title(answer: Answer, layer: int) -> str:
    """A layer's number, counted from 1, its size, and the shape of its outputs; its flags are in
    its widgets, and a phone has no room for them."""
    reached = answer.layers[layer - 1]
    said = {"cell": reached.layer.cell, "units": reached.layer.units}
    shape = listed_shapes(reached.returned[: reached.recurrent.output_count])
    mode = reached.recurrent.merge_mode or "none"
    name = f"layer_title_{mode if reached.recurrent.both_ways else 'plain'}"
    return text(f"stack.{name}", layer=layer, shape=shape, **said)


def _ending(answer: Answer, returned: Returned, sentence: int) -> Strip:
    """The outputs of the ending: at each step; or, if it returns one vector, below the steps from
    which it was made, the last one or all of them."""
    name, shape = answer.question.ending, returned.values.shape
    values = np.atleast_2d(returned.values[sentence]).T
    count, steps = values.shape[1], answer.question.first.steps
    one = (0.5, steps + 0.5) if answer.reads_all_steps else [steps]
    columns = one if returned.values.ndim < 3 else list(range(1, count + 1))
    block = Block(
        name, values, columns, picture.HIDDEN, picture.reach(returned.values), look="returned"
    )
    return Strip(text("stack.ending_title", ending=name, shape=shape), (block,))


def _tokens(answer: Answer, sentence: int) -> np.ndarray:
    """The tokens under the steps; blank where the layers read them in different orders."""
    orders = [reached.trace.tokens[sentence] for reached in answer.layers]
    same = all(np.array_equal(order, orders[0]) for order in orders)
    return orders[0] if same else np.full(len(orders[0]), "")


def _ticks(tokens: np.ndarray, start: tuple[float, float], strips: list[Strip]) -> dict[str, Any]:
    """The step axis, long enough for the layers and the ending."""
    ticks = picture.step_ticks(tokens, start, zeros=begins_at_zero(strips))
    left, right = ticks["range"]
    ends = [block.span[1] for block in strips[-1].blocks if block.axis == "x"]
    return ticks | {"range": [left, max(right, *ends)]}


def _alt(answer: Answer) -> str:
    hidden = [np.concatenate([t.hidden for t in reached.traces]) for reached in answer.layers]
    said = [
        text(
            "stack.alt",
            layer=layer,
            call=constructor(reached.recurrent),
            shape=listed_shapes(reached.returned[: reached.recurrent.output_count]),
            low=picture.number(float(values.min())),
            high=picture.number(float(values.max())),
        )
        for layer, (reached, values) in enumerate(zip(answer.layers, hidden, strict=True), 1)
    ]
    if answer.ending_returned is not None:
        shape = answer.ending_returned.values.shape
        said.append(text("stack.alt_ending", ending=answer.question.ending, shape=shape))
    if answer.error:
        said.append(text("stack.alt_refused"))
    return " ".join(said)
