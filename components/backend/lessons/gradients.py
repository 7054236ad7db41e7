"""Lesson: the factor of a state at each step decides how much of it is left after many steps."""

from __future__ import annotations

import numpy as np

from components.backend.lessons.question import (
    REST,
    Draw,
    Page,
    Phrase,
    Question,
    reach,
    right_of,
    true,
)
from components.backend.origins.weight_source import WeightSource
from components.backend.question.sentences import PADDING
from components.backend.question.setup import Setup
from components.backend.question.weights import Weights
from components.backend.running import chain_rule
from components.backend.running.results import run
from components.backend.weight_files.edits import Edits
from components.backend.whatif import carry, influence

_AFTER_CUT = 4
_KERAS_BIAS = 1  # of the forget gate, by default


def reached(draw: Draw) -> Question:
    """Which columns of h change with one token?"""
    how = draw.turn("plain", "recurrent", "update")
    cell = {"recurrent": "SimpleRNN", "update": "GRU"}.get(how) or draw.cell()
    setup = draw.setup(cell=cell, units=draw(4, 3, 6), length=draw(10, *range(8, 13)))
    if how == "recurrent":
        setup = setup.but(recurrent_initializer="zeros")
    start = WeightSource(edits=Edits().hold("update", 1) if how == "update" else Edits())
    choice = influence.Choice(changed_step=draw(3, 4, 5, 6), token=draw(7, *range(100)))
    asked = influence.Question(settings=setup.settings, **dict(choice))
    apart = influence.answer(asked, start.weights(setup.settings)).apart["state_h"][0]
    draw.need(how == "update" or np.abs(apart).max() > 0.01)
    changed = apart.any(axis=-1)
    at = np.arange(1, setup.length + 1)
    return Question(
        Page("influence", setup.to_query() | choice.to_query() | start.to_query()),
        true(
            one=(changed == (at == choice.changed_step)).all(),
            from_there=(changed == (at >= choice.changed_step)).all(),
            none=not changed.any(),
        ),
        dict(setup) | {"step": choice.changed_step, "how": Phrase(how)},
    )


def _sizes(setup: Setup, weights: Weights | None = None, *, mask_zero: bool = False) -> np.ndarray:
    """The size of the gradient at each step of the sentence."""
    return chain_rule.gradients(setup.settings, weights, mask_zero=mask_zero).sizes()[0]


def fallen(draw: Draw) -> Question:
    """How much smaller is the gradient at the first token than at the last?"""
    bias, length = draw.turn((1, draw(50, 40, 60)), (5, draw(50, 40, 60)), (3, draw(60, 80)))
    setup = draw.setup(units=8, length=length)
    start = WeightSource(edits=Edits(forget_bias=None if bias == _KERAS_BIAS else bias))
    weights = start.weights(setup.settings)
    sizes = _sizes(setup, weights)
    kept = float(run(setup.settings, weights).trace.gates["forget"].mean())
    # The answer is what the product of the forget gates alone would say, and is not a close call.
    share, product = sizes[0] / sizes[-1], kept**setup.length
    left = {"alike": (0.2, 5), "less": (0.002, 0.07), "vanished": (0, 5e-4)}
    return Question(
        Page("influence", setup.to_query() | start.to_query()),
        true(**{n: low < share < top and low < product < top for n, (low, top) in left.items()}),
        dict(setup) | {"bias": bias, "kept": f"{kept:.0%}"},
    )


def remembers(draw: Draw) -> Question:
    """With which change does h show longest, or shortest, what was lost?"""
    wanted = draw.turn("longest", "shortest")
    setup = draw.setup(units=draw(4, 5, 6), length=draw(30, 26, 34, 38))
    plain, bias = WeightSource(), WeightSource(edits=Edits(forget_bias=5))
    changes = {
        "forget_bias": (setup, bias),
        "units": (setup.but(units=4 * setup.units), plain),
        "no_bias": (setup.but(unit_forget_bias=False), plain),
    }
    choice = carry.Choice(cut=_AFTER_CUT, hand_over=False)

    def lasts(setup: Setup, start: WeightSource) -> int:
        """After how many steps the difference is for good below a tenth of the largest."""
        question = carry.Question(settings=setup.settings, **dict(choice))
        apart = carry.answer(question, start.weights(setup.settings)).difference[0]
        return int(np.flatnonzero(apart > apart.max() / 10)[-1]) + 1 - _AFTER_CUT

    before = lasts(setup, plain)
    goal = {
        "longest": lambda steps: steps == setup.length - _AFTER_CUT and steps > 2 * before,
        "shortest": lambda steps: steps < 0.75 * before,
    }
    options = reach(goal[wanted], **{name: lasts(*change) for name, change in changes.items()})
    setup_then, start = changes[right_of(options)]
    return Question(
        Page("calls", setup.to_query() | choice.to_query() | REST),
        options,
        dict(setup) | {"cut": _AFTER_CUT, "more": 4 * setup.units, "wanted": Phrase(wanted)},
        Page("calls", setup_then.to_query() | start.to_query() | choice.to_query() | REST),
    )


def across_padding(draw: Draw) -> Question:
    """How far does the first word reach across padding?"""
    first, last = draw.ids(2)
    pads = draw(8, 5, 10)
    ids = (first, *[PADDING] * pads, last)
    setup = draw.setup(cell=draw.cell(), units=draw(4, 6), source="typed", tokens=(ids,))
    choice = influence.Choice(mask_zero=draw.turn(True, False))
    alone = setup.but(tokens=((first, last),), length=2)
    share = _sizes(setup, mask_zero=choice.mask_zero)[0] / _sizes(alone)[0]
    draw.need(choice.mask_zero or 1e-9 < share < 0.5)
    return Question(
        Page("influence", setup.to_query() | choice.to_query()),
        true(
            as_much=abs(share - 1) < 1e-3,
            less=1e-9 < share < 0.8,
            nothing=share <= 1e-9,
        ),
        {"pads": pads, "mask_zero": choice.mask_zero},
    )


def nowhere(draw: Draw) -> Question:
    """By which tokens is the gradient exactly 0?"""
    how = draw.turn("mask", "plain", "recurrent", "input")
    first, second, last = draw.ids(3)
    ids = (first, second, *[PADDING] * draw(2, 3), last)
    cell = {"recurrent": "SimpleRNN", "input": "LSTM"}.get(how) or draw.cell()
    setup = draw.setup(cell=cell, units=draw(4, 3, 6), source="typed", tokens=(ids,))
    if how == "recurrent":
        setup = setup.but(recurrent_initializer="zeros")
    start = WeightSource(edits=Edits().hold("input", 0) if how == "input" else Edits())
    choice = influence.Choice(mask_zero=how == "mask")
    sizes = _sizes(setup, start.weights(setup.settings), mask_zero=choice.mask_zero)
    zero, pads = sizes == 0, np.array(ids) == PADDING
    return Question(
        Page("influence", setup.to_query() | choice.to_query() | start.to_query()),
        true(
            padding=(zero == pads).all(),
            none=not zero.any(),
            others=zero[:-1].all() and not zero[-1],
            all=zero.all(),
        ),
        dict(setup) | {"ids": ", ".join(map(str, ids)), "how": Phrase(how)},
    )
