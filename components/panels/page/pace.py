"""How fast somebody may send, and who counts as somebody: the neighbourhood of an address."""

from __future__ import annotations

import time
from collections.abc import Hashable
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from threading import Lock

from cachetools import LRUCache


class Pace:
    """Lets `rate` a second through, after a first `burst` at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self.left, self.at = burst, time.monotonic()

    def delay(self, cost: float = 1) -> float:
        """Seconds that a message has to wait; one may cost as much as several."""
        now = time.monotonic()
        self.left = min(self.burst, self.left + (now - self.at) * self.rate) - cost
        self.at = now
        return max(0.0, -self.left / self.rate)

    def delay_within(self, most: float) -> float | None:
        """Seconds that one has to wait; None, and it does not count, if they are more than that."""
        delay = self.delay()
        if delay <= most:
            return delay
        self.left += 1
        return None


_paces: LRUCache[Hashable, Pace] = LRUCache(10_000)
_one_at_a_time = Lock()


def may_come(who: Hashable, rate: float, burst: float) -> bool:
    """Whether one more may come now of those who share a pace: called from any thread."""
    with _one_at_a_time:
        return _paces.setdefault(who, Pace(rate, burst)).delay_within(0) is not None


def not_counted(who: Hashable) -> None:
    """Take back that one has come, who turned out not to count."""
    with _one_at_a_time:
        if who in _paces:
            _paces[who].left += 1


def neighbourhood(host: str | None) -> str:
    """The address whose limits a connection counts for; of an IPv6 address, its /64 network."""
    with suppress(ValueError):
        address = ip_address(host or "")
        if isinstance(address, IPv6Address) and not address.ipv4_mapped:
            return address.exploded[:19]
    return host or ""
