"""Same x twice: two calls on the same sentences, and what makes them return other numbers."""

import streamlit as st

from components import charts
from components.backend.origins.ahead import look_ahead
from components.backend.origins.weight_source import WeightSource
from components.backend.whatif import twice
from components.panels.ask.answered import answered, show_failure
from components.panels.ask.field_set import FieldSet, opened
from components.panels.ask.widgets import widget
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.panels.parts.sentence import checked_on, sentence_widget
from components.panels.parts.weight_source import FittingSetup, chosen_weights
from components.panels.parts.whatif import code_box, files, note_of, try_this, what_if
from components.panels.run.compute import Failure
from components.panels.what_ifs.twice import TwiceView
from components.texts import text

start = FieldSet(WeightSource)
setup, start, view = opened("twice", FittingSetup(start), start, FieldSet(TwiceView))


def render() -> None:
    """The two calls, and the difference between them."""
    settings, count = setup.value.settings, len(setup.value.settings.rows)
    looked = view.within(sentence=(1, count))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "cause", row=True, moved=lambda: view.put(mended=False))
        if view.value.applies("mended"):
            widget(view, "mended", label=text(f"twice.mend.{view.value.cause}"))
        sentence_widget(view, count)
    question = view.question(twice.Question, settings=settings)
    weights = chosen_weights(setup, start)
    if isinstance(weights, Failure):
        show_failure(weights)
        return
    answer = answered(lambda: twice.answer(question, weights))
    if answer is None:
        return
    shown = drawn(charts.twice, answer, sentence=looked.sentence - 1)
    named = files("twice", settings, weights, view)
    note = note_of("twice", settings.cell)
    plot(shown, key="twice", file=named("png"), note=note, code=twice.line(question))
    fact_list(
        twice.facts(answer), "twice_facts", heading=checked_on(count), told=text("twice.told")
    )
    if view.value.applies("mended"):
        try_this("twice", lambda: view.put(mended=not view.value.mended))
    look_ahead(
        setup.value,
        start.value,
        lambda near, given: twice.answer(question.but(settings=near), given),
    )
    code_box("twice", lambda: twice.script(question, weights), named)


what_if("twice", render, setup, start, view)
