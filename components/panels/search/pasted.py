"""What the visitor has pasted in a field of questions for the server to read."""

from __future__ import annotations

from typing import Any

import streamlit as st

_PASTED = "find.pasted"  # in the session: the text. Time series has a field "pasted"


def take(sent: Any) -> None:
    """Keep what a browser has sent; anything but a text, which no page sends, is ignored."""
    if isinstance(sent, str):
        st.session_state[_PASTED] = sent


def pasted() -> str:
    """What was pasted last; nothing if there is nothing, or if it was dropped."""
    return st.session_state.get(_PASTED, "")


def drop() -> None:
    """Forget it."""
    st.session_state.pop(_PASTED, None)
