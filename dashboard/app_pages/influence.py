"""Which step mattered: how far the last h depends on each step, and what if one read another."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.backend import Setup
from components.backend.code import file_name
from components.backend.start import Start
from components.backend.whatif import influence
from components.charts import change as change_chart
from components.charts import influence as influence_chart
from components.panels.facts import fact_list
from components.panels.influence import (
    InfluenceView,
    change_widgets,
    choose_step,
    influence_widgets,
    note_of,
    try_other_weights,
)
from components.panels.page.asked import Asked, opened
from components.panels.page.complain import complain
from components.panels.page.compute import Failure, attempt, tell
from components.panels.page.parts import part
from components.panels.page.plot import drawn, plot
from components.panels.page.widgets import widgets
from components.panels.sidebar import settings_sidebar
from components.panels.start import chosen_weights
from components.panels.whatif import code_box, elsewhere, head, question_of
from components.texts import text

setup, start, view = opened(
    "influence", Asked(Setup), Asked(Start), Asked(InfluenceView, words="influence_view")
)


@part("picture", lambda: (setup.value, start.value, view.value))
def picture(layer: DeltaGenerator) -> None:
    """The lines of all cells; below, what becomes of every step if one reads another token."""
    with layer:
        widgets(setup, "layer")
    settings, count = setup.value.settings, len(setup.value.settings.tokens)
    looked = view.within(
        sentence=(1, count), step=(1, settings.steps), token=(0, settings.vocabulary_size - 1)
    )
    question, refused = question_of(view, influence.Question, settings)
    influence_widgets(view, settings)
    weights = chosen_weights(start, settings)
    complain(setup, start, view, also=refused)
    with st.spinner(text("influence.asking")):
        answer = attempt(lambda: influence.answer(question, weights))
    if isinstance(answer, Failure):
        tell(answer)
        return
    sentence = looked.sentence - 1
    lines = drawn(influence_chart, answer, sentence=sentence)
    plot(lines.figure, key="influence", alt=lines.alt, note=note_of(answer))
    told = influence.facts(answer, sentence=sentence)
    fact_list(told, "influence_facts", heading=text("what_if.facts"))
    try_other_weights(setup, start)
    change_widgets(view, settings)
    strips = drawn(change_chart, answer, sentence=sentence)
    plot(
        strips.figure,
        key="change",
        alt=strips.alt,
        step=looked.step,
        on_move=lambda moved: choose_step(view, moved),
        note=text("influence.change_note"),
    )
    fact_list(influence.change_facts(answer, sentence=sentence), "influence_facts")
    code_box(
        "influence",
        lambda: influence.script(question, weights),
        lambda kind: file_name(settings, kind, weights, what="influence"),
    )


layer = settings_sidebar(setup, start, view)
head("influence")
picture(layer)
elsewhere("influence")
