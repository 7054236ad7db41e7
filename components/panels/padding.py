"""Padding and masks: its widgets."""

from __future__ import annotations

import streamlit as st

from components.backend.weights import Weights
from components.backend.whatif import padding
from components.panels.page.asked import Asked
from components.panels.page.places import place_kept
from components.panels.page.widgets import widget
from components.panels.whatif import note_of
from components.texts import text


class PaddingView(padding.Choice):
    """The sentences, how they are padded, and whether the padding is masked."""


def note(question: padding.Question) -> str:
    """What the chart shows, and what its marks and colours mean."""
    both = [text("padding.note_both")] * question.bidirectional
    return " ".join([*both, note_of("padding", question.settings.cell)])


def warn_of_named_zero(weights: Weights | None) -> None:
    """Warn that id 0, the padding, is a symbol of the task that these weights were trained on."""
    with place_kept():
        if weights is not None and weights.symbols:
            st.caption(text("padding.named_zero", symbol=weights.symbols[0]))


def padding_widgets(view: Asked[PaddingView]) -> None:
    """The sentences and how they are padded; below, the layer's arguments."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "sentences", width=460)
        widget(view, "side", row=True)
        widget(view, "mask_zero")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "bidirectional")
        # What a switch brings or takes away stands to its right, so that it stays where it is.
        for name in ("initial_state", "pass_mask", "zero_output_for_mask"):
            if view.value.applies(name):
                widget(view, name)
