"""Plotly's script: the build kept here is the installed package's, and all share one copy of it."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re

from plotly.offline import get_plotlyjs_version
from starlette.types import Message

from components.panels.draw import plotly_js
from dashboard import scripts
from dashboard.scripts import PIECE

SHA256 = "79542150855a52c567260e3137095dbe2b744e6d702a5cabe67da246942fba7a"

RENEW = """
The script kept here is not the build of plotly.js {version}, which the plotly package installed
here has. To renew it: npm pack plotly.js-cartesian-dist-min@{version}, unpack the archive, copy
plotly-cartesian.min.js over {file} and LICENSE over the licence beside it, and write the script's
sha256sum into this test."""


def test_script_is_the_build_of_the_installed_package() -> None:
    version = get_plotlyjs_version()
    script = plotly_js.FILE.read_bytes()
    told = re.search(rb"plotly\.js \(cartesian - minified\) v(\S+)", script[:400])
    found = told and told[1].decode(), hashlib.sha256(script).hexdigest()
    renew = RENEW.format(version=version, file=plotly_js.FILE)
    assert found == (version, SHA256), renew
    assert version in plotly_js.URL


def test_what_is_served_has_one_kind_of_minus() -> None:
    assert plotly_js.FILE.read_bytes().count(plotly_js.HYPHEN) == 1
    assert plotly_js.content().count(plotly_js.MINUS) == 1


def test_licence_is_beside_the_script() -> None:
    name = plotly_js.FILE.name.removesuffix(".min.js")
    licence = plotly_js.FILE.with_name(f"{name}.LICENSE").read_text("utf-8")
    assert "MIT License" in licence
    assert "Plotly" in licence


async def asked(encoding: str, read: asyncio.Event) -> list[Message]:
    """What the server is handed for one reader, who takes nothing more before the event."""
    handed: list[Message] = []

    async def send(message: Message) -> None:
        handed.append(message)
        if message.get("body"):
            await read.wait()

    async def receive() -> Message:
        return await asyncio.Event().wait()

    scope = {
        "type": "http",
        "asgi": {"spec_version": "2.4"},
        "method": "GET",
        "path": plotly_js.URL,
        "headers": [(b"accept-encoding", encoding.encode())],
    }
    (route,) = (route for route in scripts.routes() if route.path == plotly_js.URL)
    task = asyncio.create_task(route.app(scope, receive, send))
    while not (task.done() or (handed and handed[-1].get("body"))):
        await asyncio.sleep(0.001)
    waiting = sum(len(message.get("body", b"")) for message in handed)
    assert waiting <= PIECE  # as many bytes, at most, are copied for a slow reader
    read.set()
    await task
    return handed


def headers(message: Message) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in message["headers"]}


def test_slow_reader_is_sent_a_piece_at_a_time_and_gets_it_all() -> None:
    for encoding, unpack in (("gzip, br", gzip.decompress), ("", bytes)):
        start, *parts = asyncio.run(asked(encoding, asyncio.Event()))
        body = b"".join(part["body"] for part in parts)
        assert max(len(part["body"]) for part in parts) <= PIECE
        assert headers(start)["content-length"] == str(len(body))
        assert "immutable" in headers(start)["cache-control"]
        assert unpack(body) == plotly_js.content()


def test_packed_once() -> None:
    assert scripts._packed() is scripts._packed()
