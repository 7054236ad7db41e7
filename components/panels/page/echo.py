"""What the browser says again of a widget that was set here, before it has heard of that.

Each request of Streamlit's browser side says the value of every widget. One that was under way
while a run set a widget brings that widget's old value, and Streamlit takes it for a move. It is
told from a move by what else has come: a visitor moves one thing at a time. And what a visitor did
move meanwhile is set once more, as the browser is yet to hear of what it was set to.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NamedTuple

import streamlit as st

from components.panels.page.address import TRAVEL


class _Set(NamedTuple):
    """A widget's value before it was set here, the one it was set to, and when (seconds)."""

    old: Any
    new: Any
    at: float


@dataclass
class _Heard:
    """What a session has set itself lately, and the widgets that the browser says have moved, each
    with whether the request was for the part of the page in which it stands."""

    sets: dict[str, _Set] = field(default_factory=dict)
    moved: dict[str, bool] = field(default_factory=dict)


def _heard() -> _Heard:
    return st.session_state.setdefault("heard", _Heard())


def note_set(key: str, old: Any, new: Any) -> None:
    """A widget is set here; None is no value that one has."""
    if old is not None:
        _heard().sets[key] = _Set(old, new, monotonic())


def note_move(key: str, *, alone: bool) -> None:
    """The browser says that a widget has moved.

    Args:
        alone: whether the request is for the part of the page in which it stands.
    """
    _heard().moved[key] = alone


def undo_echoes() -> None:
    """At the start of a run, before any widget is drawn: put right what crossed on its way."""
    state, heard = st.session_state, _heard()
    under_way = {
        key: was
        for key, was in heard.sets.items()
        if key in state and monotonic() - was.at < TRAVEL
    }
    back = {key for key, was in under_way.items() if state[key] == was.old}
    alone = len(back | heard.moved.keys()) == 1
    for key, was in list(under_way.items()):
        if key in back and not (alone and heard.moved.get(key)):
            state[key] = was.new
        elif state[key] != was.new:
            state[key] = state[key]
            del under_way[key]
    heard.sets = under_way
    heard.moved = {}
