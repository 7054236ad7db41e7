"""Notebook: its 14 cases, run again, and its observations, checked on these runs."""

import streamlit as st

from components.backend.origins.notebook import (
    exactness,
    observations,
    run_all,
    run_all_alike,
    same_last_h,
)
from components.charts import activations
from components.panels.ask.answered import answered
from components.panels.ask.boxes import on_demand
from components.panels.ask.complain import complain
from components.panels.ask.field_set import FieldSet, opened
from components.panels.ask.widgets import widget
from components.panels.draw.plot import drawn, plot
from components.panels.notebook import NotebookView, all_values, case_grid, seven_tokens
from components.panels.parts.curves import CURVES
from components.panels.parts.facts import fact_list
from components.texts import text

st.title(text("notebook.title"), anchor=False)

(view,) = opened("notebook", FieldSet(NotebookView))
st.markdown(f"{text('notebook.intro')} {text(f'notebook.intro_{view.value.weights}')}")
complain()
widget(view, "weights", row=True)
alike = view.value.weights == "alike"
runs = answered(run_all_alike if alike else run_all)
if runs is not None:
    case_grid(runs)
    if alike:
        fact_list([same_last_h(runs)], "notebook_facts")
    else:
        on_demand(text("notebook.all_values"), "all_values", lambda: all_values(runs))
        st.subheader(text("notebook.claims"), anchor=False)
        fact_list(observations(runs), "claims")
    st.subheader(text("notebook.seven"), anchor=False)
    st.markdown(text("notebook.seven_why"))
    seven_tokens()

st.subheader(text("notebook.curves"), anchor=False)
st.markdown(text("notebook.curves_why"))
if runs is not None and not alike:
    fact_list(exactness(runs), "exact")
picture = drawn(activations)
plot(picture, key="activations", file=CURVES)

st.subheader(text("notebook.slips"), anchor=False)
st.markdown("\n".join(f"- {text(f'slips.{name}')}" for name in text("slips")))
