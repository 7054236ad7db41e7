"""Lesson: what a gate is for, in trained cells and in cells whose gates are held."""

from __future__ import annotations

import math
from statistics import median
from typing import Any

import numpy as np

from components.backend.learning import learn
from components.backend.learning.seeds import STEPS, learned_of_ten
from components.backend.learning.trained import OFFERED
from components.backend.lessons.question import (
    KERAS_CELLS,
    Draw,
    Page,
    Phrase,
    Question,
    same,
    true,
)
from components.backend.origins.weight_source import WeightSource
from components.backend.question.setup import Setup
from components.backend.running.facts import EQUAL
from components.backend.running.results import run
from components.backend.weight_files.edits import Edits

_MOVES = 0.3  # a gate that moves by so much is said to open or to close
_LEVELS = {"shut": 0.0, "half": 0.5, "above_half": 0.7, "open": 1.0}
_ALL, _FEW = 9, 3  # a cell learns a task if at least _ALL of ten seeds do; not, if at most _FEW do


def moves(draw: Draw) -> Question:
    """What does a gate of a trained cell do at an event?"""
    preset, gate, ids = draw.turn(
        ("toggles", "forget", (0,)), ("remembers", "input", (3, 4, 5)), ("toggles", "input", (0,))
    )
    trained = OFFERED[preset]
    asked = trained.question
    sentence = asked.sample(8, draw(20, 25, 30))[draw(0, *range(1, 8))]
    settings = asked.settings((sentence,))
    event = np.isin(sentence, ids)[1:]  # the first step has nothing to keep
    draw.need(event.any())
    values = run(settings, trained.weights).trace.gates[gate][0, 1:, trained.unit]
    moved = float(values[event].mean() - values[~event].mean())
    draw.need(not 0.1 < abs(moved) < 0.35)
    look = {"tab": "inside", "unit": str(trained.unit), "step": str(event.argmax() + 2)}
    query = Setup.of(settings).to_query() | WeightSource(trained=trained).to_query() | look
    return Question(
        Page("explore", query),
        true(closes=moved < -_MOVES, opens=moved > _MOVES, stays=abs(moved) <= _MOVES),
        {"gate": gate, "unit": trained.unit}
        | {"task": Phrase(asked.task), "event": Phrase(f"{asked.task}_event")},
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


def learned_first(draw: Draw) -> Question:
    """Which cell needs the fewest steps of training?"""
    task, units = draw.turn(("echo", 8), ("ups", 2), ("first", 8), ("echo", 16))
    steps = {cell: median(_steps(task, units, cell)) for cell in KERAS_CELLS}
    fewest = min(steps, key=lambda cell: steps[cell])
    return Question(
        _race(task, units),
        true(**{cell: cell == fewest for cell in KERAS_CELLS}),
        _told(task, units),
    )


def _steps(task: str, units: int, cell: str) -> list[float]:
    """For each of ten seeds, the recorded training step from which on it has learned the task;
    infinite if it has not."""
    asked = learn.Question(task=task, units=units, cell=cell)
    return [math.inf if step is None else step for step in learned_of_ten(asked) or ()]


def _race(task: str, units: int) -> Page:
    """The page on which all three cells are trained."""
    query = learn.Question(task=task, units=units).to_query(prefix="learn.")
    return Page("learn", query | {"learn.race": "true", "learn.train": "true"})


def _told(task: str, units: int) -> dict[str, Any]:
    """The values of the texts about a race."""
    rate = learn.Question().rate
    return {"units": units, "rate": rate, "task": Phrase(task), "say": Phrase(f"{task}_say")}


def who_learns(draw: Draw) -> Question:
    """Which cells learn a task?"""
    task, units = draw.turn(("quotes", 4), ("switch", 4), ("echo", 2), ("star", 8), ("ups", 4))
    good = {cell: sum(map(math.isfinite, _steps(task, units, cell))) for cell in KERAS_CELLS}
    draw.need(not any(_FEW < count < _ALL for count in good.values()))
    who = {cell for cell, count in good.items() if count >= _ALL}
    return Question(
        _race(task, units),
        true(
            all=who == {*KERAS_CELLS},
            gated=who == {"LSTM", "GRU"},
            lstm=who == {"LSTM"},
            none=not who,
        ),
        _told(task, units) | {"steps": STEPS},
    )
