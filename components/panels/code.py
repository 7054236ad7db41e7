"""The settings as code to take away."""

from __future__ import annotations

from functools import partial

import streamlit as st

from components.backend import Settings
from components.backend.code import notebook, script
from components.backend.weights import Weights
from components.texts import text


def code_panel(settings: Settings, weights: Weights | None = None) -> None:
    """The standalone script, with downloads as script and as notebook.

    Args:
        weights: in place of those that the seed gives.
    """
    st.markdown(text("code.intro_seeds" if weights is None else "code.intro_weights"))
    name = f"rnn_lens_{settings.cell.lower()}"
    as_script, as_notebook = (partial(code, settings, weights) for code in (script, notebook))
    with st.container(horizontal=True):
        _download("script", as_script, f"{name}.py", "text/x-python")
        _download("notebook", as_notebook, f"{name}.ipynb", "application/x-ipynb+json")
    st.code(as_script(), language="python", height=460)


def _download(kind: str, data: partial[str], file_name: str, mime: str) -> None:
    st.download_button(
        text(f"code.{kind}"),
        data,
        file_name,
        mime,
        on_click="ignore",
        icon=":material/download:",
        key=f"download_{kind}",
    )
