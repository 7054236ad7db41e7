"""Tabs for the options of a field."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components.backend.linked import choices
from components.panels.page.asked import Asked
from components.panels.page.widgets import label_of, showing


def tabs(asked: Asked, name: str, draw: Callable[[str], None]) -> None:
    """Tabs for the options of a field, of which only the open one is drawn.

    Args:
        draw: draws what is in the tab of an option.
    """
    labels = {label_of(asked, name, option): option for option in choices(asked.model, name)}
    shown = next(label for label, option in labels.items() if option == getattr(asked.value, name))

    def take(label: str) -> None:
        asked.put(**{name: labels.get(label, labels[shown])})

    bar = st.tabs(list(labels), **showing(f"{asked.key(name)}s", shown, take))
    for option, tab in zip(labels.values(), bar, strict=True):
        if tab.open:
            with tab:
                draw(option)
