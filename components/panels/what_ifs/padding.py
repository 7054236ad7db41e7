"""Padding: sentences of different lengths in one batch, and which of their steps are masked."""

from __future__ import annotations

import streamlit as st

from components import charts
from components.backend import Setup
from components.backend.question.layout import features
from components.backend.question.weights import Weights
from components.backend.whatif import padding
from components.panels.ask.complain import complaints
from components.panels.ask.cover import help_of
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import showing, widget
from components.panels.parts.weight_source import chosen_weights, say_if_seeded
from components.panels.parts.whatif import note_of
from components.panels.run.compute import Failure
from components.panels.what_ifs.what_if import Page, Try, WhatIf, code, picture, statements, tries
from components.panels.write.containers import kept_place
from components.texts import text


def _widgets(page: Page) -> None:
    """The sentences and how they are padded; below, the layer's arguments."""
    view = page.view
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if page.settings.reads_ids:
            widget(view, "sentences", width=380)
        else:
            widget(view, "series", lines=True, height=130, width=230)
        _numbers(page.setup)
        widget(view, "side", row=True)
        widget(view, "mask_zero", keyed=True)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "bidirectional")
        # What a switch brings or takes away stands to its right, so that it stays where it is.
        for name in ("initial_state", "other_states", "pass_mask", "zero_output_for_mask"):
            if view.value.applies(name):
                widget(view, name)


def _numbers(setup: FieldSet[Setup]) -> None:
    """A switch between ids and numbers. The settings keep the ids for the way back."""

    def switch(on: bool) -> None:
        if on:
            setup.put(source="pasted", tokens=setup.value.ids)
        else:
            ids = setup.value.tokens
            setup.put(source="typed", length=len(ids[0]), sentences=len(ids))

    st.toggle(
        text("padding.numbers"),
        help=help_of("padding.numbers_help"),
        **showing("padding_numbers", not setup.value.reads_ids, switch),
    )


def _weights(page: Page) -> Weights | Failure | None:
    """The weights that the visitor has chosen, if they fit the layer here, or else None for the
    seed's; with a line that says so and, below it, what `complain` says."""
    question: padding.Question = page.question
    chosen, here = features(question.settings), features(question.filled)
    if chosen == here and not question.bidirectional:
        return chosen_weights(page.setup, page.start)
    with kept_place():
        if question.bidirectional:
            say_if_seeded(page.start)
        elif page.start.value.named:
            st.caption(text("padding.other_width", chosen=chosen, here=here))
        complaints()
    return None


def _body(page: Page) -> None:
    question: padding.Question = page.question
    _warn_of_named_zero(page.weights)
    both = [text("padding.note_both")] * question.bidirectional
    picture(page, note=" ".join([*both, note_of("padding", question.settings.cell)]))
    reads = page.answer.padding.any() and not question.masked
    statements(page, told="_plain" if reads else "")
    tries(page)
    code(page)


def _warn_of_named_zero(weights: Weights | None) -> None:
    """Warn that id 0, the padding, is a symbol of the task that these weights were trained on."""
    with kept_place():
        if weights is not None and weights.symbols:
            st.caption(text("padding.named_zero", symbol=weights.symbols[0]))


def _which(choice: padding.Choice) -> str:
    """Which sentence offers to pass initial_state, or to leave it out: the end of its name."""
    if choice.initial_state:
        return "_back"
    return "" if choice.mask_zero else "_mask"


PADDING = WhatIf(
    "padding",
    padding.Choice,
    padding.Question,
    padding.answer,
    charts.padding,
    padding.facts,
    padding.script,
    (
        Try(
            lambda view: {
                "mask_zero": True,
                "initial_state": not view.initial_state,
                "pass_mask": False,
            },
            _which,
        ),
    ),
    widgets=_widgets,
    body=_body,
    weights=_weights,
    prefix="pad.",
)
