"""The cache of answers, and a smaller one of guesses: answers computed before a visitor asks.

All answers computed for one guess are kept, and move to the cache of answers, together.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Hashable, Mapping
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any, ParamSpec, TypeVar

import cachetools
from cachetools.keys import hashkey

from components.backend.cells import CELLS
from components.backend.question.layout import Layout
from components.backend.question.weights import Weights, fitted, size_of
from components.backend.running import engine

# Counted in bytes, as the run of one layer has 2 kB to 16 MB.
_BYTES, _PLACES = 96 * 2**20, 256
_GUESSED_BYTES = 4 * 2**20 * (1 + len(CELLS))  # a guess may ask the same of every cell

P = ParamSpec("P")
Answer = TypeVar("Answer")
Question = TypeVar("Question", bound=Hashable)
"""What is cached; if it holds arrays, `Sized`, a mapping or a tuple."""


def cached(key: Hashable, compute: Callable[[], Answer]) -> Answer:
    """The answer to a question from the cache, or else computed and put there.

    Args:
        key: identifies the question.
        compute: may ask `recall` whether another thread has computed the answer meanwhile.
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
        return _cache.get(key, found)  # all threads that asked at once get the same object


def _keep(key: Hashable, found: Answer) -> None:
    """Put an answer into the cache, and with it the guesses that hold it, all their answers."""
    guessed = [name for name, guess in _guesses.items() if key in guess]
    together = {key: found}
    for name in guessed:
        together |= _guesses.pop(name)
    for each, answer in together.items():
        if each not in _cache and _size(answer) <= _cache.maxsize:
            _cache[each] = answer


def cached_alone(key: Hashable, compute: Callable[[], Answer]) -> Answer:
    """As `cached`, but computed with all other threads kept out of Keras: a thread that has waited
    there to compute the same answer takes it from the cache."""

    def alone() -> Answer:
        with engine.exclusive():
            # Before the next thread gets in, so that it finds the answer.
            return cached(key, compute)

    return cached(key, alone)


def answer(
    question: Question,
    weights: Mapping[str, Any] | None,
    layouts: tuple[Layout, ...],
    compute: Callable[[Question, Weights | None], Answer],
    keep: Callable[[Hashable, Callable[[], Answer]], Answer] = cached_alone,
) -> Answer:
    """The answer to a question that somebody waits for, about layers with these weights. The same
    question and weights give the same object, out of the cache.

    Args:
        weights: None for those of the seed.
        layouts: the weights that the question calls for, which these have to be.
        keep: `cached`, or `cached_alone`.

    Raises:
        SettingsError: weights are missing, unknown, of a wrong shape, or not finite.
    """
    given = fitted(weights, layouts)
    with awaited():
        return keep(key_of(question, given), lambda: compute(question, given))


def cached_calls(
    size: float, *, key: Any = hashkey, getsizeof: Any = None
) -> Callable[[Callable[P, Answer]], Callable[P, Answer]]:
    """Decorates a function whose results all visitors share, in a cache of that size. A thread that
    calls it while another one computes the same waits. The rest is as in cachetools."""
    cache = cachetools.LRUCache(size, getsizeof)
    return cachetools.cached(cache, key, condition=threading.Condition())


def key_of(question: Hashable, weights: Weights | None) -> Hashable:
    """The key of a question that is asked with these weights."""
    return question, weights and weights.key


def recall(key: Hashable) -> Answer | None:
    """The answer to a question, if it is kept."""
    with _lock:
        places = _cache, _guessing.get() or {}, *_guesses.values()
        return next((place[key] for place in places if key in place), None)


@contextmanager
def awaited() -> Generator[None]:
    """For a block that somebody waits for: no guesses are computed meanwhile."""
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
def guessing() -> Generator[None]:
    """For a block that computes a guess: its answers go into the cache of guesses, so they push no
    answer out that somebody asked for. They are kept even if the block raises half-way, but only if
    there is room for all of them."""
    guess: dict[Hashable, Any] = {}
    before = _guessing.set(guess)
    try:
        yield
    finally:
        _guessing.reset(before)
        with _lock:
            if guess:  # an empty one has size 0: the cache might never drop it
                with suppress(ValueError):  # it is larger than the cache
                    _guesses[object()] = guess


def quiet_for() -> float:
    """Seconds since the last answer that somebody waited for; 0 while anybody waits for one."""
    return 0.0 if _asking else time.monotonic() - _last


def forget() -> None:
    """Empty both caches."""
    with _lock:
        _cache.clear()
        _guesses.clear()


def _size(answer: Any) -> int:
    """An answer's share of the cache, at least 1/_PLACES of it."""
    return max(2 * size_of(answer), _BYTES // _PLACES)


_asking, _last = 0, 0.0
_guessing: ContextVar[dict[Hashable, Any] | None] = ContextVar("guessing", default=None)
_cache = cachetools.LRUCache(_BYTES, getsizeof=_size)
_guesses = cachetools.LRUCache(
    _GUESSED_BYTES, getsizeof=lambda guess: sum(map(_size, guess.values()))
)
_lock = threading.Lock()
