"""A teacher and phones in a room, on a real server."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Page, expect

from components.backend.lessons import LESSONS, pose
from components.backend.rooms.database import connect
from components.backend.rooms.room import Ballot, Room, moves
from components.backend.rooms.store import Key, Store
from components.panels.teaching.posed import see
from components.texts import LANGUAGES, speaking, text
from dashboard.phones import NEW_BURST, NEW_RATE
from tests import outages
from tests.browser.conftest import CLASSROOM, Watch
from tests.browser.dashboard import FADE, NARROW, NewPage, press_in_hangul, wait_for_moves, wear
from tests.browser.driver import (
    PROJECTOR,
    ROOT,
    serve,
    settle,
)
from tests.browser.test_accessibility import SIDEWAYS, broken_rules

LESSON = next(iter(LESSONS))
BALLOT = Ballot("Which?", ("one", "two"), 1, "SAID", ("BELIEVED", ""))
BALLOTS = dict.fromkeys(LANGUAGES, BALLOT)
SMALL_PHONE = {"width": 320, "height": 568}
LETTERS = "ABCD"
MOVES = text("room.moves")

# Threads use no client together: its pool may close a connection that one of them is about to use.
# To read the certificates would take a client longer than its request.
ALONE = {"verify": False, "timeout": 60}
Open = Callable[..., Page]


@pytest.fixture
def open_on(new_page: NewPage) -> Open:
    """Opens an address on a device of its own."""

    def open_(address: str, **options) -> Page:
        page = new_page(**options)
        page.goto(address)
        return page

    return open_


def option(phone: Page, number: int):
    return phone.locator(f"main button[value='{number}']")


def choose(phone: Page, number: int) -> None:
    option(phone, number).click()
    expect_said(phone, text("phones.mine.open", mine=LETTERS[number]))


def expect_said(phone: Page, sentence: str) -> None:
    expect(phone.get_by_role("status")).to_have_text(sentence)


def expect_move(teacher: Page, move: str) -> None:
    expect(teacher.get_by_role("button", name=MOVES[move])).to_be_visible()


def press(teacher: Page, key: str) -> None:
    """Press a key once the page is still, and the moves can be pressed."""
    wait_for_moves(teacher)
    teacher.keyboard.press(key)


def expect_next_move_in_sight(teacher: Page) -> None:
    """However long the question is with both votes and its answer, as large as it is presented."""
    teacher.set_viewport_size({"width": 1280, "height": 480})
    settle(teacher)
    assert teacher.evaluate(
        "(box => box.scrollHeight > box.clientHeight)(document.querySelector('.stMain'))"
    )
    expect(teacher.get_by_role("button", name=MOVES["twin"])).to_be_in_viewport(ratio=1)
    teacher.set_viewport_size(PROJECTOR)


# Clicks a link that does not open; where it leads then.
CLICKED = """link => {
    link.addEventListener("click", (event) => event.preventDefault(), { once: true })
    link.click()
    return link.href
}"""


def expect_answers_page_presented_too(teacher: Page) -> None:
    link = teacher.get_by_role("link", name=see(pose(LESSON, 1)))
    assert link.evaluate(CLICKED).endswith("#present=true")


def expect_here(teacher: Page, here: int, voted: int) -> None:
    expect(teacher.get_by_text(text("room.here", here=here, voted=voted))).to_be_visible()


@pytest.mark.whole
def test_each_phone_has_the_question_in_its_language(open_on: Open, store: Store) -> None:
    asked = {"en": BALLOT, "ko": replace(BALLOT, prompt="무엇일까요?")}
    room = Room("any")
    key = store.open(room, asked)
    store.move(key, room, moves(room, 1)["open"], asked)
    first = open_on(f"/join/{key.code}")
    second = open_on(f"/join/{key.code}?lang=ko")
    for phone, language in ((first, "en"), (second, "ko")):
        expect(phone.get_by_role("heading")).to_have_text(asked[language].prompt)
    choose(first, 1)
    first.get_by_role("link", name=LANGUAGES["ko"]).click()
    expect(first.get_by_role("heading")).to_have_text(asked["ko"].prompt)
    expect(option(first, 1)).to_have_attribute("aria-pressed", "true")
    with speaking("ko"):
        expect_said(first, text("phones.mine.open", mine="B"))
        choose(second, 0)
    assert store.lead(key).voted == 2


@pytest.mark.whole
def test_a_lesson_is_done_again_at_home(open_on: Open, store: Store) -> None:
    """Its link is offered with the last answer, and leads to questions with other settings."""
    key = store.open(Room(LESSON), BALLOTS)
    last = Room(LESSON, number=len(LESSONS[LESSON]), phase="answered")
    store.move(key, Room(LESSON), last, BALLOTS)
    teacher = open_on(f"/room#room_key={'.'.join(key)}", viewport=PROJECTOR)
    expect(teacher.get_by_role("button", name=text("room.at_home"))).to_be_visible()
    phone = open_on(f"/join/{key.code}", viewport=NARROW)
    phone.get_by_role("link", name=text("phones.at_home")).click()
    count = len(LESSONS[LESSON])
    expect(phone.get_by_text(text("lessons.again", number=1, count=count))).to_be_visible()
    settle(phone)
    assert broken_rules(phone) == []


def right_and_wrong(store: Store, teacher: Page) -> tuple[int, int]:
    """The right option of the question that this teacher's room asks, and a wrong one."""
    ballot = store.lead(Key(*teacher.evaluate("sessionStorage.rnn_lens_room").split("."))).ballot
    return ballot.right, (ballot.right + 1) % len(ballot.options)


def test_a_class_goes_through_a_question(open_on: Open, watch: Watch, store: Store) -> None:
    """Both votes, while phones reload, lose the network, come late, and change their minds."""
    teacher = open_on(f"/room?lesson={LESSON}", viewport=PROJECTOR)
    teacher.get_by_role("button", name=text("room.open")).click()
    expect_move(teacher, "open")
    settle(teacher)
    size = "parseFloat(getComputedStyle(document.documentElement).fontSize)"
    assert teacher.evaluate(size) >= 20  # without Present, too
    right, wrong = right_and_wrong(store, teacher)
    code = teacher.locator(".rnn-code").inner_text()
    first = open_on("/join", viewport=SMALL_PHONE)
    first.get_by_role("textbox").fill(code.lower())
    first.keyboard.press("Enter")
    expect_said(first, text("phones.said.waiting"))
    second = open_on(f"/join/{code}", color_scheme="dark")
    expect_said(second, text("phones.said.waiting"))
    expect_here(teacher, 2, 0)

    press(teacher, "Space")
    expect_said(first, text("phones.said.open"))
    choose(first, wrong)
    choose(first, right)
    first.reload()
    expect_said(first, text("phones.mine.open", mine=LETTERS[right]))
    expect(option(first, right)).to_have_attribute("aria-pressed", "true")
    late = open_on(f"/join/{code}")
    choose(late, wrong)
    expect(option(second, right)).to_be_enabled()
    option(second, right).focus()  # by the keyboard alone
    second.keyboard.press("Space")
    expect_said(second, text("phones.mine.open", mine=LETTERS[right]))
    expect_here(teacher, 3, 3)

    second.context.set_offline(True)
    teacher.reload()
    expect_move(teacher, "close")
    press(teacher, "Space")
    expect_move(teacher, "count")
    expect(option(first, right)).to_be_disabled()
    closed = text("phones.mine.closed", mine=LETTERS[right])
    expect_said(first, f"{closed} {text('phones.discuss')}")
    press(teacher, "s")  # Enter would have them discuss it before they see the votes
    expect(first.get_by_text(text("phones.votes", first=2))).to_be_visible()
    expect(teacher.get_by_text(text("room.votes_1", count=2))).to_be_visible()
    expect(teacher.get_by_text(text("room.discuss"))).to_be_visible()
    expect_move(teacher, "again")
    press(teacher, "Enter")
    expect_move(teacher, "close")
    second.context.set_offline(False)  # the phone asks at once, not when its next turn comes
    expect_said(second, text("phones.said.again"))
    for phone in (first, second, late):
        choose(phone, right)

    press(teacher, "Space")
    expect_move(teacher, "count")
    press(teacher, "Enter")
    expect(teacher.get_by_text(text("room.votes_2", count=3))).to_be_visible()
    expect(teacher.get_by_text(text("room.votes_1", count=2))).to_be_visible()
    expect_move(teacher, "answer")
    press(teacher, "f")
    press(teacher, "Enter")
    expect(teacher.locator(".rnn-room .rnn-right")).to_have_count(1)
    expect_move(teacher, "twin")
    expect_next_move_in_sight(teacher)
    expect_answers_page_presented_too(teacher)
    press(teacher, "f")
    expect_said(late, text("phones.mine.right", mine=LETTERS[right]))
    expect(late.get_by_text(text("phones.first"))).to_be_visible()
    for phone in (first, second):  # a small one, and a dark one
        assert broken_rules(phone) == []
        assert phone.evaluate("innerWidth >= document.documentElement.scrollWidth")
    for look in (("light", PROJECTOR), ("dark", NARROW)):
        wear(teacher, look)
        assert broken_rules(teacher) == [], look
        assert teacher.evaluate(SIDEWAYS) == [], look

    press(teacher, "Enter")  # the twin
    expect_move(teacher, "open")
    expect_said(first, text("phones.said.waiting"))
    watch.console_errors.clear()  # of the phone that lost the network


# What a lesson's keys lead to: the number of its question, and its phase. A key stays what it is
# where its button is highlighted: that Enter presses, too.
LED = [
    ("Space", (1, "open")),
    ("Enter", (1, "closed")),
    ("s", (1, "counted")),
    ("a", (1, "answered")),
    ("n", (2, "waiting")),
    ("p", (1, "waiting")),
    ("Space", (1, "open")),
    ("Space", (1, "closed")),
    ("v", (1, "open")),
    ("Enter", (1, "closed")),
    ("Enter", (1, "counted")),
    ("Enter", (1, "answered")),
]


@pytest.mark.whole
def test_a_lesson_is_led_in_hangul_mode_and_nothing_is_jumped_over(
    open_on: Open, store: Store
) -> None:
    """Each key is pressed again at once, again as soon as something else is shown, and held."""
    teacher = open_on("/room", viewport=PROJECTOR)
    teacher.get_by_role("button", name=text("room.open")).click()
    expect_move(teacher, "open")
    settle(teacher)
    key = Key(*teacher.evaluate("sessionStorage.rnn_lens_room").split("."))

    def state() -> tuple[int, str]:
        room = store.lead(key).room
        return room.number, room.phase

    for pressed, then in LED:
        wait_for_moves(teacher)
        press_in_hangul(teacher, pressed)
        press_in_hangul(teacher, pressed)
        teacher.wait_for_function(FADE, arg=True)
        press_in_hangul(teacher, pressed)
        wait_for_moves(teacher)
        press_in_hangul(teacher, pressed, autoRepeat=True)
        settle(teacher)
        assert state() == then, pressed
    teacher.get_by_role("button", name=MOVES["next"]).dblclick()
    teacher.wait_for_function(FADE, arg=True)
    wait_for_moves(teacher)
    assert state() == (2, "waiting")


@pytest.mark.whole
def test_a_second_device_leads_too_and_the_secret_is_not_seen(
    open_on: Open, store: Store, watch: Watch
) -> None:
    own = "Which?\n- one\n* two"
    teacher = open_on(f"/room?{urlencode({'lesson': 'own', 'own': own})}")
    teacher.get_by_role("button", name=text("room.open")).wait_for()
    entries = teacher.evaluate("history.length")
    teacher.get_by_role("button", name=text("room.open")).click()
    expect_move(teacher, "open")
    expect(teacher).to_have_url(
        re.compile("/room$")
    )  # which the class may read, as what Back shows
    assert teacher.evaluate("history.length") == entries
    more = teacher.get_by_role("button", name=text("room.more"))
    more.click()
    link = teacher.locator("[data-copies*=room_key]").get_attribute("data-copies")
    linked = urlsplit(link)
    code, secret = linked.fragment.removeprefix("room_key=").split(".")
    # The server adds the language to its address.
    second = open_on(f"/room?{linked.query}#{linked.fragment}", locale="ko-KR")
    with speaking("ko"):
        opens, closes = text("room.moves.open"), text("room.moves.close")
        advice = text("room.advice.go_on", right=1, count=1)
    expect(second.get_by_role("button", name=opens)).to_be_visible(timeout=60_000)
    expect(second).to_have_url(re.compile("leader=true"))
    for page in (teacher, second):
        assert secret not in page.url
        assert secret not in page.title()
    press(second, "Space")
    expect_move(teacher, "close")
    phone = open_on(f"/join/{code}")
    choose(phone, 1)
    second.reload()
    expect(second.get_by_role("button", name=closes)).to_be_visible()
    press(second, "Space")
    expect(second.get_by_text(advice)).to_be_visible()
    expect_move(teacher, "count")
    expect(teacher.get_by_text(text("room.advice.go_on", right=1, count=1))).to_have_count(0)
    if not teacher.get_by_role("button", name=text("room.delete")).is_visible():
        more.click()
    store.set_door(Key(code, secret), is_open=False)
    expect(teacher.get_by_role("button", name=text("room.open_door"))).to_be_visible()
    teacher.get_by_role("button", name=text("room.delete")).click()
    sure = teacher.get_by_text(text("room.delete_votes", code=code, count=1))
    expect(sure).to_be_visible()
    teacher.get_by_role("button", name=text("room.delete_yes")).press("Enter")
    with speaking("ko"):
        expect(second.get_by_text(text("room.gone"))).to_be_visible()
    expect_said(phone, text("phones.gone"))
    watch.console_errors.clear()
    expect(teacher.get_by_role("button", name=text("room.open"))).to_be_visible()
    teacher.reload()
    expect(teacher.get_by_role("button", name=text("room.open"))).to_be_visible()


@pytest.mark.whole
def test_a_phone_asks_no_more_for_a_room_that_is_gone(
    new_page: NewPage, store: Store, watch: Watch
) -> None:
    """It would count as one that tries codes."""
    key, phone = store.open(Room("any"), BALLOTS), new_page(fresh=True)
    phone.clock.install()
    phone.goto(f"/join/{key.code}")
    expect_said(phone, text("phones.said.waiting"))
    store.delete(key)
    phone.clock.run_for(5_000)
    expect_said(phone, text("phones.gone"))
    asked = list[str]()
    phone.on("request", lambda request: asked.append(request.url))
    phone.clock.run_for(60_000)
    with phone.expect_response("**/phone.js"):  # what was asked for before it is noted by then
        phone.evaluate("fetch('/join/phone.js')")
    assert not any(address.endswith("/state") for address in asked)
    watch.console_errors.clear()


@pytest.mark.whole
def test_the_box_for_a_class_shows_how_to_join(
    new_page: NewPage, server: str, watch: Watch
) -> None:
    """Where phones can reach the server, here by a name; not the page on which a room is opened."""
    teacher = new_page(fresh=True)
    teacher.goto(server.replace("127.0.0.1", CLASSROOM) + "/room")
    teacher.get_by_role("button", name=text("room.open")).click()
    code = teacher.locator(".rnn-code").inner_text()
    press(teacher, "q")
    shown = teacher.get_by_role("dialog", name=text("menu.teachers")).get_by_role("img")
    expect(shown).to_have_attribute("alt", re.compile(f"{CLASSROOM}.*/join/{code}$"))
    watch.foreign_requests.clear()


@pytest.mark.whole
def test_a_vote_is_sent_again_where_too_many_ask(open_on: Open, store: Store, watch: Watch) -> None:
    key = open_vote(store)
    phone = open_on(f"/join/{key.code}", fresh=True)
    expect_said(phone, text("phones.said.open"))
    phone.route("**/vote", lambda route: route.fulfill(status=429), times=1)
    option(phone, 1).click()
    expect_said(phone, text("phones.lost"))
    expect(option(phone, 1)).to_have_attribute("aria-pressed", "true")
    expect_said(phone, text("phones.mine.open", mine="B"))
    assert store.lead(key).votes == {1: {1: 1}}
    assert "429" in watch.console_errors.pop()


@pytest.mark.whole
def test_a_class_goes_on_once_its_votes_can_be_stored_again(
    open_on: Open, rooms: Path, watch: Watch
) -> None:
    """Another process writes into the file of the rooms and, for a while, comes to no end."""
    teacher = open_on(f"/room?lesson={LESSON}", viewport=PROJECTOR)
    teacher.get_by_role("button", name=text("room.open")).click()
    expect_move(teacher, "open")
    press(teacher, "Space")
    expect_move(teacher, "close")
    code = teacher.locator(".rnn-code").inner_text()
    phone = open_on(f"/join/{code}")
    expect_said(phone, text("phones.said.open"))
    with outages.locked(rooms):
        option(phone, 1).click()
        expect_said(phone, text("phones.unstored"))
        expect(option(phone, 1)).to_have_attribute("aria-pressed", "true")
        late = open_on(f"/join/{code}?lang=ko")
        with speaking("ko"):
            expect_said(late, text("phones.unread"))
        expect(teacher.get_by_text(text("room.failed.file"))).to_be_visible()
        expect(teacher.locator(".rnn-room")).to_be_visible()
    expect_said(phone, text("phones.mine.open", mine="B"))
    with speaking("ko"):
        expect_said(late, text("phones.said.open"))
    expect(teacher.get_by_text(text("room.failed.file"))).to_have_count(0)
    expect_here(teacher, 2, 1)
    press(teacher, "Space")
    expect_move(teacher, "count")
    assert any("507" in each for each in watch.console_errors)
    watch.console_errors.clear()


@pytest.mark.whole
def test_a_phone_that_slept_lands_on_the_question_that_is_asked_now(
    open_on: Open, store: Store
) -> None:
    """Its page is frozen in the middle of one question, and goes on in the next."""
    key = open_vote(store)
    phone = open_on(f"/join/{key.code}")
    choose(phone, 0)
    sleeps = phone.context.new_cdp_session(phone)
    sleeps.send("Page.setWebLifecycleState", {"state": "frozen"})
    for move in ("close", "count", "answer", "twin", "open"):
        room = store.lead(key).room
        store.move(key, room, moves(room, 1)[move], BALLOTS)
    sleeps.send("Page.setWebLifecycleState", {"state": "active"})
    expect_said(phone, text("phones.said.open"))
    choose(phone, 1)
    assert store.lead(key).votes == {1: {1: 1}}


@pytest.fixture
def store(rooms: Path) -> Store:
    return Store(connect(str(rooms)))


def open_vote(store: Store) -> Key:
    key = store.open(Room("any"), BALLOTS)
    store.move(key, Room("any"), moves(Room("any"), 1)["open"], BALLOTS)
    return key


def as_phone(number: int, **headers: str) -> dict[str, str]:
    return {"X-Phone": f"{number:032}"} | headers


def body(option: int) -> bytes:
    return json.dumps({"question": "1.1", "option": option}).encode()


@pytest.mark.whole
def test_all_votes_of_a_large_class_count_and_nothing_leaves_early(
    server: str, store: Store
) -> None:
    """Two hundred phones that vote within a moment, change it, and ask for the state."""
    key, got = open_vote(store), list[str]()
    at = f"{server}/join/{key.code}"

    def phone(number: int) -> None:
        for choice in (0, number % 2):
            answer = httpx.post(
                f"{at}/vote", content=body(choice), headers=as_phone(number), **ALONE
            )
            assert answer.status_code == 200
            got.append(answer.text)
        known = as_phone(number, **{"If-None-Match": answer.headers["ETag"]})
        assert httpx.get(f"{at}/state", headers=known, **ALONE).status_code == 304

    with ThreadPoolExecutor(50) as class_:
        list(class_.map(phone, range(200)))
    led = store.lead(key)
    assert led.votes == {1: {0: 100, 1: 100}}
    assert led.here == 200
    assert len(got) == 400
    assert not any(word in seen for seen in got for word in ("SAID", "BELIEVED", "right", "Votes"))


@pytest.mark.whole
def test_no_other_vote_counts(server: str, store: Store) -> None:
    """Over the whole server, with all that stands before the route."""
    key = open_vote(store)
    at = f"{server}/join/{key.code}"
    vote, phone = f"{at}/vote", as_phone(1)
    answer = httpx.post(vote, content=body(0), headers=phone | {"Origin": "http://other.test"})
    assert answer.status_code == 403
    assert httpx.post(vote, content=body(0)).status_code == 400
    assert httpx.post(vote, content=b" " * 10_000, headers=phone).status_code == 413
    assert httpx.post(vote, content=body(2), headers=phone).status_code == 409
    assert httpx.post(f"{server}/join/XXXX/vote", content=b"{}").status_code == 400
    for path in (at, f"{at}/state", f"{server}/join"):
        assert httpx.post(path, content=body(0), headers=phone).status_code == 405
    assert httpx.put(vote, content=body(0), headers=phone).status_code == 405
    assert store.lead(key).votes == {}


@pytest.mark.whole
def test_no_script_fills_a_room(server: str, store: Store) -> None:
    """It sends as many votes of made-up phones as it can."""
    key, start = open_vote(store), time.monotonic()
    at = f"{server}/join/{key.code}/vote"

    def send(number: int) -> httpx.Response:
        return httpx.post(at, content=body(0), headers=as_phone(number), **ALONE)

    with ThreadPoolExecutor(20) as script:
        sent = script.map(send, range(400))
        assert {answer.status_code for answer in sent} == {200, 429}
    voted = store.lead(key).voted
    assert NEW_BURST <= voted <= NEW_BURST + NEW_RATE * (time.monotonic() - start)


@pytest.mark.whole
def test_a_phone_loads_little_and_nothing_of_streamlits(server: str, store: Store) -> None:
    key = open_vote(store)
    page = httpx.get(f"{server}/join/{key.code}", headers={"Accept": "text/html"})
    assert page.headers["Content-Security-Policy"]
    assert "Link" not in page.headers
    assert "streamlit" not in page.text
    script = httpx.get(f"{server}/join/phone.js")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert len(page.content) + len(script.content) < 10_000


@pytest.mark.whole
def test_two_servers_share_a_database_of_postgresql(
    postgresql: Callable[[], str], no_tensorflow: dict[str, str]
) -> None:
    """As on two machines behind one address: each vote goes to one, and the other knows of it. One
    is killed while votes come in; phones that got no answer of it ask the other again."""
    database = postgresql()
    environment = no_tensorflow | {"RNN_LENS_DATA": database}
    with (
        suppress(RuntimeError),  # it says of the killed one that it has ended
        serve(ROOT / "dashboard", environment=environment) as one,
        serve(ROOT / "dashboard", environment=environment) as other,
        ThreadPoolExecutor(20) as class_,
    ):
        store = Store(connect(database))
        key = open_vote(store)

        def phone(number: int) -> None:
            here, there = (one, other) if number % 2 else (other, one)
            at, headers = f"/join/{key.code}", as_phone(number)
            sent = body(number % 2)
            vote = httpx.post(f"{here.url}{at}/vote", content=sent, headers=headers, **ALONE)
            assert vote.status_code == 200
            seen = httpx.get(f"{there.url}{at}/state", headers=headers, **ALONE)
            assert seen.text == vote.text

        def late(number: int) -> None:
            if number == 60:
                os.kill(one.pid, signal.SIGKILL)
            vote, headers = body(number % 2), as_phone(number)
            for server in (one, other):
                with suppress(httpx.TransportError):
                    at = f"{server.url}/join/{key.code}/vote"
                    answer = httpx.post(at, content=vote, headers=headers, **ALONE)
                    assert answer.status_code == 200
                    return
            raise AssertionError(number)

        list(class_.map(phone, range(40)))
        list(class_.map(late, range(40, 80)))
    assert store.lead(key).votes == {1: {0: 40, 1: 40}}
