"""Lesson: the two flags choose what is returned, and change nothing that is computed."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.backend.cells import CELLS
from components.backend.lessons.question import (
    Draw,
    Option,
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
from components.backend.running.results import run
from components.backend.scripts.code import call


def shapes(draw: Draw) -> Question:
    """Which shapes come back?"""
    units, steps, sentences = draw(4, 2, 3, 5, 6, 8), draw(10, *range(5, 13)), draw(2, 3)
    draw.need(len({units, steps, sentences}) == 3)
    sequences, states = draw.turn((False, False), (True, False), (False, True), (True, True))
    setup = draw.setup(
        cell=draw.cell(),
        units=units,
        length=steps,
        sentences=sentences,
        return_sequences=sequences,
        return_state=states,
    )
    last, every = (sentences, units), (sentences, steps, units)
    carried = [last] * len(CELLS[setup.cell].states)
    return Question(
        Page("explore", setup.to_query()),
        equal(
            [tensor.values.shape for tensor in run(setup.settings).returned],
            last=[last],
            every=[every],
            last_and_states=[last, *carried],
            every_and_states=[every, *carried],
        ),
        dict(setup),
    )


def tensors(draw: Draw) -> Question:
    """How many tensors are returned?"""
    setup = draw.setup(
        cell=draw.turn("LSTM", "GRU", "SimpleRNN"),
        units=draw(4, 2, 3, 6, 8),
        length=draw(10, *range(5, 13)),
        return_sequences=draw(False, True),
    )
    count = len(run(setup.settings).returned)
    return Question(
        Page("explore", setup.to_query()),
        equal(count, one=1, two=2, three=3, steps=setup.length),
        dict(setup),
    )


def changed(draw: Draw) -> Question:
    """Which h become other numbers with a change?"""
    setup = draw.setup(
        cell=draw.cell("GRU"),
        units=draw(4, 3, 5, 6, 8),
        length=draw(10, *range(5, 13)),
        return_sequences=False,
        return_state=False,
    )
    flag = draw("return_sequences", "return_state")
    change = draw.turn(flag, "last", "go_backwards", "second")
    if change in Setup.model_fields:
        other = setup.but(**{change: True})
    else:
        (ids,), at = setup.ids, {"last": -1, "second": 1}[change]
        replaced = np.array(ids)
        replaced[at] = ids[at] % 99 + 1
        setup = setup.but(source="typed", tokens=(ids,))
        other = setup.but(tokens=(tuple(replaced.tolist()),))
    a, b = (run(each.settings).trace.hidden[0] for each in (setup, other))
    moved = [not same(*pair) for pair in zip(a, b, strict=True)]
    return Question(
        Page("compare", setup.to_query() | other.to_query(prefix="b.", base=setup)),
        true(
            none=not any(moved),
            last=moved[-1] and not any(moved[:-1]),
            later=all(moved[1:]) and not moved[0],
            all=all(moved),
        ),
        dict(setup) | {"change": Phrase(change)},
    )


def flags(draw: Draw) -> Question:
    """What has to be changed to get certain tensors?"""
    setup = draw.setup(
        cell="LSTM",
        units=draw(4, 2, 3, 6, 8),
        length=draw(10, *range(5, 13)),
        return_sequences=False,
        return_state=False,
    )
    phrase, gives = draw.turn(
        ("last", lambda r: r.tensor("state_c") is not None and r.tensor("outputs").ndim == 2),
        ("every", lambda r: len(r.returned) == 1 and r.tensor("outputs").ndim == 3),
        ("both", lambda r: r.tensor("state_c") is not None and r.tensor("outputs").ndim == 3),
        ("twice", lambda r: [t.values.ndim for t in r.returned] == [2, 2]),
    )
    changes: dict[str, dict[str, Any]] = {
        "state": {"return_state": True},
        "sequences": {"return_sequences": True},
        "both": {"return_sequences": True, "return_state": True},
        "gru": {"cell": "GRU", "return_state": True},
    }
    changed = {name: setup.but(**change) for name, change in changes.items()}
    options = reach(gives, **{name: run(each.settings) for name, each in changed.items()})
    return Question(
        Page("explore", setup.to_query()),
        options,
        {"units": setup.units, "wanted": Phrase(phrase)},
        Page("explore", changed[right_of(options)].to_query()),
    )


def unpacking(draw: Draw) -> Question:
    """Which line names as many tensors as come back?"""
    units, fits = draw(4, *range(2, 9)), draw.turn("three", "two", "sequence", "sequence_three")
    # By option: the names, the cells with which they fit and do not, whether every step comes back.
    names = {
        "three": ("out, h, c", "LSTM", "GRU", False),
        "two": ("out, h", "GRU", "LSTM", False),
        "sequence": ("seq, h", "GRU", "GRU", True),
        "sequence_three": ("seq, h, c", "LSTM", "SimpleRNN", True),
    }
    setups = {
        name: draw.setup(
            cell=right if name == fits else wrong,
            units=units,
            return_sequences=every,
            return_state=name in (fits, "two", "three", "sequence_three"),
        )
        for name, (_, right, wrong, every) in names.items()
    }
    options = tuple(
        Option(
            name,
            len(names[name][0].split(",")) == len(run(setup.settings).returned),
            f"{names[name][0]} = {call(setup.settings)}",
        )
        for name, setup in setups.items()
    )
    return Question(
        Page("explore", draw.setup(units=units).to_query()),
        options,
        {},
        Page("explore", setups[right_of(options)].to_query()),
    )
