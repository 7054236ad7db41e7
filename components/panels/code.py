"""The settings as code to take away."""

from __future__ import annotations

from functools import partial

import streamlit as st

from components.backend import Settings
from components.backend.code import notebook, script
from components.texts import text


def code_panel(settings: Settings) -> None:
    """The standalone script, with downloads as script and as notebook."""
    st.markdown(text("code.intro"))
    name = f"rnn_lens_{settings.cell.lower()}"
    with st.container(horizontal=True):
        _download("script", partial(script, settings), f"{name}.py", "text/x-python")
        _download(
            "notebook", partial(notebook, settings), f"{name}.ipynb", "application/x-ipynb+json"
        )
    st.code(script(settings), language="python", height=460)


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
