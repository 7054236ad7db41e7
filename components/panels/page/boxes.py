"""Boxes that cost nothing until they are opened."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components.panels.page.parts import acting


def on_demand(label: str, key: str, draw: Callable[[], None], *, needed: bool = False) -> None:
    """A box that is filled when it is opened.

    Args:
        needed: fill it even while it is closed, and have it open at first: for widgets that hold
            something, which Streamlit forgets when they are not drawn.
    """
    box = st.expander(label, expanded=needed, key=key, on_change=acting())
    if box.open or needed:
        with box:
            draw()
