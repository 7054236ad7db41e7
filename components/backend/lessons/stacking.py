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
_LACKS_STEPS = "expected ndim=3, found ndim=2"


def _answer(
    first: Setup,
    above: Sequence[Above],
    hand_on: _HandOn = "outputs",
    bidirectional: stack.Wrap = "off",
) -> stack.Answer:
    question = stack.Question(
        first=first.settings,
        above=tuple(above),
        hand_on=hand_on,
        bidirectional=bidirectional,
    )
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
    return Question(_page(first, above), true(two=at == 2, three=at == 3, none=at == 0), layers)


def mended(draw: Draw) -> Question:
    """Which change mends the error of one of three layers?"""
    at, cell = draw.turn(3, 2), draw.cell()
    units, other = draw(4, 3, 6), draw(5, 2)
    length = draw(10, *range(5, 11))
    first = draw.setup(
        cell=cell, units=units, length=length, return_state=False, return_sequences=at == 3
    )
    above = [Above(units=other, return_sequences=at == 2), Above(units=units + 1)]
    above[1] = above[1].but(return_sequences=False)

    def changed(number: int, **change: object) -> tuple[Setup, list[Above]]:
        if number == 1:
            return first.but(**change), above
        each = enumerate(above, start=2)
        return first, [layer.but(**change) if of == number else layer for of, layer in each]

    error = _answer(first, above).error
    draw.need(error and error.where + 1 == at and _LACKS_STEPS in error.message)
    changes = {f"layer_{number}": changed(number, return_sequences=True) for number in (1, 2, 3)}
    changes["units"] = changed(at, units=(first, *above)[at - 2].units)
    options = reach(
        lambda answer: answer.error is None,
        **{name: _answer(*layers) for name, layers in changes.items()},
    )
    return Question(
        _page(first, above),
        options,
        {"at": at, "below": at - 1},
        _page(*changes[right_of(options)]),
    )


def returned(draw: Draw) -> Question:
    """Which shape does a stack return?"""
    one, two, three = draw(8, 6), draw(5, 7), draw(3, 2)
    second, last = draw.turn((True, False), (True, True), (False, False))
    samples = draw(2, 4)
    first = draw.setup(
        cell=draw.cell(),
        units=one,
        length=draw(10, 9, 11),
        sentences=samples,
        return_state=False,
    )
    above = Above(units=two, return_sequences=second), Above(units=three, return_sequences=last)
    draw.need(samples != three)
    steps, answer = first.length, _answer(first, above)
    shape = () if answer.error else answer.returned[0].values.shape
    layers = {f"layer_{n}": constructor(layer) for n, layer in enumerate((first, *above), 1)}
    return Question(
        _page(first, above),
        (
            *equal(shape, vector=(samples, three), sequence=(samples, steps, three)),
            *true(refused=answer.error),
        ),
        {"steps": steps, "samples": samples} | layers,
    )


def known(draw: Draw) -> Question:
    """Which tokens have gone into what a layer reads at a step?"""
    layer, how = draw.turn((1, "ahead"), (0, "ahead"), (1, "both"), (1, "back"))
    both: stack.Wrap = "concat" if how == "both" else "off"
    units, length, step = draw(4, 3, 5, 6), draw(8, 7, 9), draw(3, 2)
    first = draw.setup(units=units, length=length, return_state=False, go_backwards=how == "back")
    above = (Above(cell=draw.cell(), units=units, return_sequences=False),)
    # The sentence, and three more: each with another token at one of these steps.
    (ids,) = first.ids
    rows = np.array([ids] * 4)
    for row, at in enumerate((0, step - 1, length - 1), 1):
        rows[row, at] = ids[at] % 99 + 1
    several = first.but(source="typed", tokens=tuple(map(tuple, rows.tolist())), sentences=4)
    read = _answer(several, above, bidirectional=both).layers[layer].trace.inputs[:, step - 1]
    moved = tuple(not same(each, read[0]) for each in read[1:])
    page = _page(first, above)
    query = dict(page.query) | ({"bidirectional": both} if how == "both" else {})
    below = constructor(first)
    return Question(
        Page(page.name, query),
        true(
            until=moved == (True, True, False),
            own=moved == (False, True, False),
            last=moved == (False, False, True),
            all=moved == (True, True, True),
        ),
        {"below": f"Bidirectional({below})" if how == "both" else below, "step": step}
        | {"above": constructor(above[0])}
        | {"length": length, "from": length - step + 1, "layer": Phrase(("one", "two")[layer])},
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
