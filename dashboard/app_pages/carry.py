"""Stateful: a sentence read in two calls, the second with the states of the
first."""

import streamlit as st

from components import charts
from components.backend.origins.ahead import look_ahead
from components.backend.origins.weight_source import WeightSource
from components.backend.whatif import carry
from components.panels.ask.answered import answered, show_failure
from components.panels.ask.complain import complain
from components.panels.ask.field_set import FieldSet, opened
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.panels.parts.sentence import checked_on
from components.panels.parts.weight_source import FittingSetup, chosen_weights
from components.panels.parts.whatif import code_box, files, note_of, try_this, what_if
from components.panels.run.compute import Failure
from components.panels.what_ifs.carry import (
    CarryView,
    carry_widgets,
    idle_states,
    refusal,
    row_table,
    start_box,
    told_by,
    try_rows,
)
from components.texts import text

start = FieldSet(WeightSource)
setup, start, view = opened("carry", FittingSetup(start), start, FieldSet(CarryView))


def render() -> None:
    """One call, two calls, and the difference between them."""
    settings, count = setup.value.settings, len(setup.value.settings.rows)
    if settings.steps < 2:
        complain()
        st.info(text("carry.one_step"))
        return
    looked = view.within(sentence=(1, count))
    idle = idle_states(settings)
    question = view.question(carry.Question, settings=settings, without=idle)
    carry_widgets(view, count)
    weights = chosen_weights(setup, start)
    if isinstance(weights, Failure):
        show_failure(weights)
        return
    answer = answered(lambda: carry.answer(question, weights))
    if answer is None:
        return
    shown = drawn(charts.carry, answer, sentence=looked.sentence - 1)
    named = files("carry", settings, weights, view)
    note, code = note_of("carry", settings.cell), carry.line(question)
    plot(shown, key="carry", file=named("png"), note=note, code=code)
    refusal(answer, view)
    row_table(answer)
    facts = answered(lambda: carry.facts(answer))
    if facts is not None:
        told = text(f"carry.{told_by(question)}")
        fact_list(facts, "carry_facts", heading=checked_on(count), told=told)
    try_this("carry", lambda: view.put(hand_over=not view.value.hand_over))
    try_rows(setup, view)
    start_box(view, settings)
    look_ahead(
        setup.value,
        start.value,
        lambda near, given: carry.answer(question.but(settings=near), given),
    )
    code_box("carry", lambda: carry.script(question, weights), named)


what_if("carry", render, setup, start, view)
