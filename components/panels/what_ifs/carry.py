"""Stateful: a sentence read in two calls, the second with the states of the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import streamlit as st

from components import charts
from components.backend.cells import CELLS
from components.backend.question.layout import STATES
from components.backend.question.linked import listed
from components.backend.whatif import carry
from components.charts.picture import number
from components.panels.ask.boxes import on_demand
from components.panels.ask.complain import complain
from components.panels.ask.widgets import widget
from components.panels.parts.sentence import SentenceView, sentence_widget
from components.panels.parts.whatif import try_this
from components.panels.what_ifs.what_if import Page, Try, WhatIf, code, picture, statements, tries
from components.panels.write.containers import kept_place
from components.texts import text

_LISTED = 6  # values of a row that its table has


class CarryView(carry.Choice, SentenceView):
    """Where to cut and what to pass, and which sentence (from 1) is drawn."""


def _asked(page: Page) -> carry.Question | None:
    """The question; None for sentences of one step, which cannot be cut."""
    settings = page.settings
    if settings.steps < 2:
        complain()
        st.info(text("carry.one_step"))
        return None
    idle = [name for name in STATES if name not in CELLS[settings.cell].states]
    return page.view.question(carry.Question, settings=settings, without=idle)


def _widgets(page: Page) -> None:
    """Where to cut, and how the second call gets the states."""
    view = page.view
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "how", row=True)
        widget(view, "hand_over", label=text(f"carry.over_{view.value.how}"))
        if view.value.applies("decoder"):
            widget(view, "decoder", row=True)
        widget(view, "cut", typed=True, width=150)
        sentence_widget(view, len(page.settings.rows))


def _body(page: Page) -> None:
    picture(page, code=carry.line(page.question))
    _refusal(page)
    _row_table(page.answer)
    statements(page, told=_told(page.question))
    tries(page)
    _try_rows(page)
    _start_box(page)
    code(page)


def _told(question: carry.Question) -> str:
    """The name of the text that says what a layer remembers from call to call."""
    if question.how != "stateful":
        return "told"
    return "told_stateful" if question.hand_over else "told_reset"


def _start_box(page: Page) -> None:
    """A box with the first call's initial states."""
    view, states = page.view, CELLS[page.settings.cell].states

    def draw() -> None:
        st.caption(text("carry.start_why"))
        with st.container(horizontal=True):
            for name in states:
                widget(view, name, width=300)

    edited = any(getattr(view.value, name) for name in states)
    on_demand(text("carry.start"), "carry_start", draw, expanded=edited and view.arrived)


def _row_table(answer: carry.Answer) -> None:
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


def _try_rows(page: Page) -> None:
    """A button that takes two sentences, of which a stateful layer keeps a state each."""
    setup, chosen = page.setup, page.view.value

    def take() -> None:
        setup.put(sentences=max(2, setup.value.sentences))
        page.view.put(how="stateful", hand_over=True)

    made = setup.value.sentences > 1 and chosen.how == "stateful" and chosen.hand_over
    given = setup.value.source == "pasted"  # with its own number of sentences
    try_this("carry", take, "_rows", disabled=made or given)


def _refusal(page: Page) -> None:
    """If Keras refused states of another size, what that means, a button that mends it, and Keras's
    error."""
    error, units = page.answer.error, page.settings.units
    with kept_place():
        if error:
            st.markdown(text("carry.refused", units=units, larger=units + 1))
            st.button(
                text("carry.mend"),
                on_click=lambda: page.view.put(decoder="same"),
                key="carry_mend",
                type="primary",
                icon=":material/build:",
            )
            st.code(error, language=None, wrap_lines=True)


CARRY = WhatIf(
    "carry",
    CarryView,
    carry.Question,
    carry.answer,
    charts.carry,
    carry.facts,
    carry.script,
    (Try(lambda view: {"hand_over": not view.hand_over}),),
    widgets=_widgets,
    body=_body,
    asked=_asked,
)
