"""The browser code and styles that every page needs, whatever is on it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from components.panels.page import plotly_js
from components.panels.page.scripts import module
from components.texts import text

# What Streamlit calls each time the component is drawn. Here loading the script is enough.
_LOADED = "export default () => {}"


def frame() -> None:
    """Have the browser load history.js and copy.js and, if they are not in the page's head, the
    styles."""
    if not plotly_js.is_served():  # else the launcher has written them there
        st.html(f"<style>{head_style()}</style>")
    _load()


# With an interval, the browser asks for the page as soon as it reconnects to a restarted server,
# which has no session for it. Otherwise it would ask only when a widget is moved, and the new
# session would take the page from the address, which does not have that move.
@st.fragment(run_every="1 day")
def _load() -> None:
    _component()(key="frame")


@cache
def head_style() -> str:
    """All .css files of the panels, and a label that they write. They are in the head so that they
    are there before the elements they style; inside :root they outweigh Streamlit's rules, which
    come later."""
    sheets = sorted(Path(__file__).parents[1].rglob("*.css"))
    # Unescaped, as CSS has other escapes than JSON.
    label = f"--rnn-settings: {json.dumps(text('app.settings'), ensure_ascii=False)};"
    return "\n".join((":root {", label, *(sheet.read_text("utf-8") for sheet in sheets), "}"))


@cache
def _component() -> Any:
    script = f"{module('history.js', 'copy.js')}\n{_LOADED}"
    return st.components.v2.component("rnn_lens_frame", js=script, isolate_styles=False)
