"""Refuses what no browser sends, and limits how much of the server one address can use.

Streamlit has no settings for this. A visitor in a browser notices none of it: a page sends a few
messages a second, of a few kinds, none of them large.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Generator
from contextlib import contextmanager, suppress
from math import inf

from cachetools import LRUCache
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from components.panels.run.pace import Pace, neighbourhood
from components.texts import text
from dashboard.messages import NotFromABrowser, let_in
from dashboard.phones import is_phones, takes_votes
from dashboard.plain_page import STYLE, plain_page
from dashboard.uploads import Uploads, upload_of

# An open page takes four file descriptors: its socket, and three of its session's event loop. The
# event loops of up to 128 sessions stay for two minutes after their pages were closed, and until
# `forget_closed_pages` is next called. 256 are for requests, and for TensorFlow, which kills the
# whole process if it cannot open a file.
FILES_A_SESSION = 4
FILES_FOR_THE_REST = 128 * 3 + 256
ENOUGH_FILES = 2**17  # more than an address has ports, 2**16

# The most open pages, however many files the process may open: more than it can serve.
MOST_SESSIONS = 1000

# A whole class may share one address: forty pupils, two tabs each, and the next class coming in.
SESSIONS_AN_ADDRESS = 200

# The most connections of an address that have sent no request yet, and the most of its requests
# that wait for an answer: uvicorn's backlog, which is how many may come in before the server reads
# any.
MOST_WAITING = 2048

# Messages a second, and the most at once: of one socket, and of all sockets of an address. A slider
# that is dragged sends six a second. Messages beyond these limits are read later; none is lost.
SOCKET_RATE, SOCKET_BURST = 20, 60
ADDRESS_RATE, ADDRESS_BURST = 200, 400

# Requests of an address's phones a second, the most at once, and how many seconds one may wait.
# Three hundred phones that join together send three each, and then 130 a second. Requests beyond
# the limit wait. A request that would wait longer is refused: by then a phone would ask again
# anyhow.
PHONES_RATE, PHONES_BURST, PHONES_WAIT = 200, 1000, 6

# A message counts as one more for each so many bytes of it: to read them costs as much as a
# message.
BYTES_A_MESSAGE = 2**16

# Pages send data by the socket, and files as `uploads` lets them; phones send their votes.
METHODS = frozenset({"GET", "HEAD"})

# Streamlit's metrics, which would show anybody how many visitors there are, and its use of memory.
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


def waiting_within(files: int) -> int:
    """How many connections of an address may wait in a process with that limit of open files."""
    return min(MOST_WAITING, files // 4)


class Limits:
    """ASGI middleware that applies the limits of this module.

    Args:
        sessions: how many pages may be open at once.
        requests: how many requests of an address may wait for their answers at once.
    """

    def __init__(self, app: ASGIApp, sessions: int, requests: int = MOST_WAITING) -> None:
        self.app, self.sessions, self.requests = app, sessions, requests
        self.open: Counter[str] = Counter()  # sockets by address
        self.asked: Counter[str] = Counter()  # requests by address
        # By address. An address keeps its paces when its sockets are closed.
        self.socket_paces: LRUCache[str, Pace] = LRUCache(10_000)
        self.phone_paces: LRUCache[str, Pace] = LRUCache(10_000)
        self.uploads = Uploads(app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request or a socket, slow it down, or refuse it."""
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif scope["type"] == "http":
            with _counted(self.asked, _address(scope)):
                await self._request(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        if refusal := self._refusal(scope):
            await refusal(scope, receive, send)
        elif upload := upload_of(scope):
            await self.uploads(upload, _address(scope), scope, receive, send)
        elif is_phones(scope["path"]):
            await self._phone(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _phone(self, scope: Scope, receive: Receive, send: Send) -> None:
        pace = self.phone_paces.setdefault(_address(scope), Pace(PHONES_RATE, PHONES_BURST))
        delay = pace.delay_within(PHONES_WAIT)
        if delay is None:
            await _too_many()(scope, receive, send)
        else:
            await asyncio.sleep(delay)
            await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        path = scope["path"]
        if self.asked[_address(scope)] > self.requests:
            return _too_many()
        allowed = METHODS | {"POST"} if takes_votes(path) else METHODS
        if scope["method"] not in allowed and not upload_of(scope):
            return PlainTextResponse("", 405, {"Allow": ", ".join(sorted(allowed))})
        if path.endswith(HIDDEN):
            return PlainTextResponse("", 404)
        page = not is_phones(path) and any(
            name == b"accept" and value.startswith(b"text/html") for name, value in scope["headers"]
        )
        return full() if page and self._is_full(_address(scope)) else None

    def _is_full(self, address: str) -> bool:
        return self.open.total() >= self.sessions or self.open[address] >= SESSIONS_AN_ADDRESS

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        address = _address(scope)
        if self._is_full(address):
            await WebSocket(scope, receive, send).send_denial_response(full())
            return
        pace = self.socket_paces.setdefault(address, Pace(ADDRESS_RATE, ADDRESS_BURST))
        channel = Channel(receive, send, pace)
        with _counted(self.open, address):
            await asyncio.sleep(pace.delay())
            await self.app(scope, channel.receive, channel.send)


class Channel:
    """A socket's messages, filtered for the app: only those that a browser sends, and slowed
    down."""

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


@contextmanager
def _counted(counter: Counter[str], address: str) -> Generator[None]:
    counter[address] += 1
    try:
        yield
    finally:
        counter[address] -= 1
        if not counter[address]:
            del counter[address]


def _too_many() -> Response:
    # Not 503: nginx would take the process for one that is down.
    return PlainTextResponse("", 429, {"Retry-After": RETRY_AFTER})


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return neighbourhood(client and client[0])


def full() -> Response:
    """The response to one visitor too many: a page that reloads itself after a while."""
    body = f"<h1>{text('full.title')}</h1><p>{text('full.do')}</p>"
    return plain_page(body, 503, style=STYLE, retry_after=RETRY_AFTER)
