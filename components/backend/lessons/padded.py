"""Lesson: at a masked step the layer does nothing, and its states stay as they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.backend.lessons.question import Draw, Page, Question, same, strips, true
from components.backend.question.sentences import PADDING, Tokens
from components.backend.question.setup import Setup
from components.backend.running.facts import EQUAL
from components.backend.scripts.code import constructor
from components.backend.whatif import padding, stack

_CLEAR = 0.01  # how far apart h with the mask and h without it have to be


def _setup(draw: Draw, first: str = "LSTM", **fields: Any) -> Setup:
    return draw.setup(cell=draw.cell(first), units=draw(4, 3, 6), **fields)


def _ragged(draw: Draw) -> Tokens:
    """A long sentence and a short one."""
    return draw.ids(draw(7, 8, 9)), draw.ids(draw(3, 2, 4))


def _asked(setup: Setup, **choice: Any) -> padding.Question:
    return padding.Question(settings=setup.settings, **choice)


def _page(setup: Setup, question: padding.Question) -> Page:
    choice = {name: getattr(question, name) for name in padding.Choice.model_fields}
    return Page("padding", setup.to_query() | padding.Choice(**choice).to_query(prefix="pad."))


def _tensor(question: padding.Question, name: str) -> np.ndarray:
    return padding.answer(question).layer.tensor(name)


def goes_on(draw: Draw) -> Question:
    """How do the outputs of a padded sentence go on?"""
    mask_zero, zeros = draw.turn((True, False), (False, False), (True, True))
    setup, sentences = _setup(draw), _ragged(draw)
    length = len(sentences[1])
    question = _asked(setup, sentences=sentences, mask_zero=mask_zero, zero_output_for_mask=zeros)
    plain = question.but(mask_zero=False, zero_output_for_mask=False)
    outputs, read = (_tensor(each, "outputs")[1] for each in (question, plain))
    after = outputs[length:]
    return Question(
        _page(setup, question),
        strips(
            after,
            repeats=np.repeat(outputs[length - 1 : length], len(after), 0),
            zeros=np.zeros_like(after),
            reads=read[length:],
        ),
        {"length": length, "longest": len(outputs), "mask_zero": mask_zero, "zeros": zeros},
        given={"outputs": outputs[:length]},
    )


def other_side(draw: Draw) -> Question:
    """Whose state_h changes if the padding is on the other side?"""
    setup, sentences = _setup(draw), _ragged(draw)
    question = _asked(setup, sentences=sentences, mask_zero=draw.turn(True, False))
    post, pre = (_tensor(each, "state_h") for each in (question, question.but(side="pre")))
    long, short = np.abs(post - pre).max(1) > EQUAL
    return Question(
        _page(setup, question),
        true(neither=not (long or short), short=short and not long, both=long and short),
        _sizes(sentences) | {"mask_zero": question.mask_zero},
        _page(setup, question.but(side="pre")),
    )


def _sizes(sentences: Tokens) -> dict[str, Any]:
    return {"longest": len(sentences[0]), "length": len(sentences[1])}


def above(draw: Draw) -> Question:
    """What does a layer above the first do at padded steps?"""
    mask_zero = draw.turn(True, False)
    ids = draw.ids(draw(4, 3, 5))
    tokens = ((*ids, *[PADDING] * draw(3, 2, 4)),)
    setup = _setup(draw, source="typed", tokens=tokens, return_state=False)
    upper = stack.Above(cell=draw.cell("GRU"), units=draw(5, 2))
    asked = stack.Question(first=setup.settings, above=(upper,), mask_zero=mask_zero)
    trace = stack.answer(asked).layers[1].trace
    pads = slice(len(ids), None)
    stays = same(trace.hidden[:, pads], trace.before("state_h")[:, pads])
    zeros = np.abs(trace.inputs[:, pads]).max() <= EQUAL
    query = setup.to_query() | {"mask_zero": "true"} if mask_zero else setup.to_query()
    return Question(
        Page("stack", query | upper.to_query(prefix="2.")),
        true(skips=stays, reads=not (stays or zeros), zeros=zeros and not stays),
        {"length": len(ids), "longest": len(tokens[0]), "mask_zero": mask_zero}
        | {"below": constructor(setup), "above": constructor(upper)},
    )


def real_zero(draw: Draw) -> Question:
    """What does the layer do at an id 0 that is a word?"""
    setup, ids, step = _setup(draw), draw.ids(draw(8, 7, 9)), draw(4, 3, 5)
    sentence = (*ids[: step - 1], PADDING, *ids[step:])
    question = _asked(setup, sentences=(sentence,), mask_zero=draw.turn(True, False))
    before, there, *after = _tensor(question, "outputs")[0, step - 2 :]
    stays = same(there, before)
    return Question(
        _page(setup, question),
        true(
            skips=stays and not same(after[0], there),
            reads=not stays,
            ends=stays and all(same(each, before) for each in after),
        ),
        {"step": step, "longest": len(sentence), "mask_zero": question.mask_zero},
    )


def still_there(draw: Draw) -> Question:
    """Which tensor still has something of a sentence that ends in masked steps?"""
    setup, sentences = _setup(draw, "GRU", return_sequences=False), _ragged(draw)
    question = _asked(setup, sentences=sentences, zero_output_for_mask=draw.turn(True, False))
    outputs, h = (bool(_tensor(question, name)[1].any()) for name in ("outputs", "state_h"))
    return Question(
        _page(setup, question),
        true(
            both=outputs and h,
            state=h and not outputs,
            neither=not (outputs or h),
        ),
        {"zeros": question.zero_output_for_mask},
    )
