"""Fields that nobody sees, for what only Streamlit and its browser side have to say."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

_HIDDEN = "hidden"  # the key of one begins like this; a rule of frame.css hides it


def hidden_place(key: str) -> DeltaGenerator:
    """A place for such fields."""
    return st.container(key=f"{_HIDDEN}.{key}")


def hidden_field(key: str, default: str = "", **options: Any) -> None:
    """A text field of that key.

    Args:
        options: further arguments of st.text_input.
    """
    with hidden_place(key):
        st.text_input(key, default, key=key, label_visibility="collapsed", **options)
