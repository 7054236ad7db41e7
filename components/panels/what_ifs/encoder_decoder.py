"""Encoder and decoder: two layers, and the states as the one thing that passes between them."""

from __future__ import annotations

from typing import Any

import streamlit as st

from components import charts
from components.backend.whatif import encoder_decoder
from components.panels.ask.complain import complain
from components.panels.ask.widgets import widget
from components.panels.draw.plot import drawn, plot
from components.panels.parts.sentence import SentenceView, sentence_widget
from components.panels.parts.whatif import colours_of, offer_zeros
from components.panels.what_ifs.what_if import Page, Try, WhatIf, code, picture, statements, tries
from components.texts import text


class EncoderDecoderView(encoder_decoder.Choice, SentenceView):
    """The target, how the encoder reads, what it passes, and which sentence (from 1)
    is drawn."""


def _widgets(page: Page) -> None:
    """What the decoder reads, and what it gets from the encoder: states, and all h if it asks."""
    view, named = page.view, dict[str, Any]()
    if view.value.on_its_own:
        named["label"] = text("encoder_decoder.target_alone")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if page.settings.reads_ids:
            widget(view, "target", width=200, **named)
        else:
            named["placeholder"] = text("encoder_decoder.last_steps")
            widget(view, "target_values", lines=True, height=100, width=260, **named)
        widget(view, "pass_states", keyed=True)
        for name in ("bidirectional", "on_its_own", "attention"):
            widget(view, name)
        if view.value.applies("mask_zero"):
            widget(view, "mask_zero")
        for name, width in (("score", 250), ("scale", 100)):
            if name in view.active:
                widget(view, name, width=width)
        sentence_widget(view, len(page.settings.rows))
    complain()
    offer_zeros("encoder_decoder", page.setup, page.question.masked)


def _body(page: Page) -> None:
    attends = page.question.attention
    kind = "_attention" if attends else ""
    picture(page, note=f"{text(f'encoder_decoder.note{kind}')} {colours_of(page.settings.cell)}")
    if attends:
        between = drawn(charts.attention_between, page.answer, **page.of_sentence)
        plot(between, key="encoder_decoder_weights", file=page.file("weights")("png"))
    statements(page, told=kind)
    st.markdown(text("encoder_decoder.use"))
    tries(page)
    code(page)


ENCODER_DECODER = WhatIf(
    "encoder_decoder",
    EncoderDecoderView,
    encoder_decoder.Question,
    encoder_decoder.answer,
    charts.encoder_decoder,
    encoder_decoder.facts,
    encoder_decoder.script,
    (
        Try(
            lambda view: {"pass_states": not view.pass_states},
            lambda view: "" if view.pass_states else "_back",
        ),
    ),
    widgets=_widgets,
    body=_body,
)
