"""Plotly's script, served by the launcher: the build that has charts on two axes and no others.

It draws what these pages draw and is a third of the script in the plotly package, most of which a
browser would only read before it draws the first chart.
"""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

from plotly.offline import get_plotlyjs_version
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

FILE = Path(__file__).parent / "vendored" / "plotly-cartesian.min.js"
URL = f"/plotly/{get_plotlyjs_version()}/{FILE.name}"

# Has Chromium compile all of the script while it comes in, beside the page's own thread. Else most
# of it is compiled on that one, function by function, when the first chart is drawn.
COMPILE_AHEAD = b"//# allFunctionsCalledOnLoad\n"

# The version is in the address, so what is behind an address never changes.
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}

# Bytes handed to the server at once. What a slow reader has not taken of them is copied for that
# reader; the rest waits in the one script that all share.
PIECE = 2**16

_routes: list[Route] = []


def route() -> Route:
    """The route that serves the script, which is read and packed here; charts count on it from now
    on."""
    if not _routes:
        _packed()
        _routes.append(Route(URL, _script))
    return _routes[0]


def is_served() -> bool:
    """Whether this server has the route: `streamlit run dashboard/app.py` alone has not."""
    return bool(_routes)


async def _script(request: Request) -> StreamingResponse:
    """The script, compressed once and not for every visitor, as the server's middleware would."""
    packed = "gzip" in request.headers.get("accept-encoding", "")
    content = _packed() if packed else _plain()
    headers = _FOR_EVER | {
        "Content-Encoding": "gzip" if packed else "identity",
        "Content-Length": str(len(content)),
        "Vary": "Accept-Encoding",
    }
    return StreamingResponse(_pieces(content), media_type="text/javascript", headers=headers)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]


@cache
def _plain() -> bytes:
    return COMPILE_AHEAD + FILE.read_bytes()


@cache
def _packed() -> bytes:
    return gzip.compress(_plain(), compresslevel=6, mtime=0)
