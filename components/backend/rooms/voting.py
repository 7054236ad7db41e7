"""Votes as the database keeps them: recorded, counted, paired, and read as a list."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, insert, select, update

from components.backend.rooms.choices import Sureness, Sures
from components.backend.rooms.database import votes
from components.backend.rooms.pairs import agreed, pair_up
from components.backend.rooms.phones import require
from components.backend.rooms.room import Room, Votes

MOST_CHANGES = 50  # of a vote

_PAIR = (
    update(votes)
    .where(
        votes.c.code == bindparam("of_room"),
        votes.c.token == bindparam("of_phone"),
        votes.c.asked == bindparam("of_question"),
        votes.c.round == 1,
    )
    .values(pair=bindparam("its_pair"), pair_agrees=bindparam("agrees"))
)


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


def record(
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
        require(before.changes < MOST_CHANGES, "changes")
        change = {"option": option, "sure": sure, "changes": before.changes + 1}
        db.execute(update(votes).where(this).values(change))


def count_votes(db: Connection, code: str, asked: int) -> Votes:
    """How many chose each option of a question, by round."""
    by = (votes.c.round, votes.c.option)
    this = and_(votes.c.code == code, votes.c.asked == asked)
    counted = select(*by, func.count()).where(this).group_by(*by)
    found = defaultdict[int, dict[int, int]](dict)
    for round_, option, count in db.execute(counted):
        found[round_][option] = count
    return dict(found)


def count_sures(db: Connection, code: str, asked: int) -> Sures:
    """How many were sure and how many unsure, by round and option of a question."""
    by = (votes.c.round, votes.c.option, votes.c.sure)
    this = and_(votes.c.code == code, votes.c.asked == asked, votes.c.sure.is_not(None))
    counted = select(*by, func.count()).where(this).group_by(*by)
    found = defaultdict[int, dict[int, Sureness]](dict)
    for round_, option, sure, count in db.execute(counted):
        before = found[round_].get(option, Sureness())
        found[round_][option] = before._replace(**{"sure" if sure else "unsure": count})
    return dict(found)


def pair_votes(db: Connection, code: str, salt: str, room: Room) -> None:
    """Store for each first vote the pair that it is in, if this is the time to discuss them."""
    if not room.discusses:
        return
    this = (votes.c.code == code, votes.c.asked == room.asked, votes.c.round == 1)
    chosen = {r.token: r.option for r in db.execute(select(votes).where(*this))}
    pairs = pair_up(chosen, salt)
    agree, of = agreed(pairs, chosen), {"of_room": code, "of_question": room.asked}
    rows = [
        of | {"of_phone": phone, "its_pair": pair, "agrees": pair in agree}
        for phone, pair in pairs.items()
    ]
    if rows:
        db.execute(_PAIR, rows)


def read_votes(db: Connection, code: str) -> list[Vote]:
    """All votes of a room, in the order in which it was asked."""
    order = (votes.c.asked, votes.c.round, votes.c.token)
    found = db.execute(select(votes).where(votes.c.code == code).order_by(*order))
    phone = defaultdict[str, int](lambda: len(phone) + 1)
    return [
        Vote(phone[r.token], r.asked, r.number, r.seed, r.round, r.option, r.sure) for r in found
    ]
