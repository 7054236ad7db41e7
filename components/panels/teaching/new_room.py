"""Opens a room with a lesson: on the page of rooms, and from a lesson of one's own."""

from __future__ import annotations

import secrets
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.backend.lessons import LESSONS, Posed
from components.backend.rooms.database import DRAW_LENGTH
from components.backend.rooms.room import Ballot, Ballots, Room, Rows
from components.backend.rooms.store import MOST_ROOMS, Key, NoRoomError, StoreError, store
from components.panels.run.log import log
from components.panels.run.pace import allow, neighbourhood
from components.panels.teaching.posed import pose_now
from components.texts import in_every_language, text

# Rooms a second, and at once, that are opened from an address: all teachers of a school may share
# one, and a script needs most of a day for all rooms that there may be.
OPEN_RATE, OPEN_BURST = 1 / 120, 60

ROOM_KEY = "room_key"
"""What a room's key is called in the session, and after the # of a link that leads the room."""


def new_room(lesson: str) -> Key | None:
    """The key of a new room with a lesson; None, with a message on the page, if there is none.

    Raises:
        StoreError: rooms cannot be written now.
    """
    if not allow(("room", neighbourhood(st.context.ip_address)), OPEN_RATE, OPEN_BURST):
        st.error(text("room.too_many"))
        return None
    room = Room(lesson, draw=new_draw() if lesson in LESSONS else "")
    first = pose_now(lesson, 1, room.settings)
    if first is None:
        return None
    try:
        return store().open(room, ballots(first))
    except NoRoomError:
        st.error(text("room.none_left", most=MOST_ROOMS))
        return None


def new_draw() -> str:
    """What draws the settings of a new room's questions: see `Room.draw`."""
    return secrets.token_hex(DRAW_LENGTH // 2)


@contextmanager
def kept_safely(above: DeltaGenerator, goes_on: str = "") -> Generator[None]:
    """Say there what failed if rooms cannot be read or written in this block.

    Args:
        above: an `st.empty()`.
        goes_on: how it goes on, by its name in the texts.
    """
    try:
        yield
    except StoreError as error:
        log(error)
        say_failed(above, error.kind, goes_on)


def say_failed(above: DeltaGenerator, kind: str, goes_on: str = "") -> None:
    """Say there what rooms are kept in and cannot be read from or written to, and what to do."""
    more = [text(f"room.failed.{name}") for name in (f"{kind}_do", goes_on) if name]
    above.error(f"**{text(f'room.failed.{kind}')}** {' '.join(more)}")


def ballots(posed: Posed) -> Ballots:
    """A question in each language, as a room keeps it."""
    return in_every_language(lambda: _ballot(posed))


def _ballot(posed: Posed) -> Ballot:
    options = range(len(posed.options))
    believed = ("" if option == posed.right else posed.believed(option) for option in options)
    return Ballot(
        posed.prompt,
        tuple(map(posed.said, options)),
        posed.right,
        posed.say,
        tuple(believed),
        tuple(strip if strip is None else _rows(strip) for strip in posed.strips),
        {name: _rows(strip) for name, strip in posed.given.items()},
        posed.name,
        posed.answer_page,
    )


def _rows(strip: np.ndarray) -> Rows:
    """A strip's numbers, to the digits that single precision has."""
    return [[float(f"{value:.7g}") for value in row] for row in strip]
