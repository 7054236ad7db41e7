"""The browser code of the panels: its addresses, its content, and components made of it."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

PANELS = Path(__file__).parents[1]


@cache
def component(module: str, html: str = "") -> Any:
    """Streamlit's component of which that module is the script, declared once.

    Streamlit sends a component's script along each time that it is drawn. So ours is two lines,
    which have the browser load the module. (Of one line Streamlit thinks that it names a file.)

    Args:
        module: a file of the panels', such as "draw/plot.js".
    """
    imports = f'const own = await import(location.origin + "{address(module)}")'
    return st.components.v2.component(
        f"rnn_lens_{Path(module).stem}",
        html=html,
        js=f"{imports}\nexport default own.default",
        isolate_styles=False,
    )


def address(module: str) -> str:
    """The address of a module. All have one hash, of all modules, in their folder: a browser may
    keep them for ever, and what they import is of the same version."""
    return f"/scripts/{_digest()}/{module}"


@cache
def contents() -> dict[str, bytes]:
    """What each module says, by its file."""
    files = (file for file in PANELS.rglob("*.js") if file.parent.name != "vendored")
    return {file.relative_to(PANELS).as_posix(): file.read_bytes() for file in sorted(files)}


@cache
def _digest() -> str:
    return hashlib.sha256(repr(contents()).encode()).hexdigest()[:16]
