"""Gradients: how far the last h depends on each step, and what if one read another."""

import streamlit as st

from components import charts
from components.backend.origins.ahead import look_ahead
from components.backend.origins.weight_source import WeightSource
from components.backend.running.model import plain
from components.backend.scripts.script import line
from components.backend.whatif import influence
from components.panels.ask.answered import answered, show_failure
from components.panels.ask.field_set import FieldSet, opened
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.panels.parts.weight_source import FittingSetup, chosen_weights
from components.panels.parts.whatif import code_box, files, what_if
from components.panels.run.compute import Failure
from components.panels.what_ifs.influence import (
    InfluenceView,
    change_widgets,
    influence_widgets,
    note_of,
)
from components.texts import text

start = FieldSet(WeightSource)
setup, start, view = opened("influence", FittingSetup(start), start, FieldSet(InfluenceView))


def render() -> None:
    """The lines of all cells; below, what changes at every step if one step reads another token."""
    settings = setup.value.settings
    looked = view.within(
        sentence=(1, len(settings.rows)),
        changed_step=(1, settings.steps),
        token=(0, influence.highest(settings)),
    )
    question = view.question(influence.Question, settings=settings)
    influence_widgets(setup, start, view)
    weights = chosen_weights(setup, start)
    if isinstance(weights, Failure):
        show_failure(weights)
        return
    with st.spinner(text("influence.asking")):
        answer = answered(lambda: influence.answer(question, weights), most=influence.MOST_WORK)
    if answer is None:
        return
    sentence = looked.sentence - 1
    lines = drawn(charts.influence, answer, sentence=sentence)
    named = files("influence", settings, weights, view)
    note = note_of(answer, sentence)
    code = line(plain(question.settings, mask_zero=question.mask_zero))
    plot(lines, key="influence", file=named("png"), note=note, code=code)
    how_far = influence.how_far(answer, sentence=sentence)
    told = text("influence.told")
    fact_list(how_far, "influence_facts", heading=text("what_if.facts"), told=told)
    reasons = influence.reasons(answer, sentence=sentence)
    fact_list(reasons, "influence_facts", heading=text("influence.why"))
    change_widgets(view)
    plot(
        drawn(charts.another_token, answer, sentence=sentence),
        key="change",
        file=files("influence", settings, weights, view, chart="another_token")("png"),
        on_step=lambda step: view.put(changed_step=min(step, settings.steps)),
        note=text("influence.change_note"),
    )
    fact_list(influence.change_facts(answer, sentence=sentence), "influence_facts")
    look_ahead(
        setup.value,
        start.value,
        lambda near, given: influence.answer(question.but(settings=near), given),
    )
    code_box("influence", lambda: influence.script(question, weights), named)


what_if("influence", render, setup, start, view)
