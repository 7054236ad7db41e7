"""Explore: pick a layer and a sentence, see what it returned next to all it computed."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.backend.ahead import look_ahead
from components.backend.facts import facts
from components.panels.code import code_panel
from components.panels.data import data_panel
from components.panels.facts import fact_list
from components.panels.inside import inside_panel
from components.panels.notebook import chosen_case
from components.panels.page.compute import computed
from components.panels.page.follow import Shown, follow, show, shown
from components.panels.parameters import parameters_panel
from components.panels.returned import returned
from components.panels.shapes import shapes_panel
from components.panels.sidebar import (
    PICTURE,
    chosen_settings,
    draws_all,
    forged_complaints,
    layer_widgets,
    link_complaints,
    note_drawn,
    settings_sidebar,
)
from components.panels.timeline import chosen_sentence, timeline_panel
from components.texts import text


@st.fragment(key=PICTURE)
def picture(layer: DeltaGenerator) -> None:
    """What the settings give, at a glance; the layer's widgets have this run again alone."""
    with layer:
        layer_widgets()
    settings = chosen_settings()
    for complaint in forged_complaints():
        st.error(complaint)
    if complaints := link_complaints(settings):
        st.warning("\n".join((text("link.bad"), "", *(f"- {line}" for line in complaints))))

    case = chosen_case(settings)
    if case:
        st.caption(text("explore.case", case=case.id))
    result = computed(settings, case and case.weights)
    returned(result)
    sentence = chosen_sentence(result)
    show(Shown(result, sentence), whole=draws_all())
    timeline_panel(result, sentence)
    fact_list(facts(result), "facts", heading=text("explore.facts"))
    if not case:
        look_ahead(settings)


# With an interval on the page, however long, the browser has all of it run when it reconnects: a
# server that was started again knows none of these fragments.
@st.fragment(key="details", run_every="1 day")
def details() -> None:
    """The tabs, of which the open one follows the picture while it is in sight."""
    tabs = st.tabs(
        [text(f"tabs.{name}") for name in ("inside", "shapes", "parameters", "code", "data")],
        key="tab",
        on_change=lambda: st.rerun("details"),
        bind="query-params",
    )
    inside, shapes, parameters, code, data = tabs
    opened = next(tab for tab in tabs if tab.open)
    with opened:
        what = shown()
        if what and what.run.settings != chosen_settings():
            st.rerun()  # the browser asked for the picture and for this in one, and got only this
        if what is None:
            pass  # the picture's message stands above
        elif opened is inside:
            inside_panel(what.run, what.sentence)
        elif opened is shapes:
            shapes_panel(what.run.settings)
        elif opened is parameters:
            parameters_panel(what.run)
        elif opened is code:
            code_panel(what.run)
        elif opened is data:
            data_panel(what.run)
        follow(what)


layer = settings_sidebar()
st.title(text("app.about"), anchor=False)
picture(layer)
details()
note_drawn()
