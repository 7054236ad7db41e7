"""Encoder and decoder: its widgets."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components.backend import Settings
from components.backend.whatif import encoder_decoder
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.parts.sentence import SentenceView, sentence_widget
from components.texts import text


class EncoderDecoderView(encoder_decoder.Choice, SentenceView):
    """The target, how the encoder reads, what it passes, and which sentence (from 1) is drawn."""


def encoder_decoder_widgets(view: FieldSet[EncoderDecoderView], settings: Settings) -> None:
    """What the decoder reads, and what it gets from the encoder: states, and all h if it asks."""
    named: dict[str, Any] = {}
    if view.value.on_its_own:
        named["label"] = text("encoder_decoder.target_alone")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if settings.reads_ids:
            widget(view, "target", width=200, **named)
        else:
            named["placeholder"] = text("encoder_decoder.last_steps")
            widget(view, "target_values", lines=True, height=100, width=260, **named)
        for name in ("pass_states", "bidirectional", "on_its_own", "attention"):
            widget(view, name)
        if view.value.applies("mask_zero"):
            widget(view, "mask_zero")
        for name, width in (("score", 250), ("scale", 100)):
            if name in view.active:
                widget(view, name, width=width)
        sentence_widget(view, len(settings.rows))
