"""Lesson: the factor of a state at each step decides how much of it is left after many steps."""

from __future__ import annotations

import numpy as np

from components.backend.learning.learn import LONG, accuracy_of
from components.backend.learning.trained import OFFERED, recorded
from components.backend.lessons.question import (
    Draw,
    Page,
    Phrase,
    Question,
    equal,
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


def reached(draw: Draw) -> Question:
    """How many columns of h change with one token?"""
    setup = draw.setup(cell=draw.cell(), units=draw(4, 3, 6), length=draw(10, *range(8, 13)))
    step, steps = draw(3, 4, 5, 6), setup.length
    draw.need(len({1, steps - step + 1, steps, step}) == 4)
    choice = influence.Choice(changed_step=step, token=draw(7, *range(100)))
    asked = influence.Question(settings=setup.settings, **dict(choice))
    apart = influence.answer(asked).apart["state_h"][0]
    draw.need(np.abs(apart).max() > 0.01)
    return Question(
        Page("influence", setup.to_query() | choice.to_query()),
        equal(
            int(apart.any(axis=-1).sum()),
            one=1,
            from_there=steps - step + 1,
            all=steps,
            before=step,
        ),
        {"steps": steps, "step": step},
    )


def _sizes(setup: Setup, weights: Weights | None = None, *, mask_zero: bool = False) -> np.ndarray:
    """The size of the gradient at each step of the sentence."""
    return chain_rule.gradients(setup.settings, weights, mask_zero=mask_zero).sizes()[0]


def fallen(draw: Draw) -> Question:
    """How much smaller is the gradient at the first token than at the last?"""
    cell, bias, phrase = draw.turn(
        ("LSTM", None, "untrained"),
        ("LSTM", 5, "biased"),
        ("LSTM", 2, "biased"),
        ("GRU", None, "untrained"),
        ("SimpleRNN", None, "untrained"),
    )
    setup = draw.setup(cell=cell, units=8, length=draw(50, 40, 60, 80))
    start = WeightSource(edits=Edits(forget_bias=bias))
    weights = start.weights(setup.settings)
    sizes = _sizes(setup, weights)
    share = sizes[0] / sizes[-1]
    draw.need(not 3e-4 < share < 3e-3 and not 0.05 < share < 0.15 and share < 5)
    return Question(
        Page("influence", setup.to_query() | start.to_query()),
        true(alike=share > 0.1, less=1e-3 <= share <= 0.1, vanished=share < 1e-3),
        dict(setup) | {"bias": bias, "how": Phrase(phrase)},
    )


def remembers(draw: Draw) -> Question:
    """With which change does h still show what was lost long ago?"""
    setup = draw.setup(units=draw(4, 5, 6), length=draw(30, 26, 34, 38))
    bias = WeightSource(edits=Edits(forget_bias=5))
    changes = {
        "forget_bias": (setup, bias),
        "units": (setup.but(units=4 * setup.units), WeightSource()),
        "no_bias": (setup.but(unit_forget_bias=False), WeightSource()),
        "simple": (setup.but(cell="SimpleRNN"), WeightSource()),
    }
    choice = carry.Choice(cut=_AFTER_CUT, hand_over=False)

    def left(setup: Setup, start: WeightSource) -> float:
        """The share of the largest difference that is left at the end."""
        question = carry.Question(settings=setup.settings, **dict(choice))
        apart = carry.answer(question, start.weights(setup.settings)).difference[0]
        share = float(apart[-1] / apart.max())
        draw.need(not 0.1 < share < 0.2)
        return share

    lefts = {name: left(*change) for name, change in changes.items()}
    options = reach(lambda share: share > 0.15, **lefts)
    setup_then, start = changes[right_of(options)]
    return Question(
        Page("carry", setup.to_query() | choice.to_query()),
        options,
        dict(setup) | {"cut": _AFTER_CUT, "more": 4 * setup.units},
        Page("carry", setup_then.to_query() | start.to_query() | choice.to_query()),
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


def any_length(draw: Draw) -> Question:
    """What does a trained cell do on much longer sequences?"""
    star = OFFERED["remembers"].question
    asked = draw.turn(
        OFFERED["toggles"].question, star, star.but(cell="SimpleRNN"), star.but(cell="GRU")
    )
    training = recorded()[asked]
    weights = training.checkpoints[-1].weights
    read = run(asked.settings(asked.sample(1, LONG)), weights).trace.hidden.shape[1]
    accuracy = accuracy_of(training.checkpoints[-1], asked, LONG)
    draw.need(not 0.9 <= accuracy < 0.95)
    return Question(
        Page("learn", asked.to_query(prefix="learn.") | {"learn.tried": str(LONG)}),
        true(
            works=read == LONG and accuracy >= 0.95,
            fails=read == LONG and accuracy < 0.9,
            refused=read != LONG,
        ),
        {"cell": asked.cell, "steps": asked.length, "long": LONG, "task": Phrase(asked.task)},
    )
