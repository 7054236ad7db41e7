"""Encoder and decoder: two layers, and the states as the one thing that passes between them."""

import streamlit as st

from components import charts
from components.backend import Setup
from components.backend.origins.ahead import look_ahead
from components.backend.origins.weight_source import WeightSource
from components.backend.scripts.script import line
from components.backend.whatif import encoder_decoder
from components.panels.ask.answered import answered
from components.panels.ask.complain import complain
from components.panels.ask.field_set import FieldSet, opened
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.panels.parts.sentence import checked_on
from components.panels.parts.weight_source import say_if_seeded
from components.panels.parts.whatif import (
    code_box,
    colours_of,
    files,
    offer_zeros,
    try_this,
    what_if,
)
from components.panels.what_ifs.encoder_decoder import EncoderDecoderView, encoder_decoder_widgets
from components.texts import text

setup, start, view = opened(
    "encoder_decoder",
    FieldSet(Setup),
    FieldSet(WeightSource),
    FieldSet(EncoderDecoderView),
)


def render() -> None:
    """The encoder over the source, the decoder over the target, and what the states change."""
    settings, count = setup.value.settings, len(setup.value.settings.rows)
    looked = view.within(sentence=(1, count))
    question = view.question(encoder_decoder.Question, settings=settings)
    encoder_decoder_widgets(view, settings)
    complain()
    offer_zeros("encoder_decoder", setup, question.masked)
    say_if_seeded(start)
    answer = answered(lambda: encoder_decoder.answer(question))
    if answer is None:
        return
    shown = drawn(charts.encoder_decoder, answer, sentence=looked.sentence - 1)
    named = files("encoder_decoder", settings, None, view)
    asks = "_attention" if question.attention else ""
    note = f"{text(f'encoder_decoder.note{asks}')} {colours_of(settings.cell)}"
    code = line(question.model)
    plot(shown, key="encoder_decoder", file=named("png"), note=note, code=code)
    if question.attention:
        between = drawn(charts.attention_between, answer, sentence=looked.sentence - 1)
        file = files("encoder_decoder", settings, None, view, chart="weights")("png")
        plot(between, key="encoder_decoder_weights", file=file)
    facts = encoder_decoder.facts(answer)
    told = text(f"encoder_decoder.told{asks}")
    fact_list(facts, "encoder_decoder_facts", heading=checked_on(count), told=told)
    st.markdown(text("encoder_decoder.use"))
    try_this(
        "encoder_decoder",
        lambda: view.put(pass_states=not view.value.pass_states),
        said="" if question.pass_states else text("encoder_decoder.try_back"),
    )
    look_ahead(
        setup.value,
        start.value,
        lambda near, _: encoder_decoder.answer(question.but(settings=near)),
    )
    code_box("encoder_decoder", lambda: encoder_decoder.script(question), named)


what_if("encoder_decoder", render, setup, start, view)
