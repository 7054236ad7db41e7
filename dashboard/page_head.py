"""What we add to the head of Streamlit's page: its server's address, preloads, styles."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from pathlib import Path

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components.panels.page.frame import head_style

# Opened at /notebook, Streamlit's page looks for its server below /notebook first, and each failed
# attempt is an error in the browser's console. This tells it that the server is at /.
FIND_SERVER = 'window.__streamlit = { BACKEND_BASE_URL: new URL(".", location.href).href }'

# The elements that our pages are made of, by the names of their scripts in Streamlit. Without a
# preload, the browser fetches such a script, and then what it imports, only when the first element
# of the kind is to be drawn.
ELEMENTS = (
    *("BidiComponent", "Html", "Slider", "Checkbox", "ButtonGroup", "Button"),
    *("TextInput", "Selectbox", "PageLink", "MenuButton"),
)

STATIC = Path(streamlit.__file__).parent / "static"


class PageHead:
    """ASGI middleware that adds to the head of each page.

    Args:
        script: the address of a script that every page needs, to be fetched at once.
    """

    def __init__(self, app: ASGIApp, script: str) -> None:
        self.app = app
        self.preload = f"<{script}>; rel=preload; as=script; fetchpriority=low"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; if the response is a page, add to its head."""

        start: Message | None = None  # of a page's response, held until the page's length is known

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

        if scope["type"] == "http":
            await self.app(_for_whole_page(scope), receive, send_with_head)
        else:
            await self.app(scope, receive, send)


def with_head(page: str) -> str:
    """A page of Streamlit's with our head: FIND_SERVER before all else, the rest at the end."""
    page = page.replace("<head>", f"<head><script>{FIND_SERVER}</script>", 1)
    return page.replace("</head>", f"{_preloads()}<style>{head_style()}</style></head>", 1)


@cache
def streamlit_page() -> str:
    """The page that Streamlit sends for every address."""
    return (STATIC / "index.html").read_text("utf-8")


@cache
def _preloads() -> str:
    """A link to each script that ELEMENTS need and Streamlit's page does not name by itself."""
    named = set(re.findall(r"/js/([^/\"]+\.js)", streamlit_page()))
    return "".join(
        f'<link rel="modulepreload" fetchpriority="low" crossorigin href="./static/js/{name}">'
        for name in _scripts(ELEMENTS, named)
    )


def _scripts(elements: Iterable[str], named: set[str]) -> list[str]:
    """The file names of the elements' scripts and of all that these import, without those named."""
    folder, found = STATIC / "static" / "js", dict[str, None]()
    wanted = [file.name for element in elements for file in folder.glob(f"{element}.*.js")]
    while wanted:
        name = wanted.pop()
        if name not in found and name not in named:
            found[name] = None
            wanted += re.findall(
                r'(?:from|import)"\./([^"]+\.js)"', (folder / name).read_text("utf-8")
            )
    return list(found)


# Headers by which a browser asks for a compressed page, for a part of it, or only for a newer one
# than it has.
_NOT_WHOLE = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range", b"if-range"}


def _for_whole_page(scope: Scope) -> Scope:
    """The request; if it is for a page, it asks Streamlit for all of it, uncompressed.

    We can add to nothing else, and a page that the browser has kept may have another head though
    Streamlit's page is the same.
    """
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return scope
    kept = [(name, value) for name, value in scope["headers"] if name not in _NOT_WHOLE]
    return {**scope, "headers": kept}


def _with_head(start: Message, body: Message) -> Message:
    """The body of a page's response with our head; the headers in `start` are changed to fit it."""
    before = body.get("body", b"")
    after = with_head(before.decode()).encode()
    headers = MutableHeaders(scope=start)
    for name in ("etag", "last-modified", "accept-ranges"):  # true of Streamlit's page only
        del headers[name]
    if "content-length" in headers:
        length = int(headers["content-length"]) + len(after) - len(before)
        headers["content-length"] = str(length)
    return {**body, "body": after}
