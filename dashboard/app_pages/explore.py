"""Explore: pick a layer and a sentence, see what it returned next to all it computed."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.backend import Setup, run
from components.backend.ahead import look_ahead
from components.backend.facts import facts
from components.backend.start import Start
from components.panels.explore import RUN_TABS, TABS, ExploreView, Shown
from components.panels.facts import fact_list
from components.panels.page.asked import Asked, opened
from components.panels.page.complain import complain
from components.panels.page.compute import Failure, run_shown, tell
from components.panels.page.parts import part
from components.panels.page.tabs import tabs
from components.panels.page.widgets import widgets
from components.panels.returned import returned
from components.panels.sentence import sentence_widget
from components.panels.sidebar import settings_sidebar
from components.panels.start import chosen_weights
from components.panels.timeline import timeline_panel
from components.panels.whatif import elsewhere
from components.texts import text

setup, start, view = opened(
    "explore", Asked(Setup), Asked(Start), Asked(ExploreView, words="explore_view")
)


@part("picture", lambda: (setup.value, start.value, view.value.sentence))
def picture(layer: DeltaGenerator) -> None:
    """What the settings give, at a glance; the layer's widgets have this run again alone."""
    with layer:
        widgets(setup, "layer")
    settings = setup.value.settings
    count = len(settings.tokens)
    looked = view.within(
        sentence=(1, count), step=(1, settings.steps), unit=(0, settings.units - 1)
    )
    weights = chosen_weights(setup, start)
    complain(setup, start, view)
    answer = weights if isinstance(weights, Failure) else run_shown(settings, weights)
    st.session_state["shown"] = Shown(setup.value, weights, answer, looked.sentence - 1)
    returned(settings)
    if isinstance(answer, Failure):
        tell(answer)
        return
    sentence_widget(view, count)
    timeline_panel(answer, view, sentence=looked.sentence - 1)
    fact_list(facts(answer), "facts", heading=text("explore.facts"))
    look_ahead(setup.value, start.value, run)


def tab(name: str) -> None:
    """What is in a tab, of what the picture shows."""
    what: Shown = st.session_state["shown"]
    if isinstance(what.answer, Failure) and name in RUN_TABS:
        st.caption(text("explore.no_run"))
    else:
        TABS[name](what, view)


layer = settings_sidebar(setup, start, view)
st.title(text("app.about"), anchor=False)
picture(layer)
# With an interval on the page, however long, the browser has all of it run when it reconnects: a
# server that was started again knows none of these fragments.
tabs(
    view,
    "tab",
    tab,
    shows=lambda: (view.value.fixed, view.value.next_layer),
    follows="picture",
    run_every="1 day",
)
elsewhere("explore")
