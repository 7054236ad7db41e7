"""The questions that a class was asked, as the database keeps them after the class has gone on."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, select, update

from components.backend.lessons.question import Page
from components.backend.rooms.database import asked
from components.backend.rooms.room import Asked, Ballot, Room
from components.texts import language


def note_move(db: Connection, row: Row, seen: Room, then: Room, now: float, *, here: int) -> None:
    """Keep what a move changes of a question on which the class is asked to vote.

    Args:
        row: the room's, before the move.
        seen: the room before the move.
        then: the room after it.
        now: the time, in seconds since 1970.
        here: how many phones are in the room.
    """
    if then.asked != seen.asked:
        return
    come: dict[str, Any] = {"round": then.round, "phase": then.phase}
    if seen.phase == "waiting":
        of = {"code": row.code, "asked": then.asked, "number": then.number, "seed": then.seed}
        more = {"ballots": row.ballots, "opened": now, "shown_between": False}
        db.execute(insert(asked).values(of | more | come))
        return
    if then.phase == "closed":
        come[f"present_{then.round}"] = here
    if then.round > seen.round:
        come["shown_between"] = seen.phase == "counted"
    this = and_(asked.c.code == row.code, asked.c.asked == then.asked)
    db.execute(update(asked).where(this).values(come))


def read_asked(db: Connection, code: str) -> list[Asked]:
    """The questions that a room's class was asked, in their order."""
    found = db.execute(select(asked).where(asked.c.code == code).order_by(asked.c.asked))
    return [_asked(row) for row in found]


def ballot_of(row: Row) -> Ballot:
    """A row's question in the language of whoever asks."""
    read: dict[str, Any] = json.loads(row.ballots)[language()]
    page = read.pop("answer_page")
    fields: dict[str, Any] = {
        name: tuple(v) if isinstance(v, list) else v for name, v in read.items()
    }
    return Ballot(**fields, answer_page=page and Page(*page))


def _asked(row: Row) -> Asked:
    present = {1: row.present_1, 2: row.present_2}
    return Asked(
        row.asked,
        row.number,
        row.seed,
        ballot_of(row),
        row.opened,
        row.round,
        row.phase,
        {each: count for each, count in present.items() if count is not None},
        row.shown_between,
    )
