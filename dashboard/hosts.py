"""Answers only under the server's own addresses, and takes data only from its own pages.

A page of another site could otherwise have a visitor's browser use this server for it: from another
origin, or by a name of its own that it has point to this server's address (DNS rebinding). No page
can do that with an IP address: the browser asks that very address.
"""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from html import escape
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

import streamlit as st
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from components.texts import text
from dashboard.plain_page import STYLE, plain_page

NAMES = "RNN_LENS_HOSTS"  # the variable with further names of the server, with commas between them

# In these a browser sends nothing, and lets no page of another origin read the answer.
_READS = frozenset({"GET", "HEAD"})
_PORTS = {"http": 80, "https": 443}


def served_names() -> frozenset[str]:
    """The names under which the server answers: its machine's, and those that it was given."""
    machine, given = socket.gethostname(), os.environ.get(NAMES, "").split(",")
    names = "localhost", machine, f"{machine}.local", st.get_option("browser.serverAddress"), *given
    return frozenset(name.strip().lower() for name in names) - {""}


class OwnPages:
    """ASGI middleware that refuses requests and sockets of other sites' pages.

    Args:
        names: under which the server answers, beside all IP addresses.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str]) -> None:
        self.app, self.names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request or a socket, or refuse it."""
        refusal = self._refusal(scope) if scope["type"] in ("http", "websocket") else None
        if not refusal:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(refusal)
        else:
            await refusal(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = HTTPConnection(scope).headers
        # Behind a proxy that ends HTTPS, uvicorn has set the scheme to what the proxy says.
        scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
        asked = _origin(f"{scheme}://{headers.get('host', '')}")
        if "host" in headers and not self._is_served(asked):
            return _unserved(headers["host"])
        sends = scope["type"] == "websocket" or scope["method"] not in _READS
        if sends and "origin" in headers and _origin(headers["origin"]) != asked:
            return PlainTextResponse("", 403)
        return None

    def _is_served(self, asked: Origin | None) -> bool:
        if not asked:
            return False
        with suppress(ValueError):
            return bool(ip_address(asked.host))
        return asked.host.rstrip(".") in self.names


class Origin(NamedTuple):
    """What has to be the same for two pages to be of one origin."""

    scheme: str
    host: str
    port: int | None


def _origin(address: str) -> Origin | None:
    """An address's origin; None if it has none."""
    with suppress(ValueError):
        parts = urlsplit(address)
        if parts.hostname:
            return Origin(parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme))
    return None


def _unserved(host: str) -> Response:
    name = urlsplit(f"//{host}").hostname if _origin(f"http://{host}") else host
    do = escape(text("unserved.do", setting=f"{NAMES}={name}"))
    return plain_page(f"<h1>{escape(text('unserved.title'))}</h1><p>{do}</p>", 421, style=STYLE)
