"""Edit: other tokens, other weights, a gate that is held; the run follows."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.backend import Setup, run
from components.backend.code import file_name, script
from components.backend.start import Start
from components.backend.whatif import edit
from components.charts import edit as edit_chart
from components.panels.edit import (
    EditView,
    file_widgets,
    grid,
    grid_widgets,
    hold_the_memory,
    hold_widgets,
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
from components.panels.whatif import code_box, elsewhere, head, try_this
from components.texts import text

setup, start, view = opened("edit", Asked(Setup), Asked(Start), Asked(EditView, words="edit_view"))


@part("picture", lambda: (setup.value, start.value, view.value))
def picture(layer: DeltaGenerator) -> None:
    """The grid, and beside it what the cell computes with it."""
    with layer:
        widgets(setup, "layer")
    settings, count = setup.value.settings, len(setup.value.settings.tokens)
    looked = view.within(sentence=(1, count))
    hold_widgets(start, settings)
    said = st.container()  # of one place, whatever is said: else the grid would lose its cursor
    numbers, figure = st.columns([2, 3], gap="medium")
    with numbers:
        grid_widgets(view, settings)
    with said:
        weights = chosen_weights(start, settings)
        complain(setup, start, view)
    answer = attempt(lambda: run(settings, weights))
    before = attempt(lambda: run(settings, start.value.unedited))
    for each in (answer, before):
        if isinstance(each, Failure):
            tell(each)
            return
    with numbers:
        grid(setup, start, view.value, answer.weights)
        file_widgets(setup, start, answer.weights)
    with figure:
        if count > 1:
            widget(view, "sentence", limits=(1, count), width=220)
        shown = drawn(edit_chart, answer, before, sentence=looked.sentence - 1)
        plot(shown.figure, key="edit", alt=shown.alt, note=text("edit.note"))
    told = edit.facts(answer, before, start.value.edits)
    fact_list(told, "edit_facts", heading=text("what_if.facts"))
    try_this("edit", lambda: hold_the_memory(setup, start))
    code_box(
        "edit",
        lambda: script(settings, weights),
        lambda kind: file_name(settings, kind, weights, what="edit"),
    )


layer = settings_sidebar(setup, start, view)
head("edit")
picture(layer)
elsewhere("edit")
