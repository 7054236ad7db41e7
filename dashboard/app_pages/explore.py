"""Explore: pick a layer and a sentence, see what the layer returned and all that it computed."""

from components.backend import run
from components.backend.ahead import look_ahead
from components.backend.facts import checks, facts
from components.backend.start import Start
from components.panels.explore import ExploreView, Shown, about, tab
from components.panels.facts import fact_list
from components.panels.page.asked import Asked, opened
from components.panels.page.boxes import on_demand
from components.panels.page.compute import Failure, run_shown, show_failure
from components.panels.page.widgets import widget
from components.panels.returned import returned
from components.panels.sidebar import settings_sidebar
from components.panels.start import Fitting, chosen_weights
from components.panels.timeline import timeline_panel
from components.panels.whatif import elsewhere
from components.texts import text

start = Asked(Start)
setup, start, view = opened(
    "explore", Fitting(start), start, Asked(ExploreView, words="explore_view")
)


settings_sidebar(setup, start, view)
about()
settings = setup.value.settings
looked = view.within(sentence=(1, len(settings.rows)))
weights = chosen_weights(setup, start, view)
answer = weights if isinstance(weights, Failure) else run_shown(settings, weights)
returned(settings)
if isinstance(answer, Failure):
    show_failure(answer)
else:
    timeline_panel(answer, view, sentence=looked.sentence - 1)
    fact_list(facts(answer), "facts")
    on_demand(text("explore.checked"), "checked", lambda: fact_list(checks(answer), "facts"))
    look_ahead(setup.value, start.value, run)
widget(view, "tab", row=True, label_visibility="collapsed", help=None)
tab(looked.tab, Shown(settings, weights, answer, looked), view, setup)
elsewhere("explore", setup, start)
