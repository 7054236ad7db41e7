"""What a leader chooses for the votes of a room, who is told of it, and the list of rooms."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from components.backend.lessons import LESSONS, pose, title
from components.backend.rooms.choices import Choices
from components.backend.rooms.database import connect
from components.backend.rooms.room import Room, moves
from components.backend.rooms.store import Key, Store
from components.panels.teaching import new_room
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import component, send, sound
from tests.app.test_room import PHONES, all_sent, click, keep_in, led, opened, table, with_key

LESSON = next(iter(LESSONS))


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store(connect("off"))
    keep_in(made, monkeypatch)
    return made


def listed(at: AppTest, keys: tuple[Key, ...]) -> list[Key]:
    shown = {button.key for button in at.button}
    return [key for key in keys if f"room_lead_{key.code}" in shown]


def test_a_leader_chooses_on_each_device(open_app: OpenApp, store: Store) -> None:
    at, key = opened(open_app)
    at.toggle(key="room_choice_sure").set_value(True).run()
    second = with_key(open_app, ".".join(key), leader="true")
    assert second.toggle(key="room_choice_sure").value
    second.toggle(key="room_choice_pairs").set_value(True).run()
    second.segmented_control(key="room_choice_seconds").set_value(60).run()
    assert led(store, key).choices == Choices(sure=True, pairs=True, seconds=60)
    at.toggle(key="room_choice_sure").set_value(False).run()  # without knowing of the others yet
    sound(at)
    assert led(store, key).choices == Choices(pairs=True, seconds=60)
    assert at.toggle(key="room_choice_pairs").value


def test_who_is_sure_is_told_in_its_time(open_app: OpenApp, store: Store) -> None:
    """During the vote to the leader alone; the class knows who was wrong with the answer."""
    right = pose(LESSON, 1).right
    wrong = (right + 1) % len(pose(LESSON, 1).options)
    at, key = opened(open_app)
    store.choose(key, sure=True)
    second = with_key(open_app, ".".join(key), leader="true")
    click(at, "open")
    votes = (wrong, True), (wrong, None), (right, False)
    for phone, (option, sure) in zip(PHONES, votes, strict=False):
        store.vote(key.code, phone, "1.1", option, sure=sure)
    second.run()
    assert text("room.sure.leader", sure=1, wrong=1, unsure=1) in all_sent(second)
    said = text("room.sure.wrong", first=1)
    for move in ("close", "count"):
        assert said not in all_sent(at.run())
        click(at, move)
    click(at, "results_menu")
    assert "<td>–</td>" in all_sent(at)
    assert "<td>1</td>" not in all_sent(at)
    click(at, "live")
    assert said not in all_sent(at)
    click(at, "answer")
    assert said in all_sent(at)
    assert [row["sure"] for row in table(key)] == ["True", "", "False"]
    click(at, "results_menu")
    assert "<td>1</td>" in all_sent(at)
    at.segmented_control(key="room_result").set_value(1).run()
    assert said in all_sent(at)  # also where the class looks back at it
    store.choose(key, sure=False)
    assert said in all_sent(at.run())
    click(at, "live")
    assert said not in all_sent(at)  # as on the phones


def test_rooms_that_a_browser_has_led_are_listed(open_app: OpenApp, store: Store) -> None:
    first = new_room.ballots(pose(LESSON, 1))
    one, other, gone = (store.open(Room(LESSON), first) for _ in range(3))
    store.delete(gone)
    at = open_app("room")
    assert text("room.kept.title") not in all_sent(at)
    told = [".".join(key) for key in (one, other, gone)]
    at.session_state["room_rooms"] = [*told, f"{one.code}.wrong", "<b>"]
    at.run()
    sound(at)
    assert listed(at, (one, other, gone)) == [one, other]
    assert f"{title(LESSON)} · {text('room.kept.now')}" in all_sent(at)
    at.button(f"room_forget_{one.code}").click().run()
    assert listed(at, (one, other)) == [other]
    assert store.has(one.code)
    at.button(f"room_lead_{other.code}").click().run()
    assert other.code in all_sent(at)
    assert at.session_state["room_key"] == ".".join(other)
    at.session_state["room_more"] = True
    at.run()
    at.button("room_leave").click().run()
    assert at.button("room_open")
    assert store.has(other.code)


def test_a_browser_forgets_all_rooms_at_once(open_app: OpenApp, store: Store) -> None:
    """As on a computer that others use, which the list tells."""
    first = new_room.ballots(pose(LESSON, 1))
    keys = tuple(store.open(Room(LESSON), first) for _ in range(2))
    at = open_app("room")
    at.session_state["room_rooms"] = [".".join(key) for key in keys]
    at.run()
    assert text("room.kept.how") in all_sent(at)
    at.button("room_forget_all").click().run()
    sound(at)
    assert listed(at, keys) == []
    assert component(at, "room_keeper")["gone"] == [".".join(key) for key in keys]
    assert all(store.has(key.code) for key in keys)


def test_a_browser_forgets_a_room_although_another_is_led_at_once(
    open_app: OpenApp, store: Store
) -> None:
    """Until it says that it has; a room that is led is no longer to be forgotten."""
    first = new_room.ballots(pose(LESSON, 1))
    told = [".".join(store.open(Room(LESSON), first)) for _ in range(3)]
    one, other, third = told
    at = open_app("room")
    at.session_state["room_rooms"] = told
    at.run()
    at.session_state["room_forgotten"] = [one, other]  # the page was not drawn since then
    at.button(f"room_lead_{other.split('.')[0]}").click().run()
    sound(at)
    assert component(at, "room_keeper")["gone"] == [one]
    tell_rooms(at, [other, third])
    assert component(at, "room_keeper")["gone"] == []
    assert component(at, "room_keeper")["rooms"] == [other, third]


def tell_rooms(at: AppTest, keys: list[str]) -> AppTest:
    """The page after the browser has told which rooms it keeps."""
    identity = f"$$STREAMLIT_INTERNAL_KEY_{at.get_by_key('room_keeper').proto.id}__events"
    event = json.dumps([{"event": "rooms", "value": keys}])
    return send(at, identity, json_trigger_value=event)


def test_a_press_is_for_the_state_that_it_was_made_on(open_app: OpenApp, store: Store) -> None:
    """Also where a later state has a move of the same name, as both have here."""
    at, key = opened(open_app)
    click(at, "open", "close")
    again = next(one for one in at.button if str(one.key).startswith("room_again"))
    room = led(store, key).room
    store.move(key, room, moves(room, 5)["count"], None)  # on another device
    again.click().run()
    sound(at)
    assert led(store, key).room.phase == "counted"
    click(at, "again")
    assert led(store, key).room.phase == "open"
