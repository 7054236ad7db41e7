"""Who discusses with whom between two votes: pairs of people who answered differently."""

from __future__ import annotations

import hmac
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import NamedTuple

COLOURS = ("red", "blue", "green", "yellow", "purple", "orange")
SHAPES = ("circle", "square", "triangle", "star", "heart", "diamond", "plus", "moon")


class Mark(NamedTuple):
    """What a pair finds each other by."""

    colour: str
    shape: str
    number: int
    """1, but in a class that has more pairs than there are colours and shapes to tell apart."""


def pair_up(chosen: Mapping[str, int], salt: str) -> Mapping[str, int]:
    """By phone: the number of its pair, from 0; of an odd number of phones, three are a "pair".

    Phones come in the order of their options, the option with the most votes first, and each of the
    first half is paired with the one as far into the second half. So as many pairs as possible have
    different answers: all of them, unless one option has more than half of the votes.

    Args:
        chosen: by phone, the option that it voted for.
        salt: decides who is paired with whom among phones with the same option.
    """
    if len(chosen) < 2:
        return {}
    count, half = Counter(chosen.values()), len(chosen) // 2

    def place(phone: str) -> tuple[int, int, bytes]:
        option = chosen[phone]
        return -count[option], option, hmac.digest(salt.encode(), phone.encode(), "sha256")

    # The odd one is the last, and joins pair 0: if any pair has one answer alone, that has.
    order = sorted(chosen, key=place)
    return {phone: at % half if at < 2 * half else 0 for at, phone in enumerate(order)}


def agreed(pairs: Mapping[str, int], chosen: Mapping[str, int]) -> set[int]:
    """The pairs in which all have voted for the same option."""
    options = defaultdict[int, set[int]](set)
    for phone, pair in pairs.items():
        options[pair].add(chosen[phone])
    return {pair for pair, each in options.items() if len(each) == 1}


def mark(pair: int) -> Mark:
    """The mark of a pair: no other has the same. The first six differ in colour and in shape."""
    row, colour = divmod(pair, len(COLOURS))
    again, shift = divmod(row, len(SHAPES))
    return Mark(COLOURS[colour], SHAPES[(shift + colour) % len(SHAPES)], again + 1)
