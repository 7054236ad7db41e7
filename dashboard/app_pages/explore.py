"""Explore: pick a layer and a sentence, see what it returned next to all it computed."""

import streamlit as st

from components.backend.facts import facts
from components.panels.code import code_panel
from components.panels.compute import computed
from components.panels.data import data_panel
from components.panels.facts import fact_list
from components.panels.inside import inside_panel
from components.panels.notebook import chosen_case
from components.panels.parameters import parameters_panel
from components.panels.returned import returned
from components.panels.shapes import shapes_panel
from components.panels.sidebar import link_complaints, settings_sidebar
from components.panels.timeline import chosen_sentence, timeline_panel
from components.texts import text

settings = settings_sidebar()

if complaints := link_complaints(settings):
    st.warning("\n".join((text("link.bad"), "", *(f"- {line}" for line in complaints))))

st.title(text("app.about"), anchor=False)
case = chosen_case(settings)
if case:
    st.caption(text("explore.case", case=case.id))
result = computed(settings, case and case.weights)

returned(result)
sentence = chosen_sentence(result)
timeline_panel(result, sentence)
st.caption(text("explore.facts"))
fact_list(facts(result), "facts")

inside, shapes, parameters, code, data = st.tabs(
    [text(f"tabs.{name}") for name in ("inside", "shapes", "parameters", "code", "data")],
    key="tab",
    on_change="rerun",
    bind="query-params",
)
if inside.open:
    with inside:
        inside_panel(result, sentence)
if shapes.open:
    with shapes:
        shapes_panel(settings)
if parameters.open:
    with parameters:
        parameters_panel(result)
if code.open:
    with code:
        code_panel(settings)
if data.open:
    with data:
        data_panel(result)
