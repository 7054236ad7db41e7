"""Places on a page that stay where they are."""

from __future__ import annotations

from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


def place_kept(width: Literal["stretch", "content"] = "stretch") -> DeltaGenerator:
    """A place for what comes and goes, which takes no room while there is nothing in it.

    Without it, the browser would draw all that stands below from scratch whenever that comes or
    goes, and a click there at that moment would be lost.
    """
    return st.container(width=width)


def remark(said: str) -> None:
    """A remark that comes and goes; where there is none, an empty text."""
    with place_kept():
        if said:
            st.info(said)
