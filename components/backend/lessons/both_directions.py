"""Lesson: Bidirectional has two layers that read from opposite ends, and end at opposite ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.backend.lessons.question import Draw, Page, Question, equal, same, true
from components.backend.question.setup import Setup
from components.backend.running.replay import Trace
from components.backend.whatif import both_ways


def _setup(draw: Draw, **fields: Any) -> Setup:
    return draw.setup(cell=draw.cell(), units=draw(4, 3, 5), length=draw(10, 6, 7, 8), **fields)


def _answer(setup: Setup, merge_mode: both_ways.MergeMode = "concat") -> both_ways.Answer:
    return both_ways.answer(both_ways.Question(settings=setup.settings, merge_mode=merge_mode))


def _page(setup: Setup, merge_mode: both_ways.MergeMode = "concat") -> Page:
    return Page("both_ways", setup.to_query() | both_ways.Choice(merge_mode=merge_mode).to_query())


def shape(draw: Draw) -> Question:
    """Which shape do the merged outputs have?"""
    mode: both_ways.MergeMode = draw.turn("concat", "sum", "concat", "mul")
    sequences = draw.turn(True, True, False, True)
    setup = _setup(draw, sentences=draw(2, 3), return_sequences=sequences, return_state=False)
    samples, steps, units = setup.sentences, setup.length, setup.units
    draw.need(2 * units != steps and samples != units)
    return Question(
        _page(setup, mode),
        equal(
            _answer(setup, mode).tensor("outputs").shape,
            twice_as_wide=(samples, steps, 2 * units),
            as_wide=(samples, steps, units),
            twice_as_long=(samples, 2 * steps, units),
            vector=(samples, 2 * units),
        ),
        dict(setup) | {"mode": mode},
    )


def place(draw: Draw) -> Question:
    """Where in the outputs is a last state?"""
    setup, name = _setup(draw), draw.turn("backward_h", "forward_h")
    answer = _answer(setup)
    outputs, state = answer.tensor("outputs"), answer.tensor(name)
    ahead, back = np.split(outputs, 2, axis=-1)
    return Question(
        _page(setup),
        true(
            last_upper=same(ahead[:, -1], state),
            last_lower=same(back[:, -1], state),
            first_upper=same(ahead[:, 0], state),
            first_lower=same(back[:, 0], state),
        ),
        dict(setup) | {"name": name},
    )


def have_read(draw: Draw) -> Question:
    """How many tokens has each direction read at a column of the outputs?"""
    setup = _setup(draw)
    answer, steps = _answer(setup), setup.length
    column = draw.turn(steps, 1)
    ahead, back = np.split(answer.tensor("outputs")[0, column - 1], 2)
    read = _step_of(ahead, answer.forward), _step_of(back, answer.backward)
    return Question(
        _page(setup),
        true(
            all_all=read == (steps, steps),
            all_one=read == (steps, 1),
            one_all=read == (1, steps),
            one_one=read == (1, 1),
        ),
        {"steps": steps, "column": column},
    )


def _step_of(h: np.ndarray, trace: Trace) -> int:
    """After which step, from 1, a layer had this h."""
    return next((at for at, each in enumerate(trace.hidden[0], 1) if same(each, h)), 0)


def switched_off(draw: Draw) -> Question:
    """What of the outputs without return_sequences was in a column of those with it?"""
    setup = _setup(draw)
    column = draw.turn(setup.length, 1)
    without = setup.but(return_sequences=False)
    one, other = (_answer(each).tensor("outputs")[0] for each in (without, setup))
    pairs = zip(np.split(one, 2), np.split(other[column - 1], 2), strict=True)
    ahead, back = (same(*pair) for pair in pairs)
    return Question(
        _page(setup),
        true(
            both=ahead and back,
            forward=ahead and not back,
            backward=back and not ahead,
            nothing=not (ahead or back),
        ),
        dict(setup) | {"column": column},
        _page(without),
    )


def tensors(draw: Draw) -> Question:
    """How many tensors are returned?"""
    mode: both_ways.MergeMode = draw.turn("concat", "sum", None)
    setup = _setup(draw, return_sequences=draw(False, True))
    count = len(_answer(setup, mode).returned)
    return Question(
        _page(setup, mode),
        equal(count, three=3, four=4, five=5, six=6),
        dict(setup) | {"mode": repr(mode).replace("'", '"')},
    )
