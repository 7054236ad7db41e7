"""Lessons for one alone: predict, see what Keras returns, and try another of the same kind."""

from __future__ import annotations

from functools import partial
from html import escape

import streamlit as st

from components.backend.lessons import LESSONS, MOST_SEED, Posed, line, questions, title
from components.panels.ask.address import leads
from components.panels.ask.complain import complain
from components.panels.ask.field_set import FieldSet
from components.panels.ask.onward import back
from components.panels.teaching.lessons_view import LessonsView
from components.panels.teaching.posed import NONE, answered_html, asked_html, label, pose_now
from components.panels.teaching.sheet import sheet_page, sheets_html
from components.panels.write.html import inline
from components.texts import text


def lesson_list() -> None:
    """All lessons, each a link, with what it is about."""
    st.html(f'<ol class="rnn-lessons">{"".join(map(_entry, LESSONS))}</ol>')


def _entry(name: str) -> str:
    """A lesson in the list, with links to open a room with it, and to have it on paper."""
    tries = _link(f"lessons?lesson={name}", title(name))
    opens = _link(f"room?lesson={name}", text("room.open"))
    paper = _link(f"lessons?lesson={name}&sheet=questions", text("lessons.paper"))
    return f"<li>{tries}<p>{inline(line(name))} {opens} · {paper}</p></li>"


def _link(address: str, label: str) -> str:
    return f'<a href="{escape(leads(address))}">{escape(label)}</a>'


def lesson_page(view: FieldSet[LessonsView]) -> None:
    """The question at which one is, to be answered or answered already."""
    lesson = view.value.chosen
    count, most_seed = questions(lesson), MOST_SEED if lesson in LESSONS else 0
    at = view.within(question=(1, count), twin=(0, most_seed), twins=(0, most_seed))
    if at.sheet != "none":
        complain()
        sheet_page(lesson, at.seed, at.sheet)
        return
    posed = pose_now(lesson, at.question, at.seed)
    if posed is not None:
        at = view.within(answer=(0, len(posed.options)))
    complain()
    if posed is None:
        return
    place = text(f"lessons.{'again' if at.seed else 'at'}", number=at.question, count=count)
    if at.answer:
        st.html(answered_html(posed, at.answer - 1, place))
        _onward(view, at, count)
        if at.question == count:
            st.html(sheets_html(lesson, "questions", "answers", seed=at.twins))
    else:
        st.html(asked_html(posed, place))
        _ask(view, posed)
        if at.question == 1 and lesson in LESSONS:  # a link to a sheet of one's own has the answers
            st.html(sheets_html(lesson, "questions", seed=at.twins))


def _ask(view: FieldSet[LessonsView], posed: Posed) -> None:
    """The options, and a button that takes the chosen one."""
    chosen = st.radio(
        text("lessons.options"),
        range(len(posed.options)),
        format_func=lambda option: label(posed, option),
        index=None,
        key=f"option_{posed.name or posed.number}",
    )
    st.button(
        text("lessons.answer"),
        key="answered",
        type="primary",
        disabled=chosen is None,
        on_click=lambda: view.put(answer=0 if chosen is None else chosen + 1),
    )


def _onward(view: FieldSet[LessonsView], at: LessonsView, count: int) -> None:
    """Buttons that lead to another question of the same kind, and to the next one; and the way back
    to the answer that led here."""
    onward = {"twin": {"twin": at.seed % MOST_SEED + 1}} if at.lesson in LESSONS else {}
    onward |= {"next": {"question": at.question + 1, "twin": 0}} if at.question < count else {}
    onward |= {"all": {"lesson": NONE, "question": 1, "twin": 0, "twins": 0}}
    with st.container(horizontal=True, vertical_alignment="center", key="onward"):
        for name, change in onward.items():
            st.button(
                text(f"lessons.{name}"),
                key=f"lessons_{name}",
                type="primary" if name == "next" else "secondary",
                on_click=partial(view.put, answer=0, **change),
            )
        back()
