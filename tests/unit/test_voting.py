"""What a leader chooses beyond the vote: sure or not, pairs, a countdown; and rooms found again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from components.backend.rooms import store as module
from components.backend.rooms import voting
from components.backend.rooms.choices import Choices, Mine, Sureness, sure_and_wrong
from components.backend.rooms.database import connect
from components.backend.rooms.phones import RefusedError
from components.backend.rooms.room import Ballot, Room, moves
from components.backend.rooms.store import Key, Store
from components.texts import LANGUAGES

BALLOT = Ballot("Which?", ("one", "two", "three"), 1, "Two.", ("One?", "", ""))
BALLOTS = dict.fromkeys(LANGUAGES, BALLOT)
ROOM = Room("returned")
CLASS = [f"{number:016}" for number in range(7)]


@pytest.fixture(params=["off", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "postgresql":
        return Store(connect(request.getfixturevalue("postgresql")()))
    return Store(connect("off"))


@pytest.fixture
def key(store: Store) -> Key:
    return store.open(ROOM, BALLOTS)


def move(store: Store, key: Key, *names: str) -> None:
    for name in names:
        room = store.lead(key).room
        store.move(key, room, moves(room, 2)[name], BALLOTS)


def mine(store: Store, key: Key, phone: str) -> Mine:
    return store.look(key.code, phone)[2]


def test_all_is_off_unless_it_is_chosen(store: Store, key: Key) -> None:
    move(store, key, "open")
    store.vote(key.code, CLASS[0], "1.1", 0, sure=True)
    store.vote(key.code, CLASS[1], "1.1", 1, sure=False)
    move(store, key, "close")
    led = store.lead(key)
    assert (led.choices, led.sures, led.ends) == (Choices(), {}, None)
    assert mine(store, key, CLASS[0]) == Mine(None, None)
    store.choose(Key(key.code, "other"), sure=True)
    assert store.lead(key).choices == Choices()


def test_who_is_sure_is_counted_by_round_and_option(store: Store, key: Key) -> None:
    store.choose(key, sure=True)
    move(store, key, "open")
    store.vote(key.code, CLASS[0], "1.1", 0)
    store.vote(key.code, CLASS[0], "1.1", 0, sure=True)
    store.vote(key.code, CLASS[1], "1.1", 1, sure=True)
    store.vote(key.code, CLASS[2], "1.1", 0, sure=True)
    store.vote(key.code, CLASS[2], "1.1", 0, sure=False)
    store.vote(key.code, CLASS[3], "1.1", 2)
    assert store.lead(key).sures == {1: {0: Sureness(1, 1), 1: Sureness(1, 0)}}
    assert sure_and_wrong(store.lead(key).sures, 1, right=1) == 1
    assert mine(store, key, CLASS[2]).sure is False
    store.vote(key.code, CLASS[2], "1.1", 0)  # the same option again, as by a second tap
    assert mine(store, key, CLASS[2]).sure is False
    store.vote(key.code, CLASS[2], "1.1", 2)  # nobody has asked how sure of this one
    assert mine(store, key, CLASS[2]).sure is None
    move(store, key, "close", "again")
    assert mine(store, key, CLASS[0]).sure is None
    store.vote(key.code, CLASS[0], "1.2", 1, sure=False)
    assert store.lead(key).sures[2] == {1: Sureness(0, 1)}
    assert [vote.sure for vote in store.history(key).votes] == [True, True, None, None, False]


def test_the_class_sees_who_is_sure_only_with_the_answer(store: Store, key: Key) -> None:
    store.choose(key, sure=True)
    seen = []
    move(store, key, "open")
    store.vote(key.code, CLASS[0], "1.1", 0, sure=True)
    for name in ("close", "count", "answer"):
        seen.append(store.look(key.code, CLASS[1])[0].sures)
        move(store, key, name)
    assert seen == [None] * 3
    assert store.look(key.code, CLASS[1])[0].sures == {1: {0: Sureness(1, 0)}}


def test_a_sureness_is_changed_as_often_as_a_vote(
    store: Store, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voting, "MOST_CHANGES", 3)
    store.choose(key, sure=True)
    move(store, key, "open")
    for sure in (None, True, False, True, True):
        store.vote(key.code, CLASS[0], "1.1", 0, sure=sure)
    with pytest.raises(RefusedError, match="changes"):
        store.vote(key.code, CLASS[0], "1.1", 0, sure=False)


def pairs(store: Store, key: Key) -> dict[int | None, list[str]]:
    found = defaultdict[int | None, list[str]](list)
    for phone in CLASS:
        found[mine(store, key, phone).pair].append(phone)
    return dict(found)


def test_a_class_is_paired_as_its_vote_is_closed(store: Store, key: Key) -> None:
    """And anew once the vote was reopened; a late comer is in no pair."""
    store.choose(key, pairs=True)
    move(store, key, "open")
    *voters, late = CLASS
    for number, phone in enumerate(voters):
        store.vote(key.code, phone, "1.1", number // 3)
    assert pairs(store, key) == {None: CLASS}
    move(store, key, "close")
    found = pairs(store, key)
    assert found.pop(None) == [late]
    assert len(found) == 3
    for one, other in found.values():
        assert (one in voters[:3]) != (other in voters[:3])
        assert not mine(store, key, one).pair_agrees
    move(store, key, "count")
    assert pairs(store, key) == found | {None: [late]}
    move(store, key, "again", "close")
    assert store.lead(key).room.round == 2


def test_a_vote_that_is_reopened_is_paired_anew(store: Store, key: Key) -> None:
    store.choose(key, pairs=True)
    move(store, key, "open")
    for phone in CLASS[:2]:
        store.vote(key.code, phone, "1.1", 0)
    move(store, key, "close", "reopen")
    store.vote(key.code, CLASS[2], "1.1", 1)
    store.vote(key.code, CLASS[3], "1.1", 1)
    move(store, key, "close")
    found = pairs(store, key)
    assert {len(found[pair]) for pair in (0, 1)} == {2}


def test_pairs_that_are_chosen_late_are_made_at_once(store: Store, key: Key) -> None:
    move(store, key, "open")
    for phone in CLASS[:3]:
        store.vote(key.code, phone, "1.1", 0)
    move(store, key, "close")
    assert pairs(store, key) == {None: CLASS}
    store.choose(key, pairs=True)
    assert pairs(store, key) == {0: CLASS[:3], None: CLASS[3:]}
    assert mine(store, key, CLASS[0]) == Mine(None, 0, pair_agrees=True)


def test_a_countdown_runs_from_when_its_vote_is_opened(
    store: Store, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ends_at(now: float, *names: str) -> float | None:
        monkeypatch.setattr(module.time, "time", lambda: now)
        move(store, key, *names)
        return store.lead(key).ends

    now = module.time.time()
    store.choose(key, seconds=30)
    assert store.lead(key).ends is None
    assert ends_at(now + 5, "open") == now + 35
    assert store.look(key.code, CLASS[0])[0].ends == now + 35
    store.vote(key.code, CLASS[0], "1.1", 0)
    assert ends_at(now + 50) == now + 35
    store.vote(key.code, CLASS[1], "1.1", 0)  # it closes nothing
    assert ends_at(now + 51, "close") is None
    assert ends_at(now + 60, "again") == now + 90
    store.choose(key, seconds=90)
    assert store.lead(key).ends == now + 150


def test_rooms_are_found_again_by_their_keys_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, gone, new = (store.open(Room(lesson), BALLOTS) for lesson in ("calls", "states", "shapes"))
    store.delete(gone)
    wrong = Key(new.code, old.secret)
    opened = module.time.time()
    monkeypatch.setattr(module.time, "time", lambda: opened + 600)
    found = store.find([old, gone, new, wrong])
    assert [*found] == [old, new]
    assert found[old].lesson == "calls"
    assert found[old].age == pytest.approx(600, abs=30)
    assert store.find([]) == {}


@pytest.fixture
def file_store(tmp_path: Path) -> Callable[[], Store]:
    return lambda: Store(connect(str(tmp_path)))


def test_what_is_chosen_is_there_after_a_restart(file_store: Callable[[], Store]) -> None:
    before = file_store()
    key = before.open(ROOM, BALLOTS)
    before.choose(key, sure=True, pairs=True, seconds=60)
    assert file_store().lead(key).choices == Choices(sure=True, pairs=True, seconds=60)
