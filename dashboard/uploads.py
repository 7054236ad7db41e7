"""Limits for the files that visitors upload. Streamlit itself checks that the upload comes from one
of its pages (XSRF), that the page is open, and how large the file is."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
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
# and those of an address. A file that does not fit in waits until it does; the files of an address
# wait in a queue.
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
# bytes a second, once the first seconds are over.
PATIENCE = 10
SLOWEST, FIRST_SECONDS = 100_000, 30

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


class Uploads:
    """Passes on to an ASGI app the requests that `upload_of` knows, or refuses them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.paces: LRUCache[str, Pace] = LRUCache(10_000)  # by address
        self.asked: Counter[str] = Counter()  # requests by address
        self.coming: Counter[str] = Counter()  # bytes by address
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
            if not await self._has_turn(address, size):
                return 429
            return await self._take(Sent(address, size), upload, scope, receive, send)
        finally:
            self.under_way -= Counter([upload.session])

    async def _has_turn(self, address: str, size: int) -> bool:
        """Wait until there is room, and take it; False if there is none in time."""
        with suppress(TimeoutError):
            async with (
                asyncio.timeout(WAIT),
                self.turns.setdefault(address, asyncio.Lock()),
            ):
                while not self._fits(address, size):
                    await asyncio.sleep(LOOK_AGAIN)
                self.coming[address] += size
                return True
        return False

    def _fits(self, address: str, size: int) -> bool:
        self.kept = {upload: sent for upload, sent in self.kept.items() if is_uploaded(*upload)}
        held = Counter(self.coming)
        for sent in self.kept.values():
            held[sent.address] += sent.size
        own, all_ = held[address] + size, held.total() + size
        return own <= BYTES_AN_ADDRESS and all_ <= MOST_BYTES

    async def _take(
        self, sent: Sent, upload: Upload, scope: Scope, receive: Receive, send: Send
    ) -> int | None:
        """Have Streamlit read the file, and drop it if no page takes it."""
        try:
            await self.app(scope, _in_time(receive, sent.size), send)
        except TimeoutError:
            return 408
        except ClientDisconnect:
            return None
        finally:
            self.coming -= Counter({sent.address: sent.size})
        if is_uploaded(*upload):
            self.kept[upload] = sent
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


def _in_time(receive: Receive, size: int) -> Callable[[], Awaitable[Message]]:
    """The same messages, with a TimeoutError if they come too slowly."""
    loop = asyncio.get_running_loop()
    latest = loop.time() + FIRST_SECONDS + size / SLOWEST

    async def received() -> Message:
        async with asyncio.timeout_at(min(latest, loop.time() + PATIENCE)):
            return await receive()

    return received
