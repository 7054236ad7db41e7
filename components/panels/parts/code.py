"""The settings as code, to copy or to download."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from components.backend import Settings
from components.backend.question.weights import Weights
from components.backend.scripts.code import file_name, notebook
from components.backend.scripts.script import script
from components.texts import language, speaking, text

_LONGEST_COLOURED = 50_000
"""The most characters of a script in colours. The longest, with weights of 36,000 numbers, would
freeze the browser for eight seconds; without colours it is there in one."""


def code_panel(settings: Settings, weights: Weights | None = None, *, key: str = "") -> None:
    """The standalone script of a run, with downloads as script and as notebook.

    Args:
        weights: in place of those that the seed gives.
        key: what the widgets' keys begin with, if the panel is on a page twice.
    """
    st.markdown(text("code.intro_seeds" if weights is None else "code.intro_weights"))
    source_panel(
        script(settings, weights),
        partial(file_name, settings, weights=weights),
        key=key,
        height=460,
    )


def source_panel(
    source: str, file: Callable[[str], str], *, key: str = "", height: int | None = None
) -> None:
    """A script, with downloads as script and as notebook.

    Args:
        file: returns a file's name, given its suffix.
        key: what the widgets' keys begin with.
    """
    with st.container(horizontal=True):
        download(
            lambda: source,
            file("py"),
            "text/x-python",
            text("code.script"),
            key=f"{key}download_script",
        )
        download(
            lambda: notebook(source),
            file("ipynb"),
            "application/x-ipynb+json",
            text("code.notebook"),
            key=f"{key}download_notebook",
        )
    colours = "python" if len(source) <= _LONGEST_COLOURED else None
    st.code(source, language=colours, height=height or "content")


def download(
    data: Callable[[], str | bytes],
    file: str,
    mime: str,
    label: str,
    *,
    key: str,
    note: str | None = None,
) -> None:
    """A button that downloads a file, whose content is computed when it is clicked, in the language
    that the page has now.

    Args:
        note: what its tooltip says.
    """
    spoken, icon = language(), ":material/download:"

    def made() -> str | bytes:
        with speaking(spoken):  # Streamlit calls this in a thread without the visitor's session
            return data()

    st.download_button(label, made, file, mime, on_click="ignore", icon=icon, key=key, help=note)
