"""Lesson: Bidirectional has two layers that read from opposite ends, and end at opposite ends."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.backend.lessons.question import Draw, Page, Phrase, Question, equal, same, true
from components.backend.question.setup import Setup
from components.backend.running.replay import Trace
from components.backend.whatif import both_ways


def _setup(draw: Draw, **fields: Any) -> Setup:
    own = {"cell": draw.cell(), "units": draw(4, 3, 5), "length": draw(10, 6, 7, 8)}
    return draw.setup(**own | fields)


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
            vector=(samples, 2 * units),
        ),
        dict(setup) | {"mode": mode},
    )


def place(draw: Draw) -> Question:
    """Where in the outputs is a last state, or the h that knows one token alone?"""
    setup = _setup(draw)
    name = draw.turn("backward_h", "forward_h", "first_alone", "last_alone")
    answer = _answer(setup)
    ahead, back = np.split(answer.tensor("outputs"), 2, axis=-1)
    alone = {"first_alone": answer.forward.hidden[:, 0], "last_alone": answer.backward.hidden[:, 0]}
    state = alone[name] if name in alone else answer.tensor(name)
    return Question(
        _page(setup),
        true(
            last_upper=same(ahead[:, -1], state),
            last_lower=same(back[:, -1], state),
            first_upper=same(ahead[:, 0], state),
            first_lower=same(back[:, 0], state),
        ),
        dict(setup) | {"what": Phrase(name)},
    )


def have_read(draw: Draw) -> Question:
    """How many tokens has each direction read at a column of the outputs?"""
    what = draw.turn("last", "first", "only")
    setup = _setup(draw, return_sequences=what != "only")
    answer, steps = _answer(setup), setup.length
    columns = answer.tensor("outputs").reshape(-1, 2 * setup.units)
    ahead, back = np.split(columns[0 if what == "first" else -1], 2)
    read = _step_of(ahead, answer.forward), _step_of(back, answer.backward)
    return Question(
        _page(setup),
        true(
            all_all=read == (steps, steps),
            all_one=read == (steps, 1),
            one_all=read == (1, steps),
        ),
        dict(setup) | {"column": Phrase(what)},
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
        ),
        dict(setup) | {"column": column},
        _page(without),
    )


def tensors(draw: Draw) -> Question:
    """How many tensors are returned?"""
    modes: tuple[both_ways.MergeMode, ...] = ("concat", "sum", None, None)
    mode, other = draw.turn(*modes), draw("GRU", "SimpleRNN")
    cell = draw.turn("LSTM", other, "LSTM", other)
    setup = _setup(draw, cell=cell, return_sequences=draw(False, True))
    count = len(_answer(setup, mode).returned)
    return Question(
        _page(setup, mode),
        equal(count, three=3, four=4, five=5, six=6),
        dict(setup) | {"mode": repr(mode).replace("'", '"')},
    )
