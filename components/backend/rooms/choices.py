"""What a leader may choose for a room's votes beyond the vote itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

TIMES = (0, 30, 60, 90)
"""Seconds that a leader may give for a vote; 0 for no time."""


@dataclass(frozen=True)
class Choices:
    """All of it is off unless it is chosen."""

    sure: bool = False
    """Whether each phone is asked, after its vote, whether it is sure."""
    pairs: bool = False
    """Whether phones are paired by their first votes, to discuss them before the second."""
    seconds: int = 0
    """How long a countdown runs from when a vote is opened. It closes nothing. One of TIMES."""


OFF = Choices()


class Sureness(NamedTuple):
    """Of the votes for an option: how many are said to be sure, and how many unsure. Whoever has
    said neither is in none of them."""

    sure: int = 0
    unsure: int = 0


Sures = Mapping[int, Mapping[int, Sureness]]
"""By round, and by option. An option is missing where nobody has said anything."""


class Mine(NamedTuple):
    """What a phone is told of itself, beside which options it has chosen."""

    sure: bool | None = None
    """Whether it is sure of its vote in this round; None if it has not said so."""
    pair: int | None = None
    """The number of its pair, by its first vote; None if it is in no pair."""
    pair_agrees: bool = False
    """Whether all of its pair have voted for the same option."""


def sure_and_wrong(sures: Sures, round_: int, right: int) -> int:
    """How many were sure of a wrong option in a round."""
    said = sures.get(round_, {})
    return sum(each.sure for option, each in said.items() if option != right)
