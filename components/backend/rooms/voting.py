"""What is stored of votes where a room's leader has chosen more than to count them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, Row, and_, bindparam, func, select, update

from components.backend.rooms.choices import Choices, Mine, Sureness, Sures
from components.backend.rooms.database import votes
from components.backend.rooms.pairs import pair_up
from components.backend.rooms.room import Room

_PAIR = (
    update(votes)
    .where(
        votes.c.code == bindparam("of_room"),
        votes.c.token == bindparam("of_phone"),
        votes.c.asked == bindparam("of_question"),
        votes.c.round == 1,
    )
    .values(pair=bindparam("its_pair"))
)


def choices_of(row: Row) -> Choices:
    """The choices in a room's row."""
    return Choices(row.asks_sure, row.pairs, row.seconds)


def ends(row: Row) -> float | None:
    """When the countdown of the vote that is open ends, in seconds since 1970; None without one."""
    return row.opened + row.seconds if row.phase == "open" and row.seconds else None


def mine_of(found: Iterable[Row]) -> Mine:
    """What the rows of a phone's choices, one of each round, say of the phone itself."""
    sure = pair = None
    for row in found:
        if row.chosen_in == row.round:
            sure = row.sure
        if row.chosen_in == 1:
            pair = row.pair
    return Mine(sure, pair)


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
    rows = [
        {"of_room": code, "of_question": room.asked, "of_phone": phone, "its_pair": pair}
        for phone, pair in pair_up(chosen, salt).items()
    ]
    if rows:
        db.execute(_PAIR, rows)
