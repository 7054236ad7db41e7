"""Accessibility: what of WCAG 2.2 holds, what does not, and how that was checked."""

import streamlit as st

from components.panels.accessibility import findings, how_checked, streamlits
from components.panels.ask.complain import complain
from components.panels.ask.field_set import opened
from components.texts import text

opened("accessibility")
st.title(text("accessibility.title"), anchor=False)
complain()
st.markdown(text("accessibility.told", count=len(text("accessibility.fails"))))
findings()
streamlits()
st.header(text("accessibility.how_title"), anchor=False)
how_checked()
