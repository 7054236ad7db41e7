"""Fields that nobody sees, for what only Streamlit and its browser side have to say."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

_HIDDEN = "hidden"  # the key of one begins like this; a rule of frame.css hides it


def hidden_place(key: str) -> DeltaGenerator:
    """A place for such fields."""
    return st.container(key=f"{_HIDDEN}.{key}")


def hidden_field(
    key: str,
    value: str | None,
    default: str = "",
    *,
    place: DeltaGenerator,
    **options: Any,
) -> None:
    """A text field of that key which says a value.

    Nobody moves one, so it needs no mark after it, unlike what `set_widget` sets.

    Args:
        value: None for what it says already.
        place: where it is drawn.
        options: further arguments of st.text_input.
    """
    if value is not None and st.session_state.get(key) != value:
        st.session_state[key] = value
    place.text_input(key, default, key=key, label_visibility="collapsed", **options)
