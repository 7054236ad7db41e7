"""Runs that a visitor may ask for next, computed while nobody is asking for anything."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import suppress

from components.backend import answers, results
from components.backend.engine import is_warm
from components.backend.linked import SettingsError
from components.backend.settings import Setup
from components.backend.start import Start

# Seconds without a request after which time is spent on guesses. A class that works keeps the
# server from guessing at all.
QUIET = 0.2

_start = threading.Lock()
_news = threading.Event()
_shown: tuple[Setup, Start] | None = None


def look_ahead(shown: Setup, start: Start) -> None:
    """In the background, and only once it is quiet, compute the neighbours of what is shown.

    One step of the hidden size or of the sequence length then comes out of the cache. Does nothing
    until TensorFlow is loaded.

    Args:
        start: whose weights they are shown with, which hold as far as they fit.
    """
    global _shown
    if not is_warm():
        return
    _shown = shown, start
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
        shown, start = _shown
        for near in neighbours(shown):
            while not _news.is_set() and (rest := QUIET - answers.quiet_for()) > 0:
                time.sleep(rest)
            if _news.is_set():
                break
            with suppress(Exception):  # whoever asks for it is told
                settings = near.settings
                results.guess(settings, start.fitting(settings).weights(settings))
