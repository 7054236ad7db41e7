"""Two calls: of the rest of a sentence, or of the same again; what differs, and what mends it."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Annotated, Any, Literal

import numpy as np
import streamlit as st

from components import charts
from components.backend.cells import CELLS
from components.backend.learning.trained import Trained
from components.backend.question.layout import STATES
from components.backend.question.linked import FieldRule, Flag, listed
from components.backend.whatif import carry, twice
from components.charts.picture import Picture, number
from components.panels.ask.boxes import on_demand
from components.panels.ask.complain import complain
from components.panels.ask.widgets import widget
from components.panels.parts.sentence import SentenceView, sentence_widget
from components.panels.parts.whatif import colours_of, try_this
from components.panels.what_ifs.what_if import Page, Try, WhatIf, code, picture, statements, tries
from components.panels.write.containers import kept_place
from components.texts import text

_LISTED = 6  # values of a row that its table has


_OF_THE_REST = FieldRule(applies=lambda q: q.reads == "rest")
_OF_THE_SAME = FieldRule(applies=lambda q: q.reads == "again")


class CallsView(SentenceView):
    """What the second call reads, what differs and whether that is mended, and which sentence (from
    1) is drawn. Of the rest: where to cut, and how states are passed."""

    texts = "calls_view"

    reads: Literal["rest", "again"] = "rest"
    cut: Annotated[carry.Cut, _OF_THE_REST] = 4
    how: Annotated[carry.How, _OF_THE_REST] = "initial_state"
    hand_over: Annotated[Flag, _OF_THE_REST] = True
    decoder: Annotated[
        carry.Decoder,
        FieldRule(applies=lambda q: q.reads == "rest" and carry.has_decoder(q)),
    ] = "same"
    state_h: Annotated[carry.State, _OF_THE_REST] = ()
    state_c: Annotated[carry.State, _OF_THE_REST] = ()
    cause: Annotated[twice.Cause, _OF_THE_SAME] = "stateful"
    mended: Annotated[
        Flag, FieldRule(applies=lambda q: q.reads == "again" and q.cause != "none")
    ] = False


def _asked(page: Page) -> carry.Question | twice.Question | None:
    """The question; None for sentences of one step if they are to be cut."""
    settings = page.settings
    if page.view.value.reads == "again":
        return page.view.question(twice.Question, settings=settings)
    if settings.steps < 2:
        widget(page.view, "reads", row=True)
        complain()
        st.info(text("calls.one_step"))
        return None
    idle = [name for name in STATES if name not in CELLS[settings.cell].states]
    return page.view.question(carry.Question, settings=settings, without=idle)


def _widgets(page: Page) -> None:
    """What the second call reads, what differs, and the switch that mends it."""
    view = page.view
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "reads", row=True)
        if view.value.reads == "again":
            widget(view, "cause", row=True, moved=lambda: view.put(mended=False))
            if view.value.applies("mended"):
                widget(view, "mended", label=text(f"twice.mend.{view.value.cause}"), keyed=True)
        else:
            widget(view, "how", row=True)
            widget(view, "hand_over", label=text(f"carry.over_{view.value.how}"), keyed=True)
            if view.value.applies("decoder"):
                widget(view, "decoder", row=True)
            widget(view, "cut", typed=True, width=135)
        sentence_widget(view, len(page.settings.rows))


def _body(page: Page) -> None:
    question = page.question
    same = isinstance(question, twice.Question)
    note = text("calls.note_again" if same else "calls.note")
    code_line = _asks(question).line(question)
    picture(page, note=f"{note} {colours_of(page.settings.cell)}", code=code_line)
    if same:
        statements(page, told="_again", section="twice_facts")
        tries(page)
    else:
        _refusal(page)
        _row_table(page.answer)
        statements(page, told=_told(question), section="carry_facts")
        tries(page)
        _try_rows(page)
        _start_box(page)
    code(page)


def _mend(view: CallsView) -> dict[str, Any]:
    """Mend what differs, or have it differ again."""
    if view.reads == "rest":
        return {"hand_over": not view.hand_over}
    return {"mended": not view.mended} if view.applies("mended") else {}


def _told(question: carry.Question) -> str:
    """Which text says what a layer remembers from call to call: the end of its name."""
    if question.how != "stateful":
        return ""
    return "_stateful" if question.hand_over else "_reset"


def _start_box(page: Page) -> None:
    """A box with the first call's initial states."""
    view, states = page.view, CELLS[page.settings.cell].states

    def draw() -> None:
        st.caption(text("carry.start_why"))
        with st.container(horizontal=True):
            for name in states:
                widget(view, name, width=300)

    edited = any(getattr(view.value, name) for name in states)
    on_demand(text("carry.start"), "calls_start", draw, expanded=edited and view.arrived)


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
    try_this("calls", take, "_rows", disabled=made or given)


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
                key="calls_mend",
                type="primary",
                icon=":material/build:",
            )
            st.code(error, language=None, wrap_lines=True)


def _asks(question: carry.Question | twice.Question) -> ModuleType:
    """The module that has the question: `carry` for the rest, `twice` for the same x."""
    return carry if isinstance(question, carry.Question) else twice


def _chart(answer: Any, *, sentence: int = 0, trained: Trained | None = None) -> Picture:
    """The picture of the one or of the other."""
    chart = charts.carry if isinstance(answer, carry.Answer) else charts.twice
    return chart(answer, sentence=sentence, trained=trained)


CALLS = WhatIf(
    "calls",
    CallsView,
    carry.Question,
    lambda question, weights: _asks(question).answer(question, weights),
    _chart,
    lambda answer: _asks(answer.question).facts(answer),
    lambda question, weights: _asks(question).script(question, weights),
    (Try(_mend, lambda view: "" if view.reads == "rest" else "_again"),),
    widgets=_widgets,
    body=_body,
    asked=_asked,
    says=True,
)
