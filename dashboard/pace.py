"""How fast somebody may send, and who counts as somebody: the neighbourhood of an address."""

from __future__ import annotations

import time
from contextlib import suppress
from ipaddress import IPv6Address, ip_address

from starlette.types import Scope


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


def neighbourhood(scope: Scope) -> str:
    """The address whose limits a connection counts for; of an IPv6 address, its /64 network."""
    host = scope["client"][0] if scope.get("client") else ""
    with suppress(ValueError):
        address = ip_address(host)
        if isinstance(address, IPv6Address) and not address.ipv4_mapped:
            return address.exploded[:19]
    return host
