"""Whose turn it is: one who asks for much that takes long leaves room for the others.

Streamlit runs each session's script in a thread of its own. All of them share one Python and one
Keras, and a run cannot be interrupted while Keras computes. So each session has an account of the
seconds for which its runs may keep the server busy while others use it, and a run of a session that
has overdrawn its account waits before it draws anything. Streamlit merges the requests that come
meanwhile into one run with the newest values: a drag loses pictures on the way, never the last.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import streamlit as st

from components.backend.engine import busy

SHARE = 0.3
"""Seconds of each second that a few who ask without end get together. The rest stays free for
whoever asks for something now and then."""

LEAST = 0.1
"""Seconds of each second that a session gets at least. Ten who use that up fill the server: a class
that works all at once gets whatever the server can do."""

MOST = 1.0
"""Seconds that an account can hold, and by which it can be overdrawn. Nobody waits for longer than
it takes to pay that back: three seconds beside one other session, ten in a class."""

ABOUT = 10.0
"""Seconds from a session's last run for which others leave room for it."""

_GLANCE = 0.05  # seconds between two looks at whether a run that waits is still wanted


class Account:
    """The seconds that a session may still use.

    Moments are in seconds of a clock that never goes back; `others` is how many other sessions use
    the server at that moment.
    """

    def __init__(self, now: float) -> None:
        self.left = MOST
        self.counted_at = self.used_at = now

    def wait(self, others: int, now: float) -> float:
        """Seconds until the session may have something run; 0 while it is alone."""
        return max(0.0, -self._count(others, now) / _rate(others)) if others else 0.0

    def charge(self, seconds: float, others: int, now: float) -> None:
        """Take what a run has used from the account; nothing while the session is alone."""
        self._count(others, now)
        self.used_at = now
        if others:
            self.left = max(-MOST, self.left - seconds)

    def _count(self, others: int, now: float) -> float:
        """What is left, with what has come in since the last time."""
        self.left = min(MOST, self.left + (now - self.counted_at) * _rate(others))
        self.counted_at = now
        return self.left


def _rate(others: int) -> float:
    return max(LEAST, SHARE / max(1, others))


def count_others(account: Account, among: Collection[Account], now: float) -> int:
    """How many of these accounts, but for this one, were used lately."""
    return sum(each is not account and each.used_at > now - ABOUT for each in among)


_open: set[Account] = set()


@st.cache_resource(scope="session", on_release=_open.discard, show_spinner=False)
def _account() -> Account:
    """This session's account; its page closed, it counts no longer."""
    account = Account(time.monotonic())
    _open.add(account)
    return account


@contextmanager
def turn() -> Iterator[None]:
    """Round a run of the page: it waits for its turn, and is charged."""
    account = _account()
    account.used_at = time.monotonic()
    _await_turn(account)
    before = busy()
    try:
        yield
    finally:
        now = time.monotonic()
        account.charge(busy() - before, count_others(account, _open.copy(), now), now)


def _await_turn(account: Account) -> None:
    while rest := account.wait(count_others(account, _open.copy(), now := time.monotonic()), now):
        time.sleep(min(rest, _GLANCE))
        "page" in st.session_state  # noqa: B015  # where Streamlit ends a run that is not wanted now
