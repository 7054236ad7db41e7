"""Keeps rooms, phones and votes in a database that all processes of a server share."""

from __future__ import annotations

import hmac
import json
import os
import secrets
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from components.backend.rooms.asked import ballot_of, note_move, read_asked
from components.backend.rooms.choices import OFF, Choices, Mine, Sures
from components.backend.rooms.database import (
    CODE_LENGTH,
    SCHEMA,
    TOKEN_LENGTH,
    asked,
    connect,
    meta,
    phones,
    rooms,
    schema,
    votes,
)
from components.backend.rooms.room import Asked, Ballot, Ballots, Room, Told, Votes, told
from components.backend.rooms.voting import choices_of, count_sures, ends, mine_of, pair_votes

# Without letters that look alike, and without vowels, so that no code is a word.
LETTERS = "BCDFHJKLMNPRTVWXY"

MOST_ROOMS = 500
MOST_PHONES = 1000  # in a room
MOST_CHANGES = 50  # of a vote
SHORTEST_TOKEN = 16

KEPT = 24 * 3600.0
"""Seconds that a room is kept after it was last used."""

UNUSED = 3600.0
"""Seconds since its last use after which a room may be deleted for a new one, if there are
MOST_ROOMS."""

HERE = 40.0
"""Seconds since a phone's last request for which it counts as being here."""

# Statements are built once: to build one takes as long as to run it.
_THE_ROOM = select(rooms).where(rooms.c.code == bindparam("code"))
# A phone's every request: a row for each round in which the phone has chosen, or a single row
# without a choice.
_LOOK = (
    select(
        *(rooms, phones.c.seen, votes.c.round.label("chosen_in")),
        *(votes.c.option, votes.c.sure, votes.c.pair),
    )
    .outerjoin(phones, and_(phones.c.code == rooms.c.code, phones.c.token == bindparam("token")))
    .outerjoin(
        votes,
        and_(
            votes.c.code == rooms.c.code,
            votes.c.token == bindparam("token"),
            votes.c.asked == rooms.c.asked,
        ),
    )
    .where(rooms.c.code == bindparam("code"))
)

_LOCK = 20_140  # among PostgreSQL's advisory locks; the same for every version of the tables
_NOTED = 15.0  # seconds between two notes of the time at which a phone or a teacher was here
_PAUSE = 1.0  # seconds after a failure in which nobody tries again, as all would wait for it


class Key(NamedTuple):
    """The code of a room, and the secret with which its teacher leads it."""

    code: str
    secret: str


class NoRoomError(Exception):
    """There are as many rooms as there may be, and all of them are in use."""


class RefusedError(Exception):
    """A phone's request is not taken: `reason` is one of "gone", "token", "door", "full", "crowd",
    "late", "closed", "option" and "changes"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class StoreError(Exception):
    """Rooms cannot be read or written now: the disk is full, the database is down. It is tried
    again with the next question.

    Args:
        kind: what rooms are kept in.
        where: the path or the address of that, for the log.
    """

    def __init__(self, kind: Literal["file", "database"], where: str) -> None:
        super().__init__(f"rooms cannot be kept in {where}")
        self.kind = kind


@dataclass(frozen=True)
class Led:
    """All that a teacher may know of a room. The answer is in it before the class may see it."""

    room: Room
    ballot: Ballot
    votes: Votes
    here: int
    """How many phones are in the room."""
    door: bool
    """Whether the door is open: whether phones may come in that have not been there before."""
    joined: int
    """How many phones have come in since the room was opened."""
    together: int
    """How many of the phones that came in share one address: the address with the most phones."""
    sures: Sures = field(default_factory=dict)
    choices: Choices = OFF
    ends: float | None = None
    """When the countdown of this vote ends, in seconds since 1970; None without one."""

    @property
    def voted(self) -> int:
        """How many phones have voted in this round."""
        return sum(self.votes.get(self.room.round, {}).values())


class Vote(NamedTuple):
    """A vote as it is downloaded; phones are numbered in each room."""

    phone: int
    asked: int
    """Counts the questions as the class was asked them, from 1: one question may be asked twice."""
    question: int
    """Its number in the lesson."""
    twin: int
    """0 for the first settings; any other is a twin, the same question under other settings."""
    round: int
    option: int
    sure: bool | None = None
    """None if the phone has not said so."""


class Opened(NamedTuple):
    """A room as it is found again by those who lead it."""

    lesson: str
    age: float
    """Seconds since it was opened."""


class Store:
    """Rooms, phones and votes. Each method raises a StoreError where the database fails.

    Args:
        engine: a database. All tables are made there on first use, if need be.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # SQLite has writers of other processes try again and again; those of this one take turns.
        self._on_sqlite = engine.dialect.name == "sqlite"
        self._turn = threading.Lock() if self._on_sqlite else nullcontext()
        self._making = threading.Lock()
        self._has_tables = False
        self._failure: Exception | None = None
        self._failed_at = 0.0

    @contextmanager
    def _reading(self) -> Generator[Connection]:
        with self._safely(), self.engine.connect() as db:
            yield db

    @contextmanager
    def _writing(self) -> Generator[Connection]:
        with self._safely(), self._transaction() as db:
            yield db

    @contextmanager
    def _transaction(self) -> Generator[Connection]:
        with self._turn:
            self._check_pause()
            with self.engine.connect().execution_options(writes=True) as db, db.begin():
                yield db

    @contextmanager
    def _safely(self) -> Generator[None]:
        """For a block that uses the tables: makes them if need be, and raises a StoreError where
        the database fails. It is then opened anew: another database may stand there when it is
        back, such as one on a disk that was mounted again."""
        try:
            self._make_tables()
            yield
        except (DataError, IntegrityError):  # it is well, and refuses what it got
            raise
        except (OSError, SQLAlchemyError) as error:
            if error is not self._failure:
                self._failure, self._failed_at = error, time.monotonic()
                if self.engine.url.database:  # one in memory would be gone
                    self._has_tables = False
                    self.engine.dispose()
            kind = "file" if self._on_sqlite else "database"
            raise StoreError(kind, str(self.engine.url)) from error

    def _check_pause(self) -> None:
        """Raise the last failure again if it was a moment ago."""
        if self._failure and time.monotonic() < self._failed_at + _PAUSE:
            raise self._failure

    def _make_tables(self) -> None:
        self._check_pause()
        with self._making:
            if self._has_tables:
                return
            with self._transaction() as db:
                if not self._on_sqlite:  # servers that start together make them one by one
                    db.execute(select(func.pg_advisory_xact_lock(_LOCK)))
                schema.create(db, checkfirst=True)
                if db.scalar(select(schema.c.version)) != SCHEMA:
                    meta.drop_all(db)
                    meta.create_all(db)
                    db.execute(insert(schema).values(version=SCHEMA))
                _forget_old(db)
            self._has_tables = True

    # The teacher's side.

    def open(self, room: Room, ballots: Ballots) -> Key:
        """Open a new room.

        Raises:
            NoRoomError: there are MOST_ROOMS, all in use.
        """
        with self._writing() as db:
            _forget_old(db)
            if db.execute(select(func.count()).select_from(rooms)).scalar_one() >= MOST_ROOMS:
                oldest = db.execute(select(rooms).order_by(rooms.c.used).limit(1)).one()
                if oldest.used > time.time() - UNUSED:
                    raise NoRoomError
                _forget(db, oldest.code)
            code = _new_code()
            while db.scalar(select(rooms.c.code).where(rooms.c.code == code)):
                code = _new_code()
            key = Key(code, secrets.token_urlsafe(18))
            now = time.time()
            values = {"secret": _hash(key.secret), "used": now, "door": True, "made": now}
            values |= {"opened": now} | _of_choices(OFF)
            values |= {"salt": secrets.token_hex()} | _columns(room, ballots)
            db.execute(insert(rooms).values(code=code, **values))
        return key

    def lead(self, key: Key) -> Led | None:
        """The room of a teacher's key; None if there is none."""
        with self._reading() as db:
            row = _row(db, key.code)
            if row is None or row.secret != _hash(key.secret):
                return None
            room, now = _room(row), time.time()
            here = _here(db, key.code, now)
            near = _by_network(db, key.code)
            counted, together = _count(db, key.code, room), max(near, default=0)
            more = count_sures(db, key.code, room.asked), choices_of(row), ends(row)
            led = Led(room, ballot_of(row), counted, here, row.door, sum(near), together, *more)
        if now - row.used > _NOTED:
            with self._writing() as db:
                db.execute(update(rooms).where(rooms.c.code == key.code).values(used=now))
                _forget_old(db)
        return led

    def move(self, key: Key, seen: Room, then: Room, ballots: Ballots | None) -> None:
        """Make a move, unless another device of the teacher's has made one meanwhile.

        Args:
            seen: the room as this device saw it.
            then: the room after the move.
            ballots: the question after the move; None if it is the same question.
        """
        with self._writing() as db:
            row = _row(db, key.code, lock=True)
            if row is not None and row.secret == _hash(key.secret) and _room(row) == seen:
                now = time.time()
                values = {"used": now} | _columns(then, ballots)
                if then.phase == "open":
                    values["opened"] = now
                db.execute(update(rooms).where(rooms.c.code == key.code).values(values))
                note_move(db, row, seen, then, now, here=_here(db, key.code, now))
                if row.pairs:
                    pair_votes(db, key.code, row.salt, then)

    def set_door(self, key: Key, *, is_open: bool) -> None:
        """Open or close the door. A closed door lets in only phones that have been in the room."""
        with self._writing() as db:
            row = _row(db, key.code, lock=True)
            if row is not None and row.secret == _hash(key.secret):
                db.execute(update(rooms).where(rooms.c.code == key.code).values(door=is_open))

    def choose(self, key: Key, choices: Choices) -> None:
        """Have the votes of a room go on as its teacher has chosen."""
        with self._writing() as db:
            row = _row(db, key.code, lock=True)
            if row is not None and row.secret == _hash(key.secret):
                values = _of_choices(choices)
                db.execute(update(rooms).where(rooms.c.code == key.code).values(values))
                if choices.pairs and not row.pairs:
                    pair_votes(db, key.code, row.salt, _room(row))

    def find(self, keys: Iterable[Key]) -> dict[Key, Opened]:
        """Those of these keys that lead a room, and the room of each. It does not count as use."""
        wanted, now = [*keys], time.time()
        query = select(rooms.c.code, rooms.c.secret, rooms.c.lesson, rooms.c.made)
        with self._reading() as db:
            rows = db.execute(query.where(rooms.c.code.in_([key.code for key in wanted]))).all()
        opened = {(row.code, row.secret): Opened(row.lesson, now - row.made) for row in rows}
        by_key = {key: opened.get((key.code, _hash(key.secret))) for key in wanted}
        return {key: room for key, room in by_key.items() if room is not None}

    def all_votes(self, key: Key) -> list[Vote]:
        """All votes of a room, in the order in which it was asked."""
        if self.lead(key) is None:
            return []
        order = (votes.c.asked, votes.c.round, votes.c.token)
        with self._reading() as db:
            found = db.execute(select(votes).where(votes.c.code == key.code).order_by(*order))
            phone = defaultdict[str, int](lambda: len(phone) + 1)
            return [
                Vote(phone[r.token], r.asked, r.number, r.seed, r.round, r.option, r.sure)
                for r in found
            ]

    def all_asked(self, key: Key) -> list[Asked]:
        """All questions on which the class of a room was asked to vote, in their order."""
        if self.lead(key) is None:
            return []
        with self._reading() as db:
            return read_asked(db, key.code)

    def delete(self, key: Key) -> None:
        """Delete a room with all that belongs to it."""
        with self._writing() as db:
            row = _row(db, key.code, lock=True)
            if row is not None and row.secret == _hash(key.secret):
                _forget(db, key.code)

    # The phones' side.

    def has(self, code: str) -> bool:
        """Whether there is a room with that code."""
        with self._reading() as db:
            return _row(db, code) is not None

    def look(
        self,
        code: str,
        token: str,
        lets_in: Callable[[], bool] = lambda: True,
        address: str = "",
    ) -> tuple[Told, dict[int, int], Mine]:
        """All that a phone may know of the room; by round the option that it has chosen; and what
        else it is told of itself.

        Args:
            lets_in: called for a phone that has not been there before; returns whether it may come
                in.
            address: the phone's, or its network's. It is not stored: see `network_of`.

        Raises:
            RefusedError: there is no such room, its door is closed, or the phone is one too many or
                is not let in.
        """
        with self._reading() as db:
            found = db.execute(_LOOK, {"code": code, "token": token}).all()
            row = _check(found[0] if found else None, token)
            told_now = _told(db, row)
        if row.seen is None or time.time() - row.seen > _NOTED:
            self._note(code, token, lets_in, address)
        chosen = {r.chosen_in: r.option for r in found if r.chosen_in is not None}
        return told_now, chosen, mine_of(found)

    def vote(
        self,
        code: str,
        token: str,
        question: str,
        option: int,
        lets_in: Callable[[], bool] = lambda: True,
        address: str = "",
        sure: bool | None = None,
    ) -> None:
        """Record a phone's vote in this round, or another one in its place.

        Args:
            question: the `Room.question` that the phone has shown.
            sure: whether the phone is sure of it; None if it has not said so. It is recorded only
                where phones are asked that, and belongs to this option: another vote is without.
            lets_in, address: as for `look`.

        Raises:
            RefusedError: the vote is not counted.
        """
        with self._writing() as db:
            row = _check(_row(db, code, lock=True), token)
            room = _room(row)
            _require(room.question == question, "late")
            _require(room.phase == "open", "closed")
            _require(option in range(len(ballot_of(row).options)), "option")
            _enter(db, row, token, lets_in, address)
            phone = {"code": code, "token": token}
            _record(db, phone, room, option, sure if row.asks_sure else None)

    def _note(self, code: str, token: str, lets_in: Callable[[], bool], address: str) -> None:
        """Note that a phone is here now."""
        with self._writing() as db:
            row = _check(_row(db, code, lock=True), token)
            _enter(db, row, token, lets_in, address)


def store() -> Store:
    """The store that RNN_LENS_DATA names, made on first use.

    Raises:
        StoreError: RNN_LENS_DATA names a database that cannot be connected to at all.
    """
    with _making:  # one store, even if several phones are the first to ask
        try:
            return _made()
        except (ImportError, SQLAlchemyError) as error:  # PostgreSQL's driver, or its address
            raise StoreError("database", "PostgreSQL") from error


_making = threading.Lock()


@cache
def _made() -> Store:
    return Store(connect(os.environ.get("RNN_LENS_DATA", "")))


def _new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


def network_of(salt: str, address: str) -> int:
    """The number that is stored in place of an address, to count the phones that share it.

    It is of no other use. Each room has a salt of its own, so numbers of different rooms cannot be
    compared. And only two bytes of the hash are kept: some 65,000 addresses have the same number,
    so that nobody finds the address by trying them all.
    """
    return int.from_bytes(hmac.digest(salt.encode(), address.encode(), "sha256")[:2])


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _require(holds: bool, otherwise: str) -> None:
    if not holds:
        raise RefusedError(otherwise)


def _check(row: Row | None, token: str) -> Row:
    fits = SHORTEST_TOKEN <= len(token) <= TOKEN_LENGTH
    _require(token.isascii() and token.isalnum() and fits, "token")
    if row is None:
        raise RefusedError("gone")
    return row


def _row(db: Connection, code: str, *, lock: bool = False) -> Row | None:
    """A room's row. Locked, no other process can change the room until this transaction ends."""
    query = _THE_ROOM.with_for_update() if lock else _THE_ROOM
    return db.execute(query, {"code": code}).first()


def _columns(room: Room, ballots: Ballots | None) -> dict[str, Any]:
    """The values of a room's row; those of its question only if ballots are given."""
    before = json.dumps(asdict(room.before)) if room.before else ""
    columns = asdict(room) | {"before": before}
    if ballots is not None:
        written = {name: asdict(ballot) for name, ballot in ballots.items()}
        columns["ballots"] = json.dumps(written)
    return columns


def _of_choices(choices: Choices) -> dict[str, Any]:
    """The values of a room's row for its teacher's choices."""
    return {"asks_sure": choices.sure, "pairs": choices.pairs, "seconds": choices.seconds}


def _room(row: Row) -> Room:
    before = Room(**json.loads(row.before)) if row.before else None
    return Room(row.lesson, row.number, row.seed, row.asked, row.round, row.phase, before)


def _told(db: Connection, row: Row) -> Told:
    room = _room(row)
    counted = _count(db, row.code, room) if room.shows_votes else {}
    asks = row.asks_sure and room.phase == "answered"
    sures = count_sures(db, row.code, room.asked) if asks else {}
    return told(room, ballot_of(row), counted, sures, choices_of(row), ends(row))


def _count(db: Connection, code: str, room: Room) -> Votes:
    """How many chose each option of the question, by round."""
    by = (votes.c.round, votes.c.option)
    this = and_(votes.c.code == code, votes.c.asked == room.asked)
    counted = select(*by, func.count()).where(this).group_by(*by)
    found = defaultdict[int, dict[int, int]](dict)
    for round_, option, count in db.execute(counted):
        found[round_][option] = count
    return dict(found)


def _here(db: Connection, code: str, now: float) -> int:
    """How many phones are in a room."""
    present = and_(phones.c.code == code, phones.c.seen > now - HERE)
    return db.execute(select(func.count()).select_from(phones).where(present)).scalar_one()


def _by_network(db: Connection, code: str) -> list[int]:
    """How many phones have come into a room from each address."""
    there = select(func.count()).select_from(phones).where(phones.c.code == code)
    return list(db.scalars(there.group_by(phones.c.network)))


def _enter(db: Connection, row: Row, token: str, lets_in: Callable[[], bool], address: str) -> None:
    """Note that a phone is in the room of this row, and let it in if it is new."""
    mine, now = and_(phones.c.code == row.code, phones.c.token == token), time.time()
    if db.execute(update(phones).where(mine).values(seen=now)).rowcount:
        return
    _require(row.door, "door")
    there = select(func.count()).select_from(phones).where(phones.c.code == row.code)
    _require(db.execute(there).scalar_one() < MOST_PHONES, "full")
    _require(lets_in(), "crowd")
    new = {"seen": now, "network": network_of(row.salt, address)}
    db.execute(insert(phones).values(code=row.code, token=token, **new))


def _record(
    db: Connection, phone: dict[str, str], room: Room, option: int, sure: bool | None
) -> None:
    """Record a vote in this round, or change the one that there is.

    Args:
        phone: its token and its room's code, as columns.

    Raises:
        RefusedError: it has been changed too often.
    """
    mine = phone | {"asked": room.asked, "round": room.round}
    this = and_(*(votes.c[name] == value for name, value in mine.items()))
    before = db.execute(select(votes).where(this)).first()
    if before is None:
        posed = {"number": room.number, "seed": room.seed, "sure": sure}
        db.execute(insert(votes).values(mine | posed | {"option": option, "changes": 0}))
    elif before.option != option or sure not in (None, before.sure):
        _require(before.changes < MOST_CHANGES, "changes")
        change = {"option": option, "sure": sure, "changes": before.changes + 1}
        db.execute(update(votes).where(this).values(change))


def _forget(db: Connection, code: str) -> None:
    # The room comes first: a vote locks the room's row, so that no vote is added after the others
    # are gone.
    for table in (rooms, votes, asked, phones):
        db.execute(delete(table).where(table.c.code == code))


def _forget_old(db: Connection) -> None:
    # Always in the same order: else two processes that delete the same rooms could deadlock.
    old = select(rooms.c.code).where(rooms.c.used < time.time() - KEPT).order_by(rooms.c.code)
    for code in db.scalars(old).all():
        _forget(db, code)
