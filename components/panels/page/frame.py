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
    to other pages carry, and the style, where it is not in the page's head."""
    if not plotly_js.is_served():  # else the launcher has written it there
        st.html(f"<style>{head_style()}</style>")
    _component()(key="frame")


@cache
def head_style() -> str:
    """The words that style rules and scripts read, and all rules but those of components that have
    a script of their own: rules have to be there before what they are for. Within :root they
    outweigh Streamlit's, which come after them."""
    sheets = sorted(Path(__file__).parents[1].rglob("*.css"))
    carried = " ".join((*Setup.model_fields, *Start.model_fields))
    said = {"settings": text("app.settings"), "carried": carried}
    words = (  # unescaped, as CSS reads JSON's escapes in another way
        f"--rnn-{name}: {json.dumps(value, ensure_ascii=False)};" for name, value in said.items()
    )
    return "\n".join((":root {", *words, *(sheet.read_text("utf-8") for sheet in sheets), "}"))


@cache
def _component() -> Any:
    script = f"{module('history.js', 'copy.js', 'elsewhere.js')}\n{_LOADED}"
    return st.components.v2.component("rnn_lens_frame", js=script, isolate_styles=False)
