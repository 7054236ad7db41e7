"""What every page brings along into the browser, whatever is on it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from components.panels.page import plotly_js
from components.panels.page.scripts import module
from components.texts import text

# Streamlit calls a component's script each time it is drawn; here it is enough to be loaded.
_LOADED = "export default () => {}"


def frame() -> None:
    """Have the browser load what every page needs: the order of its history, buttons that copy, and
    the style, where it is not in the page's head."""
    if not plotly_js.is_served():  # else the launcher has written it there
        st.html(f"<style>{head_style()}</style>")
    _load()


# The interval makes the browser ask for the page as soon as it is connected to a new server, in
# which the session is gone: else it would first ask when a widget is moved, and that move would be
# taken for an old one, as the address does not have it.
@st.fragment(run_every="1 day")
def _load() -> None:
    _component()(key="frame")


@cache
def head_style() -> str:
    """All style rules but those of components that have a script of their own, and a label that
    they write: rules have to be there before what they are for. Within :root they outweigh
    Streamlit's, which come after them."""
    sheets = sorted(Path(__file__).parents[1].rglob("*.css"))
    # Unescaped, as CSS reads JSON's escapes in another way.
    label = f"--rnn-settings: {json.dumps(text('app.settings'), ensure_ascii=False)};"
    return "\n".join((":root {", label, *(sheet.read_text("utf-8") for sheet in sheets), "}"))


@cache
def _component() -> Any:
    script = f"{module('history.js', 'copy.js')}\n{_LOADED}"
    return st.components.v2.component("rnn_lens_frame", js=script, isolate_styles=False)
