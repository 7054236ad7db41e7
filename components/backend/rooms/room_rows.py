"""A room as a row of the database: whose it is, what it says, and when it goes."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, bindparam, delete, select

from components.backend.rooms.choices import Choices
from components.backend.rooms.database import asked, phones, rooms, votes
from components.backend.rooms.room import Ballots, Room

KEPT = 24 * 3600.0
"""Seconds that a room is kept after it was last used."""

# Built once: to build a statement takes as long as to run it.
_THE_ROOM = select(rooms).where(rooms.c.code == bindparam("code"))


class Key(NamedTuple):
    """The code of a room, and the secret with which its teacher leads it."""

    code: str
    secret: str


def hash_of(secret: str) -> str:
    """What is stored of a key's secret."""
    return sha256(secret.encode()).hexdigest()


def room_row(db: Connection, code: str, *, lock: bool = False) -> Row | None:
    """A room's row. Locked, no other process can change the room until this transaction ends."""
    query = _THE_ROOM.with_for_update() if lock else _THE_ROOM
    return db.execute(query, {"code": code}).first()


def led_row(db: Connection, key: Key, *, lock: bool = False) -> Row | None:
    """The row of the room that a key leads; None if it leads none."""
    row = room_row(db, key.code, lock=lock)
    return row if row is not None and row.secret == hash_of(key.secret) else None


def room_columns(room: Room, ballots: Ballots | None) -> dict[str, Any]:
    """The values of a room's row; those of its question only if ballots are given."""
    before = json.dumps(asdict(room.before)) if room.before else ""
    values = asdict(room) | {"before": before}
    if ballots is not None:
        written = {name: asdict(ballot) for name, ballot in ballots.items()}
        values["ballots"] = json.dumps(written)
    return values


def choices_columns(choices: Choices) -> dict[str, Any]:
    """The values of a room's row for what its teacher has chosen."""
    return {"asks_sure": choices.sure, "pairs": choices.pairs, "seconds": choices.seconds}


def room_of(row: Row) -> Room:
    """Where the class of a room's row is."""
    before = Room(**json.loads(row.before)) if row.before else None
    of = (row.lesson, row.number, row.seed, row.asked, row.round, row.phase)
    return Room(*of, before, row.draw)


def choices_of(row: Row) -> Choices:
    """What the teacher of a room's row has chosen."""
    return Choices(row.asks_sure, row.pairs, row.seconds)


def ends(row: Row) -> float | None:
    """When the countdown of the vote that is open ends, in seconds since 1970; None without one."""
    return row.opened + row.seconds if row.phase == "open" and row.seconds else None


def forget(db: Connection, code: str) -> None:
    """Delete a room with all that belongs to it."""
    # The room comes first: a vote locks the room's row, so that no vote is added after the others
    # are gone.
    for table in (rooms, votes, asked, phones):
        db.execute(delete(table).where(table.c.code == code))


def forget_old(db: Connection) -> None:
    """Delete the rooms that have not been used for so long that they are no longer kept."""
    # A room that another process has locked is being led again, or deleted by that. To wait for it
    # could deadlock: that process may wait for a room that this one has locked.
    old = select(rooms.c.code).where(rooms.c.used < time.time() - KEPT)
    for code in db.scalars(old.with_for_update(skip_locked=True)).all():
        forget(db, code)
