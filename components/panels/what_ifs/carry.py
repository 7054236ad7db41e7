"""Stateful: its widgets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from components.backend import Settings, Setup
from components.backend.cells import CELLS
from components.backend.question.layout import STATES
from components.backend.question.linked import listed
from components.backend.whatif import carry
from components.charts.picture import number
from components.panels.ask.boxes import on_demand
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.parts.sentence import SentenceView, sentence_widget
from components.panels.parts.whatif import try_this
from components.panels.write.containers import kept_place
from components.texts import text

_LISTED = 6  # values of a row that its table has


class CarryView(carry.Choice, SentenceView):
    """Where to cut and what to pass, and which sentence (from 1) is drawn."""


def carry_widgets(view: FieldSet[CarryView], sentences: int) -> None:
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


def told_by(question: carry.Question) -> str:
    """The name of the text that says what a layer remembers from call to call."""
    if question.how != "stateful":
        return "told"
    return "told_stateful" if question.hand_over else "told_reset"


def start_box(view: FieldSet[CarryView], settings: Settings) -> None:
    """A box with the first call's initial states."""
    states = CELLS[settings.cell].states

    def draw() -> None:
        st.caption(text("carry.start_why"))
        with st.container(horizontal=True):
            for name in states:
                widget(view, name, width=300)

    edited = any(getattr(view.value, name) for name in states)
    on_demand(text("carry.start"), "carry_start", draw, expanded=edited and view.arrived)


def row_table(answer: carry.Answer) -> None:
    """Of a stateful layer and several sentences: with which state each row of both batches begins,
    beside that with which it ended in the first; and what fit() makes of that."""
    question, second = answer.question, answer.second
    with kept_place():
        if question.how != "stateful" or second is None or len(question.settings.rows) < 2:
            return
        kind = "kept" if question.hand_over else "reset"
        names = listed(answer.first.trace.states)
        st.markdown(text(f"carry.rows.{kind}", names=names))
        columns = {
            "row": [str(row) for row in range(1, len(question.settings.rows) + 1)],
            "began": [_cut(state, number) for state in answer.first.trace.initial["state_h"]],
            "first": [_cut(read, str) for read in answer.first.trace.read],
            "ended": [_cut(state, number) for state in answer.first.tensor("state_h")],
            "begins": [_cut(state, number) for state in second.trace.initial["state_h"]],
            "second": [_cut(read, str) for read in second.trace.read],
        }
        table = {text(f"carry.rows.{name}"): cells for name, cells in columns.items()}
        st.table(table, alt=text("carry.rows.alt"), hide_index=True)
        st.caption(text("carry.rows.fit"))


def _cut(values: np.ndarray, said: Callable[[Any], str]) -> str:
    """The first values of many, with commas between them."""
    more = ["…"] if len(values) > _LISTED else []
    return ", ".join([*map(said, values[:_LISTED]), *more])


def try_rows(setup: FieldSet[Setup], view: FieldSet[CarryView]) -> None:
    """A button that takes two sentences, of which a stateful layer keeps a state each."""
    chosen, sentences = view.value, setup.value.sentences

    def take() -> None:
        setup.put(sentences=max(2, sentences))
        view.put(how="stateful", hand_over=True)

    made = sentences > 1 and chosen.how == "stateful" and chosen.hand_over
    given = setup.value.source == "pasted"  # with its own number of sentences
    try_this("carry", take, "_rows", disabled=made or given)


def refusal(answer: carry.Answer, view: FieldSet[CarryView]) -> None:
    """If Keras refused states of another size, what that means, a button that mends it, and Keras's
    error."""
    with kept_place():
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
