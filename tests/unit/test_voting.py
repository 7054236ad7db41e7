"""What a leader chooses beyond the vote: sure or not, pairs, a countdown; and rooms found again."""

from __future__ import annotations

from collections import defaultdict

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


def test_who_is_sure_is_counted_by_round_and_option(
    store: Store, key: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it is chosen; it is changed as often as a vote, and seen only with the answer."""
    monkeypatch.setattr(voting, "MOST_CHANGES", 2)

    def vote(phone: int, option: int, sure: bool | None = None, asked: str = "1.1") -> None:
        store.vote(key.code, CLASS[phone], asked, option, sure=sure)

    move(store, key, "open")
    vote(0, 0, sure=True)
    assert store.lead(key).sures == {}
    assert mine(store, key, CLASS[0]).sure is None
    store.choose(Key(key.code, "other"), sure=True)
    assert store.lead(key).choices == Choices()
    store.choose(key, sure=True)
    vote(0, 0, sure=True)
    vote(1, 1, sure=True)
    vote(2, 0, sure=True)
    vote(2, 0, sure=False)
    vote(3, 2)
    assert store.lead(key).sures == {1: {0: Sureness(1, 1), 1: Sureness(1, 0)}}
    assert sure_and_wrong(store.lead(key).sures, 1, right=1) == 1
    vote(2, 0)  # the same option again, as by a second tap
    assert mine(store, key, CLASS[2]).sure is False
    vote(2, 2)  # nobody has asked how sure of this one
    assert mine(store, key, CLASS[2]).sure is None
    with pytest.raises(RefusedError, match="changes"):
        vote(2, 2, sure=True)
    move(store, key, "close", "again")
    vote(0, 1, sure=False, asked="1.2")
    for name in ("close", "count", "answer"):
        assert store.look(key.code, CLASS[1])[0].sures is None
        move(store, key, name)
    assert store.look(key.code, CLASS[1])[0].sures[2] == {1: Sureness(0, 1)}
    assert [vote.sure for vote in store.history(key).votes] == [True, True, None, None, False]


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
    for phone in voters[:3]:
        store.vote(key.code, phone, "1.1", 0)
    assert pairs(store, key) == {None: CLASS}
    move(store, key, "close", "reopen")
    for phone in voters[3:]:
        store.vote(key.code, phone, "1.1", 1)
    move(store, key, "close")
    found = pairs(store, key)
    assert found.pop(None) == [late]
    assert len(found) == 3
    for one, other in found.values():
        assert (one in voters[:3]) != (other in voters[:3])
        assert not mine(store, key, one).pair_agrees
    move(store, key, "count")
    assert pairs(store, key) == found | {None: [late]}


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
