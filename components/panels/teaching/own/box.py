"""The box in which a lesson of one's own is written, seen and tried."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

import streamlit as st
from pydantic import BaseModel, ValidationError

from components.backend.lessons import Page, own
from components.backend.question.linked import Problem
from components.panels.ask.address import leads
from components.panels.ask.boxes import on_demand
from components.panels.ask.field_set import FieldSet
from components.panels.run.scripts import component
from components.panels.teaching.lessons_view import LessonsView
from components.panels.teaching.new_room import ROOM_KEY, kept_safely, new_room
from components.panels.teaching.own.draft import EDITED, Draft, draft, open_draft, put
from components.panels.teaching.own.files import Phone, files, preview
from components.panels.teaching.own.form import own_form
from components.panels.teaching.posed import OWN
from components.panels.teaching.sheet import sheets_html
from components.panels.write.containers import kept_place
from components.texts import text

LinkComplaints = Callable[[Page], list[str]]
"""Returns a line of Markdown for each thing that a link to a page gets wrong."""

_BOX, _TRIES, _OPENS = "lessons_own", "lessons_try", "lessons_room"  # keys
_TYPED = re.compile(r"own_(\d+)_(title|prompt|code|options|explained|link)_([0-7])")


class _Kept(BaseModel):
    """What the browser has kept, which is not to be trusted."""

    draft: Draft
    field: str = ""
    """The key of the field in which something was being typed."""
    said: str = ""


def own_lesson(view: FieldSet[LessonsView], phone: Phone, complaints: LinkComplaints) -> None:
    """A box to write a lesson of one's own in, to see and to try it, and to open a room with it."""
    open_draft(view)
    on_demand(
        text("lessons.own.title"),
        _BOX,
        partial(_own, view, phone, complaints),
        expanded=view.arrived and bool(view.value.own),
    )
    _keep(view)


def _own(view: FieldSet[LessonsView], phone: Phone, complaints: LinkComplaints) -> None:
    st.markdown(text("lessons.own.how"))
    left, right = st.columns(2, gap="medium")
    with left:
        own_form(view)
    with right:
        with st.container(key="lessons_field"):
            # Both can always be pressed: a click leaves the field first, and would miss a button
            # that can be pressed only then.
            with st.container(horizontal=True):
                st.button(text("lessons.own.try"), key=_TRIES, on_click=partial(_try, view))
                st.button(text("room.open"), key=_OPENS)
            with kept_place():
                _remarks(complaints)
        files(view)
        with kept_place():
            if not own.amiss(draft().lesson):
                st.html(sheets_html(draft().text, "questions", "answers"))
            preview(phone)


def _remarks(complaints: LinkComplaints) -> None:
    """What is wrong with the lesson, or may have been forgotten."""
    asked = list(enumerate(draft().questions.values(), 1))
    if mistake := own.amiss(draft().lesson):
        if draft().is_begun or _wanted():
            say = st.warning if _wanted() else st.info
            say(text("lessons.own.wrong", got=own.literal(str(mistake.got))))
        return
    wrong = [
        "- " + text("lessons.own.link", number=number, complaint=line)
        for number, each in asked
        if each.page
        for line in complaints(each.page)
    ]
    if wrong:
        st.warning("\n".join((text("lessons.own.links"), "", *wrong)))
    left_open = [number for number, each in asked if each.right is None]
    if left_open:
        lines = [f"- {text('lessons.own.left_open', number=number)}" for number in left_open]
        st.info("\n".join(lines))


def _wanted() -> bool:
    """Whether the lesson is to be tried, or opened, in this run."""
    return any(st.session_state.get(button) for button in (_TRIES, _OPENS))


def _try(view: FieldSet[LessonsView]) -> None:
    if not own.amiss(draft().lesson):
        view.put(lesson=OWN, question=1, twin=0, answer=0)


def _keep(view: FieldSet[LessonsView]) -> None:
    """Have the browser keep the draft and bring back what it has kept, show a mistake that is in
    the way, and go to a room with the lesson if that was asked for."""
    mistake: Problem | None = own.amiss(draft().lesson)
    data = {
        "draft": draft().model_dump(mode="json"),
        "address": view.value.own,
        "edited": st.session_state[EDITED],
        "wrong": str(mistake.got) if mistake and _wanted() else "",
    }
    if st.session_state.get(_OPENS) and not mistake:
        with kept_safely(st.empty()):
            if key := new_room(view.value.own):  # the address of its page has no answers
                data |= {"opens": f"{leads('room')}#{ROOM_KEY}={'.'.join(key)}"}
    component("teaching/own/kept.js")(
        key="own_kept", data=data, on_typed_change=partial(_bring_back, view)
    )


def _bring_back(view: FieldSet[LessonsView]) -> None:
    """Have the draft be what the browser has kept."""
    st.session_state[EDITED] = True
    try:
        kept = _Kept.model_validate(st.session_state["own_kept"].get("typed"))
    except ValidationError:
        return
    found = kept.draft
    if typed := _TYPED.fullmatch(kept.field):
        found = found.edited(int(typed[1]), typed[2], int(typed[3]), kept.said)
    put(view, found)
    st.session_state[_BOX] = True
