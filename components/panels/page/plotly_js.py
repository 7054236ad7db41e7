"""Plotly's script, served by the launcher: its cartesian build, which has charts on two axes only.

It is a third of the script in the plotly package, which a browser would have to read before it
draws the first chart.
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

# Has Chromium compile the whole script in the background while it loads. Otherwise it compiles most
# functions on the page's main thread when the first chart is drawn.
COMPILE_AHEAD = b"//# allFunctionsCalledOnLoad\n"

# Beside the pointer Plotly writes a hyphen before a negative number, on its axes a minus sign. No
# locale can change that: of d3's settings it passes on the separators alone.
HYPHEN, MINUS = b'.minus===void 0?"-":', b'.minus===void 0?"\\u2212":'

# The version is in the address, so the content of an address never changes.
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}

# Bytes passed to the server at once. It copies what a slow reader has not yet received of them; all
# else waits in the one script that all readers share.
PIECE = 2**16

_routes: list[Route] = []


def route() -> Route:
    """The route that serves the script, which is read and compressed here. From now on charts load
    the script from it."""
    if not _routes:
        _packed()
        _routes.append(Route(URL, _script))
    return _routes[0]


def is_served() -> bool:
    """Whether this server has the route: `streamlit run dashboard/app.py` has not."""
    return bool(_routes)


async def _script(request: Request) -> StreamingResponse:
    """Send the script, compressed once and not for each visitor as the server's middleware does."""
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
    return COMPILE_AHEAD + FILE.read_bytes().replace(HYPHEN, MINUS)


@cache
def _packed() -> bytes:
    return gzip.compress(_plain(), compresslevel=6, mtime=0)
