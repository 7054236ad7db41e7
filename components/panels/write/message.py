"""A message on what a visitor has typed or uploaded, which the run that follows shows."""

from __future__ import annotations

from typing import Literal

import streamlit as st

_KEY = "page.message"


def leave_message(kind: Literal["error", "info"], words: str) -> None:
    """Have the next run show a message, in place of one that has not been shown yet."""
    st.session_state[_KEY] = kind, words


def show_message() -> None:
    """Show the message that was left, if one was, and forget it."""
    if (left := st.session_state.pop(_KEY, None)) is not None:
        kind, words = left
        (st.error if kind == "error" else st.info)(words)
