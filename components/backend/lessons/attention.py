"""Lesson: attention weighs the h of all steps, and the context is their weighted mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.backend.lessons.question import Draw, Page, Phrase, Question, equal, same, true
from components.backend.question.setup import Setup
from components.backend.running import engine
from components.backend.running.attending import attend
from components.backend.running.facts import EQUAL
from components.backend.whatif import attention

_CLEAR = 0.01  # how far apart two answers have to be, or how much the padding has to weigh


def _setup(draw: Draw, **fields: Any) -> Setup:
    own = {"cell": draw.cell(), "units": draw(4, 3, 5), "length": draw(10, 7, 8, 9)}
    return draw.setup(**own | fields)


def _answer(setup: Setup, choice: attention.Choice) -> attention.Answer:
    return attention.answer(attention.Question(settings=setup.settings, **dict(choice)))


def _page(setup: Setup, choice: attention.Choice) -> Page:
    return Page("attention", setup.to_query() | choice.to_query())


def shape(draw: Draw) -> Question:
    """Which shape do the context and the weights have?"""
    name, choice, query = draw.turn(
        ("context", attention.Choice(asks="last"), "h[:, -1:]"),
        ("weights", attention.Choice(asks="each"), "h"),
        ("context", attention.Choice(asks="each"), "h"),
        ("weights", attention.Choice(asks="last"), "h[:, -1:]"),
    )
    setup = _setup(draw, sentences=draw(2, 3))
    samples, steps, units = setup.sentences, setup.length, setup.units
    draw.need(samples != units)
    return Question(
        _page(setup, choice),
        equal(
            _answer(setup, choice).attended.tensor(name).shape,
            vector=(samples, 1, units),
            sequence=(samples, steps, units),
            row=(samples, 1, steps),
            square=(samples, steps, steps),
        ),
        dict(setup) | {"name": name, "query": query},
    )


def causal(draw: Draw) -> Question:
    """How many steps does one step weigh, with the causal mask or without it?"""
    setup, step = _setup(draw), draw(4, 3, 5, 6)
    steps = setup.length
    counts = {"before": step - 1, "to_itself": step, "all": steps}
    draw.need(len({*counts.values()}) == 3)
    choice = attention.Choice(asks="each", causal=draw.turn(True, False))
    (weights,) = _answer(setup, choice).attended.weights[0, :, step - 1]
    return Question(
        _page(setup, choice),
        equal(int((weights > 0).sum()), **counts),
        dict(setup) | {"step": step, "causal": choice.causal},
    )


def padded(draw: Draw) -> Question:
    """What do padded steps weigh?"""
    setup = _setup(draw, length=draw(6, 5, 7))
    choice = attention.Choice(padded=draw(4, 3, 5), mask_zero=draw.turn(True, False))
    (weights,) = _answer(setup, choice).attended.weights[0, 0]
    share, total = weights[setup.length :].sum(), weights.sum()
    draw.need(share == 0 or share > _CLEAR)
    whole = abs(total - 1) <= EQUAL
    return Question(
        _page(setup, choice),
        true(
            nothing=share == 0 and whole,
            less=share == 0 and not whole,
            something=share > 0,
        ),
        dict(setup) | dict(choice),
    )


def order(draw: Draw) -> Question:
    """What changes if two h are swapped, or the two tokens that the layer reads?"""
    swapped = draw.turn("hidden", "tokens")
    setup, one, two = _setup(draw), draw(2, 1, 3), draw(5, 6)
    choice = attention.Choice(asks="own")
    turned = np.arange(setup.length)
    turned[[one - 1, two - 1]] = two - 1, one - 1
    other = setup
    answer = _answer(setup, choice)
    if swapped == "hidden":
        asked = answer.attended.asked
        moved = attend(
            answer.attended.attention,
            asked._replace(value=asked.value[:, turned]),
            answer.weights,
        )
    else:
        (ids,) = setup.settings.rows
        tokens = (tuple(ids[at] for at in turned),)
        other = Setup(**dict(setup) | {"source": "typed", "tokens": tokens})
        moved = _answer(other, choice).attended.attended
    before = answer.attended.weights
    stays = same(moved.context, answer.attended.context)
    there, along = same(moved.weights, before), same(moved.weights, before[..., turned])
    draw.need(stays or np.abs(moved.context - answer.attended.context).max() > _CLEAR)
    return Question(
        _page(setup, choice),
        true(
            nothing=stays and there,
            weights=stays and along and not there,
            both=not (stays or there),
        ),
        dict(setup) | {"one": one, "two": two, "swapped": Phrase(swapped)},
        _page(other, choice),
    )


def two_axes(draw: Draw) -> Question:
    """What comes back if the query is the last h without an axis of steps?"""
    kind, axes = draw.turn(("Attention", 2), ("Attention", 3), ("MultiHeadAttention", 2))
    setup = _setup(draw, sentences=draw(3, 2), length=draw(10, 7, 8))
    samples, units = setup.sentences, setup.units
    draw.need(samples != units)
    choice = attention.Choice()
    h = _answer(setup, choice).hidden
    query = h[:, -1] if axes == 2 else h[:, -1:]
    found = _shape(kind, query, h)
    shapes = {"vector": (samples, 1, units), "mixed": (samples, samples, units)}
    call = f"{kind}()([{{}}, h])" if kind == "Attention" else f"{kind}(1, {units})({{}}, h)"
    mended = Page("mistakes", {"mistake": "query_of_two_axes"})
    return Question(
        _page(setup, choice),
        (*equal(found, **shapes), *true(refused=found is None)),
        dict(setup) | {"call": call.format("h[:, -1]" if axes == 2 else "h[:, -1:]")},
        mended if axes == 2 else None,
    )


def _shape(kind: str, query: np.ndarray, h: np.ndarray) -> tuple[int, ...] | None:
    """The shape of what a layer of attention returns; None if Keras refuses the query."""
    with engine.use_keras() as (keras, _):
        try:
            if kind == "Attention":
                return tuple(keras.layers.Attention()([query, h]).shape)
            return tuple(keras.layers.MultiHeadAttention(1, h.shape[-1])(query, h).shape)
        except Exception:
            return None
