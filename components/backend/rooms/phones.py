"""The phones in a room: who is let in, who is here, and what a phone's every request reads."""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, or_, select, update

from components.backend.rooms.choices import Mine
from components.backend.rooms.database import TOKEN_LENGTH, phones, rooms, votes

MOST_PHONES = 1000  # in a room
SHORTEST_TOKEN = 16

HERE = 40.0
"""Seconds since a phone's last request for which it counts as being here."""

# A row for each round in which the phone has chosen, or a single row without a choice. Built once:
# to build a statement takes as long as to run it.
_LOOK = (
    select(
        *(rooms, phones.c.seen, votes.c.round.label("chosen_in")),
        *(votes.c.option, votes.c.sure, votes.c.pair, votes.c.pair_agrees),
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


class RefusedError(Exception):
    """A phone's request is not taken: `reason` is one of "gone", "token", "door", "full", "crowd",
    "late", "closed", "option" and "changes"."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def require(holds: bool, otherwise: str) -> None:
    """Raise a RefusedError with this reason unless it holds."""
    if not holds:
        raise RefusedError(otherwise)


def checked(row: Row | None, token: str) -> Row:
    """The room's row for a phone that has this token.

    Raises:
        RefusedError: there is none, or no phone makes such a token.
    """
    fits = SHORTEST_TOKEN <= len(token) <= TOKEN_LENGTH
    require(token.isascii() and token.isalnum() and fits, "token")
    if row is None:
        raise RefusedError("gone")
    return row


def rows_for(db: Connection, code: str, token: str) -> Sequence[Row]:
    """The room's row joined with what there is of a phone: when it was seen, and each of its
    choices on this question; no row if there is no such room."""
    return db.execute(_LOOK, {"code": code, "token": token}).all()


def mine_of(found: Iterable[Row]) -> Mine:
    """What the rows of a phone's choices, one of each round, say of the phone itself."""
    sure = pair = None
    agrees = False
    for row in found:
        if row.chosen_in == row.round:
            sure = row.sure
        if row.chosen_in == 1:
            pair, agrees = row.pair, bool(row.pair_agrees)
    return Mine(sure, pair, agrees)


def enter(db: Connection, row: Row, token: str, lets_in: Callable[[], bool], address: str) -> None:
    """Note that a phone is in the room of this row, and let it in if it is new.

    Args:
        lets_in: called for a phone that has not been there before; returns whether it may come in.
        address: the phone's, or its network's. It is not stored: see `network_of`.

    Raises:
        RefusedError: it is not let in.
    """
    mine, now = and_(phones.c.code == row.code, phones.c.token == token), time.time()
    if db.execute(update(phones).where(mine).values(seen=now)).rowcount:
        return
    require(row.door, "door")
    there = select(func.count()).select_from(phones).where(phones.c.code == row.code)
    require(db.execute(there).scalar_one() < MOST_PHONES, "full")
    require(lets_in(), "crowd")
    new = {"seen": now, "network": network_of(row.salt, address)}
    db.execute(insert(phones).values(code=row.code, token=token, **new))


def count_here(db: Connection, row: Row, now: float) -> int:
    """How many phones are in the room of this row. A phone that has voted in this round is still
    there, though its screen is dark by now."""
    this = (votes.c.code == row.code, votes.c.asked == row.asked, votes.c.round == row.round)
    here = or_(phones.c.seen > now - HERE, phones.c.token.in_(select(votes.c.token).where(*this)))
    present = and_(phones.c.code == row.code, here)
    return db.execute(select(func.count()).select_from(phones).where(present)).scalar_one()


def count_by_network(db: Connection, code: str) -> list[int]:
    """How many phones have come into a room from each address."""
    there = select(func.count()).select_from(phones).where(phones.c.code == code)
    return list(db.scalars(there.group_by(phones.c.network)))


def network_of(salt: str, address: str) -> int:
    """The number that is stored in place of an address, to count the phones that share it.

    It is of no other use. Each room has a salt of its own, so numbers of different rooms cannot be
    compared. And only two bytes of the hash are kept: some 65,000 addresses have the same number,
    so that nobody finds the address by trying them all.
    """
    return int.from_bytes(hmac.digest(salt.encode(), address.encode(), "sha256")[:2])
