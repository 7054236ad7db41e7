"""The box in which a lesson of one's own is written, as a text or in a form, and tried."""

from __future__ import annotations

from functools import partial

import streamlit as st

from components.backend.lessons import own
from components.backend.question.linked import Problem
from components.panels.ask.address import leads
from components.panels.ask.boxes import on_demand
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.run.scripts import component
from components.panels.teaching.forgotten import left_open, unfinished
from components.panels.teaching.lessons_view import LessonsView
from components.panels.teaching.new_room import ROOM_KEY, kept_safely, new_room
from components.panels.teaching.own.files import Phone, files, preview
from components.panels.teaching.own.form import WRITTEN, LinkComplaints, own_form, write_form
from components.panels.teaching.posed import OWN
from components.panels.teaching.sheet import sheets_html
from components.panels.write.containers import kept_place
from components.panels.write.plain import unstruck
from components.texts import text

_BOX, _TRIES, _OPENS = "lessons_own", "lessons_try", "lessons_room"  # keys


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
        typed = view.typed("own")
        with kept_place():
            if not own.mistake(typed) and (lines := [*unfinished(typed), *left_open(typed)]):
                st.info("\n".join(f"- {line}" for line in lines))
        files(view)
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
                st.warning(text("lessons.own.wrong", got=got, allowed=unstruck(mistake.allowed)))
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
    elif st.session_state.get(_OPENS) and not (mistake or unfinished(typed)):
        with kept_safely(st.empty()):
            if key := new_room(view.value.own):  # the address of its page has no answers
                data |= {"opens": f"{leads('room')}#{ROOM_KEY}={'.'.join(key)}"}

    def bring_back() -> None:
        said = st.session_state["own_kept"].get("typed")
        if isinstance(said, str):
            st.session_state[view.key("own")], st.session_state[_BOX] = said, True

    component("teaching/own/typed.js")(key="own_kept", data=data, on_typed_change=bring_back)
