"""Lesson: the outputs are h of each step; c stays inside, and only its last value is returned."""

from __future__ import annotations

import numpy as np

from components.backend.learning.trained import OFFERED
from components.backend.lessons.question import (
    Draw,
    Page,
    Phrase,
    Question,
    same,
    strips,
    true,
)
from components.backend.origins.weight_source import WeightSource
from components.backend.question.setup import Setup
from components.backend.running.results import run

_CLEAR = 0.1  # how far c has to be from 1, so that everybody sees on which side it is
_UP, _DOWN, _PAUSE = range(3)  # the ids of the task


def last_h(draw: Draw) -> Question:
    """Which strip is state_h?"""
    setup = draw.setup(cell=draw.cell(), units=draw(4, 3, 5, 6), length=draw(10, *range(6, 13)))
    result = run(setup.settings)
    outputs = result.tensor("outputs")[0]
    cell = result.tensor("state_c")
    return Question(
        Page("explore", setup.to_query()),
        strips(
            result.tensor("state_h"),
            last=outputs[-1:],
            first=outputs[:1],
            mean=outputs.mean(0, keepdims=True),
            **({"before": outputs[-2:-1]} if cell is None else {"cell": cell}),
        ),
        dict(setup),
        given={"outputs": outputs},
    )


def last_c(draw: Draw) -> Question:
    """Which strip is state_c, as far as outputs and state_h tell?"""
    setup = draw.setup(units=draw(4, 3, 5, 6), length=draw(10, *range(6, 13)))
    result = run(setup.settings)
    outputs, h = result.tensor("outputs")[0], result.tensor("state_h")
    others = {
        "last": outputs[-1:],
        "before": outputs[-2:-1],
        "mean": outputs.mean(0, keepdims=True),
    }
    draw.need(not any(_could_be_c(strip, h) for strip in others.values()))
    c = result.tensor("state_c")
    return Question(
        Page("explore", setup.to_query()),
        strips(c, cell=c, **others),
        dict(setup),
        given={"outputs": outputs, "state_h": h},
    )


def _could_be_c(strip: np.ndarray, h: np.ndarray) -> bool:
    """Whether all numbers have the signs of h and are larger."""
    return bool(((np.sign(strip) == np.sign(h)) & (np.abs(strip) > np.abs(h))).all())


def leaves_the_range(draw: Draw) -> Question:
    """Which states of a cell that counts leave the range from -1 to 1?"""
    trained = OFFERED["counts"]
    pauses, count = draw(0, 2, 3, 4), draw(8, *range(6, 15, 2))
    name, ids = draw.turn(
        ("ups", [_UP] * count), ("downs", [_DOWN] * count), ("turns", [_UP, _DOWN] * (count // 2))
    )
    settings = trained.question.settings(((_PAUSE,) * pauses + tuple(ids),))
    result = run(settings, trained.weights)
    c, h = (float(np.abs(result.trace.states[name]).max()) for name in ("state_c", "state_h"))
    draw.need(abs(c - 1) > _CLEAR)
    query = (
        Setup.of(settings).to_query() | WeightSource(trained=trained).to_query() | {"view": "lines"}
    )
    return Question(
        Page("explore", query),
        true(
            cell=c > 1 >= h,
            hidden=h > 1 >= c,
            both=min(c, h) > 1,
            neither=max(c, h) <= 1,
        ),
        {"read": Phrase(f"{name}_after_pauses" if pauses else name)}
        | {"count": count, "pauses": pauses},
    )


def order(draw: Draw) -> Question:
    """In which order are the new c and the new h computed?"""
    setup = draw.setup(
        units=draw(4, 2, 3, 6),
        length=draw(10, *range(4, 13)),
        recurrent_activation=draw("sigmoid", "hard_sigmoid"),
    )
    result = run(setup.settings)
    names = ("forget", "input", "output", "candidate")
    keep, write, show, new = (result.trace.gates[name][:, -1] for name in names)
    before = result.trace.before("state_c")[:, -1]
    h, c = result.tensor("state_h"), result.tensor("state_c")
    return Question(
        Page("explore", setup.to_query() | {"tab": "inside"}),
        true(
            cell_first=same(c, keep * before + write * new) and same(h, show * np.tanh(c)),
            hidden_first=same(c, keep * before + write * h),
            old_cell=same(h, show * np.tanh(before)),
            at_once=same(h, show * new),
        ),
        dict(setup),
    )


def how_many(draw: Draw) -> Question:
    """How many columns of h and of c are returned?"""
    sequences, states = draw.turn((True, True), (False, True), (True, False))
    setup = draw.setup(
        units=draw(4, 2, 3, 6),
        length=draw(10, *range(5, 13)),
        return_sequences=sequences,
        return_state=states,
    )
    result = run(setup.settings)
    h, c = (result.tensor(name) for name in ("outputs", "state_c"))
    steps = setup.length
    columns = (h.size // setup.units, 0 if c is None else c.size // setup.units)
    return Question(
        Page("explore", setup.to_query()),
        true(
            all_of_both=columns == (steps, steps),
            all_and_last=columns == (steps, 1),
            last_of_both=columns == (1, 1),
            no_cell=columns == (steps, 0),
        ),
        dict(setup),
    )
