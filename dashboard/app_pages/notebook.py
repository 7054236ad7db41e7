"""Notebook: the 14 cases this grew from, run again, and the observations decided on them."""

import streamlit as st

from components.backend.notebook import cases, observations
from components.charts import activations
from components.panels.facts import fact_list
from components.panels.notebook import all_values, case_grid, seven_tokens
from components.panels.page.asked import opened
from components.panels.page.compute import Failure, attempt, tell
from components.panels.page.plot import drawn, plot
from components.texts import text

st.title(text("notebook.title"), anchor=False)
st.markdown(text("notebook.intro"))

opened("notebook")
worst = attempt(lambda: max(case.difference() for case in cases()))
if isinstance(worst, Failure):
    tell(worst)
else:
    st.markdown(text("notebook.worst", difference=worst))
    case_grid()
    everything = st.expander(text("notebook.all_values"), key="all_values", on_change="rerun")
    if everything.open:
        with everything:
            all_values()
    st.subheader(text("notebook.claims"), anchor=False)
    fact_list(observations(), "claims")

st.subheader(text("notebook.curves"), anchor=False)
st.markdown(text("notebook.curves_why"))
picture = drawn(activations)
plot(picture, key="activations")

st.subheader(text("notebook.slips"), anchor=False)
st.markdown("\n".join(f"- {text(f'slips.{name}')}" for name in text("slips")))

if not isinstance(worst, Failure):
    st.subheader(text("notebook.seven"), anchor=False)
    st.markdown(text("notebook.seven_why"))
    seven_tokens()
