"""Mistakes with recurrent layers: what Keras says to each, and what mends it."""

import streamlit as st

from components.panels.ask.complain import complain
from components.panels.ask.field_set import FieldSet, opened
from components.panels.teaching.mistakes import MistakesView, choose, look, mistake_panel
from components.texts import text

(view,) = opened("mistakes", FieldSet(MistakesView))
st.title(text("mistakes.title"), anchor=False)
look()
choose(view)
complain()
mistake_panel(view.value.mistake)
