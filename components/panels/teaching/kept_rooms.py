"""The rooms that a visitor's browser has led: it keeps their keys, and brings them back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import streamlit as st

from components.backend.rooms.store import Key, Opened, StoreError, store
from components.panels.run.log import log
from components.panels.run.scripts import component
from components.panels.teaching.new_room import ROOM_KEY
from components.panels.teaching.posed import heading
from components.texts import text

_KEEPER = "room_keeper"
_ROOMS = "room_rooms"  # in the session: the keys that the browser has told
_FORGOTTEN = "room_forgotten"  # in the session: those of them that it is not to keep

_MOST, _LONGEST = 20, 100  # keys that a browser tells, and characters of a key


def keep_key(key: Key | None) -> None:
    """Have the browser keep the key of the room that this session leads, and tell which rooms it
    has led before; those that are gone it forgets."""
    rooms = st.session_state.get(_ROOMS, [])
    gone = _forgotten() + ([] if key else _gone(rooms))
    st.session_state[_ROOMS] = rooms = [each for each in rooms if each not in gone]
    kept = {"key": ".".join(key) if key else "", "left": ROOM_KEY in st.session_state}
    kept |= {"rooms": rooms, "gone": gone}
    told = {"on_key_change": _take_key, "on_rooms_change": _take_rooms}
    component("classroom/room.js")(key=_KEEPER, data=kept, **told)


def your_rooms() -> None:
    """A list of the rooms that this browser has led: the lesson and the age of each, and buttons
    to lead it on and to forget it, or all of them.

    Raises:
        StoreError: rooms cannot be read now.
    """
    kept = st.session_state.get(_ROOMS)
    rooms = store().find(map(_key, kept)) if kept else {}
    if not rooms:
        return
    st.subheader(text("room.kept.title"), anchor=False)
    st.caption(text("room.kept.how"))
    for key, opened in rooms.items():
        _row(key, opened)
    if len(rooms) > 1:
        _forget_button("forget_all", "all", rooms)


def _row(key: Key, opened: Opened) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        led = text("room.kept.lead", code=key.code)
        st.button(led, key=f"room_lead_{key.code}", on_click=_lead, args=(".".join(key),))
        said = text("room.kept.forget_help", code=key.code)
        _forget_button("forget", key.code, [key], help=said)
        st.markdown(f"{heading(opened.lesson)} · {_age(opened.age)}")


def _forget_button(label: str, name: str, keys: Iterable[Key], **options: Any) -> None:
    """A button that has the browser forget these keys.

    Args:
        name: what the button's key ends with.
    """
    st.button(
        text(f"room.kept.{label}"),
        key=f"room_forget_{name}",
        type="tertiary",
        on_click=_forget,
        args=([".".join(key) for key in keys],),
        **options,
    )


def _age(seconds: float) -> str:
    minutes = int(seconds // 60)
    if not minutes:
        return text("room.kept.now")
    name, count = ("minutes", minutes) if minutes < 100 else ("hours", minutes // 60)
    return text(f"room.kept.{name}", count=count)


def _gone(rooms: list[str]) -> list[str]:
    """Those of these keys that lead to no room."""
    try:
        found = store().find(map(_key, rooms)) if rooms else {}
    except StoreError as error:
        log(error)
        return []
    return [each for each in rooms if _key(each) not in found]


def _key(whole: str) -> Key:
    code, _, secret = whole.partition(".")
    return Key(code, secret)


def _lead(whole: str) -> None:
    st.session_state[ROOM_KEY] = whole
    st.session_state[_FORGOTTEN] = [each for each in _forgotten() if each != whole]


def _forget(keys: Iterable[str]) -> None:
    st.session_state[_FORGOTTEN] = [*_forgotten(), *keys]


def _forgotten() -> list[str]:
    return st.session_state.get(_FORGOTTEN, [])


def _take_key() -> None:
    kept = st.session_state[_KEEPER].get("key")
    if isinstance(kept, str):
        _lead(kept)


def _take_rooms() -> None:
    told = st.session_state[_KEEPER].get("rooms")
    if isinstance(told, list):
        keys = [each for each in told if isinstance(each, str) and len(each) <= _LONGEST]
        st.session_state[_ROOMS] = keys[:_MOST]
        st.session_state[_FORGOTTEN] = [each for each in _forgotten() if each in keys]
