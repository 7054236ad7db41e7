"""Parts of the page that need not be run while nobody sees them."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from components.panels.page.parts import is_complete

_CSS = """
.st-key-run_shown, .st-key-run_drawn { position: absolute; }
.rnn-behind { opacity: 0.35; transition: opacity 0s 0.5s; }
"""


def show(what: Hashable) -> None:
    """Keep what the page shows, for the parts of it that follow."""
    st.session_state["shown"] = what
    coming = not is_complete()  # those parts are drawn in this run too, without asking for one
    _component()(key="run_shown", data={"shown": _version(what), "coming": coming})


def shown() -> Any:
    """What the page shows."""
    return st.session_state["shown"]


def follow(what: Hashable) -> None:
    """To be called at the end of a part that has drawn this: runs the part again once something
    else is shown and it is in sight.

    Belongs into an open tab: whether the tab's content is in sight is what counts.
    """
    _component()(key="run_drawn", data={"drawn": _version(what)}, on_behind_change=_nothing)


def _version(what: Hashable) -> str:
    return str(hash(what))


@cache
def _component() -> Any:
    script = Path(__file__).with_name("follow.js").read_text("utf-8")
    return st.components.v2.component("rnn_lens_follow", css=_CSS, js=script, isolate_styles=False)


def _nothing() -> None:
    """To be run again is all that is wanted."""
