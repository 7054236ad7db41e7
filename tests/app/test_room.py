"""The teacher's page of a room: what it shows when, its buttons, and its secret."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from components.backend import EngineError
from components.backend.lessons import LESSONS, Posed, line, pose, title
from components.backend.rooms.database import connect
from components.backend.rooms.room import Led, Room
from components.backend.rooms.store import MOST_ROOMS, Key, Store
from components.panels.teaching import choices, kept_rooms, new_room, results_file, room_files
from components.panels.teaching import posed as posed_panel
from components.panels.teaching import room as panel
from components.panels.teaching.posed import asked_html, see
from components.panels.teaching.results_file import summary_csv, votes_csv
from components.panels.teaching.room_files import MakeTable
from components.panels.write.html import inline
from components.texts import speaking, text
from tests import outages
from tests.app.conftest import OpenApp, until
from tests.app.reading import address, html, sound
from tests.app.test_errors import raising
from tests.app.test_questions import shown
from tests.postgresql import Server

LESSON = next(iter(LESSONS))
KEY = {"again": "v", "answer": "a", "count": "s", "reopen": "space"}
PHONES = ["p" * 16 + str(number) for number in range(4)]


new_draw = new_room.new_draw


def keep_in(made: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all panels keep rooms in this store, with the lessons' first settings, which a test
    knows beforehand."""
    monkeypatch.setattr(new_room, "new_draw", str)
    for module in (panel, new_room, choices, kept_rooms, room_files):
        monkeypatch.setattr(module, "store", lambda: made)


@pytest.fixture(autouse=True)
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store(connect("off"))
    keep_in(made, monkeypatch)
    return made


@pytest.fixture(scope="module")
def posed() -> Posed:
    """The first question: asked of Keras by the first test that needs it."""
    return pose(LESSON, 1)


@pytest.fixture(scope="module")
def wrong(posed: Posed) -> int:
    return (posed.right + 1) % len(posed.options)


def opened(open_app: OpenApp, **link: str) -> tuple[AppTest, Key]:
    at = open_app("room", **link)
    at.button("room_open").click().run()
    code, secret = at.session_state["room_key"].split(".")
    at.session_state["room_more"] = True  # its box stands open
    return at.run(), Key(code, secret)


def with_key(open_app: OpenApp, key: str, **link: str) -> AppTest:
    """The page on a second device, whose browser has told the key that the link has after its #."""
    at = open_app("room", **link)
    at.session_state["room_key"] = key
    at.session_state["room_more"] = True
    return at.run()


def button(at: AppTest, move: str) -> Button:
    """The button of a move, whatever question it is for; or another one of the room's."""
    return next(one for one in at.button if str(one.key).startswith(f"room_{move}"))


def click(at: AppTest, *moves: str) -> None:
    for move in moves:
        button(at, move).click().run()
        sound(at)


def led(store: Store, key: Key) -> Led:
    found = store.lead(key)
    assert found is not None
    return found


def vote(store: Store, key: Key, *options: int) -> None:
    """One phone after another votes."""
    for phone, option in zip(PHONES, options, strict=False):
        store.vote(key.code, phone, led(store, key).room.question, option)


def moves(at: AppTest) -> set[str]:
    keys = {str(button.key).split("_")[1] for button in at.button if "_" in str(button.key)}
    return keys & text("room.moves").keys()


def keys(at: AppTest) -> dict[str, str]:
    """By move: the key of its button."""
    return {move: button(at, move).proto.shortcut.lower() for move in moves(at)}


def highlighted(at: AppTest) -> list[str]:
    """The moves whose buttons are highlighted."""
    return [move for move in moves(at) if button(at, move).proto.type == "primary"]


def advised(at: AppTest) -> tuple[list[str], list[str]]:
    """The moves that the advice says to make next, and that the projector highlights."""
    (said,) = (body for body in html(at) if "rnn-say" in body)
    to = text("room.moves").items()
    return tuple(
        [name for name, move in to if inline(text(f"ahead.{line}", move=move)) in said]
        for line in ("next", "projector")
    )


def delete(at: AppTest) -> None:
    click(at, "delete", "delete_yes")


def rights(key: Key) -> list[str]:
    """What the table of votes says of each: whether it was right."""
    return [row["right"] for row in table(key)]


def table(key: Key, kind: MakeTable = votes_csv) -> list[dict[str, str]]:
    """The rows of a file that is downloaded."""
    return list(csv.DictReader(StringIO(room_files.votes_file(key, kind).decode("utf-8-sig"))))


def all_sent(at: AppTest) -> str:
    return shown(at) + "".join(html(at))


def test_a_room_is_opened_with_a_lesson(open_app: OpenApp, store: Store) -> None:
    last = [*LESSONS][-1]
    at = open_app("room", lesson=last)
    sound(at)
    assert title(last) in all_sent(at)
    at.button("room_open").click().run()
    code, secret = at.session_state["room_key"].split(".")
    assert led(store, Key(code, secret)).room == Room(last)
    assert code in all_sent(at)
    assert address(at) == {}


def test_the_lesson_of_a_room_is_chosen_from_a_list(open_app: OpenApp, store: Store) -> None:
    at = open_app("room")
    first, *_, last = LESSONS
    assert at.selectbox(key="lesson").options == [title(name) for name in LESSONS]
    assert line(first) in shown(at)
    at.selectbox(key="lesson").set_value(last).run()
    sound(at)
    assert line(last) in shown(at)
    at.button("room_open").click().run()
    code, secret = at.session_state["room_key"].split(".")
    assert led(store, Key(code, secret)).room == Room(last)
    assert address(at) == {}


@pytest.mark.parametrize("number", [1, 2])
def test_what_a_class_is_asked_is_at_no_address(
    open_app: OpenApp, store: Store, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Neither in the lesson for everybody, at home, on paper or in another room."""
    monkeypatch.setattr(new_room, "new_draw", new_draw)
    asked = []
    for _ in range(2):
        at, key = opened(open_app)
        click(at, *["next"] * (number - 1))
        asked.append(now := led(store, key))
        for room in (now.room, replace(now.room, seed=1)):  # a twin, too
            link = {"lesson": LESSON, "twin": str(room.settings), "twins": str(room.settings)}
            assert str(room.settings) not in address(open_app("lessons", **link)).values()
    first, other = asked
    assert first.ballot.name != other.ballot.name
    posed = pose(LESSON, number, first.room.settings)
    assert (posed.prompt, posed.right) == (first.ballot.prompt, first.ballot.right)


def test_a_class_is_led_through_a_question(
    open_app: OpenApp, store: Store, posed: Posed, wrong: int
) -> None:
    at, key = opened(open_app)
    assert moves(at) == {"open", "next"}
    click(at, "open")
    vote(store, key, posed.right, wrong, wrong)
    assert moves(at) == {"close"}
    click(at, "close", "count")
    assert text("room.discuss") in all_sent(at)
    said = "".join(html(at))
    assert text("room.votes_1", count=2) in said
    click(at, "again")
    assert "rnn-votes" not in "".join(html(at))
    vote(store, key, posed.right, posed.right, posed.right, wrong)
    click(at, "close", "count")
    said = "".join(html(at))
    assert text("room.votes_1", count=2) in said
    assert text("room.votes_2", count=3) in said
    assert inline(posed.say) not in said
    click(at, "answer")
    said = "".join(html(at))
    assert inline(posed.say) in said
    assert said.count(text("phones.right")) == 1
    click(at, "twin")
    assert inline(pose(LESSON, 1, 1).prompt) in "".join(html(at))
    click(at, "next")
    room = led(store, key).room
    assert room == Room(LESSON, 2, asked=3, before=room.before)
    click(at, "back")
    said = "".join(html(at))
    assert led(store, key).room == Room(LESSON, 1, round=2, phase="answered")
    assert inline(posed.say) in said
    click(at, "next", "previous")
    assert led(store, key).room == Room(LESSON, 1, asked=3, before=led(store, key).room.before)


def test_an_answer_that_was_jumped_over_is_shown_again(
    open_app: OpenApp, store: Store, posed: Posed
) -> None:
    """As by two presses of Enter."""
    at, key = opened(open_app)
    click(at, "open")
    vote(store, key, posed.right)
    click(at, "close", "count", "answer")
    before = "".join(html(at))
    click(at, "twin")
    assert keys(at)["back"] == "b"
    click(at, "back")
    assert "".join(html(at)) == before


SPREADS = [(0, 0, 1), (1, 1, 2), (0, 1, 2), (2, 2, 2)]


@pytest.mark.parametrize("votes", SPREADS)
def test_the_class_sees_nothing_that_follows_from_the_right_answer(
    open_app: OpenApp, store: Store, votes: tuple[int, ...]
) -> None:
    """Whichever option is right, the page is the same until the answer is shown."""
    seen = []
    for right in range(3):
        own = "What?\n" + "\n".join("-*"[at == right] + f" option {at}" for at in range(3))
        at, key = opened(open_app, lesson="own", own=own)
        assert own not in all_sent(at)
        pages = []
        for move in ("open", "close", "count", "again", "close", "count"):
            click(at, move)
            if move in ("open", "again"):
                vote(store, key, *votes)
            sent = all_sent(at).replace(key.code, "").replace(key.secret, "")
            sent = re.sub(r"data:image/svg\S+|\b[0-9a-f]{32}\b", "", sent)
            pages.append((sent, highlighted(at), keys(at)))
        seen.append(pages)
        delete(at)
    assert seen[0] == seen[1] == seen[2]


def test_a_second_device_comes_to_a_room_before_the_class_sees_it(
    open_app: OpenApp, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a QR code, which is gone once the room is shown."""
    at = open_app("room", leader="true")
    monkeypatch.setattr(panel, "server_address", lambda: None)  # no other device reaches it
    assert "room_open_second" not in [each.key for each in at.run().button]
    monkeypatch.undo()
    keep_in(store, monkeypatch)
    at.run().button("room_open_second").click().run()
    sound(at)
    (key,) = (Key(*each.split(".")) for each in [at.session_state["room_second"]])
    (code,) = (body for body in html(at) if "<img" in body)
    assert panel.qr(panel._own_address(".".join(key))) in code
    assert text("room.scan", code=key.code) in shown(at)
    assert not moves(at)
    second = with_key(open_app, ".".join(key), leader="true")
    click(second, "open")
    at.button("room_show").click().run()
    sound(at)
    assert code not in html(at)
    assert (moves(at), address(at)) == ({"close"}, {})


def test_a_second_device_alone_is_told_what_helps(
    open_app: OpenApp, store: Store, posed: Posed, wrong: int
) -> None:
    """By how many are right; a reload keeps that, as it stands in the address."""
    at, key = opened(open_app)
    second = with_key(open_app, ".".join(key), leader="true")
    assert f"/room?leader=true#room_key={key.code}." in "".join(html(at))
    click(at, "open")
    vote(store, key, posed.right, wrong, wrong)
    click(at, "close")
    advice = {name: text(f"room.advice.{name}", right=1, count=3) for name in text("room.advice")}
    second.run()
    assert advice["discuss"] in all_sent(second)
    assert highlighted(second) == highlighted(at) == ["again"]
    assert advised(second) == (["again"], [])
    assert address(second) == {"leader": "true"}
    assert not any(said in all_sent(at) for said in advice.values())
    click(at, "count", "again")
    vote(store, key, wrong, wrong, posed.right)
    click(at, "close")
    second.run()
    assert advice["explain"] in all_sent(second)
    assert inline(text("ahead.live", see=see(posed))) in all_sent(second)
    assert not any(said in all_sent(at) for said in advice.values())
    assert highlighted(second) == highlighted(at) == ["count"]
    click(second, "count")
    assert highlighted(second) == ["answer"]
    assert advised(second) == (["answer"], [])
    click(second, "answer")
    assert not any(said in all_sent(second) for said in advice.values())
    delete(second)
    second.button("room_open").click().run()  # on the device that opens a room, the class looks on
    assert address(second) == {}


def test_an_advice_names_the_highlighted_button_and_why_the_projector_has_another(
    open_app: OpenApp, store: Store, posed: Posed
) -> None:
    """Few are right, and the others do not agree: the projector, which must not say the first, has
    them discuss."""
    at, key = opened(open_app)
    second = with_key(open_app, ".".join(key), leader="true")
    click(at, "open")
    right, *others = sorted(range(len(posed.options)), key=posed.right.__ne__)
    vote(store, key, right, *others[:2], others[0])
    click(at, "close")
    assert highlighted(at) == ["again"]
    paired = text("ahead.paired")
    assert paired not in all_sent(second.run())
    store.choose(key, pairs=True)  # then the class is told to find its pairs, too
    for move in ("count", "answer"):
        assert text("room.choices.find") in all_sent(at.run())
        assert paired not in all_sent(at)
        second.run()
        assert highlighted(second) == [move]
        assert advised(second) == ([move], ["again"])
        assert paired in all_sent(second)
        click(second, move)


def test_a_second_device_alone_sees_votes_as_they_come_in(
    open_app: OpenApp, store: Store, posed: Posed, wrong: int
) -> None:
    """And the mistake that most have made."""
    at, key = opened(open_app)
    second = with_key(open_app, ".".join(key), leader="true")
    believed = inline(posed.believed(wrong))
    assert text("ahead.title") not in all_sent(second)
    click(at, "open")
    vote(store, key, posed.right, wrong, wrong)
    for _ in ("open", "closed"):
        second.run()
        assert f"✓ 1 ({1 / 3:.0%})" in all_sent(second)
        assert f"2 ({2 / 3:.0%})" in all_sent(second)
        assert believed in all_sent(second)
        for said in (text("ahead.title"), believed, f"({2 / 3:.0%})"):
            assert said not in all_sent(at.run())
        told = store.look(key.code, PHONES[0])[0]
        assert (told.votes, told.right, told.say, told.believed) == (None,) * 4
        if led(store, key).room.phase == "open":
            click(at, "close")
    assert text("ahead.why.discuss") in all_sent(second.run())
    click(second, "count", "answer")
    assert text("ahead.title") not in all_sent(second)


def test_all_questions_are_looked_back_at(
    open_app: OpenApp, store: Store, posed: Posed, wrong: int
) -> None:
    """Each as the class has seen it, with its twin; the room stays where it is."""
    at, key = opened(open_app)
    click(at, "results_menu")
    assert text("results.none") in shown(at)
    click(at, "live", "open")
    vote(store, key, posed.right, wrong, wrong)
    click(at, "close", "count", "results_menu")
    assert f"{'ABCD'[posed.right]} 1" in all_sent(at)
    assert not any(said in all_sent(at) for said in (f"{1 / 3:.0%}", "✓"))
    click(at, "live", "again")
    vote(store, key, posed.right, posed.right, wrong)
    click(at, "close", "count", "answer", "twin", "open")
    vote(store, key, 0)
    click(at, "close", "count", "answer", "next", "open")
    now = led(store, key).room
    click(at, "results_menu")
    for said in (f"{1 / 3:.0%}", f"{2 / 3:.0%}", "<td>0.50</td>", f"✓{'ABCD'[posed.right]} 2"):
        assert said in all_sent(at)
    at.segmented_control(key="room_result").set_value(1).run()
    sound(at)
    twin = pose(LESSON, 1, 1)
    for said in (inline(posed.prompt), inline(posed.say), inline(twin.prompt), inline(twin.say)):
        assert said in all_sent(at)
    assert text("room.votes_1", count=2) in all_sent(at)
    assert text("room.votes_2", count=2) in all_sent(at)
    assert at.segmented_control(key="room_result").options == [
        text("results.summary"),
        text("results.asked", number=1),
    ]
    assert led(store, key).room == now
    click(with_key(open_app, ".".join(key)), "close")  # on another device
    assert moves(at.run()) == {"count", "again", "reopen"}


def test_the_results_are_offered_at_the_end_of_a_lesson(open_app: OpenApp, store: Store) -> None:
    own = "What?\n- one\n* two\n\nWhich?\n- LSTM\n- GRU"
    at, key = opened(open_app, lesson="own", own=own)
    click(at, "open")
    vote(store, key, 0)
    click(at, "close", "count", "answer")
    assert not any(each.key == "room_results_end" for each in at.button)
    click(at, "next", "open", "close", "count", "results_end")
    assert inline("Which?") in all_sent(at)
    rows = table(key, summary_csv)
    assert [(row["text"], row["count"]) for row in rows] == [
        *(("one", "1"), ("two", "0"), ("LSTM", "0"), ("GRU", "0"))
    ]


def test_the_door_is_closed_and_opened(open_app: OpenApp, store: Store) -> None:
    at, key = opened(open_app)
    second = with_key(open_app, ".".join(key), leader="true")
    for phone in PHONES[:3]:
        store.look(key.code, phone, address="203.0.113.7")
    store.look(key.code, PHONES[3], address="198.51.100.1")
    click(at, "door")
    assert not led(store, key).door
    second.run()
    together = text("room.together", together=3, joined=4)
    for page in (at, second):
        assert text("room.door_closed") in all_sent(page)
        assert together in all_sent(page)
    click(second, "door")
    assert led(store, key).door
    at.run()
    assert text("room.door_closed") not in all_sent(at)


def test_nothing_is_said_of_addresses_where_each_phone_has_its_own(
    open_app: OpenApp, store: Store
) -> None:
    at, key = opened(open_app)
    for number, phone in enumerate(PHONES):
        store.look(key.code, phone, address=f"198.51.100.{number}")
    at.run()
    assert text("room.together", together=1, joined=4) not in all_sent(at)


def test_a_room_is_deleted_once_that_was_confirmed(
    open_app: OpenApp, store: Store, posed: Posed, wrong: int
) -> None:
    at, key = opened(open_app)
    click(at, "open")
    vote(store, key, posed.right, wrong)
    click(at, "delete")
    asked = text("room.delete_votes", code=key.code, count=2)
    assert asked in shown(at)
    click(at, "delete_no")
    assert asked not in shown(at)
    click(at, "delete")
    at.session_state["room_more"] = False  # the box is closed
    at.run()
    at.session_state["room_more"] = True
    at.run()
    assert asked not in shown(at)
    assert led(store, key).voted == 2
    delete(at)
    assert store.lead(key) is None


@pytest.mark.parametrize(
    ("right_ones", "wrong_ones", "discuss"),
    [(0, 0, False), (4, 0, False), (0, 4, False), (1, 1, True)],
)
def test_a_discussion_is_suggested_where_it_helps(
    open_app: OpenApp,
    store: Store,
    posed: Posed,
    wrong: int,
    right_ones: int,
    wrong_ones: int,
    discuss: bool,
) -> None:
    at, key = opened(open_app)
    click(at, "open")
    vote(store, key, *[posed.right] * right_ones, *[wrong] * wrong_ones)
    click(at, "close")
    assert (text("room.discuss") in all_sent(at)) == discuss
    assert highlighted(at) == ["again" if discuss else "count"]
    assert keys(at) == {move: KEY[move] for move in ("again", "count", "reopen")}
    click(at, "count")
    assert (text("room.discuss") in all_sent(at)) == discuss
    assert highlighted(at) == ["again" if discuss else "answer"]
    assert keys(at) == {move: KEY[move] for move in ("again", "answer")}


def test_one_address_cannot_open_all_rooms(
    open_app: OpenApp, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though all teachers of a school open theirs in one minute."""
    assert 30 < new_room.OPEN_BURST < MOST_ROOMS / 5
    monkeypatch.setattr(new_room, "OPEN_RATE", 1e-6)
    monkeypatch.setattr(new_room, "OPEN_BURST", 2)
    for host in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        monkeypatch.setattr(new_room, "neighbourhood", lambda _, host=host: host)
        opened(open_app)
    monkeypatch.setattr(new_room, "neighbourhood", lambda _: "10.0.0.1")
    at = open_app("room")
    at.button("room_open").click().run()
    assert at.error[0].value == text("room.too_many")
    assert "room_key" not in at.session_state


def test_what_is_sent_tells_nothing_before_its_time(
    open_app: OpenApp, store: Store, posed: Posed, wrong: int
) -> None:
    at, key = opened(open_app)
    sent = [all_sent(at)]
    for move in ("open", "close", "count", "again", "close", "count"):
        if led(store, key).room.phase == "open":
            vote(store, key, posed.right, wrong, wrong)
        click(at, move)
        sent.append(all_sent(at))
        counted = led(store, key).room.phase == "counted"
        assert ("rnn-votes" in sent[-1]) == counted
    for seen in sent:
        assert posed.say not in seen
        assert inline(posed.say) not in seen
        assert text("phones.right") not in seen
        assert not any(posed.believed(i) in seen for i in range(4) if i != posed.right)


def test_the_secret_is_not_in_the_address(open_app: OpenApp, store: Store) -> None:
    at, key = opened(open_app)
    assert address(at) == {}
    second = with_key(open_app, ".".join(key))
    sound(second)
    assert address(second) == {}
    assert moves(second) == {"open", "next"}
    click(second, "open")
    click(at, "open")  # on a page that has not followed yet
    assert led(store, key).room.phase == "open"
    assert moves(at) == {"close"}


@pytest.mark.parametrize("wrong", ["", "BCDF", "BCDF.secret", "<b>.x", "." * 50])
def test_a_key_of_no_room_leads_to_none(open_app: OpenApp, wrong: str) -> None:
    at = with_key(open_app, wrong)
    assert not at.exception
    assert at.button("room_open")
    assert address(at) == {}


def test_a_deleted_room_is_gone_everywhere(open_app: OpenApp, store: Store) -> None:
    at, key = opened(open_app)
    second = with_key(open_app, ".".join(key))
    delete(at)
    assert store.lead(key) is None
    assert at.button("room_open")
    second.run()
    assert second.warning[0].value == text("room.gone")
    assert second.button("room_open")


def test_a_link_with_another_lesson_does_not_end_a_room(open_app: OpenApp, store: Store) -> None:
    key = store.open(Room("calls"), new_room.ballots(pose("calls", 1)))
    at = open_app("room", lesson="states")
    at.session_state["room_key"] = ".".join(key)
    at.session_state["room_more"] = True
    at.run()
    sound(at)
    said = text("room.other", this=title("calls"), other=title("states"))
    assert said in [caption.value for caption in at.caption]
    delete(at)
    assert at.selectbox(key="lesson").value == "states"


def test_all_votes_are_in_the_table(
    open_app: OpenApp, store: Store, posed: Posed, wrong: int
) -> None:
    at, key = opened(open_app)
    click(at, "open")
    vote(store, key, posed.right, wrong)
    click(at, "close", "count", "again")
    vote(store, key, posed.right, posed.right)
    assert rights(key) == [""] * 4  # not before the answer was shown
    click(at, "close", "count")
    assert rights(key) == [""] * 4
    click(at, "answer")
    assert rights(key) == ["True", "False", "True", "True"]
    rows = table(key)
    assert [row["round"] for row in rows] == ["1", "1", "2", "2"]
    assert rows[1]["text"] == posed.said(wrong).replace("`", "")
    assert {row["prompt"] for row in rows} == {posed.prompt.replace("`", "")}
    assert not any(phone in str(rows) for phone in PHONES)
    click(at, "next", "previous", "open")
    vote(store, key, wrong)
    assert rights(key) == [""] * 5  # as it is asked again
    *first, last = table(key)
    assert [row["asked"] for row in (*first, last)] == ["1"] * 4 + ["3"]
    assert [last[name] for name in ("question", "twin", "round")] == ["1", "0", "1"]
    click(at, "close", "count", "answer", "next")
    assert rights(key) == ["True", "False", "True", "True", "False"]


def test_a_download_is_in_the_language_of_the_page(
    open_app: OpenApp, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though Streamlit asks for it in a thread that knows of no visitor, as this one."""
    files = {}
    monkeypatch.setattr(st, "download_button", lambda label, data, *_, **__: files.update(it=data))
    for name in ("votes_csv", "summary_csv"):
        monkeypatch.setattr(room_files, name, lambda *_: text("app.menu"))
    with speaking("ko"):  # as AppTest asks for a list's labels in this thread
        at, _ = opened(open_app, lang="ko")
        sound(at)
        korean = text("app.menu")
    assert files["it"]().decode("utf-8-sig") == korean != text("app.menu")


@pytest.fixture
def on_disk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    """A store in the folder `rooms` of the test's own."""
    made = Store(connect(str(tmp_path / "rooms")))
    keep_in(made, monkeypatch)
    return made


def failed(at: AppTest) -> str:
    """What the page says of a failure, above all that it has to press."""
    assert not at.exception
    (error,) = at.error
    kinds = [each.type for each in at.main]
    assert "button" not in kinds[: kinds.index("error")]
    return error.value


def test_a_table_of_votes_that_cannot_be_made_says_why(on_disk: Store, tmp_path: Path) -> None:
    key = on_disk.open(Room(LESSON), new_room.ballots(pose(LESSON, 1)))
    on_disk.move(key, Room(LESSON), Room(LESSON, phase="open"), None)
    vote(on_disk, key, 0)
    with outages.taken_away(tmp_path / "rooms", on_disk):
        assert room_files.votes_file(key).decode("utf-8-sig") == text("room.failed.file")
    until(lambda: room_files.votes_file(key).startswith(b"\xef\xbb\xbfphone,"))
    on_disk.delete(key)
    assert room_files.votes_file(key).decode("utf-8-sig") == text("room.gone")


def test_where_rooms_cannot_be_kept_it_says_so(
    open_app: OpenApp, on_disk: Store, tmp_path: Path
) -> None:
    at = open_app("room")
    (tmp_path / "rooms").touch()
    at.button("room_open").click().run()
    assert text("room.failed.file") in failed(at)
    (tmp_path / "rooms").unlink()
    until(lambda: "next" in moves(at.button("room_open").click().run()))
    assert not at.error


def test_a_room_stays_in_sight_while_its_database_fails(
    open_app: OpenApp, on_disk: Store, tmp_path: Path, posed: Posed
) -> None:
    """Also when a button is pressed meanwhile; then all goes on by itself."""
    at, key = opened(open_app)
    click(at, "open")
    vote(on_disk, key, 0, 1)
    at.run()
    other = with_key(open_app, ".".join(key))
    fresh = open_app("room")
    with outages.taken_away(tmp_path / "rooms", on_disk):
        for page in (at.run(), button(at, "close").click().run()):
            assert text("room.failed.file") in failed(page)
            assert text("room.failed.shown") in failed(page)
            assert inline(posed.prompt) in all_sent(page)
            assert text("room.here", here=2, voted=2) in all_sent(page)
            assert moves(page) == {"close"}
        fresh.session_state["room_key"] = ".".join(key)
        assert text("room.failed.waits") in failed(fresh.run())
        assert not moves(fresh)
    for page in (at, other, fresh):
        until(lambda page=page: not page.run().error)
        sound(page)
        assert moves(page) == {"close"}
    click(at, "close")
    assert led(on_disk, key).room.phase == "closed"


def test_a_room_on_postgresql_names_it(
    open_app: OpenApp, postgresql_server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Store(connect(postgresql_server.new_database()))
    keep_in(made, monkeypatch)
    at, _ = opened(open_app)
    postgresql_server.stop()
    assert text("room.failed.database") in failed(at.run())
    assert moves(at) == {"open", "next"}
    postgresql_server.start()
    until(lambda: not at.run().error)
    click(at, "open")


def test_a_room_is_led_without_keras(
    open_app: OpenApp, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restart, while TensorFlow is loading: but for another question, which Keras has
    to answer first."""
    strips = next(
        (lesson, number)
        for lesson in LESSONS
        for number in range(1, 6)
        if any(each is not None for each in pose(lesson, number).strips)
    )
    with_strips, plain = pose(*strips), pose(LESSON, 1)
    keys = [
        store.open(Room(each.lesson, each.number), new_room.ballots(each))
        for each in (with_strips, plain)
    ]
    monkeypatch.setattr(posed_panel, "pose", raising(EngineError("no Keras")))
    for key, asked in zip(keys, (with_strips, plain), strict=True):
        at = with_key(open_app, ".".join(key))
        assert asked_html(asked, "").partition("</small>")[2] in all_sent(at)
        click(at, "open")
        vote(store, key, 0, 1)
        click(at, "close", "count", "answer")
        assert inline(asked.say) in all_sent(at)
        button(at, "twin").click().run()
        assert text("errors.engine") in at.error[0].value
        assert inline(asked.prompt) in all_sent(at)


def test_a_room_with_a_lesson_of_ones_own(open_app: OpenApp, store: Store) -> None:
    own = "What?\n/learn\n- *one*\n* <b>two</b>\n\nWhich?\n- LSTM\n- GRU"
    at, key = opened(open_app, lesson="own", own=own)
    assert address(at) == {}  # which the class may read
    assert own.splitlines()[3] not in all_sent(at)
    assert led(store, key).room == Room(own)
    assert led(store, key).ballot.right == 1
    click(at, "open")
    vote(store, key, 0, 1)
    click(at, "close", "count", "answer")
    said = "".join(html(at))
    assert "&lt;b&gt;two&lt;/b&gt;" in said
    assert said.count(text("phones.right")) == 1
    assert moves(at) == {"next"}
    click(at, "next", "back", "next", "open")
    vote(store, key, 1, 1)
    click(at, "close", "count")
    assert text("phones.right") not in "".join(html(at))
    assert moves(at) == {"again"}  # it is a poll: no option is right
    rows = table(key)
    assert [row["text"] for row in rows] == ["*one*", "<b>two</b>", "GRU", "GRU"]
    assert rights(key) == ["False", "True", "", ""]
    delete(at)
    assert address(at) == {"lesson": "own", "own": own}
    at.button("room_open").click().run()
    code, secret = at.session_state["room_key"].split(".")
    assert led(store, Key(code, secret)).room == Room(own)


def test_the_form_has_the_lesson_of_a_room_that_is_deleted_after_a_reload(
    open_app: OpenApp, store: Store
) -> None:
    own = "What?\n- one\n* two"
    _, key = opened(open_app, lesson="own", own=own)
    at = with_key(open_app, ".".join(key))
    assert address(at) == {}
    delete(at)
    assert address(at) == {"lesson": "own", "own": own}
    assert at.selectbox(key="lesson").value == "own"


def test_a_poll_goes_on_without_an_answer(open_app: OpenApp, store: Store) -> None:
    own = "Which?\n/learn\n- LSTM\n- GRU\n\nAnd why?\n- a\n- b"
    at, key = opened(open_app, lesson="own", own=own)
    click(at, "open")
    vote(store, key, 0, 0)
    click(at, "close", "count")
    assert (moves(at), highlighted(at)) == ({"again", "next"}, ["next"])
    assert at.get("link_button")  # the page on which it is seen
    click(at, "next")
    assert led(store, key).room.number == 2


def test_a_class_is_led_from_question_to_question(open_app: OpenApp, store: Store) -> None:
    """Each with both votes; then the table has all of them."""
    at, key = opened(open_app)
    for number in (1, 2):
        right = pose(LESSON, number).right
        wrong = (right + 1) % len(pose(LESSON, number).options)
        click(at, "open")
        vote(store, key, right, wrong, wrong)
        click(at, "close", "count", "again")
        vote(store, key, right, right, wrong)
        click(at, "close", "count", "answer")
        assert led(store, key).votes == {1: {right: 1, wrong: 2}, 2: {right: 2, wrong: 1}}
        assert moves(at) == {"twin", "next"}
        click(at, "next")
    rows = table(key)
    assert [row["right"] for row in rows].count("True") == 3 * 2
    assert len(rows) == 6 * 2


def test_no_option_is_computed_by_a_spreadsheet() -> None:
    assert results_file._inert('=HYPERLINK("//x")') == '\'=HYPERLINK("//x")'
    for begins in ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe66"):
        for before in ("", " ", "\t", "\r", "\n", "\u3000", "\ufeff", "\0\t"):
            said = f"{before}{begins}1+1"
            assert results_file._inert(said) == f"'{said}"
    for said in ("(1, 4)", "", " ", "1 = 1", "\t1", "\u2212"):
        assert results_file._inert(said) == said
