"""Computes, while the server is idle, answers that a visitor may ask for next: guesses."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import SettingsError
from components.backend.question.settings import Settings
from components.backend.question.setup import Setup
from components.backend.question.weights import Weights
from components.backend.running import answers
from components.backend.running.engine import asking, is_warm

Ask = Callable[[Settings, Weights | None], object]
"""A page's question to the backend about a layer with these weights; None for the seed's."""

# Seconds without a question after which guesses are computed. While a whole class is at work there
# are none.
QUIET = 0.2

# The most multiply-adds of a guess: some 0.1 s, in which nobody else gets at Keras.
MOST_WORK = 2e8

_start = threading.Lock()
_news = threading.Event()
_shown: tuple[Setup, WeightSource, Ask] | None = None


def look_ahead(shown: Setup, start: WeightSource, ask: Ask) -> None:
    """Compute the neighbours of what is shown, in the background and only while the server is idle.

    Moving the slider of the hidden size or of the sequence length by one then takes its answer out
    of the cache. Does nothing until TensorFlow is loaded.

    Args:
        start: the weights that the page shows. Fields of it that do not fit a neighbour are left
            out there.
        ask: what the page asks about each neighbour.
    """
    global _shown
    if not is_warm():
        return
    _shown = shown, start, ask
    _news.set()
    if _start.acquire(blocking=False):
        threading.Thread(target=_work, name="look-ahead", daemon=True).start()


def neighbours(setup: Setup) -> Iterator[Setup]:
    """The setups one step of a slider away: one unit more or less, one timestep more or less."""
    for name in ("units", "length"):
        for by in (1, -1):
            with suppress(SettingsError):
                yield setup.but(**{name: getattr(setup, name) + by})


def _work() -> None:
    while _news.wait():
        _news.clear()
        if _shown is None:
            continue
        shown, start, ask = _shown
        for near in neighbours(shown):
            while not _news.is_set() and not _is_guessed(near, start, ask):
                pass  # answers computed before an interruption are kept, so each try gets further


def _is_guessed(near: Setup, start: WeightSource, ask: Ask) -> bool:
    """Wait until the server is idle and compute a guess; False if that was interrupted."""
    while (rest := QUIET - answers.quiet_for()) > 0:
        time.sleep(rest)
        if _news.is_set():
            return False
    # An error is shown to the visitor who really asks for this.
    with suppress(Exception), asking(_give_way, MOST_WORK), answers.guessing():
        settings = near.settings
        try:
            ask(settings, start.fitting(settings).weights(settings))
        except _Interrupted:
            return False
    return True


class _Interrupted(BaseException):
    """Somebody has asked for something. No `Exception`: others, such as `engine`, make errors of
    their own of those, and the guess would count as one that fails."""


def _give_way() -> None:
    """Interrupt the guess if anybody waits for an answer."""
    if not answers.quiet_for():
        raise _Interrupted
