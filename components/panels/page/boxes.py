"""Boxes that cost nothing until they are opened."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components.panels.page.parts import acting


def on_demand(label: str, key: str, draw: Callable[[], None]) -> None:
    """A box that is filled when it is opened."""
    box = st.expander(label, key=key, on_change=acting())
    if box.open:
        with box:
            draw()
