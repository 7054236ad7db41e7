"""A lesson of one's own beside its form: as a phone shows it, and as a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from string import ascii_uppercase

import streamlit as st

from components.backend.lessons import gift, own, pose
from components.backend.rooms.room import Room, Told, told
from components.panels.ask.field_set import FieldSet
from components.panels.ask.file import file_button
from components.panels.parts.code import download
from components.panels.teaching.lessons_view import LessonsView
from components.panels.teaching.new_room import ballots
from components.panels.teaching.own.form import put_text, question_at
from components.panels.write.containers import kept_place
from components.texts import language, text

Phone = Callable[[Told, dict[int, int]], str]
"""Returns the page of a phone in a room, given what may be told and what it has voted by round."""

_OPENED = "own_opened"  # in the session: as _LEFT, of a file that may replace the lesson, or not
_LEFT = "own_left"  # in the session: the text of the file opened last, and what of it was not taken
_ASKED = -1  # in place of a chosen option: the vote is open
_HEIGHT = 560  # pixels
_MOST = 2**16  # bytes of a file


def preview(said: str, phone: Phone) -> None:
    """The question in the form as a phone shows it: while it is asked, and with the answer."""
    at = question_at(own.lesson(said))
    posed = pose(said, at + 1)
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
    room = Room(said, number=at + 1, phase="answered" if answered else "open")
    seen_now = replace(told(room, ballots(posed)[language()], {}), votes=None)
    page = phone(seen_now, {1: seen} if answered else {})
    with st.container(key="own_phone"):
        st.iframe(page, height=_HEIGHT, alt=text("lessons.phone.label"))


def _seen_by(choice: int) -> str:
    if choice == _ASKED:
        return text("lessons.phone.asked")
    return text("lessons.phone.chose", letter=ascii_uppercase[choice])


def files(view: FieldSet[LessonsView]) -> None:
    """A box in which the text is saved as a file, also as Moodle's, and such files are opened; and
    below it whether one is to replace the text, and what of the last one was not taken."""
    said = view.typed("own")
    with st.popover(text("lessons.files.title"), key="own_files"):
        download(
            lambda: said, "lesson.txt", "text/plain", text("lessons.files.text"), key="own_txt"
        )
        if not own.mistake(said):
            download(
                lambda: gift.written(own.lesson(said)),
                "lesson-gift.txt",
                "text/plain",
                text("lessons.files.gift"),
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
    with kept_place():
        if _OPENED in st.session_state:
            _ask_to_replace(view)
    with kept_place():
        of, lines = st.session_state.get(_LEFT, ("", ()))
        if lines and of == said:
            st.warning("\n".join((text("lessons.files.left"), "", *lines)))


def _ask_to_replace(view: FieldSet[LessonsView]) -> None:
    """Whether the file that was opened last is to replace what is in the field."""
    st.warning(text("lessons.files.replaces"))
    with st.container(horizontal=True):
        for name, put in (("keep", None), ("replace", view)):
            label, key = text(f"lessons.files.{name}"), f"own_{name}"
            st.button(label, key=key, on_click=_replace, args=(put,))


def _replace(view: FieldSet[LessonsView] | None) -> None:
    """Put what the file has into the field; None leaves that as it is."""
    opened = st.session_state.pop(_OPENED)
    if view is not None:
        _put(view, *opened)


def _put(view: FieldSet[LessonsView], said: str, lines: tuple[str, ...]) -> None:
    """Put a text into the field, and say below it what of the file was not taken."""
    put_text(view, said)
    st.session_state[_LEFT] = said, lines


def _take(view: FieldSet[LessonsView], content: bytes) -> None:
    """Put a file's lesson into the field of the text, or ask first if that has another. What is no
    lesson is put there too, to be mended, unless it is GIFT without a question that a lesson can
    have."""
    before, lines = view.typed("own"), list[str]()
    try:
        said = content.decode("utf-8-sig").replace("\r\n", "\n").strip()
    except UnicodeDecodeError:
        said, lines = before, [f"- {text('lessons.files.unread')}"]
    if own.mistake(said) and gift.is_gift(said):
        found, left = gift.read(said)
        said = own.written(found) if found.questions else before
        lines = [
            "- " + text("lessons.files.line", line=line, kind=text(f"lessons.files.kinds.{kind}"))
            for line, kind in left
        ]
    st.session_state.pop(_OPENED, None)
    if before.strip() and said != before:
        st.session_state[_OPENED] = said, tuple(lines)
    else:
        _put(view, said, tuple(lines))
