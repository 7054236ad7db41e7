"""Explore: pick a layer and a sentence, see what the layer returned and all that it computed."""

import streamlit as st

from components.backend import run
from components.backend.learning.predictions import predictions
from components.backend.origins.ahead import look_ahead
from components.backend.origins.weight_source import WeightSource
from components.backend.running.facts import checks, facts
from components.panels.ask.answered import show_failure
from components.panels.ask.boxes import on_demand
from components.panels.ask.field_set import FieldSet, opened
from components.panels.ask.widgets import widget
from components.panels.layer.explore import ExploreView, Shown, about, tab
from components.panels.layer.returned import cards, unpacked
from components.panels.layer.timeline import timeline_panel, timeline_widgets
from components.panels.parts.facts import fact_list
from components.panels.parts.inside import cell_panel
from components.panels.parts.sidebar import settings_sidebar
from components.panels.parts.weight_source import FittingSetup, chosen_weights
from components.panels.parts.whatif import elsewhere
from components.panels.run.compute import Failure, run_shown
from components.panels.search.find import find_over
from components.panels.teaching.found import index
from components.panels.teaching.pasted import pasted_panel
from components.texts import text

start = FieldSet(WeightSource)
setup, start, view = opened("explore", FittingSetup(start), start, FieldSet(ExploreView))


settings_sidebar(setup, start, view)
settings = setup.value.settings
looked = view.within(sentence=(1, len(settings.rows)))
sentence = looked.sentence - 1
above = st.container(key="above")
weights = chosen_weights(setup, start)
answer = weights if isinstance(weights, Failure) else run_shown(settings, weights)
trained = start.value.training(settings)
says = None if isinstance(answer, Failure) else predictions(trained, sentence, answer)
with above:
    about(settings, says, find_over(index()))
pasted_panel()
unpacked(settings)
if isinstance(answer, Failure):
    show_failure(answer)
else:
    timeline_panel(answer, view, sentence=sentence, trained=trained)
    timeline_widgets(view, len(settings.rows))
    cell_panel(answer, sentence=sentence)
    fact_list(facts(answer), "facts")
    on_demand(text("explore.checked"), "checked", lambda: fact_list(checks(answer), "facts"))
    look_ahead(setup.value, start.value, run)
cards(settings)
widget(view, "tab", row=True, label_visibility="collapsed", help=None)
tab(looked.tab, Shown(settings, weights, answer, looked), view, setup)
elsewhere("explore", setup, start)
