"""A question of a lesson, and how its settings are drawn."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any, NamedTuple, TypeVar

import numpy as np

from components.backend.cells import CELLS
from components.backend.question.setup import Setup
from components.backend.running.replay import apart

T = TypeVar("T")

MOST_SEED = 999
"""The largest seed that a link to a lesson can name."""

TURNS = 60
"""What takes two, three, four, five or six turns from one seed to the next is at the same turn
after so many seeds."""

FIRST_OF_ROOMS = TURNS * (MOST_SEED // TURNS + 1)
"""The first seed of those that rooms draw: a multiple of TURNS beyond MOST_SEED."""

MOST_OF_ROOMS = FIRST_OF_ROOMS + TURNS * 2**32
"""All seeds that rooms draw are below."""

_SAME = 1e-5  # how far apart the numbers of equal tensors may be
_VISIBLE = 0.2  # how far apart the numbers of strips have to be, as a share of the largest

KERAS_CELLS = tuple(name for name, cell in CELLS.items() if cell.layer is None)
"""The cells that the lessons are about: those that Keras itself has."""


class Page(NamedTuple):
    """A page of the app, and the parameters of a link to it."""

    name: str  # "explore"
    query: Mapping[str, str]


REST = {"reads": "rest"}
"""Of a link to the page of two calls: the second one reads the rest of the sentence."""

OLD_PAGES: Mapping[str, Page] = {
    "carry": Page("calls", REST),
    "twice": Page("calls", {"reads": "again"}),
}
"""By the names in older links: the pages that have taken these in, and what a link to them says
besides."""


def as_now(page: Page) -> Page:
    """The page that an older link leads to now, with the same settings."""
    if page.name not in OLD_PAGES:
        return page
    now = OLD_PAGES[page.name]
    return Page(now.name, {**now.query, **page.query})


class Phrase(NamedTuple):
    """The name of a phrase among the question's texts, as a placeholder's value."""

    name: str


class Option(NamedTuple):
    """An answer that a question offers to choose."""

    name: str
    """Its name in the lesson's texts."""

    holds: bool
    """Whether it is right, as Keras has it."""

    code: str = ""
    """The option itself, if it is code, such as a shape; "" if a text of the lesson says it."""

    strip: np.ndarray | None = None
    """(step, unit): the numbers to draw, if the option is a picture."""


@dataclass(frozen=True, eq=False)
class Question:
    """A question with all its settings drawn, and Keras's answer to it."""

    page: Page
    """The page with the settings in question."""

    options: tuple[Option, ...]

    words: Mapping[str, Any]
    """The values of the placeholders in its texts."""

    answer_page: Page | None = None
    """The page on which the answer is seen, if it is not `page`."""

    given: Mapping[str, np.ndarray] = field(default_factory=dict)
    """By name: tensors to be shown with the question, each (step, unit)."""


class AgainError(Exception):
    """The settings that were drawn will not do for the question."""


class Draw:
    """Draws the settings of a question: for seed 0 the first settings, for any other seed a twin's.

    Args:
        attempt: how many attempts before this one would not do.
    """

    def __init__(self, question: str, seed: int, attempt: int) -> None:
        self.twin = seed
        self._random = random.Random(f"{question} {seed} {attempt}")
        self.seed = 10 if seed == attempt == 0 else self._random.randrange(1000)
        """The seed of the weights and ids."""

    def __call__(self, first: T, *others: T) -> T:
        """One of these values; for seed 0 the first."""
        return self._random.choice((first, *others)) if self.twin else first

    def cell(self, first: str = "LSTM") -> str:
        """A cell."""
        return self(first, *(cell for cell in KERAS_CELLS if cell != first))

    def turn(self, *each: T) -> T:
        """One of these values: from one seed to the next, they take turns."""
        return each[self.twin % len(each)]

    def need(self, fits: Any) -> None:
        """Have all settings drawn again if this does not hold.

        Raises:
            AgainError: it does not.
        """
        if not fits:
            raise AgainError

    def ids(self, count: int) -> tuple[int, ...]:
        """So many ids, none of them 0."""
        return tuple(self._random.randrange(1, 100) for _ in range(count))

    def setup(self, **fields: Any) -> Setup:
        """A layer that reads random ids, if nothing else is said."""
        drawn: dict[str, Any] = {"source": "random", "seed": self.seed}
        return Setup(**drawn | fields)


def equal(measured: Any, **values: Any) -> tuple[Option, ...]:
    """Options with values. The right one has the measured value."""
    return tuple(Option(name, value == measured, _code(value)) for name, value in values.items())


def _code(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def true(**facts: Any) -> tuple[Option, ...]:
    """Options that are statements. The right one is true."""
    return tuple(Option(name, bool(fact)) for name, fact in facts.items())


def strips(wanted: np.ndarray, **each: np.ndarray) -> tuple[Option, ...]:
    """Options that are pictures, (step, unit). The right one has the wanted numbers.

    Raises:
        AgainError: two of them look alike.
    """
    scale = max(float(np.abs(strip).max()) for strip in each.values())
    for one, other in combinations(each.values(), 2):
        if one.shape == other.shape and apart(one, other) < _VISIBLE * scale:
            raise AgainError
    return tuple(Option(name, same(strip, wanted), strip=strip) for name, strip in each.items())


def reach(goal: Callable[[T], Any], **outcomes: T) -> tuple[Option, ...]:
    """Options that are changes. The right one has an outcome that reaches the goal."""
    return true(**{name: goal(outcome) for name, outcome in outcomes.items()})


def same(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two tensors have one shape and the same numbers."""
    return one.shape == other.shape and apart(one, other) <= _SAME


def right_of(options: Sequence[Option]) -> str:
    """The name of the option that is right.

    Raises:
        AgainError: not exactly one is.
    """
    right = [option.name for option in options if option.holds]
    if len(right) != 1:
        raise AgainError
    return right[0]
