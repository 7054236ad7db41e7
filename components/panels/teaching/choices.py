"""What the leader of a room chooses for its votes, and the countdown that runs if one is chosen."""

from __future__ import annotations

import time

import streamlit as st

from components.backend.rooms.choices import TIMES
from components.backend.rooms.room import Led
from components.backend.rooms.store import Key, StoreError, store
from components.panels.run.log import log
from components.panels.run.scripts import component
from components.texts import text

_NAMES = ("sure", "pairs", "seconds")
_COUNTDOWN = '<p class="rnn-attendance rnn-left" role="timer"></p>'


def choices_box(key: Key, led: Led) -> None:
    """A box with all that can be chosen. The room has what is chosen: another device may lead it
    too, so each run sets the widgets by it."""
    for name in _NAMES:
        st.session_state[_widget(name)] = getattr(led.choices, name)
    with st.popover(text("room.choices.title"), key="room_choices", on_change="rerun"):
        for name in ("sure", "pairs"):
            st.toggle(
                text(f"room.choices.{name}"),
                key=_widget(name),
                help=text(f"room.choices.{name}_help"),
                on_change=_choose,
                args=(key, name),
            )
        st.segmented_control(
            text("room.choices.seconds"),
            TIMES,
            key=_widget("seconds"),
            format_func=_seconds,
            help=text("room.choices.seconds_help"),
            required=True,
            on_change=_choose,
            args=(key, "seconds"),
        )


def pairs_said(led: Led) -> None:
    """What the class is to do while its phones show whom each is paired with."""
    if led.pairs_up:
        st.html(f'<p class="rnn-say">{text("room.choices.find")}</p>')


def countdown(led: Led) -> None:
    """The seconds that are left for this vote, counted down by the browser; nothing without any."""
    if led.ends is None:
        return
    said = {"words": text("room.left"), "over": text("room.left_over")}
    draw = component("classroom/countdown.js", _COUNTDOWN)
    draw(key="room_countdown", data=said | {"left": led.ends - time.time()})


def _choose(key: Key, name: str) -> None:
    try:
        store().choose(key, **{name: st.session_state[_widget(name)]})
    except StoreError as error:  # the page says so: it cannot read the room either
        log(error)


def _widget(name: str) -> str:
    return f"room_choice_{name}"


def _seconds(seconds: int) -> str:
    return text("room.choices.count", seconds=seconds) if seconds else text("room.choices.none")
