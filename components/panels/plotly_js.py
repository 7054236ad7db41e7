"""Plotly's script, served by the launcher out of the installed package."""

from __future__ import annotations

from pathlib import Path

import plotly
from plotly.offline import get_plotlyjs_version
from starlette.requests import Request
from starlette.responses import FileResponse
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


async def _script(_: Request) -> FileResponse:
    return FileResponse(_FILE, media_type="text/javascript", headers=_FOR_EVER)
