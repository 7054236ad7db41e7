"""What we add to the head of Streamlit's page: its server's address, preloads, styles, a script."""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus
from pathlib import Path

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components.panels.classroom import frame
from components.panels.keep import kept
from components.panels.run import scripts
from components.texts import language
from dashboard.phones import is_phones

# A page opened at /notebook looks for Streamlit's server below /notebook first, and each failed
# attempt is an error in the browser's console. This script says that the server is at /.
FIND_SERVER = 'window.__streamlit = { BACKEND_BASE_URL: new URL(".", location.href).href }'

# The elements of our pages, by the names of their scripts in Streamlit. Without a preload, the
# browser fetches such a script, and then what it imports, only to draw the first element of its
# kind.
ELEMENTS = (
    *("BidiComponent", "Html", "Slider", "Checkbox", "ButtonGroup", "Button"),
    *("TextInput", "Selectbox", "PageLink", "MenuButton"),
)

# The components of ours that every page may have, by their modules.
MODULES = ("classroom/frame.js", "draw/plot.js")

STATIC = Path(streamlit.__file__).parent / "static"
SCRIPTS = STATIC / "static" / "js"


class PageHead:
    """ASGI middleware that adds to the head of each page.

    Args:
        script: the address of a script that every page needs, which browsers then preload.
    """

    def __init__(self, app: ASGIApp, script: str) -> None:
        self.app = app
        self.preload = f"<{script}>; rel=preload; as=script; fetchpriority=low"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; if the response is a page, add to its head."""

        start: Message | None = None  # a page's headers, held until the page's length is known

        async def send_with_head(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                html = headers.get("content-type", "").startswith("text/html")
                plain = "content-encoding" not in headers
                if html and plain and message["status"] == HTTPStatus.OK:
                    headers.append("Link", self.preload)
                    start = message
                    return
            elif start is not None:
                message = _with_head(start, message)
                await send(start)
                start = None
            await send(message)

        if scope["type"] == "http" and not is_phones(scope["path"]):
            await self.app(_for_whole_page(scope), receive, send_with_head)
        else:
            await self.app(scope, receive, send)


def with_head(page: str) -> str:
    """Streamlit's page with our additions to its head, and in the language of whoever asks for it.
    FIND_SERVER comes first, then the browser's history, which is to be wrapped before a script of
    Streamlit's runs, and whether this tab leads a room; the rest at the end."""
    page = page.replace('<html lang="en"', f'<html lang="{language()}"', 1)
    first = "".join(
        f'<script type="module" src="{scripts.address(module)}"></script>'
        for module in ("browser/history.js", "classroom/leads.js")
    )
    page = page.replace("<head>", f"<head><script>{FIND_SERVER}</script>{first}", 1)
    style = f'<style id="rnn-styles">{frame.head_style()}</style>'
    # A click on *Look at* may come before there is any chart, whose scripts import this one.
    last = f'<script type="module" src="{scripts.address("write/look_at.js")}"></script>'
    return page.replace(
        "</head>", f"{_preloads()}{style}{frame.head()}{kept.head()}{last}</head>", 1
    )


@cache
def streamlit_page() -> str:
    """The page that Streamlit sends for every address."""
    return (STATIC / "index.html").read_text("utf-8")


@cache
def _preloads() -> str:
    """A preload link for each script that all pages need and Streamlit's page does not name: our
    components' and those of ELEMENTS."""
    ours = scripts.with_imports(scripts.PANELS / module for module in MODULES)
    names = (file.relative_to(scripts.PANELS).as_posix() for file in ours)
    elements = (file for element in ELEMENTS for file in SCRIPTS.glob(f"{element}.*.js"))
    named = set(re.findall(r"/js/([^/\"]+\.js)", streamlit_page()))
    streamlits = (f"./static/js/{file.name}" for file in scripts.with_imports(elements, named))
    return "".join(
        f'<link rel="modulepreload" fetchpriority="low" crossorigin href="{address}">'
        for address in (*map(scripts.address, names), *streamlits)
    )


# The headers by which a browser asks for a compressed page, for a part of it, or for a newer one.
_NOT_WHOLE = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range", b"if-range"}


def _for_whole_page(scope: Scope) -> Scope:
    """The request, changed for a page so that Streamlit sends all of it, uncompressed.

    We can add to a head only then. And a browser must not keep a cached page, which may have an
    older head of ours although Streamlit's page is still the same.
    """
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return scope
    kept = [(name, value) for name, value in scope["headers"] if name not in _NOT_WHOLE]
    return {**scope, "headers": kept}


def _with_head(start: Message, body: Message) -> Message:
    """The body of a page's response with our head; changes the headers in `start` to fit it."""
    before = body.get("body", b"")
    after = with_head(before.decode()).encode()
    headers = MutableHeaders(scope=start)
    for name in ("etag", "last-modified", "accept-ranges"):  # they describe Streamlit's page
        del headers[name]
    if "content-length" in headers:
        length = int(headers["content-length"]) + len(after) - len(before)
        headers["content-length"] = str(length)
    return {**body, "body": after}
