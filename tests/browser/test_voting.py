"""A leader who chooses more than a vote, with phones; and a room that its browser finds again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from components.backend.lessons import LESSONS
from components.backend.rooms.choices import Choices
from components.backend.rooms.database import connect
from components.backend.rooms.store import Key, Store
from components.texts import speaking, text
from tests.browser.dashboard import NARROW, NewPage
from tests.browser.driver import PROJECTOR, settle
from tests.browser.test_accessibility import broken_rules
from tests.browser.test_room import (
    LETTERS,
    expect_move,
    expect_said,
    option,
    press,
    right_and_wrong,
)

pytestmark = pytest.mark.whole

LESSON = next(iter(LESSONS))

# How often, at any change of the page, the form for a new room was in sight, as `window.formsSeen`.
COUNT_FORMS = """() => {
    window.formsSeen = 0
    new MutationObserver(() => {
        const form = document.querySelector(".st-key-room_open")
        if (form?.getClientRects().length) window.formsSeen += 1
    }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
}"""


@pytest.fixture
def store(rooms: Path) -> Store:
    return Store(connect(str(rooms)))


def open_room(teacher: Page) -> Key:
    teacher.get_by_role("button", name=text("room.open")).click()
    expect_move(teacher, "open")
    settle(teacher)
    return Key(*teacher.evaluate("sessionStorage.rnn_lens_room").split("."))


def choose_all(teacher: Page) -> None:
    """All that a leader can choose for the votes, in their box."""
    box = teacher.get_by_role("button", name=text("room.choices.title"))
    box.click()
    for name in ("sure", "pairs"):
        switch = teacher.get_by_role("switch", name=text(f"room.choices.{name}"))
        switch.press(" ")
        expect(switch).to_be_checked()
        settle(teacher)
    teacher.get_by_role("radio", name=text("room.choices.count", seconds=90)).click()
    settle(teacher)
    teacher.keyboard.press("Escape")


def say(phone: Page, number: int, sure: str) -> None:
    """Vote, and say how sure one is."""
    option(phone, number).click()
    phone.get_by_role("button", name=text(f"phones.sure.{sure}"), exact=True).click()
    expect_said(phone, text(f"phones.sure.said_{sure}", mine=LETTERS[number]))


def test_people_who_disagree_find_each_other(new_page: NewPage, store: Store) -> None:
    teacher = new_page(viewport=PROJECTOR)
    teacher.goto(f"/room?lesson={LESSON}")
    key = open_room(teacher)
    right, wrong = right_and_wrong(store, teacher)
    choose_all(teacher)
    assert store.lead(key).choices == Choices(sure=True, pairs=True, seconds=90)

    first = new_page(viewport=NARROW)
    second = new_page(viewport=NARROW, color_scheme="dark")
    for phone, lang in ((first, "en"), (second, "ko")):
        phone.goto(f"/join/{key.code}?lang={lang}")
    press(teacher, "Space")
    expect_said(first, text("phones.said.open"))
    counting = re.compile(text("phones.left").replace("#", r"\d\d"))
    for page in (first, teacher):
        expect(page.get_by_role("timer")).to_have_text(counting)
    say(first, wrong, "yes")
    with speaking("ko"):
        expect_said(second, text("phones.said.open"))
        say(second, right, "no")
    for phone in (first, second):
        assert broken_rules(phone) == []
    first.reload()
    chosen = first.get_by_role("button", name=text("phones.sure.yes"), exact=True)
    expect(chosen).to_have_attribute("aria-pressed", "true")

    expect_move(teacher, "close")
    press(teacher, "Space")
    closed = text("phones.mine.closed", mine=LETTERS[wrong])
    expect_said(first, f"{closed} {text('phones.pairs.other')}")
    for page in (first, teacher):
        expect(page.get_by_role("timer").filter(has_text=counting)).to_have_count(0)
    with speaking("ko"):
        closed = text("phones.mine.closed", mine=LETTERS[right])
        expect_said(second, f"{closed} {text('phones.pairs.other')}")
        korean = second.locator(".pair").inner_text()
        assert korean == f"{text('phones.colours.red')} {text('phones.shapes.circle')}"
    english = first.locator(".pair").inner_text()
    assert english == f"{text('phones.colours.red')} {text('phones.shapes.circle')}"
    drawn = "pair => pair.querySelector('path').outerHTML"
    assert len({phone.locator(".pair").evaluate(drawn) for phone in (first, second)}) == 1
    for phone in (first, second):
        assert broken_rules(phone) == []
    expect(teacher.get_by_text(text("room.choices.find"))).to_be_visible()
    late = new_page(viewport=NARROW)
    late.goto(f"/join/{key.code}")
    expect_said(late, f"{text('phones.said.closed')} {text('phones.pairs.none')}")

    expect_move(teacher, "count")
    press(teacher, "s")
    said = text("room.sure.wrong", first=1)
    expect_move(teacher, "answer")
    expect(teacher.get_by_text(said)).to_have_count(0)
    press(teacher, "a")
    for page in (teacher, late):
        expect(page.get_by_text(said)).to_be_visible()


def test_a_room_is_found_again_by_its_browser(new_page: NewPage, store: Store) -> None:
    teacher = new_page(fresh=True, viewport=PROJECTOR)
    teacher.goto("/room")
    gone = open_room(teacher)
    leave = text("room.leave")
    more = teacher.get_by_role("button", name=text("room.more"))
    more.click()
    teacher.get_by_role("button", name=leave).click()
    key = open_room(teacher)
    expect(teacher.get_by_role("button", name=text("room.close_door"))).to_be_visible()

    teacher.add_init_script(f"({COUNT_FORMS})()")
    teacher.reload()  # nothing of a form before the room
    expect_move(teacher, "open")
    settle(teacher)
    assert teacher.evaluate("formsSeen") == 0

    press(teacher, "Space")
    for pressed, move in (("Space", "close"), ("s", "count"), ("a", "answer")):
        expect_move(teacher, move)
        press(teacher, pressed)
    expect_move(teacher, "twin")
    press(teacher, "e")
    teacher.wait_for_url(lambda address: "/room" not in address)
    back = teacher.get_by_role("link", name=text("room.back"))
    expect(back).to_be_visible()
    settle(teacher)
    teacher.keyboard.press("b")
    expect_move(teacher, "twin")
    settle(teacher)
    assert teacher.evaluate("formsSeen") == 0
    expect(back).to_have_count(0)

    store.delete(gone)
    more.click()
    teacher.get_by_role("button", name=leave).click()
    lead = teacher.get_by_role("button", name=text("room.kept.lead", code=key.code))
    expect(lead).to_be_visible()
    assert teacher.evaluate("formsSeen") > 0
    lost = teacher.get_by_role("button", name=text("room.kept.lead", code=gone.code))
    expect(lost).to_have_count(0)
    kept = f"localStorage.rnn_lens_rooms === '[\"{'.'.join(key)}\"]'"
    teacher.wait_for_function(kept)
    assert broken_rules(teacher) == []
    lead.click()
    expect_move(teacher, "twin")
    more.click()
    teacher.get_by_role("button", name=leave).click()
    teacher.get_by_role("button", name=text("room.kept.forget")).click()
    expect(lead).to_have_count(0)
    teacher.wait_for_function("!localStorage.rnn_lens_rooms")
    assert store.has(key.code)
