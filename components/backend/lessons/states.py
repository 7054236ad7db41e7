"""Lesson: the outputs are h of each step; c stays inside, and only its last value is returned."""

from __future__ import annotations

import numpy as np

from components.backend.learning.trained import OFFERED
from components.backend.lessons.question import Draw, Page, Phrase, Question, same, strips, true
from components.backend.origins.weight_source import WeightSource
from components.backend.question.setup import Setup
from components.backend.running.results import run

_CLEAR = 0.1  # how far c has to be from 1, so that everybody sees on which side it is
_UP, _DOWN, _PAUSE = range(3)  # the ids of the task


def which_column(draw: Draw) -> Question:
    """Which column of the outputs is the state of a layer that reads a part of the sentence?"""
    setup = draw.setup(cell=draw.cell(), units=draw(4, 3, 5, 6), length=draw(10, *range(7, 13)))
    count, what = draw(6, 4, 5), draw.turn("first", "last", "all")
    (ids,) = setup.ids
    part = {
        "first": setup.but(length=count),
        "last": setup.but(source="typed", tokens=(ids[-count:],), length=count),
        "all": setup.but(return_sequences=False),
    }[what]
    outputs = run(setup.settings).tensor("outputs")[0]
    (h,) = run(part.settings).tensor("state_h")
    found = [at for at, column in enumerate(outputs, 1) if same(column, h)]
    return Question(
        Page("compare", setup.to_query() | part.to_query(prefix="b.", base=setup)),
        true(column=found == [count], last=found == [setup.length], none=not found),
        dict(setup) | {"count": count, "read": Phrase(what)},
    )


def last_c(draw: Draw) -> Question:
    """Which strip is state_c, as far as outputs and state_h tell; or the other way round?"""
    asked = draw.turn("state_c", "state_h")
    setup = draw.setup(units=draw(4, 3, 5, 6), length=draw(10, *range(6, 13)))
    result = run(setup.settings)
    outputs, h, c = (result.tensor(name) for name in ("outputs", "state_h", "state_c"))
    mean = outputs.mean(1)
    # Only the right strip may stand in the relation of c to h.
    draw.need(not _could_be_c(mean, h) and not _could_be_c(c, mean))
    given = {"outputs": outputs[0], "state_h": h} if asked == "state_c" else {"state_c": c}
    return Question(
        Page("explore", setup.to_query()),
        strips(result.tensor(asked), cell=c, last=h, mean=mean),
        dict(setup) | {"asked": asked, "seen": Phrase(f"with_{asked}")},
        given=given,
    )


def _could_be_c(strip: np.ndarray, h: np.ndarray) -> bool:
    """Whether all numbers have the signs of h and are larger."""
    return bool(((np.sign(strip) == np.sign(h)) & (np.abs(strip) > np.abs(h))).all())


def leaves_the_range(draw: Draw) -> Question:
    """Which states of a cell that counts leave the range from -1 to 1?"""
    trained = OFFERED["counts"]
    pauses, count = draw(0, 2, 3, 4), draw(8, *range(6, 15, 2))
    name, ids = draw.turn(
        ("ups", [_UP] * count),
        ("turns", [_UP, _DOWN] * (count // 2)),
        ("downs", [_DOWN] * count),
        ("turns", [_UP, _DOWN] * (count // 2)),
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
            both=min(c, h) > 1,
            neither=max(c, h) <= 1,
        ),
        {"read": Phrase(f"{name}_after_pauses" if pauses else name)}
        | {"count": count, "pauses": pauses},
    )


def new_h(draw: Draw) -> Question:
    """From what is the new h computed?"""
    setup = draw.setup(
        cell=draw.turn("LSTM", "GRU", "SimpleRNN"),
        units=draw(4, 2, 3, 6),
        length=draw(10, *range(4, 13)),
    )
    result = run(setup.settings)
    trace, weights = result.trace, result.weights
    h, before = result.tensor("state_h"), trace.before("state_h")[:, -1]
    gates = {name: gate[:, -1] for name, gate in trace.gates.items()}
    c = result.tensor("state_c")
    anew = mix = np.zeros(1)
    if not gates:
        read = trace.inputs[:, -1] @ weights["kernel"] + before @ weights["recurrent_kernel"]
        anew = np.tanh(read + weights["bias"])
    if "update" in gates:
        mix = gates["update"] * before + (1 - gates["update"]) * gates["candidate"]
    return Question(
        Page("explore", setup.to_query() | {"tab": "inside"}),
        true(
            new_cell=c is not None and same(h, gates["output"] * np.tanh(c)),
            mix=same(h, mix),
            anew=same(h, anew),
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
