"""Sets the language of pages without Streamlit, such as those for phones: that of the visitor."""

from __future__ import annotations

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from components.panels.ask.language import LANG
from components.texts import preferred, speak


class Spoken:
    """ASGI middleware that sets the language of a response: the one that the address names or,
    without one, that the browser prefers. A Streamlit page is in the language of its session
    instead."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] in ("http", "websocket"):
            asked = HTTPConnection(scope)
            locales = asked.headers.get("accept-language", "")
            speak(preferred(locales, asked.query_params.get(LANG)))
        await self.app(scope, receive, send)
