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


def show(what: Shown | None, *, whole: bool = False) -> None:
    """Keep what the page shows, for the parts of it that follow; None where there is nothing.

    Args:
        whole: this run draws those parts too, so that they need not ask for one.
    """
    st.session_state["shown"] = what
    _component()(key="run_shown", data={"shown": _version(what), "whole": whole})


def shown() -> Shown | None:
    """What the page shows."""
    return st.session_state["shown"]


def follow(what: Shown | None) -> None:
    """To be called at the end of a fragment that has drawn this: runs the fragment again once
    something else is shown and the fragment is in sight.

    Belongs into an open tab: whether the tab's content is in sight is what counts.
    """
    _component()(key="run_drawn", data={"drawn": _version(what)}, on_behind_change=_nothing)


def _version(what: Shown | None) -> str:
    return f"{hash(what.run.settings)} {id(what.run)} {what.sentence}" if what else "nothing"


@cache
def _component() -> Any:
    script = Path(__file__).with_name("follow.js").read_text("utf-8")
    return st.components.v2.component("rnn_lens_follow", css=_CSS, js=script, isolate_styles=False)


def _nothing() -> None:
    """To be run again is all that is wanted."""
