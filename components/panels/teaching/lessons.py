"""Lessons for one alone: predict, see what Keras returns, and try another of the same kind."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial
from html import escape
from typing import Annotated

import streamlit as st
from pydantic import Field

from components.backend.lessons import (
    LESSONS,
    MOST_SEED,
    Posed,
    line,
    own,
    questions,
    title,
)
from components.backend.lessons.own import MOST_OPTIONS, MOST_QUESTIONS
from components.backend.question.linked import Int, Problem
from components.panels.ask.address import leads
from components.panels.ask.boxes import on_demand
from components.panels.ask.complain import complain
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.run.scripts import component
from components.panels.teaching.new_room import ROOM_KEY, kept_safely, new_room
from components.panels.teaching.own_files import Phone, files, preview
from components.panels.teaching.own_form import WRITTEN, LinkComplaints, own_form, write_form
from components.panels.teaching.posed import (
    NONE,
    OWN,
    ChosenLesson,
    answered_html,
    asked_html,
    label,
    pose_now,
)
from components.panels.teaching.sheet import Sheet, sheet_page, sheets_html
from components.panels.write.containers import kept_place
from components.panels.write.html import inline
from components.texts import text

_BOX, _TRIES, _OPENS = "lessons_own", "lessons_try", "lessons_room"  # keys


class LessonsView(ChosenLesson):
    """Which question of which lesson, and what was answered."""

    texts = "lessons_view"

    question: Annotated[Int, Field(ge=1, le=MOST_QUESTIONS)] = 1
    twin: Annotated[Int, Field(ge=0, le=MOST_SEED)] = 0
    answer: Annotated[Int, Field(ge=0, le=MOST_OPTIONS)] = 0
    """The option's number, from 1; 0 before one is chosen."""
    twins: Annotated[Int, Field(ge=0, le=MOST_SEED)] = 0
    """The seed of each question for which `twin` names none: who does a lesson at home finds other
    settings than the class had."""
    sheet: Sheet = "none"
    """Which sheet of all questions is shown, to be printed."""

    @property
    def seed(self) -> int:
        """The seed of the question."""
        return self.twin or self.twins


class LessonsFields(FieldSet[LessonsView]):
    """What the page of lessons asks."""

    def __init__(self) -> None:
        super().__init__(LessonsView)

    @property
    def at_widgets(self) -> Collection[Problem]:
        """What is wrong with a lesson of one's own, where its field is on the page."""
        problem = None if self.value.chosen else self.problems.get("own")
        return [problem] if problem else []


def lesson_list() -> None:
    """All lessons, each a link, with what it is about."""
    st.html(f'<ol class="rnn-lessons">{"".join(map(_entry, LESSONS))}</ol>')


def own_lesson(view: FieldSet[LessonsView], phone: Phone, complaints: LinkComplaints) -> None:
    """A box to write a lesson of one's own in, to see and to try it, and to open a room with it."""
    on_demand(
        text("lessons.own.title"),
        _BOX,
        partial(_own, view, phone, complaints),
        expanded=view.arrived and bool(view.value.own or _refused(view)),
    )
    key = view.key("own")
    if "own" not in view.drawn and key in st.session_state:  # the box is closed
        view.drawn.add("own")
        st.session_state[key] = st.session_state[key]  # else it goes with its widget
    _keep(view)


def _refused(view: FieldSet[LessonsView]) -> bool:
    """Whether the link by which the visitor came has a text that is no lesson."""
    return any(problem.field == "own" for problem in view.state.in_link)


def _own(view: FieldSet[LessonsView], phone: Phone, complaints: LinkComplaints) -> None:
    st.markdown(text("lessons.own.how"))
    left, right = st.columns(2, gap="medium")
    with left:
        own_form(view, complaints)
    with right:
        _typed(view, complaints)
        files(view)
        typed = view.typed("own")
        with kept_place():
            if not own.mistake(typed):
                st.html(sheets_html(typed, "questions", "answers"))
                preview(typed, phone)


def _typed(view: FieldSet[LessonsView], complaints: LinkComplaints) -> None:
    """The field of the text, and what is wrong with that."""
    with st.popover(text("lessons.own.written")):
        st.markdown(text("lessons.own.grammar"))
        st.code(text("lessons.own.example"), language=None)
    with st.container(key="lessons_field"):
        widget(view, "own", lines=True, height=260, moved=partial(write_form, view))
        # Both can always be pressed: a click leaves the field first, and would miss a button that
        # can be pressed only then. Neither takes another text than the field's.
        with st.container(horizontal=True):
            st.button(text("lessons.own.try"), key=_TRIES, on_click=partial(_try, view))
            st.button(text("room.open"), key=_OPENS)
        with kept_place():
            if mistake := _mistake(view):
                got = own.literal(str(mistake.got))
                st.warning(text("lessons.own.wrong", got=got, allowed=mistake.allowed))
            elif wrong := _wrong_links(view.typed("own"), complaints):
                st.warning("\n".join((text("lessons.own.links"), "", *wrong)))


def _wrong_links(said: str, complaints: LinkComplaints) -> list[str]:
    """A line for each thing that a lesson's links get wrong."""
    asked = own.read(said) if said.strip() else ()
    return [
        "- " + text("lessons.own.link", number=number, complaint=line)
        for number, each in enumerate(asked, 1)
        if each.page
        for line in complaints(each.page)
    ]


def _try(view: FieldSet[LessonsView]) -> None:
    if not own.mistake(view.typed("own")):
        view.put(lesson=OWN, question=1, twin=0, answer=0)


def _mistake(view: FieldSet[LessonsView]) -> Problem | None:
    """What is wrong with the text in the field, if that has one, or a lesson was asked for."""
    typed = view.typed("own")
    wanted = _refused(view) or any(st.session_state.get(button) for button in (_TRIES, _OPENS))
    return own.mistake(typed) if wanted or typed.strip() else None


def _keep(view: FieldSet[LessonsView]) -> None:
    """Have the browser keep the text in the field, bring back what it has kept, show a new mistake,
    and go to a room with the lesson if that was asked for."""
    typed, mistake = view.typed("own"), _mistake(view)
    data = {"wrong": str(mistake.got) if mistake else ""}
    if st.session_state.pop(WRITTEN, False):
        data |= {"written": typed}
    if view.arrived:
        data |= {"typed": typed, "address": view.value.own}
    elif st.session_state.get(_OPENS) and not mistake:
        with kept_safely(st.empty()):
            if key := new_room(view.value.own):  # the address of its page has no answers
                data |= {"opens": f"{leads('room')}#{ROOM_KEY}={'.'.join(key)}"}

    def bring_back() -> None:
        said = st.session_state["own_kept"].get("typed")
        if isinstance(said, str):
            st.session_state[view.key("own")], st.session_state[_BOX] = said, True

    component("teaching/typed.js")(key="own_kept", data=data, on_typed_change=bring_back)


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
    """Buttons that lead to another question of the same kind, and to the next one."""
    onward = {"twin": {"twin": at.seed % MOST_SEED + 1}} if at.lesson in LESSONS else {}
    onward |= {"next": {"question": at.question + 1, "twin": 0}} if at.question < count else {}
    onward |= {"all": {"lesson": NONE, "question": 1, "twin": 0, "twins": 0}}
    with st.container(horizontal=True):
        for name, change in onward.items():
            st.button(
                text(f"lessons.{name}"),
                key=f"lessons_{name}",
                type="primary" if name == "next" else "secondary",
                on_click=partial(view.put, answer=0, **change),
            )
