"""The browser code in this folder: several files become one module."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st


def module(*names: str) -> str:
    """The text of these files of this folder, one after another.

    Streamlit takes a component's script as one text, and loads it once however often the component
    is drawn. So each file sees what the others declare.
    """
    return "\n".join((Path(__file__).parent / name).read_text("utf-8") for name in names)


@cache
def component(name: str, *files: str, html: str = "", css: str = "") -> Any:
    """Streamlit's component of that name, made of these files and declared once."""
    return st.components.v2.component(
        f"rnn_lens_{name}", html=html, css=css, js=module(*files), isolate_styles=False
    )
