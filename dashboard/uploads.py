"""Limits for the files that visitors upload. Streamlit itself checks that the upload comes from one
of its pages (XSRF), that the page is open, and how large the file is."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from contextlib import suppress
from math import inf
from typing import NamedTuple

from cachetools import LRUCache
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components.backend.your_model.saved import saved_files
from components.panels.run.pace import Pace
from components.panels.run.private import drop_upload, is_uploaded

_PATH = re.compile(r"(?:/.+)?/_stcore/upload_file/([\w-]+)/([\w-]+)")
METHODS = frozenset({"PUT", "DELETE"})

# Bytes of a request: server.maxUploadSize, which Streamlit compares with all that it sends.
LARGEST = saved_files.MOST_BYTES

# Bytes of the files that are on their way, or that no page has taken yet: those of all visitors,
# and those of an address. A file counts in full from its beginning. One that does not fit in waits
# until it does; the files of an address wait in a queue.
MOST_BYTES = 4 * LARGEST
BYTES_AN_ADDRESS = 2 * LARGEST

# Uploads of an address: a second, the most at once, and the most that are on their way or wait. A
# class of thirty may upload two files each.
RATE, BURST = 1, 60
MOST_AT_ONCE = 60

# Seconds that an upload waits for its turn; a browser would wait for ever.
WAIT = 60
LOOK_AGAIN = 0.2  # seconds

# Seconds after which a sender is given up of whom nothing comes, and how fast one has to be, in
# bytes a second, once the first seconds are over. Where another file waits for its room, only the
# first moments are spared.
PATIENCE = 10
SLOWEST, FIRST_SECONDS, FIRST_MOMENTS = 100_000, 30, 3

# Seconds that a file waits for its page, which takes it once all others of the page have come too.
KEPT = 60


class Upload(NamedTuple):
    """A file's place with Streamlit."""

    session: str
    file: str


class Sent(NamedTuple):
    """A file that was sent."""

    address: str
    size: int


class Arrival:
    """A file that is on its way, and the time that it may take."""

    def __init__(self, sent: Sent, receive: Receive) -> None:
        self.sent, self._receive = sent, receive
        self._came = 0  # bytes
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        self._latest = self._begun + FIRST_SECONDS + sent.size / SLOWEST
        self._timeout: asyncio.Timeout | None = None  # while a message is waited for

    async def receive(self) -> Message:
        """The next message with a part of the file.

        Raises:
            TimeoutError: it comes too slowly, or has to give way.
        """
        latest = min(self._latest, self._loop.time() + PATIENCE)
        try:
            async with asyncio.timeout_at(latest) as self._timeout:
                message = await self._receive()
        finally:
            self._timeout = None
        self._came += len(message.get("body", b""))
        return message

    @property
    def speed(self) -> float:
        """Bytes a second so far; infinite in its first moments, which tell nothing."""
        seconds = self._loop.time() - self._begun
        return self._came / seconds if seconds > FIRST_MOMENTS else inf

    def give_way(self) -> None:
        """End it, for another one that waits for its room."""
        self._latest = self._loop.time()
        if self._timeout and not self._timeout.expired():
            self._timeout.reschedule(self._latest)


class Uploads:
    """Passes on to an ASGI app the requests that `upload_of` knows, or refuses them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.paces: LRUCache[str, Pace] = LRUCache(10_000)  # by address
        self.asked: Counter[str] = Counter()  # requests by address
        self.coming = set[Arrival]()
        self.under_way: Counter[str] = Counter()  # files on their way or waiting, by session
        self.kept: dict[Upload, Sent] = {}  # files, until their page has taken them
        self.turns: LRUCache[str, asyncio.Lock] = LRUCache(10_000)  # by address

    async def __call__(
        self, upload: Upload, address: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass an upload on once there is room for it, or refuse it."""
        self.asked[address] += 1
        try:
            status = await self._status(upload, address, scope, receive, send)
        finally:
            self.asked -= Counter([address])
        if status:
            await PlainTextResponse("", status)(scope, receive, send)

    async def _status(
        self, upload: Upload, address: str, scope: Scope, receive: Receive, send: Send
    ) -> int | None:
        """The status to refuse it with; None if it is answered."""
        delay = self.paces.setdefault(address, Pace(RATE, BURST)).delay_within(WAIT)
        if delay is None or self.asked[address] > MOST_AT_ONCE:
            return 429
        await asyncio.sleep(delay)
        if scope["method"] == "DELETE":
            return await self.app(scope, receive, send)
        size = _length(scope)
        if size is None:
            return 411
        if size > LARGEST:
            return 413
        self.under_way[upload.session] += 1
        try:
            arrival = await self._admitted(Sent(address, size), receive)
            return await self._take(arrival, upload, scope, send) if arrival else 429
        finally:
            self.under_way -= Counter([upload.session])

    async def _admitted(self, sent: Sent, receive: Receive) -> Arrival | None:
        """Wait until there is room for a file, and take it; None if there is none in time."""
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(WAIT),
                self.turns.setdefault(sent.address, asyncio.Lock()),
            ):
                while not self._has_room(sent):
                    await asyncio.sleep(LOOK_AGAIN)
                arrival = Arrival(sent, receive)
                self.coming.add(arrival)
                return arrival
        return None

    def _has_room(self, sent: Sent) -> bool:
        """Whether there is room for a file. If there is none, the slowest of those that are in its
        way has to give way, unless it is quick enough."""
        self.kept = {upload: kept for upload, kept in self.kept.items() if is_uploaded(*upload)}
        held = [*self.kept.values(), *(each.sent for each in self.coming)]
        own = [each for each in held if each.address == sent.address]
        if _size(own) + sent.size > BYTES_AN_ADDRESS:
            in_the_way = [each for each in self.coming if each.sent.address == sent.address]
        elif _size(held) + sent.size > MOST_BYTES:
            in_the_way = [*self.coming]
        else:
            return True
        slowest = min(in_the_way, key=lambda each: each.speed, default=None)
        if slowest and slowest.speed < SLOWEST:
            slowest.give_way()
        return False

    async def _take(self, arrival: Arrival, upload: Upload, scope: Scope, send: Send) -> int | None:
        """Have Streamlit read the file, and drop it if no page takes it."""
        try:
            await self.app(scope, arrival.receive, send)
        except TimeoutError:
            return 408
        except ClientDisconnect:
            return None
        finally:
            self.coming.remove(arrival)
        if is_uploaded(*upload):
            self.kept[upload] = arrival.sent
            self._drop_later(upload)
        return None

    def _drop_later(self, upload: Upload) -> None:
        asyncio.get_running_loop().call_later(KEPT, self._drop, upload)

    def _drop(self, upload: Upload) -> None:
        if self.under_way[upload.session]:
            self._drop_later(upload)
        else:
            drop_upload(*upload)


def upload_of(scope: Scope) -> Upload | None:
    """The file that a request uploads or deletes; None if it does neither."""
    found = _PATH.fullmatch(scope["path"])
    return Upload(*found.groups()) if found and scope["method"] in METHODS else None


def _length(scope: Scope) -> int | None:
    """Bytes of the body; None if the request does not say so, which a browser does."""
    said = dict(scope["headers"]).get(b"content-length", b"")
    return int(said) if said.isdigit() else None


def _size(files: list[Sent]) -> int:
    return sum(each.size for each in files)
