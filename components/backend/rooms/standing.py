"""How a room stands, read from its row, its phones and its votes: for its teacher, and for all."""

from __future__ import annotations

import time

from sqlalchemy import Connection, Row

from components.backend.rooms.asked import ballot_of
from components.backend.rooms.phones import count_by_network, count_here
from components.backend.rooms.room import Led, Told, told
from components.backend.rooms.room_rows import choices_of, ends, room_of
from components.backend.rooms.voting import count_sures, count_votes


def led_of(db: Connection, row: Row) -> Led:
    """All that the teacher of a room's row may know."""
    room, near = room_of(row), count_by_network(db, row.code)
    return Led(
        room,
        ballot_of(row),
        count_votes(db, row.code, room.asked),
        count_here(db, row, time.time()),
        row.door,
        joined=sum(near),
        together=max(near, default=0),
        sures=count_sures(db, row.code, room.asked),
        choices=choices_of(row),
        ends=ends(row),
    )


def told_of(db: Connection, row: Row) -> Told:
    """What anyone in the room of this row may know."""
    room = room_of(row)
    counted = count_votes(db, row.code, room.asked) if room.shows_votes else {}
    asks = row.asks_sure and room.phase == "answered"
    sures = count_sures(db, row.code, room.asked) if asks else {}
    return told(room, ballot_of(row), counted, sures, choices_of(row), ends(row))
