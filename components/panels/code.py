"""The settings as code to take away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from components.backend import Settings
from components.backend.code import file_name, notebook, script
from components.backend.weights import Weights
from components.texts import text


def code_panel(settings: Settings, weights: Weights | None = None, *, key: str = "") -> None:
    """The standalone script, with downloads as script and as notebook.

    Args:
        weights: in place of those that the seed gives.
        key: what the widgets' keys begin with, where the panel stands on a page twice.
    """
    st.markdown(text("code.intro_seeds" if weights is None else "code.intro_weights"))
    as_script, as_notebook = (partial(code, settings, weights) for code in (script, notebook))
    python, jupyter = (file_name(settings, kind, weights) for kind in ("py", "ipynb"))
    with st.container(horizontal=True):
        download(
            as_script, python, "text/x-python", text("code.script"), key=f"{key}download_script"
        )
        download(
            as_notebook,
            jupyter,
            "application/x-ipynb+json",
            text("code.notebook"),
            key=f"{key}download_notebook",
        )
    st.code(as_script(), language="python", height=460)


def download(data: Callable[[], str], file: str, mime: str, label: str, *, key: str) -> None:
    """A button that hands over a file, which is written when it is clicked."""
    st.download_button(
        label, data, file, mime, on_click="ignore", icon=":material/download:", key=key
    )
