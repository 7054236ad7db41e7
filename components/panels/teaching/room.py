"""The teacher's side of a room: the question, the votes and the answer on a projector."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from html import escape
from typing import Literal, NamedTuple
from urllib.parse import urlencode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.backend.lessons import LESSONS, line, questions, title
from components.backend.rooms.room import Led, Room, advice, moves, suggested
from components.backend.rooms.store import Key, StoreError, store
from components.backend.rooms.summary import results, seen_by_class
from components.panels.ask.field_set import FieldSet
from components.panels.ask.language import spoken
from components.panels.ask.widgets import widget
from components.panels.classroom.reach import address_for_others, qr, server_address
from components.panels.run.log import log
from components.panels.teaching.ahead import advised, ahead_html
from components.panels.teaching.at_home import home_box, is_offered, is_over
from components.panels.teaching.choices import choices_box, countdown, pairs_said
from components.panels.teaching.kept_rooms import keep_key
from components.panels.teaching.new_room import ROOM_KEY, ballots, kept_safely, new_room, say_failed
from components.panels.teaching.posed import (
    OWN,
    ChosenLesson,
    fields_of,
    heading,
    link,
    pose_now,
    see,
)
from components.panels.teaching.results import look_button, looks_back, results_panel
from components.panels.teaching.room_files import downloads
from components.panels.teaching.room_question import question_html
from components.panels.teaching.sureness import sure_said
from components.panels.write.html import copier
from components.texts import text

_GONE = "room_gone"  # in the session, until it leads another room: that its room is gone
_LAST = "room_last"  # in the session: what was last seen of its room
_DELETES = "room_deletes"  # in the session: whether the teacher is asked for a confirmation
_SECOND = "room_second"  # in the session: the key of a room that is open, and not shown yet
_LOOK = 1.5  # seconds between two looks at who is here
_KEYS = dict.fromkeys(("open", "reopen", "close"), "Space") | {  # of each move
    **{"count": "S", "again": "V", "answer": "A", "twin": "T"},
    **{"next": "N", "previous": "P", "back": "B"},
}


_SEE = "E"  # the key of the link to the answer's page


class RoomView(ChosenLesson):
    """Which lesson a room is opened with, and who looks at the page."""

    texts = "room_view"

    lesson: Literal[(*LESSONS, OWN)] = next(iter(LESSONS))
    leader: bool = False
    """Whether this is a teacher's second device, which the class does not see."""


class RoomFields(FieldSet[RoomView]):
    """What a room's page asks; while a room is led, without the lesson in the address. The room has
    it, and the class reads the address on the projector.

    Args:
        led: whether a room is led.
    """

    def __init__(self, *, led: bool) -> None:
        super().__init__(RoomView)
        self.led = led

    def to_query(self) -> Mapping[str, str]:
        """Its part of the address."""
        query = super().to_query()
        return {name: query[name] for name in query if name == "leader" or not self.led}


class Seen(NamedTuple):
    """What there is to know of the room that this session leads."""

    key: Key
    led: Led | None
    """As it is or, where rooms cannot be read now, as the session saw it last; None if never."""
    failure: str = ""
    """What rooms cannot be read from now: a name of the texts."""


def led_room(above: DeltaGenerator) -> Seen | None:
    """The room that this session leads: it has opened it, or has come by the link for a second
    device, or the browser has kept its key while the page was loaded again.

    Args:
        above: an `st.empty()`, where it is said if the room is gone.
    """
    code, _, secret = st.session_state.get(ROOM_KEY, "").partition(".")
    seen = _look(Key(code, secret)) if secret else None
    if seen and not (seen.led or seen.failure):
        st.session_state[ROOM_KEY], seen = "", None
        st.session_state[_GONE] = True
    if seen:
        st.session_state.pop(_GONE, None)
    elif _GONE in st.session_state:  # also once the browser has told which rooms it has led
        above.warning(text("room.gone"))
    keep_key(seen.key if seen else None)
    return seen


def _look(key: Key) -> Seen:
    try:
        seen = Seen(key, store().lead(key))
    except StoreError as error:
        log(error)
        last = st.session_state.get(_LAST)
        return Seen(key, last.led if last and last.key == key else None, error.kind)
    st.session_state[_LAST] = seen
    return seen


def open_room(view: FieldSet[RoomView]) -> None:
    """The list of lessons, what the chosen one is about, and the buttons that open a room; once one
    is open for a second device, how that comes to lead it."""
    if _SECOND in st.session_state:
        _second_device(view, st.session_state[_SECOND])
        return
    st.markdown(text("room.how"))
    offered = (*LESSONS, *[OWN] * bool(view.value.own))
    widget(view, "lesson", only=offered, format_func=partial(_offered, view), width=480)
    lesson = view.value.chosen
    st.markdown(line(lesson))
    with st.container(horizontal=True):
        opens = st.button(text("room.open"), key="room_open", type="primary")
        help_ = text("room.open_second_help")
        second = server_address() is not None and st.button(
            text("room.open_second"), key="room_open_second", help=help_
        )
    if not (opens or second):
        return
    if key := new_room(lesson):
        st.session_state[_SECOND] = ".".join(key)
        if opens:
            _show(view)
        st.rerun()


def _second_device(view: FieldSet[RoomView], key: str) -> None:
    """The QR code of the link that leads a room, while the class does not see this screen yet."""
    st.markdown(text("room.scan", code=key.partition(".")[0]))
    st.html(f'<div class="rnn-joining">{qr(_own_address(key))}</div>')
    st.button(text("room.show"), key="room_show", type="primary", on_click=_show, args=(view,))


def _show(view: FieldSet[RoomView]) -> None:
    """Have this device lead the room that it has opened, and show it to the class."""
    st.session_state[ROOM_KEY] = st.session_state.pop(_SECOND)
    view.put(leader=False)


def _offered(view: FieldSet[RoomView], lesson: str) -> str:
    """How a lesson is called in the list."""
    return title(view.value.own if lesson == OWN else lesson)


def lead_room(seen: Seen, above: DeltaGenerator, view: FieldSet[RoomView]) -> None:
    """The question with what may be seen of it now, and what the teacher can do next. All is drawn
    from the room itself, so that it waits neither for Keras nor for a database that is down.

    Args:
        view: the lesson that the link names, and who looks at the page.
    """
    key, led, failure = seen
    if failure:
        say_failed(above, failure, "shown" if led else "waits")
    if led is None:
        _attendance(seen)
        return
    room, lesson, leader = led.room, view.value.chosen, view.value.leader
    if looks_back(key, room):
        _look_back(seen, led, above)
        return
    left, right = st.columns([3, 1], gap="medium")
    with left:
        counted = " rnn-counted" if room.shows_votes else ""
        st.html(f'<div class="rnn-room{counted}">{question_html(led)}</div>')
        _buttons(key, led, above, leader=leader)
        if not leader:
            pairs_said(led)
        if is_over(room):
            home_box(room.lesson)
        if lesson not in (room.lesson, RoomView().chosen):
            st.caption(text("room.other", this=heading(room.lesson), other=heading(lesson)))
        if leader:
            _attendance(seen, leader=True)
    with right:
        _joining(key.code)
        countdown(led)
        if not leader:
            _attendance(seen)
        with kept_safely(above, "shown"):
            _door(key, led)
        with st.container(key="room_boxes", horizontal=True):
            choices_box(key, led)
            _more(key, led, above, view)


def _look_back(seen: Seen, led: Led, above: DeltaGenerator) -> None:
    """What came of the questions so far. The class votes on meanwhile."""
    key = seen.key
    with kept_safely(above, "shown"):
        if found := store().history(key):
            asked = seen_by_class(found.asked, led.room)
            results_panel(key.code, led, results(asked, found.votes))
    with st.container(horizontal=True):
        downloads(key, "results")
    _attendance(seen)


# What to do.


def _buttons(key: Key, led: Led, above: DeltaGenerator, *, leader: bool) -> None:
    """A button for each move, the one that is suggested highlighted: Enter presses it, too.

    Its key names the question and how far the class is with it, so that a press that comes later is
    ignored: it was not meant for what is shown then, though a button there has the same name.
    """
    room, decided = led.room, led.ballot.right is not None
    twins = room.lesson in LESSONS
    possible = moves(room, questions(room.lesson), twins=twins, decided=decided)
    helps = advice(room, led.ballot, led.votes) if leader else ""
    next_move = suggested(room, led.votes, possible, right=led.ballot.right, advised=helps)
    projected = suggested(room, led.votes, possible, right=led.ballot.right)
    with st.container(key="room_moves", horizontal=True, vertical_alignment="center"):
        for name, then in possible.items():
            if st.button(
                text(f"room.moves.{name}"),
                key=f"room_{name}_{room.question}_{room.phase}",
                type="primary" if name == next_move else "secondary",
                shortcut=_KEYS[name],
            ):
                with kept_safely(above, "shown"):
                    _move(key, room, then)
        if (room.phase == "answered" or (not decided and room.shows_votes)) and link(led.ballot):
            st.link_button(see(led.ballot), link(led.ballot), shortcut=_SEE)
        if room.shows_votes and room.number == questions(room.lesson):
            look_button(key, room, name="end")
    hint = text("room.discuss") if next_move == "again" else ""
    if said := advised(led, helps, next_move, projected) if helps else hint:
        st.html(f'<p class="rnn-say">{said}</p>')


def _move(key: Key, seen: Room, then: Room) -> None:
    """Make a move. Only another question is asked of Keras."""
    written = None
    if (then.number, then.seed) != (seen.number, seen.seed):
        posed = pose_now(then.lesson, then.number, then.settings)
        if posed is None:
            return
        written = ballots(posed)
    store().move(key, seen, then, written)
    st.rerun()


# Beside it: how to join, who is here, and the rest.


def _joining(code: str) -> None:
    """The code, the address and the QR code; or why phones cannot reach this server."""
    server = server_address()
    if server is None:
        st.warning(text("room.alone"))
    else:
        short = f"{server}/join"
        st.html(
            f'<div class="rnn-joining">{qr(f"{short}/{code}")}'
            f"<p>{escape(short.partition('://')[2])}</p></div>"
        )
    st.html(f'<p class="rnn-code">{code}</p>')


def _attendance(shown: Seen, *, leader: bool = False) -> None:
    """How many are here and have voted; draws the page anew once another device has made a move or
    has opened or closed the door, or rooms can no longer be read, or can again."""

    @st.fragment(run_every=_LOOK)
    def look() -> None:
        now = _look(shown.key)
        if _state(now) != _state(shown):
            st.rerun()
        if led := now.led:
            said = [text("room.here", here=led.here, voted=led.voted)]
            said += [text("room.door_closed")] * (not led.door)
            said += [_together(led), sure_said(led)] * leader
            lines = "".join(f'<p class="rnn-attendance">{line}</p>' for line in said if line)
            st.html(f"{ahead_html(led) if leader else ''}{lines}")

    look()


def _state(seen: Seen) -> tuple[object, ...]:
    led = seen.led
    return (led and (led.room, led.door, led.choices), seen.failure)


def _together(led: Led) -> str:
    """How many phones have come from one address, if they are several."""
    if led.together < 2:
        return ""
    return text("room.together", together=led.together, joined=led.joined)


def _more(key: Key, led: Led, above: DeltaGenerator, view: FieldSet[RoomView]) -> None:
    box = st.popover(text("room.more"), key="room_more", on_change="rerun")
    with box, kept_safely(above, "shown"):
        st.html(copier(text("room.second"), _own_address(".".join(key))))
        if together := _together(led):
            st.caption(together)
        look_button(key, led.room, name="menu")
        if is_offered(led.room) and not is_over(led.room):
            home_box(led.room.lesson)
        with st.container(horizontal=True):  # side by side, the box ends above a small screen's top
            downloads(key, "menu")
        leave = text("room.leave_help")
        st.button(text("room.leave"), key="room_leave", help=leave, on_click=_leave)
        st.divider()
        _deletion(key, led, view, is_open=bool(box.open))


def _door(key: Key, led: Led) -> None:
    """The button that keeps new phones out, or lets them in."""
    name = "close_door" if led.door else "open_door"
    said = text("room.close_door_help") if led.door else None
    if st.button(text(f"room.{name}"), key="room_door", help=said, type="tertiary"):
        store().set_door(key, is_open=not led.door)
        st.rerun()


def _leave() -> None:
    st.session_state[ROOM_KEY] = ""


def _deletion(key: Key, led: Led, view: FieldSet[RoomView], *, is_open: bool) -> None:
    """The button that deletes the room, once the teacher has confirmed how many votes go with it.

    Args:
        is_open: whether the box is that this stands in; to close it is to think better of it.
    """
    if not is_open:
        _to_delete(False)
    if not st.session_state.get(_DELETES):
        st.button(text("room.delete"), key="room_delete", on_click=_to_delete, args=(True,))
        return
    found = store().history(key)
    count = len(found.votes) if found else 0
    st.markdown(text("room.delete_votes", code=key.code, count=count))
    with st.container(horizontal=True):
        # First, as a second click of a double click may hit it.
        st.button(text("room.delete_no"), key="room_delete_no", on_click=_to_delete, args=(False,))
        if st.button(text("room.delete_yes"), key="room_delete_yes"):
            _delete(key, led.room.lesson, view)


def _to_delete(asked: bool) -> None:
    st.session_state[_DELETES] = asked


def _delete(key: Key, lesson: str, view: FieldSet[RoomView]) -> None:
    """Delete the room. The form then has its lesson, which is not in the address, unless the
    visitor has chosen another one."""
    store().delete(key)
    st.session_state[ROOM_KEY] = ""
    if view.value.chosen == RoomView().chosen:
        view.put(**fields_of(lesson))
    st.rerun()


def _own_address(key: str) -> str:
    """The address at which a second device leads the room of this key, as that reaches it, if it
    can; with the language unless it is the default, as a device that adds it to the address loses
    what stands after the #."""
    query = RoomView(leader=True).to_query() | spoken()
    return f"{address_for_others()}/room?{urlencode(query)}#{ROOM_KEY}={key}"
