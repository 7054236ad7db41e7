"""How many of a class were sure of their votes, in words."""

from __future__ import annotations

from components.backend.rooms.choices import sure_and_wrong
from components.backend.rooms.room import Led, Told
from components.texts import text


def sure_and_wrong_said(now: Told) -> str:
    """For the class: how many were sure and wrong in each vote; "" until it may know."""
    sures, right = now.sures, now.right
    if not sures or right is None:
        return ""
    counts = [sure_and_wrong(sures, each, right) for each in range(1, now.room.round + 1)]
    name = "wrong" if len(counts) == 1 else "wrong_both"
    return text(f"room.sure.{name}", first=counts[0], last=counts[-1])


def sure_said(led: Led) -> str:
    """For the leader alone: how many are sure in this vote, and how many of them of a wrong option;
    "" where nobody was asked or has answered."""
    said = led.sures.get(led.room.round, {})
    if not said:
        return ""
    sure, unsure = (sum(each[at] for each in said.values()) for at in (0, 1))
    right = led.ballot.right
    wrong = 0 if right is None else sure_and_wrong(led.sures, led.room.round, right)
    name = "all" if right is None else "leader"
    return text(f"room.sure.{name}", sure=sure, unsure=unsure, wrong=wrong)
