"""The file of a kept page, without its content: keep.js fills that in."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from posixpath import join, normpath
from urllib.parse import quote

from components.panels.draw import plotly_js
from components.panels.pages import PAGES
from components.panels.run import private, scripts
from components.texts import in_every_language, text

LIVE = (
    "draw/plot.js",
    "your_model/rows.js",
    "your_model/bars.js",
    "search/find.js",
    "write/copy.js",
)
"""The modules of what goes on working in a kept page."""

_TEMPLATE = Path(__file__).with_name("kept.html")


def address() -> str:
    """Where the server has it: of another content, at another address."""
    return f"/keep/{hashlib.sha256(content()).hexdigest()[:16]}"


@cache
def head() -> str:
    """What the buttons need, for a page's head: sent with each step it would weigh too much."""
    without = [page.name for page in PAGES.values() if not page.kept]
    needed = {"address": address(), "without": without, "words": in_every_language(_words)}
    said = json.dumps(needed, ensure_ascii=False).replace("<", "\\u003c")
    return f'<script type="application/json" id="rnn-keep">{said}</script>'


def _words() -> dict[str, str]:
    names = ("begin", "begin_help", "done", "failed", "live")
    return {name: text(f"keep.{name}") for name in names} | {"kept": text("keep.kept", day="{day}")}


@cache
def content() -> bytes:
    """kept.html with what every kept page needs: the font, the modules, and Plotly compressed."""
    parts = {
        "font": _base64(private.font()),
        "modules": json.dumps({"imports": modules()}),
        "plotly": _base64(gzip.compress(plotly_js.content(), mtime=0)),
    }
    template = _TEMPLATE.read_text("utf-8")
    return re.sub(r"\{\{(\w+)\}\}", lambda slot: parts[slot[1]], template).encode()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def modules() -> dict[str, str]:
    """Each module of `LIVE`, and all that they import, by its file: as an address that has it all.

    From such an address no relative one leads on. So the modules import each other by their files,
    which the import map of the page knows.
    """
    files = scripts.with_imports(scripts.PANELS / module for module in LIVE)
    names = sorted(file.relative_to(scripts.PANELS).as_posix() for file in files)
    return {name: f"data:text/javascript,{quote(_by_files(name))}" for name in names}


def _by_files(module: str) -> str:
    folder = module.rpartition("/")[0]
    source = scripts.contents()[module].decode()
    return re.sub(
        scripts.IMPORT, lambda found: found[1] + normpath(join(folder, found[2])) + '"', source
    )
