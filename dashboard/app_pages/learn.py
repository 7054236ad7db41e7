"""Watch it learn: Keras trains a cell on a small task, and the page shows what its gates do."""

import streamlit as st

from components.backend.learning import learn
from components.panels.ask.complain import complain
from components.panels.ask.field_set import FieldSet, opened
from components.panels.learn import LearnView, board, training_widgets
from components.panels.parts.whatif import code_box
from components.texts import text

(view,) = opened("learn", FieldSet(LearnView, prefix="learn."))


def render() -> None:
    """The task, and the cell's training so far."""
    complain()
    question = view.value.question
    st.markdown(text(f"learn.tasks.{question.task}.told"))
    board(view)
    code_box("learn", lambda: learn.script(question), question.file_name)


st.title(text("learn.title"), anchor=False)
with st.sidebar:
    training_widgets(view)
render()
