"""Pairs: everybody is in one, and as many as possible have different answers."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend.rooms.choices import Choices, Mine
from components.backend.rooms.pairs import COLOURS, SHAPES, agreed, mark, pair_up
from components.backend.rooms.room import Ballot, Room, told
from components.texts import LANGUAGES, speaking, text
from dashboard.phones.pairs import pair_html, pair_said

BALLOT = Ballot("Which?", ("one", "two"), 1, "Two.", ("One?", ""))

CLASS = st.lists(st.integers(0, 3), min_size=2, max_size=60)
SALT = st.text("0123456789abcdef", min_size=1, max_size=8)


def class_of(options: list[int]) -> dict[str, int]:
    """By phone, the option that it voted for."""
    return {f"phone{number}": option for number, option in enumerate(options)}


@given(options=CLASS, salt=SALT)
def test_everybody_has_a_partner_and_most_another_answer(options: list[int], salt: str) -> None:
    chosen = class_of(options)
    pairs = defaultdict[int, list[int]](list)
    for phone, pair in pair_up(chosen, salt).items():
        pairs[pair].append(chosen[phone])
    half = len(options) // 2
    sizes = sorted(map(len, pairs.values()))
    assert sizes == [2] * (half - 1) + [2 + len(options) % 2]
    assert sorted(pairs) == [*range(half)]
    others = len(options) - max(Counter(options).values())
    assert sum(len({*answers}) > 1 for answers in pairs.values()) == min(half, others)
    agree = {pair for pair, answers in pairs.items() if len({*answers}) == 1}
    assert agreed(pair_up(chosen, salt), chosen) == agree


@given(options=CLASS, salt=SALT)
def test_pairs_follow_from_the_votes_and_the_salt(options: list[int], salt: str) -> None:
    chosen = class_of(options)
    backwards = dict(reversed(chosen.items()))
    assert pair_up(chosen, salt) == pair_up(backwards, salt)


def test_another_room_has_other_pairs() -> None:
    chosen = class_of([0, 1] * 10)
    assert pair_up(chosen, "a") != pair_up(chosen, "b")


def test_one_alone_is_in_no_pair() -> None:
    assert pair_up({}, "a") == pair_up({"phone": 1}, "a") == {}


def test_no_two_pairs_have_the_same_mark() -> None:
    marks = [mark(pair) for pair in range(500)]
    assert len({*marks}) == 500
    told_apart = len(COLOURS) * len(SHAPES)
    assert {each.number for each in marks[:told_apart]} == {1}
    first = marks[: len(COLOURS)]
    assert len({each.colour for each in first}) == len({each.shape for each in first}) == 6


@pytest.mark.parametrize("name", LANGUAGES)
def test_each_mark_is_drawn_and_said_as_no_other(name: str) -> None:
    """By its words alone, too: who does not tell colours apart finds the pair by them."""
    told_ = told(Room("any", phase="closed"), BALLOT, {}, choices=Choices(pairs=True))
    with speaking(name):
        shown = [pair_html(told_, Mine(pair=pair)) for pair in range(100)]
    words = {re.sub("<[^>]*>", "", each) for each in shown}
    drawn = {re.search("<path.*?/>", each).group() for each in shown}
    assert len(words) == 100
    assert len(drawn) == len(COLOURS) * len(SHAPES)


def test_who_agrees_with_its_pair_is_told_other_words() -> None:
    told_ = told(Room("any", phase="closed"), BALLOT, {}, choices=Choices(pairs=True))
    said = [
        pair_said(told_, mine) for mine in (Mine(), Mine(pair=0), Mine(pair=0, pair_agrees=True))
    ]
    assert said == [text(f"phones.pairs.{name}") for name in ("none", "other", "same")]
