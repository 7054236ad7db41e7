"""Containers that stay on the page when their content comes and goes."""

from __future__ import annotations

from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def kept_place(width: Literal["stretch", "content"] = "stretch") -> DeltaGenerator:
    """A container for an element that comes and goes. It takes no room while it is empty.

    Without it, the browser would redraw all that is below from scratch whenever the element comes
    or goes, and a click there at that moment would be lost.
    """
    return st.container(width=width)


def remark(said: str) -> None:
    """A remark that comes and goes; none if the text is empty."""
    with kept_place():
        if said:
            st.info(said)
