"""What the browser says of a widget that was set here, before it has heard of that.

Each request of Streamlit's browser side says the value of every widget. One that was under way
while a run set a widget brings that widget's old value, and Streamlit takes it for a move. What the
visitor did move meanwhile will be overwritten in the browser, as soon as that hears. So widgets are
followed by a mark: a field that nobody sees, which is set whenever one of them is, to a number of
its own. A request in which that has not come back comes from before: what a widget says in it that
it said before is no move, and what else it says is set once more.

A mark is always on the page. For the browser takes over what widgets are set to one render after it
has drawn them, but what a new one begins with at once: a new mark would speak too soon.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import time_ns
from typing import Any, NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components.panels.page.hidden import hidden_field

_HEARD = "heard"  # the name of what a session keeps in mind, which begins the keys of the marks

_MOST = 16
"""How many of the values that a widget was set to, unheard of, are kept in mind."""

_DIGITS = 20  # that a mark's number has at most


@dataclass
class _Told:
    """What a widget was set to, and the number of the mark that it was drawn with; 0 before."""

    value: Any
    number: int = 0


@dataclass
class _Set:
    """A widget that was set here: what it says, as far as the browser has told; what it was set to
    since, of which the last holds; and the mark that it was drawn with."""

    says: Any
    told: list[_Told] = field(default_factory=list)
    mark: str = ""

    def tell(self, value: Any) -> None:
        """It is set once more; what was not drawn yet need not be told."""
        if self.told and not self.told[-1].number:
            self.told.pop()
        self.told.append(_Told(value))
        if len(self.told) > _MOST:
            del self.told[1]

    def hear(self, number: int) -> None:
        """The browser has heard of what was drawn with that number, and before it."""
        while self.told and 0 < self.told[0].number <= number:
            self.says = self.told.pop(0).value


class _Move(NamedTuple):
    """A widget that the browser says has moved, to what, and what is to be done if that is true."""

    key: str
    said: Any
    do: Callable[[], None]


@dataclass
class _Heard:
    """What a session keeps in mind: the widgets that were set here, of which the browser has not
    heard; and of the request that is being answered the values of these, the marks, and the moves.

    moved are the keys of the widgets that have moved, once it is known which have. number tells the
    marks of a run from those before, in this session or another one, of which the page may still be
    open in the browser.
    """

    sets: dict[str, _Set] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    moves: list[_Move] = field(default_factory=list)
    moved: frozenset[str] = frozenset()
    number: int = field(default_factory=lambda: time_ns() // 1_000_000)


def _heard() -> _Heard:
    return st.session_state.setdefault(_HEARD, _Heard())


def set_widget(key: str, value: Any, *, first: Any = None) -> None:
    """Have a widget say a value, of which the browser hears when it is drawn next.

    Args:
        first: what it says as long as it was neither set nor moved; None where it is not drawn yet.

    Raises:
        StreamlitWidgetAlreadyInstantiatedError: if it has been drawn in this run.
    """
    state, sets = st.session_state, _heard().sets
    before = state.get(key, first)
    if before == value:
        return  # else it would be set in the browser too
    state[key] = value
    if before is None:
        sets.pop(key, None)
    else:
        sets.setdefault(key, _Set(before)).tell(value)


def undrawn() -> set[str]:
    """The widgets that were set, but not drawn since."""
    return {key for key, each in _heard().sets.items() if not each.told[-1].number}


def note_told(keys: Iterable[str], mark: str) -> None:
    """The widgets of those keys are being drawn before a mark, with what they were set to."""
    heard = _heard()
    for each in (heard.sets[key] for key in keys if key in heard.sets):
        each.mark = mark
        each.told[-1].number = each.told[-1].number or heard.number


def draw_mark(mark: str, place: DeltaGenerator) -> None:
    """The field by which the browser says what it has heard of the widgets drawn before it."""
    sets = _heard().sets.values()
    number = max((each.told[-1].number for each in sets if each.mark == mark), default=0)
    hidden_field(f"{_HEARD}.{mark}", str(number) if number else None, place=place)


def note_move(key: str, do: Callable[[], None]) -> None:
    """The browser says that a widget has moved.

    Args:
        key: the widget's, if it may be set here as well; else empty.
        do: what follows from a move, but not from what was under way.
    """
    _listen()
    _heard().moves.append(_Move(key, st.session_state[key] if key else None, do))


def has_moved(key: str) -> bool:
    """Whether the visitor has moved the widget, in the request that is being answered."""
    return key in _heard().moved


def is_heard(key: str) -> bool:
    """Whether the browser has heard of all that the widget was set to."""
    return key not in _heard().sets


def forget_sets() -> None:
    """Nothing is on its way any more: the browser draws all widgets anew."""
    st.session_state[_HEARD] = _Heard(number=_heard().number)


def hear() -> Callable[[], None]:
    """At the start of a run, before any widget is drawn: put right what crossed on its way.

    Returns:
        What does then all that follows from the moves.
    """
    _listen()
    if get_script_run_ctx().is_history_navigation:  # which brings all values, old ones on purpose
        forget_sets()
    heard, still = _heard(), set[str]()
    for key, each in list(heard.sets.items()):
        each.hear(heard.marks.get(each.mark, 0))
        if not each.told:
            del heard.sets[key]
        elif key in heard.values:
            said, holds = heard.values[key], each.told[-1].value
            if said != holds:
                if said == each.says:
                    still.add(key)
                else:
                    holds = said
                each.tell(holds)
                st.session_state[key] = holds  # which has the browser told, once it is drawn
            each.says = said
    moves = [move for move in heard.moves if move.key not in still]
    moved = frozenset(move.key for move in moves)
    st.session_state[_HEARD] = _Heard(heard.sets, moved=moved, number=heard.number + 1)
    return partial(_follow, moves)


def _follow(moves: Sequence[_Move]) -> None:
    """Do what follows from moves. Where one field brings others along, such as a sentence its
    length, those that have moved themselves in the same request stay as they were moved."""
    for move in moves:
        move.do()
        for other in moves if move.key else ():
            if other.key not in ("", move.key):
                set_widget(other.key, other.said)


def _listen() -> None:
    """Take in what a request says, before a run that follows without one loses sight of it."""
    heard, state = _heard(), get_script_run_ctx().session_state._state
    # Streamlit takes a name out of the new values whenever it takes in a request.
    if state.is_new_state_value(_HEARD):
        return
    said, names = state._new_widget_state, state._key_id_mapper
    for key, each in heard.sets.items():
        if names.get_id_from_key(key, "") in said.states:
            heard.values[key] = st.session_state[key]
        mark = said.get_serialized(names.get_id_from_key(f"{_HEARD}.{each.mark}", ""))
        number = mark.string_value[: _DIGITS + 1] if mark else ""
        if number.isdecimal() and len(number) <= _DIGITS:
            heard.marks[each.mark] = int(number)
