"""The settings as code to take away."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from components.backend import Run
from components.backend.code import file_name, notebook, script
from components.texts import text


def code_panel(run: Run, *, key: str = "") -> None:
    """The standalone script, with downloads as script and as notebook.

    Args:
        key: what the widgets' keys begin with, where the panel stands on a page twice.
    """
    weights = None if run.seeded else run.weights
    settings = run.settings
    st.markdown(text("code.intro_seeds" if run.seeded else "code.intro_weights"))
    as_script, as_notebook = (partial(code, settings, weights) for code in (script, notebook))
    python, jupyter = file_name(settings, "py"), file_name(settings, "ipynb")
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
