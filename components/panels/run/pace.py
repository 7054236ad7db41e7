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

    def delay_within(self, most: float, *, counts: bool = True) -> float | None:
        """Seconds that one has to wait; None, and it does not count, if they are more than that.

        Args:
            counts: whether it counts for those that come later, if it may come.
        """
        delay = self.delay()
        may = delay <= most
        if not (may and counts):
            self.left += 1
        return delay if may else None


_paces: LRUCache[Hashable, Pace] = LRUCache(10_000)
_one_at_a_time = Lock()


def allow(who: Hashable, rate: float, burst: float, *, counts: bool = True) -> bool:
    """Whether one more may come now of those who share a pace: called from any thread.

    Args:
        counts: as for `Pace.delay_within`.
    """
    with _one_at_a_time:
        pace = _paces.setdefault(who, Pace(rate, burst))
        return pace.delay_within(0, counts=counts) is not None


def neighbourhood(host: str | None) -> str:
    """The address whose limits a connection counts for; of an IPv6 address, its /64 network."""
    with suppress(ValueError):
        address = ip_address(host or "")
        if isinstance(address, IPv6Address) and not address.ipv4_mapped:
            return address.exploded[:19]
    return host or ""
