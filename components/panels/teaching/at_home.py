"""A class's lesson at home: its link, without the room, with other settings in each question."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

import streamlit as st

from components.backend.lessons import LESSONS, own, questions
from components.backend.rooms.room import Room
from components.panels.ask.language import spoken
from components.panels.classroom.reach import LONGEST, address_for_others, qr, server_address
from components.panels.teaching.posed import fields_of
from components.panels.write.html import copier
from components.texts import text

# Settings take turns by the seed: by this one, none of them has its first turn.
_SEED = 23


def home_address(lesson: str) -> str:
    """The address of a lesson at home, without the server; a lesson of one's own has the same
    questions there."""
    twins = {"twins": str(_SEED)} if lesson in LESSONS else {}
    return f"/lessons?{urlencode(fields_of(lesson) | twins | spoken())}"


def is_over(room: Room) -> bool:
    """Whether the answer to the lesson's last question is shown or, if that is left open, its
    votes are."""
    is_own = room.lesson not in LESSONS
    # A phone looks often, and has to go on whatever an earlier version took for a lesson.
    if not room.shows_votes or (is_own and own.mistake(room.lesson)):
        return False
    is_last = room.number == questions(room.lesson)
    is_open = is_own and own.read(room.lesson)[-1].right is None
    return is_last and (is_open or room.phase == "answered")


def is_offered(room: Room) -> bool:
    """Whether the link may be on the page that the class sees: that to a lesson of one's own has
    the right options in it."""
    return room.lesson in LESSONS or is_over(room)


def home_box(lesson: str) -> None:
    """A button that copies the link, and its QR code if phones reach the server and can read it."""
    address = f"{address_for_others()}{home_address(lesson)}"
    code = qr(address) if server_address() and len(address) <= LONGEST else ""
    copies = copier(text("room.at_home"), address)
    st.html(f'<div class="rnn-home">{code}<p>{escape(text("room.home"))} {copies}</p></div>')
