"""Has a session that keeps the server busy wait, so that others get their turn.

Streamlit runs each session's script in a thread of its own. All of them share one Python and one
Keras, and a run cannot be interrupted while Keras computes. So each session has an account of the
seconds for which its runs may keep the server busy while other sessions use it. If the account is
overdrawn, the session's next run waits before it draws anything. Streamlit merges the requests that
come meanwhile into one run with the newest values: a drag may skip pictures, but never the last.
A fragment that reruns by itself, as a training's progress does, neither waits nor is charged.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager

import streamlit as st

from components.backend.engine import busy
from components.panels.page.private import end_if_outdated

SHARE = 0.3
"""Seconds of each second that all busy sessions get together, if they are few. The rest is free for
sessions that ask for something now and then."""

LEAST = 0.1
"""Seconds of each second that a session gets at least. Ten busy sessions fill the server: a class
that works all at once gets all that the server can do."""

MOST = 1.0
"""Seconds that an account can hold, and by which it can be overdrawn. To pay that back takes three
seconds beside one other session, and ten in a class; no session waits longer."""

ABOUT = 10.0
"""Seconds after its last run for which a session counts as using the server."""

_GLANCE = 0.05  # seconds between two checks whether a waiting run is still wanted


class Account:
    """The seconds for which a session may still keep the server busy.

    `now` is the time of a monotonic clock; `others` is how many other sessions use the server then.
    """

    def __init__(self, now: float) -> None:
        self.left = MOST
        self.counted_at = self.used_at = now

    def wait(self, others: int, now: float) -> float:
        """Seconds until the session's next run may begin; 0 while it is alone."""
        return max(0.0, -self._count(others, now) / _rate(others)) if others else 0.0

    def charge(self, seconds: float, others: int, now: float) -> None:
        """Subtract the seconds that a run has used; nothing while the session is alone."""
        self._count(others, now)
        self.used_at = now
        if others:
            self.left = max(-MOST, self.left - seconds)

    def _count(self, others: int, now: float) -> float:
        """What is left, after adding what the session has gained since the last count."""
        self.left = min(MOST, self.left + (now - self.counted_at) * _rate(others))
        self.counted_at = now
        return self.left


def _rate(others: int) -> float:
    return max(LEAST, SHARE / max(1, others))


def count_others(account: Account, among: Collection[Account], now: float) -> int:
    """How many of these accounts, except this one, were used in the last ABOUT seconds."""
    return sum(each is not account and each.used_at > now - ABOUT for each in among)


_open: set[Account] = set()


@st.cache_resource(scope="session", on_release=_open.discard, show_spinner=False)
def _account() -> Account:
    """This session's account, which is dropped when its page is closed."""
    account = Account(time.monotonic())
    _open.add(account)
    return account


@contextmanager
def turn() -> Iterator[None]:
    """For a run of the page: waits until it may begin, and charges it to the session's account."""
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
    while rest := _rest(account):
        time.sleep(min(rest, _GLANCE))
        end_if_outdated()


def _rest(account: Account) -> float:
    """Seconds that its session still has to wait."""
    now = time.monotonic()
    return account.wait(count_others(account, _open.copy(), now), now)
