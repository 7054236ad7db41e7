"""A lesson of one's own beside its form: as a phone shows it, and as a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from string import ascii_uppercase

import streamlit as st

from components.backend.lessons import gift, own, pose
from components.backend.lessons.own import Lesson
from components.backend.rooms.room import Room, Told, told
from components.panels.ask.field_set import FieldSet
from components.panels.ask.file import file_button
from components.panels.parts.code import download
from components.panels.teaching.lessons_view import LessonsView
from components.panels.teaching.new_room import ballots
from components.panels.teaching.own.draft import draft, numbered, put
from components.panels.teaching.own.form import question_at
from components.panels.write.containers import kept_place
from components.panels.write.plain import unstruck
from components.texts import language, text

Phone = Callable[[Told, dict[int, int]], str]
"""Returns the page of a phone in a room, given what may be told and what it has voted by round."""

_OPENED = "own_opened"  # in the session: the lesson of a file that may replace the draft, or not
_LEFT = "own_left"  # in the session: the draft after the last file, and what of that was not taken
_ASKED = -1  # in place of a chosen option: the vote is open
_HEIGHT = 560  # pixels
_MOST = 2**16  # bytes of a file


def preview(phone: Phone) -> None:
    """The question in the form as a phone shows it: while it is asked, and with the answer. Nothing
    while there is a mistake in it."""
    at = question_at()
    alone = Lesson("", (draft().questions[at],))
    if own.amiss(alone):
        return
    said = own.written(alone)
    posed = pose(said, 1)
    choices = [_ASKED, *range(len(posed.options))] if posed.right is not None else [_ASKED]
    seen = st.segmented_control(
        text("lessons.phone.label"),
        choices,
        default=_ASKED,
        format_func=_seen_by,
        required=True,
        key=f"own_seen_{at}_{len(choices)}",
    )
    answered = seen in choices and seen != _ASKED
    room = Room(said, phase="answered" if answered else "open")
    seen_now = replace(told(room, ballots(posed)[language()], {}), votes=None)
    page = phone(seen_now, {1: seen} if answered else {})
    with st.container(key="own_phone"):
        st.iframe(page, height=_HEIGHT, alt=text("lessons.phone.label"))


def _seen_by(choice: int) -> str:
    if choice == _ASKED:
        return text("lessons.phone.asked")
    return text("lessons.phone.chose", letter=ascii_uppercase[choice])


def files(view: FieldSet[LessonsView]) -> None:
    """A box in which the lesson is saved as a text and for Moodle, and such files are opened; below
    it whether one is to replace the draft, and what of the last one was not taken."""
    lesson, said = draft().lesson, draft().text
    with st.popover(text("lessons.files.title"), key="own_files"):
        if not own.amiss(lesson):
            as_text, as_gift = text("lessons.files.text"), text("lessons.files.gift")
            download(lambda: said, "lesson.txt", "text/plain", as_text, key="own_txt")
            download(
                lambda: gift.written(lesson),
                "lesson-gift.txt",
                "text/plain",
                as_gift,
                key="own_gift",
                note=text("lessons.files.poll"),
            )
        file_button(
            text("lessons.files.open"),
            key="own_file",
            accept=".txt,.gift",
            most=_MOST,
            large=text("lessons.files.large", most=_MOST // 2**10),
            take=lambda content: _take(view, content),
        )
        st.caption(text("lessons.own.grammar"))
        st.code(text("lessons.own.example"), language=None)
    with kept_place():
        if _OPENED in st.session_state:
            _ask_to_replace(view)
    with kept_place():
        after, left = st.session_state.get(_LEFT, (None, ""))
        if left and after == draft():
            st.warning(left)


def _ask_to_replace(view: FieldSet[LessonsView]) -> None:
    """Whether the file that was opened last is to replace the draft."""
    st.warning(text("lessons.files.replaces"))
    with st.container(horizontal=True):
        for name in ("keep", "replace"):
            label, key = text(f"lessons.files.{name}"), f"own_{name}"
            st.button(label, key=key, on_click=_answer, args=(view, name))


def _answer(view: FieldSet[LessonsView], name: str) -> None:
    opened, left = st.session_state.pop(_OPENED)
    if name == "replace":
        _put(view, opened, left)


def _put(view: FieldSet[LessonsView], opened: Lesson, left: str) -> None:
    """Have the draft be this lesson, and say below it what of its file was not taken."""
    put(view, numbered(opened, max(draft().questions)))
    st.session_state[_LEFT] = draft(), left


def _take(view: FieldSet[LessonsView], content: bytes) -> None:
    """Take the lesson of a file, if there is one, or ask first if another one has been begun."""
    st.session_state.pop(_OPENED, None)
    opened, left = _opened(content)
    if opened is None or opened == draft().lesson:
        st.session_state[_LEFT] = draft(), left
    elif draft().is_begun:
        st.session_state[_OPENED] = opened, left
    else:
        _put(view, opened, left)


def _opened(content: bytes) -> tuple[Lesson | None, str]:
    """The lesson of a file, and the Markdown that says what of the file was not taken."""
    try:
        said = content.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError:
        return None, text("lessons.files.unread")
    mistake = own.mistake(said)
    if mistake is None:
        return own.lesson(said), ""
    if not gift.is_gift(said):
        got, allowed = own.literal(str(mistake.got)), unstruck(mistake.allowed)
        return None, text("lessons.files.wrong", got=got, allowed=allowed)
    found, left = gift.read(said)
    lines = [
        "- " + text("lessons.files.line", line=line, kind=text(f"lessons.files.kinds.{kind}"))
        for line, kind in left
    ]
    said = "\n".join((text("lessons.files.left"), "", *lines)) if lines else ""
    return found if found.questions else None, said
