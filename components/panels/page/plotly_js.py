"""Plotly's script, served by the launcher out of the installed package."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import plotly
from plotly.offline import get_plotlyjs_version
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

URL = f"/plotly/{get_plotlyjs_version()}/plotly.min.js"

_FILE = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
# The version is in the address, so what is behind an address never changes.
_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}

_routes: list[Route] = []


def route() -> Route:
    """The route that serves the script; once it is asked for, charts count on it."""
    if not _routes:
        _routes.append(Route(URL, _script))
    return _routes[0]


def is_served() -> bool:
    """Whether this server has the route: `streamlit run dashboard/app.py` alone has not."""
    return bool(_routes)


async def _script(request: Request) -> Response:
    """The script, compressed once and not for every visitor, as the server's middleware would."""
    packed = "gzip" in request.headers.get("accept-encoding", "")
    content = await run_in_threadpool(_packed if packed else _FILE.read_bytes)
    coding = {"Content-Encoding": "gzip" if packed else "identity", "Vary": "Accept-Encoding"}
    return Response(content, media_type="text/javascript", headers=_FOR_EVER | coding)


@cache
def _packed() -> bytes:
    return gzip.compress(_FILE.read_bytes(), compresslevel=6, mtime=0)
