"""Small tasks that a recurrent cell learns within seconds; each shows what a gate or state does."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from components.backend.question.weights import symbols_of
from components.texts import text

UNASKED = -1
"""Stands for the class at steps where there is no right answer yet, or it does not count."""


@dataclass(frozen=True)
class Task:
    """Sequences of ids, and the right class after each step."""

    name: str
    ids: int  # how many ids there are
    answers: int  # how many classes
    draw: Callable[[np.random.Generator, int, int], np.ndarray]
    """Draws a number of sequences of a number of steps, (sequence, step)."""
    solve: Callable[[np.ndarray], np.ndarray]
    """The right class after every step of such sequences, or UNASKED."""
    at_end: bool = False  # whether the cell is asked after the last step alone
    length: int = 20  # the ordinary number of steps
    event: Callable[[np.ndarray], np.ndarray] | None = None
    """True at the one step of each sequence that has to be remembered, if it can be any step."""

    @property
    def symbols(self) -> tuple[str, ...]:
        """The name of each id, from 0."""
        return symbols_of(self.name)

    @property
    def classes(self) -> tuple[str, ...]:
        """The name of each answer, from 0."""
        return tuple(text(f"learn.tasks.{self.name}.classes"))

    @property
    def source(self) -> str:
        """`draw` and `solve` as code, after the constants and functions here that they use."""
        constants, functions = {"UNASKED": UNASKED}, dict[str, str]()
        for function in (self.draw, self.solve):
            _collect(function, constants, functions)
        lines = (
            f"{name} = {f'np.{value!r}' if isinstance(value, np.ndarray) else value}"
            for name, value in constants.items()
        )
        return "\n\n".join(["\n".join(lines) + "\n", *functions.values()])

    def batch(self, seed: tuple[int, ...], count: int, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Sequences and their right classes, each (sequence, step); the same for the same seed.

        Args:
            seed: numbers that identify this batch.
        """
        ids = self.draw(np.random.default_rng(seed), count, steps).astype("int32")
        return ids, self.asked(ids)

    def asked(self, ids: np.ndarray) -> np.ndarray:
        """The right class wherever the cell is asked, else UNASKED."""
        right = self.solve(ids).astype("int32")
        if self.at_end:
            right[:, :-1] = UNASKED
        return right


def _collect(
    function: Callable[..., np.ndarray], constants: dict[str, Any], functions: dict[str, str]
) -> None:
    """Put a function's source into `functions`, and what it uses of this module beside it."""
    for name in function.__code__.co_names:
        value = globals().get(name)
        if inspect.isfunction(value):
            _collect(value, constants, functions)
        elif isinstance(value, int | np.ndarray):
            constants[name] = value
    functions[function.__name__] = inspect.getsource(function)


# Light switch: on, off, and noise. What was switched last has to be held.


def _draw_switch(rng: np.random.Generator, count: int, steps: int) -> np.ndarray:
    """Three steps in ten are switches, and the first step always is."""
    switch = rng.random((count, steps)) < 0.3
    switch[:, 0] = True
    return np.where(switch, rng.integers(0, 2, switch.shape), rng.integers(2, 4, switch.shape))


def _solve_switch(ids: np.ndarray) -> np.ndarray:
    last = np.maximum.accumulate(np.where(ids < 2, np.arange(ids.shape[1]), 0), axis=1)
    return (np.take_along_axis(ids, last, axis=1) == 0).astype(int)


# Starred letter: one of the letters bears a star, and is asked for at the end.

_LETTERS = 3


def _draw_star(rng: np.random.Generator, count: int, steps: int) -> np.ndarray:
    ids = rng.integers(0, _LETTERS, (count, steps))
    ids[np.arange(count), rng.integers(0, steps, count)] += _LETTERS
    return ids


def _is_starred(ids: np.ndarray) -> np.ndarray:
    return ids >= _LETTERS


def _solve_star(ids: np.ndarray) -> np.ndarray:
    starred = np.where(_is_starred(ids), ids - _LETTERS, UNASKED)
    return np.maximum.accumulate(starred, axis=1)


def another_star(ids: tuple[int, ...]) -> tuple[int, int]:
    """The step (from 1) of a sequence's starred letter, and the id of another starred letter."""
    at = int(_is_starred(np.array(ids)).argmax())
    return at + 1, _LETTERS + (ids[at] - _LETTERS + 1) % _LETTERS


# Inside quotes: every mark turns inside into outside, and outside into inside.


def _draw_quotes(rng: np.random.Generator, count: int, steps: int) -> np.ndarray:
    """One step in four is a mark."""
    mark = rng.random((count, steps)) < 0.25
    return np.where(mark, 0, rng.integers(1, 3, mark.shape))


def _solve_quotes(ids: np.ndarray) -> np.ndarray:
    return (ids == 0).cumsum(axis=1) % 2


# More ups than downs: a count that has to be kept.

_UP_DOWN_PAUSE = np.array([1, -1, 0])


def _draw_ups(rng: np.random.Generator, count: int, steps: int) -> np.ndarray:
    """Never a tie at the end."""
    ids = rng.integers(0, 3, (count, steps))
    while (tied := _UP_DOWN_PAUSE[ids].sum(axis=1) == 0).any():
        ids[tied] = rng.integers(0, 3, (tied.sum(), steps))
    return ids


def _solve_ups(ids: np.ndarray) -> np.ndarray:
    ahead = ups_ahead(ids)
    return np.where(ahead == 0, UNASKED, ahead > 0)


def ups_ahead(ids: np.ndarray) -> np.ndarray:
    """By how many the ups lead the downs after each step, (sequence, step)."""
    return _UP_DOWN_PAUSE[ids].cumsum(axis=1)


# Echo: the bit of three steps ago.

ECHO_AFTER = 3
"""How many steps later a bit has to be repeated."""


def _draw_bits(rng: np.random.Generator, count: int, steps: int) -> np.ndarray:
    return rng.integers(0, 2, (count, steps))


def _solve_echo(ids: np.ndarray) -> np.ndarray:
    right = np.full(ids.shape, UNASKED)
    right[:, ECHO_AFTER:] = ids[:, :-ECHO_AFTER]
    return right


# First symbol: what came first, asked at the end. The forget gate's initial bias decides whether
# an LSTM learns it.


def _solve_first(ids: np.ndarray) -> np.ndarray:
    return np.repeat(ids[:, :1], ids.shape[1], axis=1)


_ALL = (
    Task("switch", ids=4, answers=2, draw=_draw_switch, solve=_solve_switch),
    Task(
        "star",
        ids=2 * _LETTERS,
        answers=_LETTERS,
        draw=_draw_star,
        solve=_solve_star,
        at_end=True,
        event=_is_starred,
    ),
    Task("quotes", ids=3, answers=2, draw=_draw_quotes, solve=_solve_quotes),
    Task("ups", ids=3, answers=2, draw=_draw_ups, solve=_solve_ups, at_end=True),
    Task("echo", ids=2, answers=2, draw=_draw_bits, solve=_solve_echo),
    Task("first", ids=2, answers=2, draw=_draw_bits, solve=_solve_first, at_end=True, length=12),
)

TASKS: Mapping[str, Task] = MappingProxyType({task.name: task for task in _ALL})
"""Every task by its name."""
