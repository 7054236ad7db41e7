"""The browser code of the panels: several files become one module, which the launcher serves."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from components.panels.run.packed import Packed

PANELS = Path(__file__).parents[1]

_LOOKING = ("classroom/keys.js", "draw/playhead.js", "draw/numbers.js", "draw/looking.js")
_DIAGRAM = ("draw/sketch.js", "draw/cells.js", "draw/diagram.js")

COMPONENTS = {
    "frame": (
        *(
            "classroom/keys.js",
            "write/copy.js",
            "classroom/new_tab.js",
            "classroom/marks.js",
            "classroom/present.js",
            "classroom/letters.js",
        ),
        *(
            "classroom/shortcuts.js",
            "ask/ask.js",
            "classroom/qr.js",
            "write/words.js",
            "classroom/bar.js",
            "classroom/frame.js",
        ),
    ),
    # One for charts and all that follows the playhead, as they share one.
    "plot": (*_LOOKING, *_DIAGRAM, "draw/film.js", "draw/fit.js", "draw/plot.js", "draw/entry.js"),
    "file": ("ask/file.js",),
    "find": ("ask/find.js",),
    "typed": ("ask/typed.js",),
    "room": ("classroom/moves.js", "classroom/room.js"),
}
"""The files of each component's module, in which each sees what those before it declare."""


def module(*names: str) -> str:
    """The text of these files of the panels', one after another."""
    return "\n".join((PANELS / name).read_text("utf-8") for name in names)


@cache
def component(name: str, html: str = "") -> Any:
    """Streamlit's component of that name, declared once.

    Streamlit sends a component's script along each time that it is drawn. So ours is two lines,
    which have the browser load the module. (Of one line Streamlit thinks that it names a file.)
    """
    imports = f'const own = await import(location.origin + "{address(name)}")'
    return st.components.v2.component(
        f"rnn_lens_{name}",
        html=html,
        js=f"{imports}\nexport default own.default",
        isolate_styles=False,
    )


@cache
def address(name: str) -> str:
    """The address of a component's module, which has another one whenever its content changes."""
    digest = hashlib.sha256(module(*COMPONENTS[name]).encode()).hexdigest()[:16]
    return f"/scripts/{digest}/{name}.js"


def route() -> Route:
    """The route that serves the components' modules."""
    return Route("/scripts/{digest}/{file}", _script)


async def _script(request: Request) -> Response:
    packed = _packed().get(request.url.path)
    return packed.response(request) if packed else Response(status_code=404)


@cache
def _packed() -> dict[str, Packed]:
    """Each module by its address."""
    return {address(name): Packed(module(*files).encode()) for name, files in COMPONENTS.items()}
