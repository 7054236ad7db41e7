"""A field that nobody sees, for what only Streamlit and its browser side have to say."""

from __future__ import annotations

from typing import Any

import streamlit as st

_HIDDEN = "hidden"  # the key of one begins like this; a rule of frame.css hides it


def hidden_field(key: str, default: str = "", **options: Any) -> None:
    """A text field of that key.

    Args:
        options: further arguments of st.text_input.
    """
    with st.container(key=f"{_HIDDEN}.{key}"):
        st.text_input(key, default, key=key, label_visibility="collapsed", **options)
