"""Padding and masks: its switches."""

from __future__ import annotations

import streamlit as st

from components.backend.weights import Weights
from components.backend.whatif import padding
from components.panels.page.asked import Asked
from components.panels.page.places import place_kept
from components.panels.page.widgets import widget
from components.texts import text


class PaddingView(padding.Choice):
    """The sentences, how they are filled up, and what becomes of that."""


def warn_of_named_zero(weights: Weights | None) -> None:
    """To a cell that has learned a task the id that fills sentences up is one of its symbols."""
    with place_kept():
        if weights is not None and weights.symbols:
            st.caption(text("padding.named_zero", symbol=weights.symbols[0]))


def padding_widgets(view: Asked[PaddingView]) -> None:
    """The sentences, and how they are filled up; below, what the layer is told."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "sentences", width=460)
        widget(view, "side", row=True)
        widget(view, "mask_zero")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name in ("zero_output_for_mask", "initial_state", "pass_mask"):
            if view.value.applies(name):
                widget(view, name)
