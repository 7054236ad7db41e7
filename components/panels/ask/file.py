"""A button with which a visitor sends a small file."""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import partial

import streamlit as st

from components.panels.run.scripts import component
from components.texts import text

_HTML = (
    '<label class="rnn-file"><input type="file"><span></span></label>'
    '<p class="rnn-file-said" role="status"></p>'
)


def file_button(
    label: str, *, key: str, accept: str, most: int, large: str, take: Callable[[bytes], None]
) -> None:
    """A button that opens the browser's file picker.

    Args:
        accept: the ending of the files' names, such as ".npz".
        most: the most bytes of a file; a larger one does not leave the browser.
        large: the message for a larger one.
        take: called with the content, which is not to be trusted.
    """
    words = {"label": label, "large": large, "unread": text("file.unread")}
    data = {"accept": accept, "most": most} | words
    draw = component("ask/file.js", _HTML)
    draw(key=key, data=data, on_file_change=partial(_take, key, take))


def _take(key: str, take: Callable[[bytes], None]) -> None:
    content = st.session_state[key].get("file")
    if not isinstance(content, str):
        return
    try:
        data = base64.b64decode(content, validate=True)
    except ValueError:  # not base64: our page did not send it
        data = b""
    take(data)
