"""What a visitor may ask for next, computed while nobody is asking for anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from components.backend import answers
from components.backend.engine import asking, is_warm
from components.backend.linked import SettingsError
from components.backend.settings import Settings, Setup
from components.backend.start import Start
from components.backend.weights import Weights

Ask = Callable[[Settings, Weights | None], object]
"""What a page asks the backend of a layer; with None, with the weights of its seed."""

# Seconds without a request after which time is spent on guesses. A class that works keeps the
# server from guessing at all.
QUIET = 0.2

_start = threading.Lock()
_news = threading.Event()
_shown: tuple[Setup, Start, Ask] | None = None


def look_ahead(shown: Setup, start: Start, ask: Ask) -> None:
    """In the background, and only once it is quiet, compute the neighbours of what is shown.

    One step of the hidden size or of the sequence length then comes out of the cache. Does nothing
    until TensorFlow is loaded.

    Args:
        start: whose weights they are shown with, which hold as far as they fit.
        ask: what the page that shows them asks of each.
    """
    global _shown
    if not is_warm():
        return
    _shown = shown, start, ask
    _news.set()
    if _start.acquire(blocking=False):
        threading.Thread(target=_work, name="look-ahead", daemon=True).start()


def neighbours(setup: Setup) -> Iterator[Setup]:
    """One step of a slider away: a unit more, a unit less, a step more, a step less."""
    for name in ("units", "length"):
        for by in (1, -1):
            with suppress(SettingsError):
                yield setup.but(**{name: getattr(setup, name) + by})


def _work() -> None:
    while _news.wait():
        _news.clear()
        shown, start, ask = _shown
        for near in neighbours(shown):
            while not _news.is_set() and not _is_guessed(near, start, ask):
                pass  # what it has found is kept: it gets on


def _is_guessed(near: Setup, start: Start, ask: Ask) -> bool:
    """Guess once it is quiet; whether that came to its end."""
    while (rest := QUIET - answers.quiet_for()) > 0:
        time.sleep(rest)
        if _news.is_set():
            return False
    # Whoever asks for what fails here is told.
    with suppress(Exception), asking(_give_way), answers.guessing():
        settings = near.settings
        try:
            ask(settings, start.fitting(settings).weights(settings))
        except _Asked:
            return False
    return True


class _Asked(Exception):
    """Somebody has asked for something."""


def _give_way() -> None:
    """End a guess where somebody asks for something."""
    if not answers.quiet_for():
        raise _Asked
