"""What the browser says again of a widget that was set here, before it has heard of that.

Each request of Streamlit's browser side says the value of every widget. One that was under way
while a run set a widget brings that widget's old value, and Streamlit takes it for a move. It is
told from a move by what else has come: a visitor moves one thing at a time. And what a visitor did
move meanwhile is set once more, unless the browser is known to have heard of what it was set to:
that would undo what he has done since. He may by himself have moved a widget to what it was set to
as well, which looks the same. So the browser is then asked once more what its widgets say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

TRAVEL = 5
"""Seconds in which a value may come back that was under way when its widget was set here; later, it
is a visitor who has chosen it again."""


class _Set(NamedTuple):
    """A widget's value before it was set here, the one it was set to, when (seconds), together with
    which others: the browser hears of all of them at once; and whether it was drawn since, before
    which the browser cannot have heard."""

    old: Any
    new: Any
    at: float
    batch: int
    drawn: bool = False


class _Move(NamedTuple):
    """A widget that the browser says has moved, whether the request was for the part of the page in
    which it stands, and what is to be done if it is true."""

    key: str
    at_home: bool
    do: Callable[[], None]


@dataclass
class _Heard:
    sets: dict[str, _Set] = field(default_factory=dict)
    moves: list[_Move] = field(default_factory=list)
    batch: int = 0
    unsure: int = 0  # the batch of which the browser is to be asked; 0 if none


def _heard() -> _Heard:
    return st.session_state.setdefault("heard", _Heard())


def note_set(key: str, old: Any, new: Any) -> None:
    """A widget is set here; None is no value that one has."""
    if old is not None:
        _heard().sets[key] = _Set(old, new, monotonic(), _heard().batch)


def note_told(keys: Iterable[str]) -> None:
    """The widgets of those keys are being drawn, with what they were set to."""
    sets = _heard().sets
    for key in keys:
        if key in sets:
            sets[key] = sets[key]._replace(drawn=True)


def note_move(key: str, *, at_home: bool, do: Callable[[], None]) -> None:
    """The browser says that a widget has moved.

    Args:
        key: the widget's, if it may be set here as well; else empty.
        at_home: whether the request is for the part of the page in which it stands.
        do: what follows from a move, but not from an echo.
    """
    _heard().moves.append(_Move(key, at_home, do))


def hear() -> list[Callable[[], None]]:
    """At the start of a run, before any widget is drawn: put right what crossed on its way; what is
    to be done then, as it follows from the moves."""
    heard = _heard()
    if get_script_run_ctx().is_history_navigation:  # which brings all values, old ones on purpose
        heard.sets, heard.moves = {}, []
    echoes, known = _echoes(heard), _known(heard)
    heard.batch += 1
    for key, was in list(heard.sets.items()):
        value = st.session_state.get(key, was.new)
        if key in echoes:
            st.session_state[key] = was.new
        elif value != was.new:
            if was.batch in known:
                heard.unsure = heard.batch
            else:
                st.session_state[key] = value  # set here, it is said to the browser
            del heard.sets[key]
        elif heard.moves:  # the browser has just said so itself: it has heard of it
            del heard.sets[key]
    moves, heard.moves = heard.moves, []
    return [move.do for move in moves if move.key not in echoes]


def unsure() -> int:
    """Another number each time that the browser is to be asked what its widgets say; else 0."""
    return _heard().unsure


def note_answer() -> None:
    """The browser has been asked, and has said what its widgets say."""
    _heard().unsure = 0


def _known(heard: _Heard) -> set[int]:
    """Of which sets the browser has heard: its request says the new value of one of them."""
    state = get_script_run_ctx().session_state._state
    said = {
        key
        for key in heard.sets
        if state._key_id_mapper.get_id_from_key(key, "") in (state._new_widget_state.states)
    }
    told = {key: was for key, was in heard.sets.items() if key in said and was.drawn}
    return {was.batch for key, was in told.items() if st.session_state[key] == was.new}


def _echoes(heard: _Heard) -> set[str]:
    """The widgets whose old values have come back."""
    state, now = st.session_state, monotonic()
    heard.sets = {key: was for key, was in heard.sets.items() if now - was.at < TRAVEL}
    back = {key for key, was in heard.sets.items() if state.get(key, was.new) == was.old}
    moved = {move.key for move in heard.moves}
    alone = len(back | moved) == 1 and any(move.at_home for move in heard.moves)
    if alone and all(heard.sets[key].drawn for key in back):
        return set()
    return back
