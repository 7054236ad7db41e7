"""Carry the state: a sentence read in two calls, and what the second one has to be given."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.backend import Setup
from components.backend.code import file_name
from components.backend.start import Start
from components.backend.whatif import carry
from components.charts import carry as carry_chart
from components.panels.carry import (
    CarryView,
    carry_widgets,
    idle_states,
    refusal,
    start_box,
)
from components.panels.facts import fact_list
from components.panels.page.asked import Asked, opened
from components.panels.page.complain import complain
from components.panels.page.compute import Failure, attempt, tell
from components.panels.page.parts import part
from components.panels.page.plot import drawn, plot
from components.panels.page.widgets import widget, widgets
from components.panels.sidebar import settings_sidebar
from components.panels.start import chosen_weights
from components.panels.whatif import code_box, elsewhere, head, question_of, try_this
from components.texts import text

setup, start, view = opened(
    "carry", Asked(Setup), Asked(Start), Asked(CarryView, words="carry_view")
)


@part("picture", lambda: (setup.value, start.value, view.value))
def picture(layer: DeltaGenerator) -> None:
    """One call, two calls, and what lies between them."""
    with layer:
        widgets(setup, "layer")
    settings, count = setup.value.settings, len(setup.value.settings.tokens)
    if settings.steps < 2:
        complain(setup, start, view)
        st.info(text("carry.one_step"))
        return
    looked = view.within(sentence=(1, count), cut=(1, settings.steps - 1))
    idle = idle_states(settings)
    question, refused = question_of(view, carry.Question, settings, without=idle)
    carry_widgets(view, settings)
    weights = chosen_weights(start, settings)
    complain(setup, start, view, also=refused)
    answer = attempt(lambda: carry.answer(question, weights))
    if isinstance(answer, Failure):
        tell(answer)
        return
    if count > 1:
        widget(view, "sentence", limits=(1, count), width=220)
    shown = drawn(carry_chart, answer, sentence=looked.sentence - 1)
    plot(shown.figure, key="carry", alt=shown.alt, note=text("carry.note"))
    if answer.error:
        refusal(answer)
    fact_list(carry.facts(answer), "carry_facts", heading=text("what_if.facts"))
    try_this("carry", lambda: view.put(hand_over=not view.value.hand_over))
    start_box(view, settings)
    code_box(
        "carry",
        lambda: carry.script(question, weights),
        lambda kind: file_name(settings, kind, weights, what="carry"),
    )


layer = settings_sidebar(setup, start, view)
head("carry")
picture(layer)
elsewhere("carry")
