"""Sends scripts whose content never changes at its address, such as the panels' browser code. Each
is compressed once. The server's middleware would compress it for each visitor, which takes 90 ms
for Plotly: 1.5 MB, 0.5 MB compressed."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from functools import cache

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from components.panels.draw import plotly_js
from components.panels.keep import kept
from components.panels.run import scripts
from components.panels.teaching import found

_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}

PIECE = 2**16
"""Bytes passed to the server at once. It copies what a slow reader has not yet received of them;
all else waits in the one script that all readers share."""


class Packed:
    """A script, or what scripts read, as it is and compressed."""

    def __init__(self, plain: bytes, kind: str = "text/javascript") -> None:
        self.plain = plain
        self._kind = kind
        self._packed = gzip.compress(plain, compresslevel=6, mtime=0)

    def response(self, request: Request) -> StreamingResponse:
        """The script for whoever asks, compressed if they take that."""
        packed = "gzip" in request.headers.get("accept-encoding", "")
        content = self._packed if packed else self.plain
        headers = _FOR_EVER | {
            "Content-Encoding": "gzip" if packed else "identity",
            "Content-Length": str(len(content)),
            "Vary": "Accept-Encoding",
        }
        return StreamingResponse(_pieces(content), media_type=self._kind, headers=headers)


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), PIECE):
        yield content[start : start + PIECE]


def routes() -> list[Route]:
    """The routes that serve the panels' browser code, Plotly and kept pages, compressed here. A
    module of another version is not there: Streamlit would send its page in place of it."""
    known = (Route(address, _script) for address in _packed())
    return [*known, Route(f"{scripts.FOLDER}/{{file:path}}", _none)]


async def _script(request: Request) -> Response:
    return _packed()[request.url.path].response(request)


async def _none(_: Request) -> Response:
    return Response(status_code=404)


@cache
def _packed() -> dict[str, Packed]:
    """Each script, and what the search reads, by its address."""
    modules = {scripts.address(name): content for name, content in scripts.contents().items()}
    plain = modules | {plotly_js.URL: plotly_js.content(), kept.address(): kept.content()}
    read = {
        address: Packed(content, "application/json")
        for address, content in found.contents().items()
    }
    return read | {address: Packed(content) for address, content in plain.items()}
