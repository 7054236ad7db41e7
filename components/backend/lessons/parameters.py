"""Lesson: one cell is used again at every step, so that the number of its weights has nothing to do
with the number of steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from components.backend.lessons.question import (
    Draw,
    Page,
    Phrase,
    Question,
    equal,
    reach,
    right_of,
    true,
)
from components.backend.question.setup import Setup
from components.backend.running.results import Run, run


def _size(result: Run) -> int:
    """How many weights the layer has, without the Embedding."""
    return result.parameter_count - result.weights["embeddings"].size


def _compared(setup: Setup, **change: Any) -> tuple[Run, Run, Page]:
    """The runs of a layer and of the changed one, and the page that compares them."""
    other = setup.but(**change)
    query = setup.to_query() | other.to_query(prefix="b.", base=setup)
    return run(setup.settings), run(other.settings), Page("compare", query)


def how_many(draw: Draw) -> Question:
    """How many weights has a layer if one size is several times as large?"""
    field, times = draw.turn("length", "embedding_dim", "units"), draw(5, 2, 3)
    setup = draw.setup(
        cell=draw.cell(),
        units=draw(4, 2, 8),
        embedding_dim=draw(3, 2),
        length=draw(10, 5, 8),
    )
    a, b, page = _compared(setup, **{field: times * getattr(setup, field)})
    one, other = _size(a), _size(b)
    return Question(
        page,
        true(
            same=other == one,
            less=one < other < times * one,
            times=other == times * one,
            more=other > times * one,
        ),
        dict(setup) | {"times": times, "change": Phrase(field)},
    )


def more_units(draw: Draw) -> Question:
    """How many times as large does a weight become with several times the units?"""
    weight, times = draw.turn("recurrent_kernel", "kernel", "embeddings"), draw(2, 3)
    setup = draw.setup(cell=draw.cell(), units=draw(4, 2, 3, 6), length=draw(10, *range(5, 13)))
    a, b, page = _compared(setup, units=times * setup.units)
    one, other = (result.weights[weight].size for result in (a, b))
    return Question(
        page,
        equal(other // one, same=1, times=times, squared=times**2),
        dict(setup) | {"more": times * setup.units, "weight": Phrase(weight)},
    )


def blocks(draw: Draw) -> Question:
    """How many times as many rows, or columns, has the kernel as that of a SimpleRNN?"""
    axis, cell = draw.turn(("columns", "LSTM"), ("columns", "GRU"), ("rows", draw("LSTM", "GRU")))
    setup = draw.setup(
        cell=cell,
        units=draw(4, 2, 3, 6, 8),
        embedding_dim=draw(4, 2, 3, 8),
        length=draw(10, *range(5, 13)),
    )
    a, b, page = _compared(setup, cell="SimpleRNN")
    one, other = (result.weights["kernel"].shape[axis == "columns"] for result in (a, b))
    return Question(
        page,
        equal(one // other, one=1, three=3, four=4),
        dict(setup) | {"axis": Phrase(axis)},
    )


def one_change(draw: Draw) -> Question:
    """Which change has a certain effect on the shapes of the weights?"""
    setup = draw.setup(
        cell=draw.cell(),
        units=draw(4, 3, 5),
        embedding_dim=draw(4, 2),
        vocabulary_size=draw(100, 120),
        length=draw(10, 6, 8),
    )
    fields = ("embedding_dim", "units", "length", "vocabulary_size")
    twice = {field: 2 * getattr(setup, field) for field in fields}
    changed = {field: setup.but(**{field: size}) for field, size in twice.items()}
    before = _shapes(run(setup.settings))
    phrase, goal = draw.turn(*_effects(before))
    options = reach(goal, **{field: _shapes(run(each.settings)) for field, each in changed.items()})
    more = {f"more_{field}": size for field, size in twice.items()}
    return Question(
        Page("explore", setup.to_query() | {"tab": "parameters"}),
        options,
        dict(setup) | more | {"effect": Phrase(phrase)},
        Page("explore", changed[right_of(options)].to_query() | {"tab": "parameters"}),
    )


_Shapes = dict[str, tuple[int, ...]]


def _shapes(result: Run) -> _Shapes:
    return {name: weight.shape for name, weight in result.weights.items()}


def _effects(before: _Shapes) -> tuple[tuple[str, Callable[[_Shapes], bool]], ...]:
    """Each effect's phrase, and whether the shapes afterwards show it."""

    def grew(after: _Shapes, name: str) -> bool:
        return math.prod(after[name]) > math.prod(before[name])

    def layer(shapes: _Shapes) -> _Shapes:
        return {name: shape for name, shape in shapes.items() if name != "embeddings"}

    return (
        (
            "kernel",
            lambda after: (
                grew(after, "kernel") and after["recurrent_kernel"] == before["recurrent_kernel"]
            ),
        ),
        ("kernels", lambda after: grew(after, "kernel") and grew(after, "recurrent_kernel")),
        ("nothing", lambda after: after == before),
        ("table", lambda after: grew(after, "embeddings") and layer(after) == layer(before)),
    )


def largest(draw: Draw) -> Question:
    """Which of the weights has the most numbers?"""
    vocabulary, features, units = draw.turn(
        (1000, 16, 8), (100, 4, 64), (10, 16, 6), (1000, 8, 4), (60, 2, 48)
    )
    setup = draw.setup(
        cell=draw("LSTM", "GRU"),
        units=units,
        embedding_dim=features,
        vocabulary_size=vocabulary,
        length=draw(10, *range(5, 13)),
    )
    weights = run(setup.settings).weights
    most = max(weights, key=lambda name: weights[name].size)
    return Question(
        Page("explore", setup.to_query() | {"tab": "parameters"}),
        true(**{name: name == most for name in weights if name != "bias"}),
        dict(setup) | {"vocabulary": str(vocabulary)},
    )
