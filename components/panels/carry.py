"""Carry the state: its widgets."""

from __future__ import annotations

import streamlit as st

from components.backend import Settings
from components.backend.cells import CELLS
from components.backend.layout import STATES
from components.backend.whatif import carry
from components.panels.page.asked import Asked
from components.panels.page.boxes import on_demand
from components.panels.page.places import place_kept
from components.panels.page.widgets import widget
from components.panels.sentence import SentenceView
from components.texts import text


class CarryView(carry.Choice, SentenceView):
    """Where to cut and what to pass, and which sentence (from 1) is drawn."""


def carry_widgets(view: Asked[CarryView]) -> None:
    """Where to cut, and how the second call gets the states."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "how", row=True)
        widget(view, "hand_over")
        if view.value.applies("decoder"):
            widget(view, "decoder", row=True)
        widget(view, "cut", typed=True, width=150)


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
    on_demand(text("carry.start"), "carry_start", draw, expanded=edited)


def refusal(answer: carry.Answer) -> None:
    """Keras's error for states of another size, if there is one, and what it means."""
    with place_kept():
        if answer.error:
            st.code(answer.error, language=None, wrap_lines=True)
            units = answer.question.settings.units
            st.markdown(text("carry.refused", units=units, larger=units + 1))
