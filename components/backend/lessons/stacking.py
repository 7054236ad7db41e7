"""Lesson: a recurrent layer reads a sequence, so the layer below has to return one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from components.backend.lessons.question import (
    Draw,
    Page,
    Phrase,
    Question,
    equal,
    reach,
    right_of,
    same,
    true,
)
from components.backend.question.setup import Setup
from components.backend.running.facts import EQUAL
from components.backend.scripts.code import constructor
from components.backend.whatif import stack
from components.backend.whatif.stack import Above

_HandOn = Literal["everything", "outputs"]


def _answer(first: Setup, above: Sequence[Above], hand_on: _HandOn = "outputs") -> stack.Answer:
    question = stack.Question(first=first.settings, above=tuple(above), hand_on=hand_on)
    return stack.answer(question)


def _page(first: Setup, above: Sequence[Above], hand_on: _HandOn = "outputs") -> Page:
    query = first.to_query() | {"layers": str(1 + len(above))}
    if hand_on != "outputs":  # with which the page opens
        query["hand_on"] = hand_on
    for number, layer in enumerate(above, 2):
        query |= layer.to_query(prefix=f"{number}.")
    return Page("stack", query)


def refused(draw: Draw) -> Question:
    """Which of three layers does Keras refuse?"""
    off = draw.turn(1, 2, 3)
    units = draw(4, 3, 6)
    first = draw.setup(
        cell=draw.cell(),
        units=units,
        length=draw(10, *range(5, 11)),
        return_state=False,
        return_sequences=off != 1,
    )
    above = (
        Above(cell=draw.cell(), units=draw(5, 2), return_sequences=off != 2),
        Above(units=units, return_sequences=off != 3),
    )
    error = _answer(first, above).error
    at = error.where + 1 if error else 0
    layers = {f"layer_{n}": constructor(layer) for n, layer in enumerate((first, *above), 1)}
    return Question(
        _page(first, above), true(one=at == 1, two=at == 2, three=at == 3, none=at == 0), layers
    )


def mended(draw: Draw) -> Question:
    """Which change mends the error of the last layer?"""
    count, cell = draw(2, 3, 4), draw.cell()
    below = count - 1
    units, other = draw(4, 3, 6), draw(5, 2)
    first = draw.setup(
        cell=cell,
        units=units,
        length=draw(10, *range(5, 11)),
        return_state=False,
        return_sequences=below > 1,
    )
    above = [Above(units=units, return_sequences=n < below) for n in range(2, count)]
    above += [Above(units=other, return_sequences=False)]

    def changed(number: int, **change: object) -> tuple[Setup, list[Above]]:
        if number == 1:
            return first.but(**change), above
        each = enumerate(above, start=2)
        return first, [layer.but(**change) if at == number else layer for at, layer in each]

    error = _answer(first, above).error
    draw.need(error and "expected ndim=3, found ndim=2" in error.message)
    changes = {
        "below": changed(below, return_sequences=True),
        "itself": changed(count, return_sequences=True),
        "units": changed(count, units=units),
        "states": changed(below, return_state=True),
    }
    options = reach(
        lambda answer: answer.error is None,
        **{name: _answer(*layers) for name, layers in changes.items()},
    )
    return Question(
        _page(first, above),
        options,
        {"count": count, "below": below},
        _page(*changes[right_of(options)]),
    )


def returned(draw: Draw) -> Question:
    """Which shape does a stack return?"""
    one, two, three = draw(8, 6), draw(5, 7), draw(3, 2)
    sequences, samples = draw.turn(False, True), draw(2, 4)
    first = draw.setup(
        cell=draw.cell(),
        units=one,
        length=draw(10, 9, 11),
        sentences=samples,
        return_state=False,
    )
    above = Above(units=two), Above(units=three, return_sequences=sequences)
    draw.need(samples != three)
    steps = first.length
    return Question(
        _page(first, above),
        equal(
            _answer(first, above).returned[0].values.shape,
            vector=(samples, three),
            sequence=(samples, steps, three),
            first=(samples, steps, one),
            sum=(samples, steps, one + two + three),
        ),
        {"one": one, "two": two, "three": three, "steps": steps, "samples": samples}
        | {"sequences": sequences},
    )


def read(draw: Draw) -> Question:
    """What does the second layer read?"""
    units = draw(4, 3, 5, 6)
    first = draw.setup(
        units=units, embedding_dim=units, length=draw(10, *range(6, 12)), return_state=False
    )
    above = (Above(cell=draw.cell(), units=units),)
    below, upper = (layer.trace for layer in _answer(first, above).layers)
    return Question(
        _page(first, above),
        true(
            hidden=same(upper.inputs, below.hidden),
            tokens=same(upper.inputs, below.inputs),
            cell=same(upper.inputs, below.states["state_c"]),
            last=same(upper.inputs, np.repeat(below.hidden[:, -1:], first.length, 1)),
        ),
        {"step": draw(3, 4, 5)},
    )


def states(draw: Draw) -> Question:
    """What becomes of states that the layer below returns?"""
    hand_on: _HandOn = draw.turn("everything", "outputs")
    cell = draw.cell()
    first = draw.setup(cell=cell, units=draw(4, 3, 5), length=draw(10, *range(5, 12)))
    above = (Above(cell=cell, units=first.units, return_sequences=False),)
    answer = _answer(first, above, hand_on)
    began = {} if answer.error else answer.layers[1].trace.initial
    from_zeros = all(np.abs(state).max() <= EQUAL for state in began.values())
    return Question(
        _page(first, above, hand_on),
        true(
            refused=answer.error,
            states=began and not from_zeros,
            zeros=began and from_zeros,
        ),
        {"below": constructor(first), "above": constructor(above[0]), "given": Phrase(hand_on)},
    )
