"""Rooms: what can be done when, what may be told when, and that every vote counts once."""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import text as sql
from sqlalchemy.exc import DataError

from components.backend.rooms import database
from components.backend.rooms import store as module
from components.backend.rooms.database import connect
from components.backend.rooms.room import ROUNDS, Ballot, Room, moves, share_right, told
from components.backend.rooms.store import (
    LETTERS,
    Key,
    NoRoomError,
    RefusedError,
    Store,
    StoreError,
)
from components.texts import LANGUAGES
from tests import outages
from tests.postgresql import Server

QUESTIONS = 2
BALLOT = Ballot(
    "What comes back?", ("one", "two", "three"), 1, "Because two.", ("You thought one.", "", "")
)
BALLOTS = dict.fromkeys(LANGUAGES, BALLOT)
ROOM = Room("returned")
TOKENS = [f"{name * 16}" for name in "abcd"]


@pytest.fixture(params=["file", "off", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where rooms are kept, as RNN_LENS_DATA says it."""
    match request.param:
        case "postgresql":
            return request.getfixturevalue("postgresql")()
        case "file":
            return str(tmp_path)
    return request.param


@pytest.fixture
def store(place: str) -> Store:
    return Store(connect(place))


shared = pytest.mark.parametrize("place", ["file", "postgresql"], indirect=True)
"""Where several processes can keep rooms."""


def move(store: Store, key: Key, *names: str) -> None:
    for name in names:
        led = store.lead(key)
        store.move(key, led.room, moves(led.room, QUESTIONS)[name], BALLOTS)


def refused(ask: object, *given: object) -> str:
    with pytest.raises(RefusedError) as error:
        ask(*given)
    return error.value.reason


class AClass(RuleBasedStateMachine):
    """A teacher who does whatever can be done, and phones that vote at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store(connect("off"))
        self.key = self.store.open(ROOM, BALLOTS)
        self.room = ROOM
        self.votes: dict[tuple[str, str], int] = {}  # by question and token

    @rule(data=st.data())
    def teacher_moves(self, data: st.DataObject) -> None:
        possible = moves(self.room, QUESTIONS)
        then = possible[data.draw(st.sampled_from(sorted(possible)))]
        self.store.move(self.key, self.room, then, BALLOTS)
        self.room = then

    @rule(data=st.data())
    def teacher_moves_on_an_outdated_page(self, data: st.DataObject) -> None:
        outdated = Room(ROOM.lesson, 9)
        self.store.move(self.key, outdated, Room(ROOM.lesson, 5), BALLOTS)

    @rule(token=st.sampled_from(TOKENS), option=st.integers(-1, 4))
    def phone_votes(self, token: str, option: int) -> None:
        if self.room.phase == "open" and option in range(3):
            self.store.vote(self.key.code, token, self.room.question, option)
            self.votes[self.room.question, token] = option
        else:
            vote = self.key.code, token, self.room.question, option
            assert refused(self.store.vote, *vote) in ("closed", "option")

    @precondition(lambda self: self.room.phase == "open")
    @rule(token=st.sampled_from(TOKENS), asked=st.integers(50, 60))
    def phone_votes_on_another_question(self, token: str, asked: int) -> None:
        other = Room(ROOM.lesson, self.room.number, asked=asked).question
        assert refused(self.store.vote, self.key.code, token, other, 0) == "late"

    @invariant()
    def all_is_told_in_its_time(self) -> None:
        led = self.store.lead(self.key)
        assert led.room == self.room
        cast = Counter(
            option for (asked, _), option in self.votes.items() if asked == self.room.question
        )
        assert led.voted == cast.total()
        for token in TOKENS:
            told_, chosen = self.store.look(self.key.code, token)
            assert chosen.get(self.room.round) == self.votes.get((self.room.question, token))
            assert (told_.votes is not None) == (self.room.phase in ("counted", "answered"))
            assert (told_.right is None) == (told_.say is None) == (self.room.phase != "answered")
            if told_.votes is not None:
                assert Counter(told_.votes.get(self.room.round, {})) == cast

    @invariant()
    def the_room_is_one_of_the_lesson(self) -> None:
        assert 1 <= self.room.number <= QUESTIONS
        assert 1 <= self.room.round <= ROUNDS
        assert moves(self.room, QUESTIONS)


AClass.TestCase.settings = settings(stateful_step_count=25)
TestAClass = AClass.TestCase


def test_a_lesson_goes_from_its_first_question_to_its_last(store: Store) -> None:
    key = store.open(ROOM, BALLOTS)
    move(store, key, "open", "close", "count", "again", "close", "count", "answer", "twin")
    assert store.lead(key).room == Room("returned", 1, seed=1, asked=2)
    move(store, key, "open", "close", "reopen", "close", "count", "answer", "next")
    assert store.lead(key).room == Room("returned", 2, asked=3)
    assert "next" not in moves(store.lead(key).room, QUESTIONS)


def test_a_question_that_is_asked_again_begins_without_votes(store: Store) -> None:
    key = store.open(ROOM, BALLOTS)
    move(store, key, "open")
    store.vote(key.code, TOKENS[0], "1.1", 0)
    move(store, key, "close", "count", "answer", "next", "previous", "open")
    assert store.lead(key).voted == 0
    assert store.look(key.code, TOKENS[0])[1] == {}
    assert refused(store.vote, key.code, TOKENS[1], "1.1", 0) == "late"
    store.vote(key.code, TOKENS[0], store.lead(key).room.question, 2)
    assert [vote.option for vote in store.all_votes(key)] == [0, 2]


def test_a_class_discusses_before_it_sees_the_votes(store: Store) -> None:
    key = store.open(ROOM, BALLOTS)
    move(store, key, "open", "close", "again", "close", "count", "answer")
    assert store.lead(key).room.round == 2


def test_both_rounds_are_kept(store: Store) -> None:
    key = store.open(ROOM, BALLOTS)
    move(store, key, "open")
    store.vote(key.code, TOKENS[0], "1.1", 0)
    store.vote(key.code, TOKENS[1], "1.1", 2)
    move(store, key, "close", "count", "again")
    store.vote(key.code, TOKENS[0], "1.2", 1)
    move(store, key, "close", "count")
    led = store.lead(key)
    assert led.votes == {1: {0: 1, 2: 1}, 2: {1: 1}}
    assert (led.here, led.voted) == (2, 1)
    assert store.look(key.code, TOKENS[0])[1] == {1: 0, 2: 1}
    assert store.all_votes(key) == [(1, 1, 1, 0, 1, 0), (2, 1, 1, 0, 1, 2), (1, 1, 1, 0, 2, 1)]


def test_share_of_right_votes() -> None:
    assert share_right(BALLOT, {}) == 0
    assert share_right(BALLOT, {0: 1, 1: 3}) == 0.75


def test_told_of_a_room_that_is_answered() -> None:
    assert told(Room("x", phase="answered"), BALLOT, {1: {0: 2}}).right == 1


def test_only_the_teachers_key_leads(store: Store) -> None:
    key, other = store.open(ROOM, BALLOTS), store.open(ROOM, BALLOTS)
    assert set(key.code) <= set(LETTERS)
    for wrong in (Key(key.code, other.secret), Key(key.code, ""), Key("", key.secret)):
        assert store.lead(wrong) is None
        assert store.all_votes(wrong) == []
        store.move(wrong, ROOM, Room("returned", 2), BALLOTS)
        store.delete(wrong)
    assert store.lead(key).room == ROOM
    store.delete(key)
    assert store.lead(key) is None
    assert not store.has(key.code)
    assert store.lead(other).room == ROOM
    assert refused(store.look, key.code, TOKENS[0]) == "gone"


@pytest.mark.parametrize("token", ["", "short", "a" * 65, "ä" * 20, "a" * 20 + "'", "a b" * 10])
def test_a_token_is_refused_that_no_phone_makes(store: Store, token: str) -> None:
    key = store.open(ROOM, BALLOTS)
    move(store, key, "open")
    assert refused(store.look, key.code, token) == "token"
    assert refused(store.vote, key.code, token, "1.1", 0) == "token"


def test_rooms_phones_and_changes_are_bounded(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ROOMS", 3)
    monkeypatch.setattr(module, "MOST_PHONES", 2)
    monkeypatch.setattr(module, "MOST_CHANGES", 4)
    first, *others = [store.open(ROOM, BALLOTS) for _ in range(3)]
    with pytest.raises(NoRoomError):
        store.open(ROOM, BALLOTS)
    now = time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + module.UNUSED + 1)
    assert all(store.lead(key) for key in others)
    last = store.open(ROOM, BALLOTS)
    assert store.lead(first) is None
    assert all(store.lead(key) for key in (*others, last))

    store.look(last.code, TOKENS[0])
    move(store, last, "open")
    store.vote(last.code, TOKENS[1], "1.1", 0)
    assert refused(store.look, last.code, TOKENS[2]) == "full"
    assert refused(store.vote, last.code, TOKENS[2], "1.1", 0) == "full"
    assert store.lead(last).here == 2

    for option in (0, 1, 1, 0, 1, 0):
        store.vote(last.code, TOKENS[1], "1.1", option)
    assert refused(store.vote, last.code, TOKENS[1], "1.1", 2) == "changes"
    store.vote(last.code, TOKENS[1], "1.1", 0)
    assert store.lead(last).votes == {1: {0: 1}}


def test_a_room_goes_a_day_after_it_was_used(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    old, used = store.open(ROOM, BALLOTS), store.open(ROOM, BALLOTS)
    now = time.time()
    monkeypatch.setattr(module.time, "time", lambda: now + 23 * 3600)
    assert store.lead(used)
    assert store.lead(used).here == 0
    monkeypatch.setattr(module.time, "time", lambda: now + 25 * 3600)
    assert store.lead(used)
    assert store.lead(old) is None


def test_a_phone_that_says_nothing_is_not_here(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, now = store.open(ROOM, BALLOTS), time.time()
    store.look(key.code, TOKENS[0])
    assert store.lead(key).here == 1
    monkeypatch.setattr(module.time, "time", lambda: now + module.HERE + 1)
    assert store.lead(key).here == 0
    store.look(key.code, TOKENS[0])
    assert store.lead(key).here == 1


@shared
def test_what_is_recorded_is_there_after_a_restart(place: str) -> None:
    before = Store(connect(place))
    key = before.open(ROOM, BALLOTS)
    move(before, key, "open")
    before.vote(key.code, TOKENS[0], "1.1", 2)
    after = Store(connect(place))
    assert after.lead(key).votes == {1: {2: 1}}
    assert after.look(key.code, TOKENS[0])[1] == {1: 2}


@shared
def test_tables_of_another_version_are_made_anew(place: str) -> None:
    engine = connect(place)
    key = Store(engine).open(ROOM, BALLOTS)
    with engine.begin() as db:
        db.execute(sql("UPDATE rnn_lens_schema SET version = 0"))
        db.execute(sql("ALTER TABLE rnn_lens_votes DROP COLUMN changes"))
    after = Store(engine)
    assert after.lead(key) is None
    key = after.open(ROOM, BALLOTS)
    move(after, key, "open")
    after.vote(key.code, TOKENS[0], "1.1", 2)


@shared
def test_processes_that_start_together_make_one_database(place: str) -> None:
    started = threading.Barrier(4)

    def process(_: int) -> Store:
        started.wait()
        return Store(connect(place))

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(process, range(4))
    key = first.open(ROOM, BALLOTS)
    assert all(store.lead(key) for store in others)


@shared
def test_no_vote_is_lost_or_counted_twice_among_processes(place: str) -> None:
    """Two stores of one database, as two processes have, and a teacher who closes meanwhile."""
    stores = [Store(connect(place)) for _ in range(2)]
    key = stores[0].open(ROOM, BALLOTS)
    move(stores[0], key, "open")
    recorded, started = set[str](), threading.Barrier(8)

    def phones(number: int) -> None:
        started.wait()
        for each in range(15):
            token = f"{'x' * 16}{number}y{each}"
            try:
                for store in stores:
                    store.vote(key.code, token, "1.1", each % 3)
                    recorded.add(token)
            except RefusedError as error:
                assert error.reason == "closed"

    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(phones, number) for number in range(8)]
        while len(recorded) < 40 and not all(each.done() for each in done):
            time.sleep(0.001)
        move(stores[1], key, "close")
        for each in done:
            each.result()
    assert stores[1].lead(key).voted == len(recorded) >= 40


Fails = Callable[[], AbstractContextManager[None]]


@pytest.fixture(params=["taken away", "full", "locked", "stopped"])
def failing(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Store, Fails]:
    """A store, and what has it fail for a while."""
    if request.param == "stopped":
        server: Server = request.getfixturevalue("postgresql_server")
        return Store(connect(server.new_database())), partial(stopped, server)
    monkeypatch.setitem(database._ANY_THREAD, "timeout", 0.1)
    folder = tmp_path / "rooms"
    store = Store(connect(str(folder)))
    fails = {
        "taken away": partial(outages.taken_away, folder, store),
        "full": outages.full,
        "locked": partial(outages.locked, folder),
    }
    return store, fails[request.param]


@contextmanager
def stopped(server: Server) -> Iterator[None]:
    server.stop()
    yield
    server.start()


def once_back(ask: Callable[[], object]) -> object:
    """What is answered once the store no longer fails."""
    while True:
        try:
            return ask()
        except StoreError:
            time.sleep(0.05)


def test_a_store_that_fails_says_so_and_goes_on_when_it_is_back(
    failing: tuple[Store, Fails],
) -> None:
    store, fails = failing
    kind = "database" if store.engine.dialect.name == "postgresql" else "file"
    key = store.open(ROOM, BALLOTS)
    move(store, key, "open")
    store.vote(key.code, TOKENS[0], "1.1", 2)
    with fails():
        for ask in (
            lambda: store.vote(key.code, TOKENS[1], "1.1", 0),
            lambda: store.move(key, ROOM, Room("returned", 2), BALLOTS),
            lambda: store.open(ROOM, BALLOTS),
            lambda: store.delete(key),
        ):
            with pytest.raises(StoreError) as error:
                ask()
            assert error.value.kind == kind
    once_back(lambda: store.vote(key.code, TOKENS[1], "1.1", 0))
    assert store.lead(key).votes == {1: {2: 1, 0: 1}}


def test_nobody_waits_for_what_has_failed_a_moment_ago(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A class votes while another process writes and does not come to an end: all wait once."""
    wait = 0.5
    monkeypatch.setitem(database._ANY_THREAD, "timeout", wait)
    store = Store(connect(str(tmp_path)))
    key = store.open(ROOM, BALLOTS)
    move(store, key, "open")

    def vote(number: int) -> str:
        with pytest.raises(StoreError):
            store.vote(key.code, f"{number:032}", "1.1", 0)

    with outages.locked(tmp_path), ThreadPoolExecutor(30) as phones:
        began = time.monotonic()
        list(phones.map(vote, range(30)))
        assert time.monotonic() - began < 10 * wait  # one after the other they would wait 30 times


def test_a_value_that_the_database_refuses_is_no_outage(
    postgresql: Callable[[], str],
) -> None:
    store = Store(connect(postgresql()))
    with pytest.raises(DataError):
        store.has("\0")
    assert not store.has("BCDF")


def test_tables_that_are_gone_are_made_again(tmp_path: Path) -> None:
    """A disk is taken away, and another one takes its place."""
    store, folder = Store(connect(str(tmp_path / "rooms"))), tmp_path / "rooms"
    key = store.open(ROOM, BALLOTS)
    with outages.taken_away(folder, store):
        with pytest.raises(StoreError):
            store.has(key.code)
        folder.unlink()
        assert once_back(lambda: store.has(key.code)) is False
        assert store.has(store.open(ROOM, BALLOTS).code)
        shutil.rmtree(folder)
        folder.touch()


def test_a_database_that_nobody_knows_is_said_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_made", module._made.__wrapped__)  # none is kept from before
    monkeypatch.setenv("RNN_LENS_DATA", "postgresql+nothing://host/database")
    with pytest.raises(StoreError) as error:
        module.store()
    assert error.value.kind == "database"
