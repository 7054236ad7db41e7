"""What every response bears: what the page may do, what it needs first, where its server is."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from pathlib import Path

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components.panels.page.frame import head_style

# Streamlit's page looks for its server below its own address first, and at /notebook it is not
# there: two errors in the console of whoever opens that link. The page's files are beside it, and
# so is the server.
FIND_SERVER = 'window.__streamlit = { BACKEND_BASE_URL: new URL(".", location.href).href }'

STATIC = Path(streamlit.__file__).parent / "static"

# What the pages are made of. The browser hears of these scripts of Streamlit's only once it is to
# draw the first of each, and then fetches them and what they import step by step.
DRAWN = (
    *("BidiComponent", "Html", "Slider", "Checkbox", "ButtonGroup", "Button"),
    *("TextInput", "Selectbox", "PageLink"),
)

# What a request says of how it wants a page, and of the copy that it has.
_OF_A_COPY = {b"accept-encoding", b"if-none-match", b"if-modified-since", b"range", b"if-range"}


def content_security_policy() -> str:
    """What the app's pages may load and do: all of it from this server, in any page's frame.

    The scripts that stand in the page itself, Streamlit's and FIND_SERVER, are let through by their
    hashes; components' scripts reach the browser as blobs; its styles are written at run time.
    """
    inline = re.findall(r"<script>(.*?)</script>", _page(), re.DOTALL)
    inline.append(FIND_SERVER)
    hashes = (base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in inline)
    allowed = " ".join(f"'sha256-{digest}'" for digest in hashes)
    return "; ".join(
        (
            "default-src 'self'",
            f"script-src 'self' blob: 'wasm-unsafe-eval' {allowed}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors *",
        )
    )


@cache
def preloads() -> str:
    """Links to the scripts of what is DRAWN, for each page's head: behind what draws the page."""
    known = set(re.findall(r"/js/([^/\"]+\.js)", _page()))
    return "".join(
        f'<link rel="modulepreload" fetchpriority="low" crossorigin href="./static/js/{name}">'
        for name in _imported(DRAWN, known)
    )


def _imported(scripts: Iterable[str], known: set[str]) -> list[str]:
    """The files of these scripts, and of all that they import that is not known yet."""
    folder, found = STATIC / "static" / "js", dict[str, None]()
    wanted = [file.name for script in scripts for file in folder.glob(f"{script}.*.js")]
    while wanted:
        name = wanted.pop()
        if name not in found and name not in known:
            found[name] = None
            wanted += re.findall(
                r'(?:from|import)"\./([^"]+\.js)"', (folder / name).read_text("utf-8")
            )
    return list(found)


@cache
def _page() -> str:
    return (STATIC / "index.html").read_text("utf-8")


class Answers:
    """ASGI middleware that adds the headers to whatever is answered, and more to a page's head.

    Args:
        script: the address of a script that every page will need, to be fetched from the start.
    """

    def __init__(self, app: ASGIApp, script: str) -> None:
        self.app = app
        self.preload = f"<{script}>; rel=preload; as=script; fetchpriority=low"
        self.headers = {
            "Content-Security-Policy": content_security_policy(),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with the headers."""

        page: Message | None = None  # the start of a page's answer, kept until its length is known

        async def send_with_headers(message: Message) -> None:
            nonlocal page
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self.headers)
                kind = headers.get("content-type", "")
                if message["status"] == HTTPStatus.OK and kind.startswith("text/html"):
                    headers.append("Link", self.preload)
                    page = message
                    return
            elif page is not None:
                message = _with_head(page, message)
                await send(page)
                page = None
            await send(message)

        if scope["type"] == "http":
            await self.app(_asked_whole(scope), receive, send_with_headers)
        else:
            await self.app(scope, receive, send)


def _asked_whole(scope: Scope) -> Scope:
    """The request; one for a page asks for all of it and uncompressed, as its head is added to:
    what the browser has kept of Streamlit's page may have another head."""
    headers = Headers(scope=scope)
    if "text/html" not in headers.get("accept", ""):
        return scope
    kept = [(name, value) for name, value in scope["headers"] if name not in _OF_A_COPY]
    return {**scope, "headers": kept}


def _with_head(start: Message, body: Message) -> Message:
    """A page's body with FIND_SERVER, `preloads` and `head_style` in its head; its start is told
    the length."""
    before = body.get("body", b"")
    after = before.replace(b"<head>", f"<head><script>{FIND_SERVER}</script>".encode(), 1)
    more = f"{preloads()}<style>{head_style()}</style></head>"
    after = after.replace(b"</head>", more.encode(), 1)
    headers = MutableHeaders(scope=start)
    for name in ("etag", "last-modified", "accept-ranges"):  # which are of Streamlit's page
        del headers[name]
    if "content-length" in headers:
        length = int(headers["content-length"]) + len(after) - len(before)
        headers["content-length"] = str(length)
    return {**body, "body": after}
