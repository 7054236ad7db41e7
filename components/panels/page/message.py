"""A message that a callback leaves for the run that follows it."""

from __future__ import annotations

from typing import Literal

import streamlit as st

_KEY = "message"


def leave(kind: Literal["error", "info"], words: str) -> None:
    """Leave a message, in place of one that was not said yet."""
    st.session_state[_KEY] = kind, words


def say() -> None:
    """Say what was left, once; nothing if nothing was."""
    if (left := st.session_state.pop(_KEY, None)) is not None:
        kind, words = left
        (st.error if kind == "error" else st.info)(words)
