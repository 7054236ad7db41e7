"""Compresses Streamlit's scripts, which it would send as they are. A first visit loads 3.4 MB of
them or, compressed, 1.6 MB; and a class that opens a page shares one network."""

from __future__ import annotations

import threading
from functools import cache

from cachetools import cached
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.page_head import SCRIPTS
from dashboard.scripts import Packed

_FOLDER = "/static/js"


class StreamlitJs:
    """ASGI middleware that sends the scripts, each compressed when it is first requested. It cannot
    be a route, as Streamlit reserves their addresses for itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send a script, or pass the request on."""
        folder, _, name = scope.get("path", "").rpartition("/")
        if folder == _FOLDER and scope.get("method") == "GET" and name in _names():
            packed = await run_in_threadpool(_packed, name)
            await packed.response(Request(scope))(scope, receive, send)
        else:
            await self.app(scope, receive, send)


@cache
def _names() -> frozenset[str]:
    return frozenset(file.name for file in SCRIPTS.glob("*.js"))


@cached({}, condition=threading.Condition())  # once, also for a class that comes at once
def _packed(name: str) -> Packed:
    return Packed((SCRIPTS / name).read_bytes())
