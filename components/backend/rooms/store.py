"""Keeps rooms, phones and votes in a database that all processes of a server share."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable, Iterable
from functools import cache
from typing import NamedTuple

from sqlalchemy import Engine, Row, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from components.backend.rooms.asked import ballot_of, note_move, read_asked
from components.backend.rooms.choices import OFF, Choices, Mine
from components.backend.rooms.database import CODE_LENGTH, connect, rooms
from components.backend.rooms.phones import checked, count_here, enter, mine_of, require, rows_for
from components.backend.rooms.room import Asked, Ballots, Led, Room, Told
from components.backend.rooms.room_rows import (
    Key,
    choices_columns,
    choices_of,
    forget,
    forget_old,
    hash_of,
    led_row,
    room_columns,
    room_of,
    room_row,
)
from components.backend.rooms.standing import led_of, told_of
from components.backend.rooms.transactions import StoreError, Transactions
from components.backend.rooms.voting import Vote, pair_votes, read_votes, record

# Without letters that look alike, and without vowels, so that no code is a word.
LETTERS = "BCDFHJKLMNPRTVWXY"

MOST_ROOMS = 500

UNUSED = 3600.0
"""Seconds since its last use after which a room may be deleted for a new one, if there are
MOST_ROOMS."""

_NOTED = 15.0  # seconds between two notes of the time at which a phone or a teacher was here


class NoRoomError(Exception):
    """There are as many rooms as there may be, and all of them are in use."""


class Opened(NamedTuple):
    """A room as it is found again by those who lead it."""

    lesson: str
    age: float
    """Seconds since it was opened."""


class History(NamedTuple):
    """All that came of a room."""

    led: Led
    asked: list[Asked]
    """The questions on which the class was asked to vote, in their order."""
    votes: list[Vote]
    """In the order in which they were asked for, and by phone."""


class Store:
    """Rooms, phones and votes. Each method raises a StoreError where the database fails.

    Args:
        engine: a database. All tables are made there on first use, if need be.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._transactions = Transactions(engine)

    # The teacher's side.

    def open(self, room: Room, ballots: Ballots) -> Key:
        """Open a new room.

        Raises:
            NoRoomError: there are MOST_ROOMS, all in use.
        """
        with self._transactions.writing() as db:
            forget_old(db)
            if db.execute(select(func.count()).select_from(rooms)).scalar_one() >= MOST_ROOMS:
                by_use = select(rooms).order_by(rooms.c.used).limit(1)
                oldest = db.execute(by_use.with_for_update(skip_locked=True)).first()
                if oldest is None or oldest.used > time.time() - UNUSED:
                    raise NoRoomError
                forget(db, oldest.code)
            code = _new_code()
            while db.scalar(select(rooms.c.code).where(rooms.c.code == code)):
                code = _new_code()
            key = Key(code, secrets.token_urlsafe(18))
            now = time.time()
            values = {"secret": hash_of(key.secret), "used": now, "door": True, "made": now}
            values |= {"opened": now} | choices_columns(OFF)
            values |= {"salt": secrets.token_hex()} | room_columns(room, ballots)
            db.execute(insert(rooms).values(code=code, **values))
        return key

    def lead(self, key: Key) -> Led | None:
        """The room of a teacher's key; None if there is none."""
        with self._transactions.reading() as db:
            row = led_row(db, key)
            led = None if row is None else led_of(db, row)
        if row is not None:
            self._note_use(row)
        return led

    def history(self, key: Key) -> History | None:
        """The room of a teacher's key with all that it was asked and voted; None if there is
        none."""
        with self._transactions.reading() as db:
            row = led_row(db, key)
            if row is None:
                return None
            found = History(led_of(db, row), read_asked(db, row.code), read_votes(db, row.code))
        self._note_use(row)
        return found

    def move(self, key: Key, seen: Room, then: Room, ballots: Ballots | None) -> None:
        """Make a move, unless another device of the teacher's has made one meanwhile.

        Args:
            seen: the room as this device saw it.
            then: the room after the move.
            ballots: the question after the move; None if it is the same question.
        """
        with self._transactions.writing() as db:
            row = led_row(db, key, lock=True)
            if row is not None and room_of(row) == seen:
                now = time.time()
                values = {"used": now} | room_columns(then, ballots)
                if then.phase == "open":
                    values["opened"] = now
                db.execute(update(rooms).where(rooms.c.code == key.code).values(values))
                note_move(db, row, seen, then, now, here=count_here(db, row, now))
                if row.pairs:
                    pair_votes(db, key.code, row.salt, then)

    def set_door(self, key: Key, *, is_open: bool) -> None:
        """Open or close the door. A closed door lets in only phones that have been in the room."""
        with self._transactions.writing() as db:
            row = led_row(db, key, lock=True)
            if row is not None:
                db.execute(update(rooms).where(rooms.c.code == key.code).values(door=is_open))

    def choose(
        self,
        key: Key,
        *,
        sure: bool | None = None,
        pairs: bool | None = None,
        seconds: int | None = None,
    ) -> None:
        """Have the votes of a room go on as its teacher has chosen.

        Args:
            sure, pairs, seconds: as in `Choices`. None leaves one as it is: another device of the
                teacher's may have changed that.
        """
        with self._transactions.writing() as db:
            row = led_row(db, key, lock=True)
            if row is not None:
                before = choices_of(row)
                choices = Choices(
                    before.sure if sure is None else sure,
                    before.pairs if pairs is None else pairs,
                    before.seconds if seconds is None else seconds,
                )
                values = choices_columns(choices)
                db.execute(update(rooms).where(rooms.c.code == key.code).values(values))
                if choices.pairs and not before.pairs:
                    pair_votes(db, key.code, row.salt, room_of(row))

    def find(self, keys: Iterable[Key]) -> dict[Key, Opened]:
        """Those of these keys that lead a room, and the room of each. It does not count as use."""
        wanted, now = [*keys], time.time()
        query = select(rooms.c.code, rooms.c.secret, rooms.c.lesson, rooms.c.made)
        with self._transactions.reading() as db:
            rows = db.execute(query.where(rooms.c.code.in_([key.code for key in wanted]))).all()
        opened = {(row.code, row.secret): Opened(row.lesson, now - row.made) for row in rows}
        by_key = {key: opened.get((key.code, hash_of(key.secret))) for key in wanted}
        return {key: room for key, room in by_key.items() if room is not None}

    def delete(self, key: Key) -> None:
        """Delete a room with all that belongs to it."""
        with self._transactions.writing() as db:
            row = led_row(db, key, lock=True)
            if row is not None:
                forget(db, key.code)

    def _note_use(self, row: Row) -> None:
        """Note that the room of this row is in use, unless that was noted a moment ago."""
        now = time.time()
        if now - row.used > _NOTED:
            with self._transactions.writing() as db:
                db.execute(update(rooms).where(rooms.c.code == row.code).values(used=now))
                forget_old(db)

    # The phones' side.

    def has(self, code: str) -> bool:
        """Whether there is a room with that code."""
        with self._transactions.reading() as db:
            return room_row(db, code) is not None

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
            address: the phone's, or its network's. It is not stored: see `phones.network_of`.

        Raises:
            RefusedError: there is no such room, its door is closed, or the phone is one too many or
                is not let in.
        """
        with self._transactions.reading() as db:
            found = rows_for(db, code, token)
            row = checked(found[0] if found else None, token)
            told_now = told_of(db, row)
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
            lets_in: called for a phone that has not been there before; returns whether it may come
                in.
            address: the phone's, or its network's. It is not stored: see `phones.network_of`.

        Raises:
            RefusedError: the vote is not counted.
        """
        with self._transactions.writing() as db:
            row = checked(room_row(db, code, lock=True), token)
            room = room_of(row)
            require(room.question == question, "late")
            require(room.phase == "open", "closed")
            require(option in range(len(ballot_of(row).options)), "option")
            enter(db, row, token, lets_in, address)
            phone = {"code": code, "token": token}
            record(db, phone, room, option, sure if row.asks_sure else None)

    def _note(self, code: str, token: str, lets_in: Callable[[], bool], address: str) -> None:
        """Note that a phone is here now."""
        with self._transactions.writing() as db:
            row = checked(room_row(db, code, lock=True), token)
            enter(db, row, token, lets_in, address)


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


def keeps_rooms() -> bool:
    """Whether rooms and their votes outlive the server."""
    return os.environ.get("RNN_LENS_DATA") != "off"


_making = threading.Lock()


@cache
def _made() -> Store:
    return Store(connect(os.environ.get("RNN_LENS_DATA", "")))


def _new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))
