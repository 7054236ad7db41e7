"""What was answered before: one cache for every question, and one for what was only guessed, each
guess with all that was computed for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from cachetools import LRUCache

from components.backend import engine
from components.backend.weights import Weights

_BYTES, _PLACES = 32 * 2**20, 256
_GUESSED_BYTES = 16 * 2**20


class Kept(Protocol):
    """An answer that knows how much memory it takes."""

    @property
    def nbytes(self) -> int:
        """Of all its arrays."""


Answer = TypeVar("Answer", bound=Kept)


def kept(key: Hashable, compute: Callable[[], Answer]) -> Answer:
    """The answer to a question: as it was kept, or computed, and kept from now on.

    Args:
        key: tells the question from all others.
        compute: may look with `recall` whether somebody else has computed it meanwhile.
    """
    found = recall(key)
    if found is None:
        found = compute()
    guess = _guessing.get()
    with _lock:
        if guess is None:
            _keep(key, found)
        else:
            guess[key] = found
        return _cache.get(key, found)  # one and the same for all who have asked at once


def _keep(key: Hashable, found: Answer) -> None:
    """An answer that somebody has asked for, and what was guessed together with it."""
    guessed = [name for name, guess in _guesses.items() if key in guess]
    together = {key: found}
    for name in guessed:
        together |= _guesses.pop(name)
    for each, answer in together.items():
        if each not in _cache and _size(answer) <= _cache.maxsize:
            _cache[each] = answer


def computed(key: Hashable, compute: Callable[[], Answer]) -> Answer:
    """As `kept`, for what is computed with nobody else in Keras: who waits there with the same
    question finds it answered.

    Raises:
        StartError, StillStartingError: as `engine.alone` does.
    """

    def alone() -> Answer:
        with engine.alone():
            return recall(key) or compute()

    return kept(key, alone)


def reply(
    question: Hashable,
    weights: Weights | None,
    compute: Callable[[Hashable, Weights | None], Answer],
    keep: Callable[[Hashable, Callable[[], Answer]], Answer] = kept,
) -> Answer:
    """What somebody asks and waits for, of a layer with these weights.

    Args:
        weights: None for those of the seed.
        keep: `kept`, or `computed`.
    """
    with asked():
        return keep(key_of(question, weights), lambda: compute(question, weights))


def key_of(question: Hashable, weights: Weights | None) -> Hashable:
    """What tells a question that is asked with these weights from all others."""
    return question, weights and weights.key


def recall(key: Hashable) -> Answer | None:
    """The answer to a question, if it is kept."""
    with _lock:
        places = _cache, _guessing.get() or {}, *_guesses.values()
        return next((place[key] for place in places if key in place), None)


@contextmanager
def asked() -> Iterator[None]:
    """Round what somebody waits for: nothing is guessed meanwhile."""
    global _asking, _last
    if _guessing.get() is not None:
        yield
        return
    with _lock:
        _asking += 1
    try:
        yield
    finally:
        with _lock:
            _asking -= 1
            _last = time.monotonic()


@contextmanager
def guessing() -> Iterator[None]:
    """Round what nobody has asked for: its answers take no place of those that somebody has. They
    are kept together, as far as they were found, if there is room for all of them."""
    guess: dict[Hashable, Any] = {}
    before = _guessing.set(guess)
    try:
        yield
    finally:
        _guessing.reset(before)
        with _lock:
            if guess:  # an empty one takes no room, and would never give way
                with suppress(ValueError):  # there is no room for it
                    _guesses[object()] = guess


def quiet_for() -> float:
    """Seconds since somebody got an answer; 0 while anybody waits for one."""
    return 0.0 if _asking else time.monotonic() - _last


def forget() -> None:
    """Keep nothing of what was answered."""
    with _lock:
        _cache.clear()
        _guesses.clear()


def _size(answer: Kept) -> int:
    """An answer's share of the cache: never less than one of the places there are."""
    return max(2 * answer.nbytes, _BYTES // _PLACES)


_asking, _last = 0, 0.0
_guessing: ContextVar[dict[Hashable, Any] | None] = ContextVar("guessing", default=None)
_cache: LRUCache = LRUCache(_BYTES, getsizeof=_size)
_guesses: LRUCache = LRUCache(
    _GUESSED_BYTES, getsizeof=lambda guess: sum(map(_size, guess.values()))
)
_lock = threading.Lock()
