"""Lesson: between two calls nothing is kept but the states that are passed."""

from __future__ import annotations

from typing import Any

from components.backend.lessons.question import (
    REST,
    Draw,
    Page,
    Phrase,
    Question,
    equal,
    reach,
    right_of,
    same,
    strips,
    true,
)
from components.backend.question.setup import Setup
from components.backend.running.facts import EQUAL
from components.backend.whatif import carry

_CLEAR = 0.01  # how far apart the last h of two calls and that of one have to be
_SEEN = 0.1  # how far apart any h has to be, if its numbers are drawn


def _asked(setup: Setup, **choice: Any) -> carry.Question:
    return carry.Question(settings=setup.settings, **choice)


def _page(setup: Setup, question: carry.Question) -> Page:
    choice = {name: getattr(question, name) for name in carry.Choice.model_fields}
    return Page("calls", setup.to_query() | carry.Choice(**choice).to_query() | REST)


def begins(draw: Draw) -> Question:
    """What does the second call begin with?"""
    how, hand_over, phrase = draw.turn(
        ("initial_state", False, "nothing"),
        ("initial_state", True, "passed"),
        ("stateful", True, "stateful"),
        ("stateful", False, "reset"),
        ("encoder_decoder", True, "decoder"),
        ("encoder_decoder", False, "decoder_nothing"),
    )
    setup = draw.setup(units=draw(4, 3, 6), length=draw(10, 8, 9, 12))
    question = _asked(setup, cut=draw(4, 3, 5), how=how, hand_over=hand_over)
    answer = carry.answer(question)
    h, c = (answer.second.trace.initial[name] for name in ("state_h", "state_c"))
    ended = answer.first.trace.states
    same_h, same_c = same(h, ended["state_h"][:, -1]), same(c, ended["state_c"][:, -1])
    return Question(
        _page(setup, question),
        true(
            zeros=not h.any() and not c.any(),
            states=same_h and same_c,
            hidden=same_h and not c.any(),
        ),
        {"cut": question.cut, "how": Phrase(phrase)},
    )


def passed(draw: Draw) -> Question:
    """How many numbers does the decoder get to know?"""
    setup = draw.setup(
        cell=draw.turn("LSTM", "GRU"),
        units=draw(4, 3, 6),
        embedding_dim=draw(5, 7),
        length=draw(10, 12),
    )
    question = _asked(setup, cut=draw(4, 3, 5), how="encoder_decoder")
    second = carry.answer(question).second
    units, cut = setup.units, question.cut
    return Question(
        _page(setup, question),
        equal(
            sum(state[0].size for state in second.trace.initial.values()),
            one_state=units,
            two_states=2 * units,
            tokens=cut * setup.embedding_dim,
        ),
        dict(setup) | {"cut": cut},
    )


def made_same(draw: Draw) -> Question:
    """Which change makes two calls end as one does?"""
    setup = draw.setup(
        cell=draw.cell(),
        units=draw(4, 3, 5, 6),
        length=draw(8, 7),
        return_sequences=False,
    )
    question = _asked(setup, cut=draw(4, 3, 5), hand_over=False)
    draw.need(carry.answer(question).difference[0, -1] > _CLEAR)
    every = setup.but(return_sequences=True)
    how = draw.turn("initial_state", "stateful", "encoder_decoder")
    changes = {
        how: (setup, question.but(how=how, hand_over=True)),
        "sequences": (every, question.but(settings=every.settings)),
        "reset": (setup, question.but(how="stateful")),
    }
    options = reach(
        lambda answer: answer.difference.max() <= EQUAL,
        **{name: carry.answer(asked) for name, (_, asked) in changes.items()},
    )
    return Question(
        _page(setup, question),
        options,
        dict(setup) | {"cut": question.cut},
        _page(*changes[right_of(options)]),
    )


def other_size(draw: Draw) -> Question:
    """What does a decoder do with the states of an encoder?"""
    setup = draw.setup(cell=draw.cell(), units=draw(4, 3, 6), length=draw(10, 8, 9))
    decoder = draw.turn("larger", "same")
    question = _asked(setup, cut=draw(4, 3, 5), how="encoder_decoder", decoder=decoder)
    answer = carry.answer(question)
    apart = 0.0 if answer.error else answer.difference.max()
    return Question(
        _page(setup, question),
        true(
            refused=answer.error,
            lost=not answer.error and apart > EQUAL,
            as_one=not answer.error and apart <= EQUAL,
        ),
        {"units": setup.units, "decoder": setup.units + question.larger, "which": Phrase(decoder)},
    )


def apart(draw: Draw) -> Question:
    """How far is h of two calls from h of one?"""
    setup = draw.setup(cell=draw.cell(), units=draw(4, 3, 6), length=draw(10, 8, 9))
    hand_over, phrase = draw.turn((False, "not_passed"), (True, "passed"))
    question = _asked(setup, cut=draw(4, 3, 5), hand_over=hand_over)
    without = carry.answer(question.but(hand_over=False)).difference.T  # (step, sentence)
    draw.need(without.max() > _SEEN)
    return Question(
        _page(setup, question),
        strips(
            carry.answer(question).difference.T,
            nowhere=0 * without,
            fades=without,
            everywhere=0 * without + without.max(),
        ),
        {"cut": question.cut, "length": setup.length, "how": Phrase(phrase)},
    )
