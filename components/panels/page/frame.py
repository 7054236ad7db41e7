"""What every page brings along into the browser, whatever is on it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from components.backend import Setup
from components.backend.start import Start
from components.panels.page import plotly_js
from components.panels.page.scripts import module
from components.texts import text

# Streamlit calls a component's script each time it is drawn; here it is enough to be loaded.
_LOADED = "export default () => {}"


def frame() -> None:
    """Have the browser load what no page can do without: the history's order, copying, what links
    to other pages carry, and, where the launcher has not, the style rules of our HTML."""
    if not plotly_js.is_served():
        st.html(f"<style>{rules()}</style>")
    _component()(key="frame")


@cache
def rules() -> str:
    """The style rules of our HTML, which have to be there before it. Within :root they outweigh
    Streamlit's, which come after them."""
    sheets = sorted(Path(__file__).parents[1].glob("*.css"))
    return f":root {{ {' '.join(sheet.read_text('utf-8') for sheet in sheets)} }}"


@cache
def _component() -> Any:
    script = f"{module('history.js', 'copy.js', 'elsewhere.js')}\n{_LOADED}"
    carried = " ".join((*Setup.model_fields, *Start.model_fields))
    said = {"settings": text("app.settings"), "carried": carried}
    words = " ".join(f"--rnn-{name}: {json.dumps(value)};" for name, value in said.items())
    css = f":root {{ {words} }}\n{module('frame.css', 'copy.css')}"
    return st.components.v2.component("rnn_lens_frame", css=css, js=script, isolate_styles=False)
