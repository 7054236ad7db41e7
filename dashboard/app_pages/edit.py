"""Edit weights: change tokens or weights, or hold a gate, and see what the layer computes then."""

import streamlit as st

from components import charts
from components.backend import Settings
from components.backend.origins.ahead import look_ahead
from components.backend.origins.weight_source import WeightSource
from components.backend.running.model import plain
from components.backend.scripts.script import line, script
from components.backend.whatif import edit
from components.panels.ask.answered import answered, show_failure
from components.panels.ask.field_set import FieldSet, opened
from components.panels.draw.plot import drawn, plot
from components.panels.edit import colours, edit_list, empty_the_memory, hold_widgets, offer, says
from components.panels.number_grid import EditView, grid_widgets, number_grid
from components.panels.parts.facts import fact_list
from components.panels.parts.sentence import sentence_widget
from components.panels.parts.weight_source import FittingSetup, chosen_weights
from components.panels.parts.whatif import code_box, files, try_this, what_if
from components.panels.run.compute import Failure
from components.panels.weight_files import file_widgets
from components.panels.write.containers import kept_place
from components.panels.write.message import show_message
from components.texts import text

start = FieldSet(WeightSource)
setup, start, view = opened("edit", FittingSetup(start), start, FieldSet(EditView))


def render() -> None:
    """What the cell computes with the weights, and beside it the grid of them."""
    settings, count = setup.value.settings, len(setup.value.settings.rows)
    looked = view.within(sentence=(1, count))
    hold_widgets(start, settings)
    above = st.container()  # one element, whatever is in it: else the grid would lose its cursor
    figure, numbers = st.columns([3, 2], gap="medium")  # in that order on a phone as well
    with numbers:
        grid_widgets(view, settings)
    with above:
        weights = chosen_weights(setup, start, always=True)
        show_message("info")  # what was taken from a file sets the page: it is said at its top
    if isinstance(weights, Failure):
        show_failure(weights)
        show_message()
        return
    question = edit.Question(settings=settings, edits=start.value.edits)
    answer = answered(lambda: edit.answer(question, start.value.unedited(question.settings)))
    if answer is None:
        show_message()
        return
    after, trained = answer.run.weights, start.value.training(settings)
    with above:
        says(answer, trained, looked.sentence - 1)
    with numbers:
        number_grid(setup, start, view.shown, after)
        with st.container():  # one element, whatever is in it, so that those below stay as they are
            show_message()
            edit_list(start, settings, answer.before.weights)
        file_widgets(setup, start, after)
    named = files("edit", settings, weights)
    with figure:
        with kept_place():
            sentence_widget(view, count)
        sentence = looked.sentence - 1
        shown = drawn(charts.edit, answer, sentence=sentence)
        note, code = colours(settings.cell), line(plain(question.settings))
        plot(shown, key="edit", file=named("png"), note=note, code=code)
        effects = edit.effects(answer, trained, sentence)
        fact_list(effects, "edit_facts")
    found = [fact for fact in edit.facts(answer, sentence=sentence) if fact not in effects]
    fact_list(found, "edit_facts", heading=text("what_if.facts"))
    try_this("edit", lambda: empty_the_memory(setup, start), said=offer(settings.cell))
    held = start.value

    def ask(near: Settings, _: object) -> edit.Answer:
        return edit.answer(edit.Question(settings=near, edits=held.edits), held.unedited(near))

    look_ahead(setup.value, held, ask)
    code_box("edit", lambda: script(settings, weights), named)


what_if("edit", render, setup, start, view)
