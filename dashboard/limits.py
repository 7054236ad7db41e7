"""Refuses what no browser sends, and limits how much of the server one address can use.

Streamlit has no settings for this. A visitor in a browser notices none of it: a page sends a few
messages a second, of a few kinds, none of them large.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from math import inf

from cachetools import LRUCache
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from components.texts import LANGUAGE, text
from dashboard.messages import NotFromABrowser, let_in
from dashboard.phones import is_phones, takes_votes

# An open page takes four file descriptors: its socket, and three of its session's event loop. The
# event loops of up to 128 sessions stay for two minutes after their pages were closed. 256 are for
# requests, and for TensorFlow, which kills the whole process if it cannot open a file.
FILES_A_SESSION = 4
FILES_FOR_THE_REST = 128 * 3 + 256
ENOUGH_FILES = 2**17  # more than an address has ports, 2**16

# The most open pages, however many files the process may open: more than it can serve.
MOST_SESSIONS = 1000

# A whole class may share one address: forty pupils, two tabs each, and the next class coming in.
SESSIONS_AN_ADDRESS = 200

# Messages a second, and at once, of one socket and of all sockets of an address. A slider that is
# dragged sends six a second. Messages beyond that are read later; none is lost.
SOCKET_RATE, SOCKET_BURST = 20, 60
ADDRESS_RATE, ADDRESS_BURST = 200, 400

# Each time this many bytes, a message counts as one more: to read them costs as much.
BYTES_A_MESSAGE = 2**16

# Pages send data only by the socket, and phones only their votes. Streamlit would store the body of
# a PUT.
METHODS = frozenset({"GET", "HEAD"})

# Where Streamlit would show anybody how many visitors there are, and how much memory it takes.
HIDDEN = "/_stcore/metrics"

RETRY_AFTER = "30"  # seconds


def allow_files() -> int:
    """Raise this process's limit of open files as far as needed and allowed; returns the limit."""
    try:
        import resource
    except ImportError:  # Windows does not count sockets as files
        return ENOUGH_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = inf if hard == resource.RLIM_INFINITY else hard
    wanted = int(max(soft, min(most, ENOUGH_FILES)))
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # some systems allow less than their hard limit says
        return soft
    return wanted


def sessions_within(files: int) -> int:
    """How many pages may be open at once in a process with that limit of open files."""
    return max(1, min(MOST_SESSIONS, (files - FILES_FOR_THE_REST) // FILES_A_SESSION))


class Pace:
    """Delays messages to `rate` a second, after a first `burst` at once."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate, self.burst = rate, burst
        self.left, self.at = burst, time.monotonic()

    def delay(self, cost: float = 1) -> float:
        """Seconds that a message has to wait; one may cost as much as several."""
        now = time.monotonic()
        self.left = min(self.burst, self.left + (now - self.at) * self.rate) - cost
        self.at = now
        return max(0.0, -self.left / self.rate)


class Limits:
    """ASGI middleware that applies the limits of this module.

    Args:
        sessions: how many pages may be open at once.
    """

    def __init__(self, app: ASGIApp, sessions: int) -> None:
        self.app, self.sessions = app, sessions
        self.open: Counter[str] = Counter()  # sockets by address
        self.paces: LRUCache[str, Pace] = LRUCache(10_000)  # by address; they outlive its sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request or a socket, slow it down, or refuse it."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http" and (refusal := self._refusal(scope)):
            await refusal(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        path = scope["path"]
        allowed = METHODS | {"POST"} if takes_votes(path) else METHODS
        if scope["method"] not in allowed:
            return PlainTextResponse("", 405, {"Allow": ", ".join(sorted(allowed))})
        if path.endswith(HIDDEN):
            return PlainTextResponse("", 404)
        page = not is_phones(path) and any(
            name == b"accept" and value.startswith(b"text/html") for name, value in scope["headers"]
        )
        return full() if page and self._is_full(neighbourhood(scope)) else None

    def _is_full(self, address: str) -> bool:
        return self.open.total() >= self.sessions or self.open[address] >= SESSIONS_AN_ADDRESS

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = neighbourhood(scope)
        if self._is_full(address):
            await WebSocket(scope, receive, send).send_denial_response(full())
            return
        pace = self.paces.setdefault(address, Pace(ADDRESS_RATE, ADDRESS_BURST))
        self.open[address] += 1
        channel = Channel(receive, send, pace)
        try:
            await asyncio.sleep(pace.delay())
            await self.app(scope, channel.receive, channel.send)
        finally:
            self.open[address] -= 1
            self.open += Counter()  # drops the addresses that have none left


class Channel:
    """A socket as the app sees it: with only the messages that a browser sends, and slowed down."""

    def __init__(self, receive: Receive, send: Send, address: Pace) -> None:
        self._receive, self._send = receive, send
        self.paces = address, Pace(SOCKET_RATE, SOCKET_BURST)
        self.gone = False

    async def send(self, message: Message) -> None:
        """Send, and note if the socket is closed: then no message waits any longer.

        Raises:
            OSError: the socket is closed.
        """
        if self.gone:
            raise OSError("closed")
        try:
            await self._send(message)
        except OSError:
            self.gone = True
            raise

    async def receive(self) -> Message:
        """The next message that the app may see."""
        while True:
            message = await self._receive()
            if message["type"] != "websocket.receive":
                return message
            cost = 1 + len(message.get("bytes") or b"") // BYTES_A_MESSAGE
            try:
                wanted = let_in(message.pop("bytes", None))
            except NotFromABrowser as refused:
                return await self._close(refused.code)
            await self._wait(max(pace.delay(cost) for pace in self.paces))
            if self.gone:
                return {"type": "websocket.disconnect", "code": 1006}
            if wanted is not None:
                return {"type": "websocket.receive", "bytes": wanted}

    async def _wait(self, delay: float) -> None:
        """Wait, which also makes the sender wait, as the socket is not read meanwhile."""
        if delay and not self.gone:
            await asyncio.sleep(delay)

    async def _close(self, code: int) -> Message:
        with suppress(OSError):
            await self.send({"type": "websocket.close", "code": code})
        self.gone = True
        return {"type": "websocket.disconnect", "code": code}


def neighbourhood(scope: Scope) -> str:
    """The address whose limits a connection counts for; of an IPv6 address, its /64 network."""
    host = scope["client"][0] if scope.get("client") else ""
    with suppress(ValueError):
        address = ip_address(host)
        if isinstance(address, IPv6Address) and not address.ipv4_mapped:
            return address.exploded[:19]
    return host


def full() -> Response:
    """The response to one visitor too many: a page that reloads itself after a while."""
    page = (
        f'<!doctype html><html lang="{LANGUAGE}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width">'
        f'<meta name="color-scheme" content="light dark">'
        f'<meta http-equiv="refresh" content="{RETRY_AFTER}"><title>{text("app.title")}</title>'
        f"<style>body {{ font-family: sans-serif; margin: 20vh auto; max-width: 32rem;"
        f" padding: 0 1rem; line-height: 1.5 }}</style></head>"
        f"<body><h1>{text('full.title')}</h1><p>{text('full.do')}</p></body></html>"
    )
    headers = {"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"}
    return HTMLResponse(page, 503, headers)
