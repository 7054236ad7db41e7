"""Lesson: the two flags choose what is returned, and change nothing that is computed."""

from __future__ import annotations

from typing import Any

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


def columns(draw: Draw) -> Question:
    """Where are the outputs without return_sequences among those with it?"""
    setup = draw.setup(
        cell=draw.cell("GRU"),
        units=draw(4, 3, 5, 6, 8),
        length=draw(10, *range(5, 13)),
        return_sequences=False,
    )
    with_it = setup.but(return_sequences=True)
    a, b = (run(each.settings).tensor("outputs") for each in (setup, with_it))
    return Question(
        Page("compare", setup.to_query() | with_it.to_query(prefix="b.", base=setup)),
        true(
            last=same(a, b[:, -1]),
            flat=same(a, b.reshape(1, -1)),
            mean=same(a, b.mean(1)),
            nowhere=not any(same(a, b[:, step]) for step in range(setup.length)),
        ),
        dict(setup),
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
    units = draw(4, *range(2, 9))
    names, cell, sequences = draw.turn(
        ("out, h, c", "LSTM", False),
        ("out, h", "GRU", False),
        ("seq, h", "SimpleRNN", True),
        ("seq, h, c", "LSTM", True),
    )
    lines = {
        "fits": (names, cell, sequences, True),
        "one_state": ("out, h", "LSTM", False, True),
        "three": ("out, h, c", "GRU", False, True),
        "no_state": ("seq, last", "GRU", True, False),
    }
    setups = {
        name: draw.setup(cell=cell, units=units, return_sequences=every, return_state=states)
        for name, (_, cell, every, states) in lines.items()
    }
    options = tuple(
        Option(
            name,
            len(lines[name][0].split(",")) == len(run(setup.settings).returned),
            f"{lines[name][0]} = {call(setup.settings)}",
        )
        for name, setup in setups.items()
    )
    return Question(
        Page("explore", draw.setup(units=units).to_query()),
        options,
        {},
        Page("explore", setups[right_of(options)].to_query()),
    )
