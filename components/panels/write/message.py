"""A message on what a visitor has typed or uploaded, which the run that follows shows."""

from __future__ import annotations

from typing import Literal

import streamlit as st

_KEY = "page.message"

Kind = Literal["error", "info"]


def leave_message(kind: Kind, words: str) -> None:
    """Have the next run show a message, in place of one that has not been shown yet."""
    st.session_state[_KEY] = kind, words


def show_message(*kinds: Kind) -> None:
    """Show the message that was left, if one of these kinds was, and forget it.

    Args:
        kinds: all kinds if none is named.
    """
    kind, words = st.session_state.get(_KEY, (None, ""))
    if kind and kind in (kinds or (kind,)):
        del st.session_state[_KEY]
        (st.error if kind == "error" else st.info)(words)
