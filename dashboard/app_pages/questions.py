"""Questions as people ask them, each a link to the page that shows its answer."""

import streamlit as st

from components.panels.ask.complain import complain
from components.panels.ask.field_set import opened
from components.panels.teaching.pasted import pasted_panel
from components.panels.teaching.questions import questions
from components.texts import text

opened("questions")
st.title(text("questions.title"), anchor=False)
st.markdown(text("questions.look"))
complain()
pasted_panel()
questions()
