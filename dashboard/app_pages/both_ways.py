"""Bidirectional: a sentence read from both its ends, and where the two last states are found."""

import streamlit as st

from components import charts
from components.backend import Setup
from components.backend.origins.ahead import look_ahead
from components.backend.origins.weight_source import WeightSource
from components.backend.scripts.script import line
from components.backend.whatif import both_ways
from components.panels.ask.answered import answered
from components.panels.ask.complain import complain
from components.panels.ask.field_set import FieldSet, opened
from components.panels.ask.widgets import widget
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.panels.parts.sentence import checked_on, sentence_widget
from components.panels.parts.weight_source import say_if_seeded
from components.panels.parts.whatif import code_box, files, offer_zeros, try_this, what_if
from components.panels.what_ifs.both_ways import BothWaysView, note, read_so_far, unpacked
from components.panels.write.containers import remark
from components.texts import text

setup, start, view = opened(
    "both_ways", FieldSet(Setup), FieldSet(WeightSource), FieldSet(BothWaysView)
)


def render() -> None:
    """The two directions, their merged outputs, and where the last states are."""
    settings, count = setup.value.settings, len(setup.value.settings.rows)
    looked = view.within(sentence=(1, count))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "merge_mode", row=True)
        widget(view, "mask_zero")
        widget(view, "stateful")
        if view.value.applies("initial_state"):
            widget(view, "initial_state")
        sentence_widget(view, count)
    complain()
    offer_zeros("both_ways", setup, view.value.mask_zero)
    question = view.question(both_ways.Question, settings=settings)
    unpacked(question)
    say_if_seeded(start)
    answer = answered(lambda: both_ways.answer(question))
    if answer is None:
        return
    shown = drawn(charts.both_ways, answer, sentence=looked.sentence - 1)
    named = files("both_ways", settings, None, view)
    plot(shown, key="both_ways", file=named("png"), note=note(question), code=line(question.model))
    read_so_far(answer, view, sentence=looked.sentence - 1)
    remark(text("both_ways.go_backwards") if settings.go_backwards else "")
    fact_list(
        both_ways.facts(answer),
        "both_ways_facts",
        heading=checked_on(count),
        told=text("both_ways.told"),
    )
    try_this("both_ways", lambda: setup.put(return_sequences=not setup.value.return_sequences))
    look_ahead(
        setup.value, start.value, lambda near, _: both_ways.answer(question.but(settings=near))
    )
    code_box("both_ways", lambda: both_ways.script(question), named)


what_if("both_ways", render, setup, start, view)
