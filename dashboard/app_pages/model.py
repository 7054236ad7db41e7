"""Your model: a model of one's own, from its words to its answer, and which word decided."""

import streamlit as st

from components.backend.your_model.question import Question
from components.panels.ask.complain import complaints
from components.panels.ask.cover import cover
from components.panels.ask.field_set import FieldSet, opened
from components.panels.write.containers import kept_place
from components.panels.your_model.answers import answers_panel
from components.panels.your_model.asked import ask
from components.panels.your_model.deciding import deciding_panel
from components.panels.your_model.files import open_model
from components.panels.your_model.layer import ModelView, layer_panel
from components.panels.your_model.model import model_panel, opened_line, unrun_panel
from components.panels.your_model.more import leads_on
from components.panels.your_model.sentence import ShownSentence
from components.texts import text

view, looked = opened("model", FieldSet(Question), FieldSet(ModelView))


def render() -> None:
    """The model, what it reads, all its layers, which word decided, and the layer that is open."""
    model = open_model(view)
    if model and not model.is_whole:
        look.markdown(text(f"your_model.look_{'part' if model.inputs else 'unrun'}"))
    complaints_here = kept_place()
    typed, told = st.columns(2, gap="medium")
    with typed:
        answer = ask(model, view) if model else None
    line = opened_line(answer, view) if answer else None
    with complaints_here:
        complaints()
    if answer is None:
        if model and not model.inputs:
            unrun_panel(model)
        return
    shown = ShownSentence(answer, answer.question.sentence - 1)
    with told:
        cover("picture", "rows")
        answers_panel(shown, view)
    model_panel(shown, line, view)
    deciding_panel(shown, view)
    if line:
        layer_panel(line, looked, shown)
    leads_on(shown, line, cell=looked.value.part)


st.title(text("your_model.title"), anchor=False)
look = st.empty()
look.markdown(text("your_model.look"))
render()
