"""Parts of the page that need not be run while nobody sees them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import streamlit as st

from components.backend import Run

_CSS = """
.st-key-run_shown, .st-key-run_drawn { position: absolute; }
.rnn-behind { opacity: 0.35; transition: opacity 0s 0.5s; }
"""


class Shown(NamedTuple):
    """What the page shows: a run, and which sentence of it."""

    run: Run
    sentence: int


def show(what: Shown | None) -> None:
    """Keep what the page shows, for the parts of it that follow; None while there is nothing."""
    st.session_state["shown"] = what
    if what:
        _component()(key="run_shown", data={"shown": _version(what)})


def follow() -> Shown | None:
    """What the page shows. Runs the fragment that calls this again once that is something else and
    the fragment is in sight.

    Belongs into an open tab: whether the tab's content is in sight is what counts.
    """
    what = st.session_state["shown"]
    if what:
        _component()(key="run_drawn", data={"drawn": _version(what)}, on_behind_change=_nothing)
    return what


def _version(what: Shown) -> str:
    return f"{hash(what.run.settings)} {id(what.run)} {what.sentence}"


@cache
def _component() -> Any:
    script = Path(__file__).with_name("follow.js").read_text("utf-8")
    return st.components.v2.component("rnn_lens_follow", css=_CSS, js=script, isolate_styles=False)


def _nothing() -> None:
    """To be run again is all that is wanted."""
