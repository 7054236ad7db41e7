"""The browser code of the panels: its addresses, its content, and components made of it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Container, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

PANELS = Path(__file__).parents[1]

FOLDER = "/scripts"
"""Where the server has them."""

IMPORT = r'((?:from|import) ?")(\.[^"]+\.js)"'
"""How a module names another one: what stands before its path, and the path."""


@cache
def component(module: str, html: str = "") -> Callable[..., Any]:
    """What draws Streamlit's component of which that module is the script, declared once.

    Streamlit sends a component's script along each time that it is drawn. So ours is three lines,
    which have the browser load the module. (Of one line Streamlit thinks that it names a file.)

    It also tries whether any value of a mapping is a data frame, which takes 2 ms of the 20 ms of a
    run of Explore. In a tuple it does not look.

    Args:
        module: a file of the panels', such as "draw/plot.js".
    """
    mount = st.components.v2.component(  # pyrefly: ignore[implicit-import]
        f"rnn_lens_{Path(module).stem}",
        html=html,
        js="\n".join(
            (
                f'const own = await import(location.origin + "{address(module)}")',
                "export default (component) =>",
                "  own.default({ ...component, data: component.data[0] })",
            )
        ),
        isolate_styles=False,
    )
    return lambda data, **options: mount(data=(data,), **options)


def address(module: str) -> str:
    """The address of a module. All have one hash, of all modules, in their folder: a browser may
    keep them for ever, and what a module imports is of its own version."""
    return f"{FOLDER}/{_digest()}/{module}"


@cache
def contents() -> dict[str, bytes]:
    """What each module says, by its file."""
    files = (file for file in PANELS.rglob("*.js") if not file.name.endswith(".min.js"))
    return {file.relative_to(PANELS).as_posix(): file.read_bytes() for file in sorted(files)}


def with_imports(files: Iterable[Path], named: Container[str] = ()) -> list[Path]:
    """These scripts and all that they import, except those named."""
    found = dict[Path, None]()
    wanted = list(files)
    while wanted:
        file = wanted.pop()
        if file not in found and file.name not in named:
            found[file] = None
            paths = (path for _, path in re.findall(IMPORT, file.read_text("utf-8")))
            wanted += [Path(os.path.normpath(file.parent / path)) for path in paths]
    return list(found)


@cache
def _digest() -> str:
    return hashlib.sha256(repr(contents()).encode()).hexdigest()[:16]
