"""Rooms: what can be done when, what may be told when, and that every vote counts once."""

from __future__ import annotations

import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from functools import partial
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import text as sql
from sqlalchemy.exc import DataError

from components.backend.lessons.posing import named
from components.backend.lessons.question import MOST_OF_ROOMS, MOST_SEED, TURNS
from components.backend.rooms import database, phones
from components.backend.rooms import store as module
from components.backend.rooms.choices import Choices
from components.backend.rooms.database import DRAW_LENGTH, connect
from components.backend.rooms.database import meta as tables
from components.backend.rooms.phones import RefusedError, network_of
from components.backend.rooms.room import ROUNDS, Ballot, Room, advice, moves, suggested, told
from components.backend.rooms.store import (
    LETTERS,
    Key,
    NoRoomError,
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
CLASS = [f"{number:016}" for number in range(30)]
ROUTER = "203.0.113.77"


CLOSED = replace(ROOM, phase="closed")
ANSWERED = replace(ROOM, round=ROUNDS, phase="answered")


@pytest.fixture(params=["off", "postgresql"])
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
            told_, chosen, _ = self.store.look(self.key.code, token)
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


AClass.TestCase.settings = settings(stateful_step_count=25, max_examples=10)
TestAClass = AClass.TestCase


def test_a_lesson_goes_from_its_first_question_to_its_last() -> None:
    def after(room: Room, *names: str) -> Room:
        for name in names:
            room = moves(room, QUESTIONS)[name]
        return room

    first = after(ROOM, "open", "close", "count", "again", "close", "count", "answer")
    assert first == replace(ROOM, round=2, phase="answered")
    assert after(ROOM, "open", "close", "again", "close", "count", "answer") == first
    twin = after(first, "twin", "open", "close", "reopen", "close", "count", "answer")
    assert twin == Room("returned", 1, seed=1, asked=2, phase="answered", before=first)
    last = after(twin, "next")
    assert last == Room("returned", 2, asked=3, before=replace(twin, before=None))
    assert "next" not in moves(last, QUESTIONS)


@pytest.mark.parametrize("jumped", [("twin",), ("next", "previous", "next")])
def test_an_answer_that_was_jumped_over_can_be_had_again(
    store: Store, jumped: tuple[str, ...]
) -> None:
    """As the class left it with both rounds, until the next vote is opened, which begins with no
    votes."""
    key = store.open(ROOM, BALLOTS)
    move(store, key, "open")
    store.vote(key.code, TOKENS[0], "1.1", 0)
    move(store, key, "close", "again")
    store.vote(key.code, TOKENS[0], "1.2", 1)
    store.vote(key.code, TOKENS[1], "1.2", 2)
    move(store, key, "close", "count", "answer")
    left = store.lead(key)
    assert left.votes == {1: {0: 1}, 2: {1: 1, 2: 1}}
    assert (left.here, left.voted) == (2, 2)
    seen = store.look(key.code, TOKENS[0])
    assert seen[1] == {1: 0, 2: 1}
    move(store, key, *jumped)
    assert store.lead(key).votes == {}
    move(store, key, "back")
    assert store.lead(key) == left
    assert store.look(key.code, TOKENS[0]) == seen
    move(store, key, *jumped, "open")
    assert store.lead(key).votes == {}
    assert store.look(key.code, TOKENS[0])[1] == {}
    assert refused(store.vote, key.code, TOKENS[1], "1.1", 0) == "late"
    asked = store.lead(key).room
    store.vote(key.code, TOKENS[1], asked.question, 0)
    votes = [(1, 1, 1, 0, 1, 0), (1, 1, 1, 0, 2, 1), (2, 1, 1, 0, 2, 2)]
    found = [vote[:6] for vote in store.history(key).votes]
    assert found == [*votes, (2, asked.asked, asked.number, asked.seed, 1, 0)]
    assert {vote.sure for vote in store.history(key).votes} == {None}


def test_a_poll_is_gone_on_with_where_a_question_is_answered() -> None:
    counted = replace(ROOM, phase="counted")
    poll = moves(counted, QUESTIONS, twins=False, decided=False)
    assert [*poll] == ["again", "next"]
    assert poll["next"].before == counted
    assert moves(poll["next"], QUESTIONS)["back"] == counted
    assert [*moves(counted, QUESTIONS)] == ["again", "answer"]


COUNTS = st.dictionaries(st.integers(0, 2), st.integers(1, 50))
BEFORE_THE_ANSWER = ["waiting", "open", "closed", "counted"]


@given(first=COUNTS, second=COUNTS, phase=st.sampled_from(BEFORE_THE_ANSWER))
def test_nothing_that_is_told_before_the_answer_follows_from_it(
    first: dict[int, int], second: dict[int, int], phase: str
) -> None:
    """Not what all are told, nor which move the class sees highlighted: that follows from how the
    votes are spread, whichever option has got them."""
    for round_, cast in ((1, first), (2, second)):
        room = replace(ROOM, round=round_, phase=phase)
        said, *others = (
            told(room, replace(BALLOT, right=right), {1: first, 2: second}) for right in range(3)
        )
        assert others == [said, said]
        highlighted = {
            suggested(room, {round_: dict(zip(order, cast.values(), strict=False))}, possible)
            for possible in [moves(room, QUESTIONS)]
            for order in permutations(range(3))
        }
        assert len(highlighted) == 1


@pytest.mark.parametrize(
    ("room", "cast", "expected"),
    [
        (CLOSED, {}, "count"),
        (CLOSED, {0: 1}, "count"),
        (CLOSED, {0: 1, 1: 1}, "again"),
        (CLOSED, {0: 7, 1: 3, 2: 25, 3: 8}, "again"),
        (CLOSED, {0: 7, 2: 3}, "again"),
        (CLOSED, {0: 71, 2: 29}, "count"),
        (replace(CLOSED, round=ROUNDS), {0: 1, 1: 1}, "count"),
        # Who knows the answer is asked no twin.
        (ANSWERED, {1: 72, 2: 28}, "next"),
        (ANSWERED, {1: 70, 2: 30}, "twin"),
        (ANSWERED, {0: 72, 1: 28}, "twin"),
        (ANSWERED, {}, "twin"),
        (replace(ANSWERED, number=QUESTIONS), {1: 72, 2: 28}, ""),
        (replace(ANSWERED, number=QUESTIONS), {1: 70, 2: 30}, "twin"),
    ],
)
def test_a_class_that_is_split_votes_again(room: Room, cast: dict[int, int], expected: str) -> None:
    votes = {1: {0: 99}} | {room.round: cast}
    right = BALLOT.right if room.phase == "answered" else None
    assert suggested(room, votes, moves(room, QUESTIONS), right=right) == expected


@pytest.mark.parametrize(
    ("cast", "first", "last"),
    [
        ({}, "", ""),
        ({0: 5}, "explain", "explain"),
        ({0: 71, 1: 29}, "explain", "explain"),
        ({0: 7, 1: 3}, "discuss", "explain"),
        ({0: 3, 1: 7}, "discuss", "explain"),
        ({0: 29, 1: 71}, "go_on", "go_on"),
    ],
)
def test_what_helps_follows_from_how_many_are_right(
    cast: dict[int, int], first: str, last: str
) -> None:
    for phase in ("closed", "counted"):
        for round_, expected in ((1, first), (ROUNDS, last)):
            room = replace(ROOM, round=round_, phase=phase)
            assert advice(room, BALLOT, {round_: cast}) == expected
            assert advice(room, replace(BALLOT, right=None), {round_: cast}) == ""
    for phase in ("waiting", "open", "answered"):
        assert advice(replace(ROOM, phase=phase), BALLOT, {1: cast}) == ""


@given(cast=COUNTS, phase=st.sampled_from(["closed", "counted"]), round_=st.sampled_from([1, 2]))
def test_no_highlighted_button_contradicts_what_helps(
    cast: dict[int, int], phase: str, round_: int
) -> None:
    """The projector's can: whether few are right must not be seen there."""
    room = replace(ROOM, round=round_, phase=phase)
    possible, votes = moves(room, QUESTIONS), {round_: cast}
    helps = advice(room, BALLOT, votes)
    highlighted = suggested(room, votes, possible, advised=helps)
    assert (highlighted == "again") == (helps == "discuss")
    if helps != "explain":
        assert suggested(room, votes, possible) == highlighted


def test_only_the_teachers_key_leads(store: Store) -> None:
    key, other = store.open(ROOM, BALLOTS), store.open(ROOM, BALLOTS)
    assert set(key.code) <= set(LETTERS)
    for wrong in (Key(key.code, other.secret), Key(key.code, ""), Key("", key.secret)):
        assert store.lead(wrong) is None
        assert store.history(wrong) is None
        store.move(wrong, ROOM, Room("returned", 2), BALLOTS)
        store.delete(wrong)
    assert store.lead(key).room == ROOM
    move(store, key, "open")
    for token in ("", "short", "a" * 65, "ä" * 20, "a" * 20 + "'", "a b" * 10):
        assert refused(store.look, key.code, token) == "token"
        assert refused(store.vote, key.code, token, "1.1", 0) == "token"
    store.delete(key)
    assert store.lead(key) is None
    assert not store.has(key.code)
    assert store.lead(other).room == ROOM
    assert refused(store.look, key.code, TOKENS[0]) == "gone"


def test_rooms_and_phones_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_ROOMS", 3)
    monkeypatch.setattr(phones, "MOST_PHONES", 2)
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

    monkeypatch.setattr(module.time, "time", lambda: now + 24 * 3600)
    assert store.lead(last)
    monkeypatch.setattr(module.time, "time", lambda: now + 26 * 3600)
    assert store.lead(last)
    assert store.lead(others[0]) is None  # a day after it was used


def test_a_closed_door_keeps_out_who_has_not_been_in_and_no_address_is_stored(
    store: Store,
) -> None:
    """A class of thirty behind one router stays, votes, and reloads."""
    key, other = store.open(ROOM, BALLOTS), store.open(ROOM, BALLOTS)
    assert (store.lead(key).joined, store.lead(key).together) == (0, 0)
    for token in CLASS:
        store.look(key.code, token, address=ROUTER)
    move(store, key, "open")
    store.set_door(Key(key.code, "other"), is_open=False)
    assert store.lead(key).door
    store.set_door(key, is_open=False)
    assert not store.lead(key).door
    assert refused(store.look, key.code, TOKENS[0]) == "door"
    assert refused(store.vote, key.code, TOKENS[0], "1.1", 0) == "door"
    for token in CLASS[1:]:  # one has stopped
        store.vote(key.code, token, "1.1", 1, address=ROUTER)
        assert store.look(key.code, token, address=ROUTER)[1] == {1: 1}
    assert not store.lead(key).door
    store.set_door(key, is_open=True)
    store.vote(key.code, TOKENS[0], "1.1", 0, address="198.51.100.1")
    store.look(other.code, TOKENS[0], address=ROUTER)
    led = store.lead(key)
    assert (led.here, led.voted, led.joined, led.together) == (31, 30, 31, 30)
    assert (store.lead(other).joined, store.lead(other).together) == (1, 1)
    with store.engine.connect() as db:
        rows = [row for table in tables.sorted_tables for row in db.execute(table.select())]
        salts = db.scalars(sql("SELECT salt FROM rnn_lens_rooms")).all()
    assert not any(ROUTER in str(value) for row in rows for value in row)
    assert len({*salts}) == 2


def test_what_is_stored_of_an_address_leads_back_to_none() -> None:
    """Among many there are others with the same; in another room it is something else."""
    some = [f"10.0.{at // 256}.{at % 256}" for at in range(20_000)]
    stored = Counter(network_of("salt", each) for each in some)
    assert max(stored) < 2**16
    assert stored.most_common(1)[0][1] > 1
    apart = [each for each in some if network_of("salt", each) != network_of("other", each)]
    assert len(apart) > 19_900


def test_a_room_that_is_led_again_is_not_deleted_meanwhile(
    postgresql: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another process, which has not come to an end. Nobody waits for that."""
    store = Store(connect(postgresql()))
    key, later = store.open(ROOM, BALLOTS), time.time() + 25 * 3600
    monkeypatch.setattr(module, "MOST_ROOMS", 1)
    monkeypatch.setattr(module.time, "time", lambda: later)
    with ThreadPoolExecutor(1) as pool, store.engine.begin() as db:
        db.execute(sql("UPDATE rnn_lens_rooms SET used = :now"), {"now": later})
        with pytest.raises(NoRoomError):
            pool.submit(store.open, ROOM, BALLOTS).result(timeout=30)
    assert store.lead(key).room == ROOM


@shared
def test_all_that_is_read_of_a_room_is_of_one_moment(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, other = (Store(connect(place)) for _ in range(2))
    key = store.open(ROOM, BALLOTS)
    move(store, key, "open")
    read = module.read_votes

    def read_late(*of: object) -> object:
        other.vote(key.code, TOKENS[0], "1.1", 0)
        return read(*of)

    monkeypatch.setattr(module, "read_votes", read_late)
    found = store.history(key)
    assert (found.led.voted, found.votes) == (0, [])
    assert other.lead(key).voted == 1


def test_as_many_are_here_as_have_voted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also once their screens are dark, until the next vote; who says nothing else is not here."""
    key, now = store.open(ROOM, BALLOTS), time.time()
    move(store, key, "open")
    for token in TOKENS[:3]:
        store.vote(key.code, token, "1.1", 0)
    store.look(key.code, CLASS[0])
    assert store.lead(key).here == 4
    monkeypatch.setattr(module.time, "time", lambda: now + phones.HERE + 1)
    assert store.lead(key).here == 3
    store.look(key.code, TOKENS[3])
    led = store.lead(key)
    assert (led.here, led.voted) == (4, 3)
    move(store, key, "close")
    assert store.history(key).asked[0].present == {1: 4}
    move(store, key, "again")
    led = store.lead(key)
    assert (led.here, led.voted) == (1, 0)


@shared
def test_what_is_recorded_is_there_after_a_restart(place: str) -> None:
    before = Store(connect(place))
    key = before.open(ROOM, BALLOTS)
    move(before, key, "open")
    before.vote(key.code, TOKENS[0], "1.1", 2, address=ROUTER)
    before.set_door(key, is_open=False)
    before.choose(key, sure=True, pairs=True, seconds=60)
    after = Store(connect(place))
    assert after.lead(key) == before.lead(key)
    assert after.lead(key).choices == Choices(sure=True, pairs=True, seconds=60)
    assert (after.lead(key).together, after.lead(key).door) == (1, False)
    assert after.look(key.code, TOKENS[0])[1] == {1: 2}


@shared
def test_a_room_draws_its_questions_once(place: str) -> None:
    """They stay through all moves and a restart."""
    drawn, before = Room("returned", draw="a" * DRAW_LENGTH), Store(connect(place))
    key = before.open(drawn, BALLOTS)
    asked = [drawn.settings]
    for name in ("open", "close", "count", "answer", "twin", "next", "back", "next", "previous"):
        move(before, key, name)
        asked.append(Store(connect(place)).lead(key).room.settings)
    first, twin, second = asked[0], asked[5], asked[6]
    assert asked == [*[first] * 5, twin, second, first, second, first]


def test_the_questions_of_a_room_tell_nothing_of_each_other() -> None:
    """But that what takes turns from seed to seed does so from twin to twin."""
    drawn, other = (Room("returned", draw=letter * DRAW_LENGTH) for letter in "ab")
    first = drawn.settings
    assert replace(drawn, seed=1).settings % TURNS == (first + 1) % TURNS
    seeds = [
        replace(room, number=number, seed=seed).settings
        for room in (drawn, other)
        for number in range(1, 6)
        for seed in range(20)
    ]
    assert len({seed // TURNS for seed in seeds}) == len(seeds)
    assert all(MOST_SEED < seed < MOST_OF_ROOMS for seed in seeds)
    assert named(f"returned.1.{first}", lambda *asked: asked) == ("returned", 1, first)
    for wrong in (MOST_OF_ROOMS, f"0{first}", f"+{first}", "1" * 5000):
        assert named(f"returned.1.{wrong}") is None


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
def test_no_vote_is_lost_or_counted_twice_among_processes(place: str) -> None:
    """Two stores that make one database at once, as two processes do, and a teacher who closes
    meanwhile."""
    with ThreadPoolExecutor(2) as pool:
        stores = [*pool.map(lambda _: Store(connect(place)), range(2))]
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
    """A disk is taken away, and another one with an empty file takes its place."""
    store, folder = Store(connect(str(tmp_path / "rooms"))), tmp_path / "rooms"
    key = store.open(ROOM, BALLOTS)
    with outages.taken_away(folder, store):
        with pytest.raises(StoreError):
            store.has(key.code)
        folder.mkdir()
        (folder / outages.FILE).touch()
        assert once_back(lambda: store.has(key.code)) is False
        assert store.has(store.open(ROOM, BALLOTS).code)
        shutil.rmtree(folder)


def test_a_database_that_nobody_knows_is_said_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_made", module._made.__wrapped__)  # none is kept from before
    monkeypatch.setenv("RNN_LENS_DATA", "postgresql+nothing://host/database")
    with pytest.raises(StoreError) as error:
        module.store()
    assert error.value.kind == "database"
