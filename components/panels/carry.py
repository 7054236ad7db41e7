"""Stateful and initial_state: its widgets."""

from __future__ import annotations

import streamlit as st

from components.backend import Settings, Setup
from components.backend.cells import CELLS
from components.backend.layout import STATES
from components.backend.whatif import carry
from components.panels.page.asked import Asked
from components.panels.page.boxes import on_demand
from components.panels.page.places import place_kept
from components.panels.page.widgets import widget
from components.panels.sentence import SentenceView, sentence_widget
from components.panels.whatif import try_this
from components.texts import text


class CarryView(carry.Choice, SentenceView):
    """Where to cut and what to pass, and which sentence (from 1) is drawn."""


def carry_widgets(view: Asked[CarryView], sentences: int) -> None:
    """Where to cut, and how the second call gets the states."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "how", row=True)
        widget(view, "hand_over", label=text(f"carry.over_{view.value.how}"))
        if view.value.applies("decoder"):
            widget(view, "decoder", row=True)
        widget(view, "cut", typed=True, width=150)
        sentence_widget(view, sentences)


def idle_states(settings: Settings) -> list[str]:
    """The states that this cell does not have."""
    return [name for name in STATES if name not in CELLS[settings.cell].states]


def start_box(view: Asked[CarryView], settings: Settings) -> None:
    """A box with the first call's initial states."""
    states = CELLS[settings.cell].states

    def draw() -> None:
        st.caption(text("carry.start_why"))
        with st.container(horizontal=True):
            for name in states:
                widget(view, name, width=300)

    edited = any(getattr(view.value, name) for name in states)
    on_demand(text("carry.start"), "carry_start", draw, expanded=edited and view.arrived)


def try_rows(setup: Asked[Setup], view: Asked[CarryView]) -> None:
    """A button that takes two sentences, of which a stateful layer keeps a state each."""
    asked, sentences = view.value, setup.value.sentences

    def take() -> None:
        setup.put(sentences=max(2, sentences))
        view.put(how="stateful", hand_over=True)

    made = sentences > 1 and asked.how == "stateful" and asked.hand_over
    given = setup.value.source == "pasted"  # with its own number of sentences
    try_this("carry", take, "_rows", disabled=made or given)


def refusal(answer: carry.Answer, view: Asked[CarryView]) -> None:
    """If Keras refused states of another size, what that means, a button that mends it, and Keras's
    error."""
    with place_kept():
        if answer.error:
            units = answer.question.settings.units
            st.markdown(text("carry.refused", units=units, larger=units + 1))
            st.button(
                text("carry.mend"),
                on_click=lambda: view.put(decoder="same"),
                key="carry_mend",
                type="primary",
                icon=":material/build:",
            )
            st.code(answer.error, language=None, wrap_lines=True)
