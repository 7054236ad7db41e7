"""A lesson of five, led to its end with forty phones, and what its leader reads then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from components.backend.lessons import LESSONS, pose, questions
from components.backend.rooms.database import connect
from components.backend.rooms.room import moves
from components.backend.rooms.store import Key, Store
from components.panels.teaching.new_room import ballots
from components.texts import text
from tests.browser.dashboard import (
    NARROW,
    NewPage,
    crowded_in_charts,
    faint_in_charts,
    wait_for_moves,
    wear,
)
from tests.browser.driver import PROJECTOR, settle
from tests.browser.test_accessibility import SIDEWAYS, broken_rules
from tests.browser.test_print import pages
from tests.browser.test_room import ALONE, as_phone, press

pytestmark = pytest.mark.whole

LESSON = next(iter(LESSONS))
LAST = questions(LESSON)
PHONES = 40
RIGHT = {1: 10, 2: 25}  # phones that are right, by round: 25% and 62.5%


class Class:
    """Forty phones, and the room that they are in."""

    def __init__(self, server: str, store: Store, key: Key) -> None:
        self.at, self.store, self.key = f"{server}/join/{key.code}", store, key

    def vote(self, right_ones: int) -> None:
        """All phones vote: the first ones for what is right, the others for one wrong option."""
        room = self.store.lead(self.key).room
        posed = pose(LESSON, room.number, room.settings)
        wrong = (posed.right + 1) % len(posed.options)

        def phone(number: int) -> None:
            option = posed.right if number < right_ones else wrong
            sent = json.dumps({"question": room.question, "option": option})
            answer = httpx.post(f"{self.at}/vote", content=sent, headers=as_phone(number), **ALONE)
            assert answer.status_code == 200

        with ThreadPoolExecutor(10) as phones:
            list(phones.map(phone, range(PHONES)))

    def seen(self) -> str:
        return httpx.get(f"{self.at}/state", headers=as_phone(0), **ALONE).text

    def move(self, *names: str) -> None:
        for name in names:
            room = self.store.lead(self.key).room
            then = moves(room, LAST)[name]
            is_other = (then.number, then.seed) != (room.number, room.seed)
            asked = ballots(pose(LESSON, then.number, then.settings)) if is_other else None
            self.store.move(self.key, room, then, asked)

    def ask(self) -> None:
        self.move("open")
        self.vote(RIGHT[1])
        self.move("close", "count", "again")
        self.vote(RIGHT[2])
        self.move("close", "count", "answer")


def test_a_leader_reads_what_the_class_did_not_know_before(
    new_page: NewPage, server: str, rooms: Path
) -> None:
    teacher = new_page(fresh=True, viewport=PROJECTOR)
    teacher.goto(f"/room?lesson={LESSON}")
    teacher.get_by_role("button", name=text("room.open")).click()
    expect_move(teacher, "open")
    settle(teacher)
    key = Key(*teacher.evaluate("sessionStorage.rnn_lens_room").split("."))
    class_ = Class(server, Store(connect(str(rooms))), key)
    class_.ask()
    class_.move("twin", "open")
    class_.vote(PHONES)
    class_.move("close", "count", "answer", "next")
    for _ in range(2, LAST):
        class_.ask()
        class_.move("next")
    lead_by_keys(teacher, class_)

    left = class_.seen()
    wait_for_moves(teacher)
    teacher.get_by_role("button", name=text("results.button")).click()
    expect(teacher.locator("tbody tr")).to_have_count(LAST)
    teacher.locator(".rnn-plot").first.scroll_into_view_if_needed()
    expect(teacher.locator(".rnn-plot .main-svg").first).to_be_visible()
    read_summary(teacher, class_)
    assert_sound(teacher)
    assert pages(teacher) == 1
    read_files(teacher)
    teacher.get_by_role("radio", name=text("results.asked", number=1), exact=True).click()
    settle(teacher)
    for number in (RIGHT[1], RIGHT[2]):
        round_ = 1 if number == RIGHT[1] else 2
        expect(teacher.get_by_text(text(f"room.votes_{round_}", count=number))).to_be_visible()
    expect(teacher.locator(".rnn-room .rnn-right")).to_have_count(2)  # of the twin, too
    assert class_.seen() == left
    teacher.get_by_role("button", name=text("results.live")).click()
    expect_move(teacher, "twin")


def expect_move(teacher: Page, move: str) -> None:
    expect(teacher.get_by_role("button", name=text(f"room.moves.{move}"))).to_be_visible()


def lead_by_keys(teacher: Page, class_: Class) -> None:
    """The last question, with the keys that a presenter has."""
    expect_move(teacher, "open")
    for round_, begins in ((1, "Space"), (2, "v")):
        press(teacher, begins)
        expect_move(teacher, "close")
        class_.vote(RIGHT[round_])
        press(teacher, "Space")
        expect_move(teacher, "count")
        press(teacher, "s")
        expect_move(teacher, "answer")
    press(teacher, "a")
    expect_move(teacher, "twin")


def read_summary(teacher: Page, class_: Class) -> None:
    today = teacher.evaluate("new Date().toLocaleDateString('sv')")  # 2026-03-02
    held = text("results.held", code=class_.key.code, day=today, joined=PHONES).replace("*", "")
    expect(teacher.get_by_text(held)).to_be_visible()
    for number, row in enumerate(teacher.locator("tbody tr").all(), 1):
        first, second, gain, twin, present = row.locator("td").all_inner_texts()
        assert first.startswith("25%"), number
        assert second.startswith("63%"), number
        assert gain == "0.50"  # (62.5 - 25) / (100 - 25)
        assert twin == ("100%" if number == 1 else "–")
        assert present == f"{PHONES} / {PHONES}"
    flows = teacher.locator(".rnn-plot")
    assert flows.count() == LAST
    letters = "ABCD"
    for number, said in enumerate(labels(teacher), 1):
        room = replace(class_.store.lead(class_.key).room, number=number, seed=0)
        posed = pose(LESSON, number, room.settings)
        right = letters[posed.right]
        wrong = letters[(posed.right + 1) % len(posed.options)]
        for move in (
            text("results.kept", a=right, count=RIGHT[1]),
            text("results.kept", a=wrong, count=PHONES - RIGHT[2]),
            text("results.changed", a=wrong, b=right, count=RIGHT[2] - RIGHT[1]),
        ):
            assert move in said


def labels(teacher: Page) -> list[str]:
    """What a screen reader says of each picture."""
    return [each.get_attribute("aria-label") for each in teacher.locator(".rnn-plot").all()]


def assert_sound(teacher: Page) -> None:
    for look in (("dark", NARROW), ("light", PROJECTOR)):
        wear(teacher, look)
        assert teacher.evaluate(SIDEWAYS) == [], look
        assert broken_rules(teacher) == [], look
        assert faint_in_charts(teacher) == crowded_in_charts(teacher) == [], look


def read_files(teacher: Page) -> None:
    read = {kind: pd.read_csv(path) for kind, path in files(teacher).items()}
    first = read["votes"].query("twin == 0 and question == 1")
    assert first.groupby("round").right.sum().to_dict() == RIGHT
    assert first.phone.nunique() == PHONES
    counts = read["summary"].groupby(["asked", "round"])["count"]
    assert counts.sum().tolist() == [PHONES] * (2 * LAST + 1)
    assert (counts.size() > 2).all()  # also options that nobody chose


def files(teacher: Page) -> Mapping[str, Path]:
    found = {}
    for kind, label in (("votes", "room.download"), ("summary", "results.download")):
        with teacher.expect_download() as download:
            teacher.get_by_role("button", name=text(label)).click()
        found[kind] = download.value.path()
    return found
