"""Lesson: what a gate is for, in trained cells and in cells whose gates are held."""

from __future__ import annotations

import numpy as np

from components.backend.learning.learn import accuracy_of
from components.backend.learning.trained import OFFERED
from components.backend.lessons.question import Draw, Page, Phrase, Question, same, true
from components.backend.origins.weight_source import WeightSource
from components.backend.question.setup import Setup
from components.backend.running.facts import EQUAL
from components.backend.running.results import run
from components.backend.weight_files.edits import Edits

_LOW, _HIGH = 0.25, 0.7  # below, a gate is called shut; above, open
_MARK = 0  # the id of a quotation mark
_LEVELS = {"shut": 0.0, "half": 0.5, "above_half": 0.7, "open": 1.0}


def moves(draw: Draw) -> Question:
    """Where does a gate of a trained cell stand at a mark, or at a letter?"""
    gate, at_mark = draw.turn(("forget", True), ("input", True), ("forget", False))
    trained = OFFERED["toggles"]
    asked = trained.question
    sentence = asked.sample(8, draw(20, 25, 30))[draw(0, *range(1, 8))]
    settings = asked.settings((sentence,))
    ids = np.array(sentence)
    inside = np.cumsum(ids == _MARK)[:-1] % 2 == 1  # before a step from the second on
    steps = (ids[1:] == _MARK) == at_mark
    values = run(settings, trained.weights).trace.gates[gate][0, 1:, trained.unit]
    draw.need((steps & inside).any() and (steps & ~inside).any())
    low_in, low_out = (values[steps & there].max() < _LOW for there in (inside, ~inside))
    high_in, high_out = (values[steps & there].min() > _HIGH for there in (inside, ~inside))
    look = {"tab": "inside", "unit": str(trained.unit), "step": str(steps.argmax() + 2)}
    query = Setup.of(settings).to_query() | WeightSource(trained=trained).to_query() | look
    return Question(
        Page("explore", query),
        true(
            shut=low_in and low_out,
            open=high_in and high_out,
            depends=high_out and low_in,
        ),
        {"gate": gate, "unit": trained.unit, "event": Phrase("mark" if at_mark else "letter")},
    )


def at_first(draw: Draw) -> Question:
    """Where are the forget gates of a fresh cell?"""
    own_bias, bias, phrase = draw.turn(
        (True, None, "keras"), (False, None, "zero"), (True, 5, "set"), (True, -5, "set")
    )
    setup = draw.setup(units=draw(8, 6, 12, 16), length=draw(20, 30), unit_forget_bias=own_bias)
    start = WeightSource(edits=Edits(forget_bias=bias))
    forget = run(setup.settings, start.weights(setup.settings)).trace.gates["forget"]
    mean = float(forget.mean())
    nearest = min(_LEVELS, key=lambda name: abs(_LEVELS[name] - mean))
    draw.need(abs(_LEVELS[nearest] - mean) < 0.07)
    return Question(
        Page("edit", setup.to_query() | start.to_query()),
        true(**{name: name == nearest for name in _LEVELS}),
        {"length": setup.length, "bias": bias, "how": Phrase(phrase)},
    )


def held(draw: Draw) -> Question:
    """What is c where a gate is held?"""
    gate, end = draw.turn(("forget", 1), ("forget", 0), ("input", 0), ("output", 0))
    setup = draw.setup(units=draw(4, 3, 6), length=draw(10, 6, 8))
    start = WeightSource(edits=Edits().hold(gate, end))
    trace = run(setup.settings, start.weights(setup.settings)).trace
    h, c = trace.hidden, trace.states["state_c"]
    written = trace.gates["input"] * trace.gates["candidate"]
    h_is_0, c_is_0 = (np.abs(state).max() <= EQUAL for state in (h, c))
    this_step = same(c, written)
    return Question(
        Page("edit", setup.to_query() | start.to_query()),
        true(
            this_step=this_step and not c_is_0,
            sum=same(c, written.cumsum(1)) and not this_step,
            zero=c_is_0,
            hidden=h_is_0 and not c_is_0,
        ),
        {"gate": gate, "end": end},
    )


def without(draw: Draw) -> Question:
    """How often is a trained cell right while one of its gates is held at 1?"""
    preset, gate = draw.turn(
        ("toggles", "forget"), ("counts", "forget"), ("toggles", "input"), ("toggles", "output")
    )
    trained = OFFERED[preset]
    asked = trained.question
    settings = asked.settings((asked.sample(8, asked.length)[draw(0, *range(1, 8))],))
    start = WeightSource(trained=trained, edits=Edits().hold(gate, 1))
    weights = start.edits.of(trained.weights, settings)
    share = accuracy_of(trained.checkpoint._replace(weights=weights), asked)
    return Question(
        Page("edit", Setup.of(settings).to_query() | start.to_query()),
        true(works=share > 0.9, less=0.65 < share < 0.85, guesses=share < 0.55),
        {"gate": gate, "task": Phrase(asked.task), "say": Phrase(f"{asked.task}_{gate}")},
    )


def gru(draw: Draw) -> Question:
    """What is h of a GRU where one of its gates is held?"""
    gate, end = draw.turn(("update", 1), ("update", 0), ("reset", 0))
    setup = draw.setup(cell="GRU", units=draw(4, 3, 6), length=draw(10, 6, 8))
    start = WeightSource(edits=Edits().hold(gate, end))
    trace = run(setup.settings, start.weights(setup.settings)).trace
    h, candidate, update = trace.hidden, trace.gates["candidate"], trace.gates["update"]
    h_is_0 = np.abs(h).max() <= EQUAL
    mixed = update * trace.before("state_h") + (1 - update) * candidate
    blind = trace.gates["reset"].max() <= EQUAL  # then the candidate reads nothing of the old h
    return Question(
        Page("edit", setup.to_query() | start.to_query()),
        true(
            zero=h_is_0,
            candidate=same(h, candidate) and not h_is_0,
            mix=blind and same(h, mixed) and not same(h, candidate),
        ),
        {"gate": gate, "end": end},
    )
