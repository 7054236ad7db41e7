"""What the browser says of a widget that was set here, before it has heard of that.

Each request of Streamlit's browser side says the value of every widget. One that was under way
while a run set a widget brings that widget's old value, and Streamlit takes it for a move. What the
visitor did move meanwhile will be overwritten in the browser, as soon as that hears. So each part
of the page with such widgets ends with a mark: a field that nobody sees, which is set whenever one
of them is, to a number of its own. A request in which the mark has not come back comes from before:
what a widget says in it that it said before is no move, and what else it says is set once more.

A mark is always on the page. For the browser takes over what widgets are set to one render after it
has drawn them, but what a new one begins with at once: a new mark would speak too soon.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from components.panels.page.hidden import hidden_field

_HEARD = "heard"  # the name of what a session keeps in mind, which begins the keys of the marks
_MOST = (
    16  # that a widget was set without having been heard of, beyond which the first is forgotten
)


@dataclass
class _Told:
    """What a widget was set to, and the run in which it was drawn with that; 0 before."""

    value: Any
    run: int = 0


@dataclass
class _Set:
    """A widget that was set here: what the browser shows of it as far as it has been heard; what it
    was set to since, of which the last holds; and the part of the page that it was drawn in."""

    shown: Any
    told: deque[_Told] = field(default_factory=lambda: deque(maxlen=_MOST))
    home: str = ""

    def tell(self, value: Any) -> None:
        """It is set once more; what was not drawn yet need not be told."""
        if self.told and not self.told[-1].run:
            self.told.pop()
        self.told.append(_Told(value))

    def hear(self, run: int) -> None:
        """The browser has heard of what was drawn up to that run."""
        while self.told and 0 < self.told[0].run <= run:
            self.shown = self.told.popleft().value


class _Move(NamedTuple):
    """A widget that the browser says has moved, and what is to be done if that is true."""

    key: str
    do: Callable[[], None]


@dataclass
class _Heard:
    sets: dict[str, _Set] = field(default_factory=dict)
    moves: list[_Move] = field(default_factory=list)
    runs: int = 1


def _heard() -> _Heard:
    return st.session_state.setdefault(_HEARD, _Heard())


def note_set(key: str, old: Any, new: Any) -> None:
    """A widget is set here; None is no value that one has."""
    if old is not None:
        _heard().sets.setdefault(key, _Set(old)).tell(new)


def note_told(keys: Iterable[str], home: str) -> None:
    """The widgets of those keys are being drawn in a part, with what they were set to."""
    heard = _heard()
    for each in (heard.sets[key] for key in keys if key in heard.sets):
        each.home = home
        each.told[-1].run = each.told[-1].run or heard.runs


def mark(home: str) -> None:
    """The field at the end of a part by which the browser says what it has heard of its widgets."""
    key, sets = f"{_HEARD}.{home}", _heard().sets.values()
    run = max((each.told[-1].run for each in sets if each.home == home), default=0)
    if run and st.session_state.get(key) != str(run):
        st.session_state[key] = str(run)
    hidden_field(key)


def note_move(key: str, do: Callable[[], None]) -> None:
    """The browser says that a widget has moved.

    Args:
        key: the widget's, if it may be set here as well; else empty.
        do: what follows from a move, but not from what was under way.
    """
    _heard().moves.append(_Move(key, do))


def is_heard(key: str) -> bool:
    """Whether the browser has heard of all that the widget was set to."""
    return key not in _heard().sets


def hear() -> tuple[set[str], list[Callable[[], None]]]:
    """At the start of a run, before any widget is drawn: put right what crossed on its way.

    Returns:
        The widgets that are set once more, and what is to be done then, as it follows from the
        moves.
    """
    state, heard = st.session_state, _heard()
    marks = _marks()
    state[_HEARD] = heard  # by which the next run knows whether a request has come
    if get_script_run_ctx().is_history_navigation:  # which brings all values, old ones on purpose
        heard.sets, heard.moves = {}, []
    heard.runs += 1
    again, still = set[str](), set[str]()
    for key, each in list(heard.sets.items()):
        each.hear(marks.get(each.home, 0))
        if not each.told:
            del heard.sets[key]
            continue
        holds = each.told[-1].value
        said = state.get(key, holds)
        if said == holds:
            continue
        if said == each.shown:
            still.add(key)
        else:
            each.shown = holds = said
        again.add(key)
        each.tell(holds)
        state[key] = holds  # which has the browser told, once it is drawn
    moves, heard.moves = heard.moves, []
    return again, [move.do for move in moves if move.key not in still]


def _marks() -> dict[str, int]:
    """By part, the mark that a request has brought; none in a run that began without one."""
    state, found = get_script_run_ctx().session_state._state, dict[str, int]()
    if state.is_new_state_value(_HEARD):
        return found
    said = state._new_widget_state
    for home in {each.home for each in _heard().sets.values()}:
        widget = state._key_id_mapper.get_id_from_key(f"{_HEARD}.{home}", "")
        if (mark := said.get_serialized(widget)) and (number := mark.string_value).isdecimal():
            found[home] = int(number[:9])
    return found
