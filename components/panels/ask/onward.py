"""What follows a question's answer: what of the picture to look at, a lesson's question to predict,
and the next page."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from components.panels.pages import FIRST, PAGES, TOPICS
from components.texts import text

PREDICT: Mapping[str, str] = {
    "return_sequences": "returned.changed",
    "states": "states.which_column",
    "count": "returned.tensors",
    "every_c": "states.how_many",
    "backwards": "both_directions.have_read",
    "features": "shapes.outputs",
    "units": "parameters.how_many",
    "one_step": "calls.begins",
    "samples": "shapes.outputs",
    "targets": "shapes.next_one",
    "reshape": "shapes.one_change",
    "forecast": "gradients.reached",
    "flat": "gradients.reached",
    "embedding": "shapes.read",
    "gates": "gates.moves",
    "two_states": "states.new_h",
    "hold_gate": "gates.held",
    "forget_bias": "gates.at_first",
    "unbounded": "states.leaves_the_range",
    "relu": "states.leaves_the_range",
    "hard_sigmoid": "gates.at_first",
    "parameters": "parameters.blocks",
    "reset_after": "parameters.one_change",
    "stacking": "stacking.refused",
    "stack_states": "stacking.states",
    "dense": "shapes.next_one",
    "many": "stacking.returned",
    "flatten": "parameters.largest",
    "repeat": "stacking.mended",
    "attention": "attention.shape",
    "self_attention": "attention.causal",
    "both_outputs": "both_directions.have_read",
    "both_states": "both_directions.place",
    "mask": "padded.goes_on",
    "masking": "padded.real_zero",
    "padding": "padded.other_side",
    "lengths": "padded.goes_on",
    "both_masked": "padded.other_side",
    "mask_up": "padded.above",
    "mask_lost": "padded.still_there",
    "initial_state": "calls.apart",
    "stateful": "calls.made_same",
    "reset": "calls.begins",
    "epochs": "calls.begins",
    "batch_size": "calls.other_size",
    "encoder_decoder": "calls.passed",
    "state_order": "calls.passed",
    "inference": "calls.made_same",
    "fed_back": "calls.passed",
    "asking_decoder": "attention.shape",
    "both_encoder": "both_directions.tensors",
    "why_gates": "gates.without",
    "learning": "gates.moves",
    "vanishing": "gradients.fallen",
    "remembers": "gradients.remembers",
    "which_step": "gradients.reached",
    "one_weight": "gates.held",
    "dropout": "gradients.reached",
    "order": "parameters.blocks",
    "cudnn": "parameters.one_change",
    "slow_dropout": "parameters.one_change",
    "pytorch": "parameters.largest",
    "own_model": "shapes.one_change",
    "which_word": "attention.order",
}
"""For each question of the page Questions the lesson's question on the same idea, as
"lesson.question"."""

STRIPS: Mapping[str, str] = {
    "return_sequences": "timeline",
    "states": "timeline",
    "backwards": "timeline",
    "unbounded": "timeline",
    "relu": "timeline",
    "forget_bias": "edit.1",
    "one_weight": "edit.-2.-1",
    "stack_states": "stack",
    "dense": "stack.-1",
    "many": "stack.-1",
    "repeat": "stack.-1",
    "attention": "attention",
    "mask": "padding.1",
    "masking": "padding",
    "both_masked": "both_ways",
    "mask_up": "stack",
    "initial_state": "carry.3",
    "stateful": "carry.2",
    "reset": "carry.3",
    "epochs": "carry.2",
    "encoder_decoder": "encoder_decoder.1",
    "fed_back": "encoder_decoder.1",
    "asking_decoder": "encoder_decoder_weights",
    "vanishing": "influence",
    "remembers": "influence",
}
"""For a question whose `look_at` names strips of a picture: the picture's key and, after dots,
which of its strips, from 0 or, from the last, -1; all of them if none is named."""

_ORDER = (FIRST, *TOPICS, "learn", "model")
"""The pages as one leads to the next."""


def onward(question: str, page: str) -> None:
    """Links to a lesson's question on the same idea, and to the page after this one."""
    # Here, as all what-ifs come with it, and the first page would wait for them.
    from components.backend.lessons import LESSONS, title

    lesson, _, name = PREDICT[question].partition(".")
    number = 1 + [each.__name__ for each in LESSONS[lesson]].index(name)
    after = _ORDER[(_ORDER.index(page) + 1) % len(_ORDER)] if page in _ORDER else FIRST
    with st.container(horizontal=True, gap="small", key="onward"):
        st.page_link(
            "app_pages/lessons.py",
            label=text("questions.predict", lesson=title(lesson)),
            icon=PAGES["lessons"],
            query_params={"lesson": lesson, "question": str(number)},
            width="content",
        )
        st.page_link(
            f"app_pages/{after}.py",
            label=text("questions.next", page=text(f"pages.{after}.title")),
            icon=PAGES[after],
            width="content",
        )
