"""Padding: its widgets."""

from __future__ import annotations

import streamlit as st

from components.backend import Setup
from components.backend.origins.weight_source import WeightSource
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
from components.panels.write.containers import kept_place
from components.texts import text


def note(question: padding.Question) -> str:
    """What the chart shows, and what its marks and colours mean."""
    both = [text("padding.note_both")] * question.bidirectional
    return " ".join([*both, note_of("padding", question.settings.cell)])


def weights_for(
    question: padding.Question, setup: FieldSet[Setup], start: FieldSet[WeightSource]
) -> Weights | Failure | None:
    """The weights that the visitor has chosen, if they fit the layer here, or else None for the
    seed's; with a line that says so and, below it, what `complain` says."""
    chosen, here = features(question.settings), features(question.filled)
    if chosen == here and not question.bidirectional:
        return chosen_weights(setup, start)
    with kept_place():
        if question.bidirectional:
            say_if_seeded(start)
        elif start.value.named:
            st.caption(text("padding.other_width", chosen=chosen, here=here))
        complaints()
    return None


def warn_of_named_zero(weights: Weights | None) -> None:
    """Warn that id 0, the padding, is a symbol of the task that these weights were trained on."""
    with kept_place():
        if weights is not None and weights.symbols:
            st.caption(text("padding.named_zero", symbol=weights.symbols[0]))


def padding_widgets(setup: FieldSet[Setup], view: FieldSet[padding.Choice]) -> None:
    """The sentences and how they are padded; below, the layer's arguments."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if setup.value.reads_ids:
            widget(view, "sentences", width=380)
        else:
            widget(view, "series", lines=True, height=130, width=230)
        _numbers(setup)
        widget(view, "side", row=True)
        widget(view, "mask_zero")
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
