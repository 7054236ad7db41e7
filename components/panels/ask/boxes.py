"""Boxes whose content is drawn only while they are open."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components.panels.ask.address import opens


def on_demand(label: str, key: str, draw: Callable[[], None], *, expanded: bool = False) -> None:
    """A box whose content is drawn only while it is open.

    Args:
        expanded: whether to open it in this run, as a link may too; from then on the visitor does.
    """
    if expanded:
        st.session_state[key] = True
    elif opens(key):
        st.session_state.setdefault(key, True)
    box = st.expander(label, key=key, on_change="rerun")
    if box.open:
        with box:
            draw()
