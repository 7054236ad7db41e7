"""The sidebar: what a visitor can set up, a widget for each field."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.backend import Setup
from components.backend.layout import KERAS_DEFAULTS
from components.backend.linked import to_text
from components.backend.notebook import cases
from components.backend.start import Start
from components.backend.trained import OFFERED
from components.backend.whatif.padding import is_ragged
from components.panels.page.asked import Asked
from components.panels.page.echo import has_moved
from components.panels.page.hidden import hidden_place
from components.panels.page.parts import acting
from components.panels.page.widgets import widget, widgets
from components.panels.pages import PAGES
from components.panels.start import forget_gone, keep_start
from components.texts import text

_NOTEBOOK_CASE = next(case for case in cases() if case.id == "1-2 LSTM")

PRESETS = {
    "opening": (Setup(), Start()),
    "keras": (Setup(**KERAS_DEFAULTS, embeddings_initializer="uniform"), Start()),
    "notebook": (Setup.of(_NOTEBOOK_CASE.settings), Start(case=_NOTEBOOK_CASE.id)),
}
"""What a visitor can start from: all settings, and whose weights."""

TRAINED = {
    does: (Setup.of(trained.question.settings()), Start(trained=trained))
    for does, trained in OFFERED.items()
}
"""The same, of cells that have learned something."""

_CELLS = "trained_cells"


def settings_sidebar(
    setup: Asked[Setup], start: Asked[Start], *others: Asked, sentence: bool = True
) -> DeltaGenerator:
    """Draw the sidebar, but for the layer's widgets, for which the place is handed back.

    They belong in the part of the page that shows them: moving one then runs that part alone. So do
    most of the others, at the cost of one more message.

    Args:
        others: questions that the preset of the opening view resets as well.
        sentence: whether the page reads the sentence that is set up here.
    """
    with st.sidebar:
        _presets(setup, start, others)
        st.subheader(text("sidebar.layer"), anchor=False)
        widgets(setup, "cell", row=True, width="stretch")
        layer = st.container()
        st.subheader(text("sidebar.input"), anchor=False)
        # One place for however many there are: else the browser would draw the box below from
        # scratch where one comes or goes, and what is being typed in it would be lost.
        with st.container():
            if sentence:
                _sentence(setup)
            elif setup.is_set("sentence"):  # a link to another page takes along what is drawn alone
                with hidden_place("sentence"):
                    widgets(setup, "sentence")
            widgets(setup, "input")
        advanced = st.expander(text("sidebar.advanced"), key="advanced", on_change=acting())
        if advanced.open or setup.is_set("advanced"):
            with advanced:
                widgets(setup, "advanced")
        keep_start(setup, start)
    return layer


def start_from(name: str, setup: Asked[Setup], start: Asked[Start]) -> None:
    """Set all settings, and whose weights, to what has that name in PRESETS or TRAINED."""
    settings, weights = (PRESETS | TRAINED)[name]
    setup.put(**dict(settings))
    start.put(**dict(weights))


def _presets(setup: Asked[Setup], start: Asked[Start], others: tuple[Asked, ...]) -> None:
    def begin(name: str) -> None:
        start_from(name, setup, start)
        forget_gone()
        st.session_state[_CELLS] = False  # the box of trained cells
        for asked in others:
            if name == "opening":
                asked.put(**dict(asked.model()))
            elif name in TRAINED and "unit" in asked.model.model_fields:
                asked.put(unit=OFFERED[name].unit)

    with st.container(gap=None):
        st.caption(text("sidebar.presets"))
        for name in PRESETS:
            _preset(name, begin, ":material/restart_alt:")
        with st.popover(
            text("sidebar.trained"),
            icon=":material/school:",
            type="tertiary",
            key=_CELLS,
            on_change=acting(),
        ):
            for name in TRAINED:
                _preset(name, begin, ":material/psychology:")


def _preset(name: str, begin: Callable[[str], None], icon: str) -> None:
    st.button(
        text(f"sidebar.{name}"),
        help=text(f"sidebar.{name}_help"),
        on_click=acting(begin),
        args=(name,),
        key=f"preset_{name}",
        type="tertiary",
        icon=icon,
    )


def _sentence(setup: Asked[Setup]) -> None:
    """All that is about the ids. A new source, or new ids, bring their own length."""
    widget(setup, "source", moved=lambda: _take_source(setup))
    if setup.value.source == "typed":
        widget(setup, "tokens", moved=lambda: _take_ids(setup))
        _offer_padding(setup)
    widget(setup, "length")
    widget(setup, "sentences")


def _offer_padding(setup: Asked[Setup]) -> None:
    """Sentences of unequal length are refused here, and at home on another page."""
    typed = setup.typed("tokens")
    if is_ragged(typed, setup.value.vocabulary_size):
        fine = {"tokens": to_text(Setup, "tokens", setup.value.tokens)}  # not what is typed here
        st.page_link(
            "app_pages/padding.py",
            label=text("sidebar.padding"),
            icon=PAGES["padding"],
            query_params=setup.value.to_query() | fine | {"pad.sentences": typed},
        )


def _take_source(setup: Asked[Setup]) -> None:
    if setup.value.source == "typed":
        setup.put(source="typed", tokens=setup.kept.shown.ids)
    _take_length(setup)


def _take_ids(setup: Asked[Setup]) -> None:
    """What was typed holds even if the change just before it took the field off the page, but not
    if another source was chosen along with it."""
    if setup.value.source != "typed" and not has_moved(setup.chosen_key("source")):
        setup.put(source="typed")
    _take_length(setup)


def _take_length(setup: Asked[Setup]) -> None:
    if own := setup.value.own_ids():
        setup.put(length=len(own[0]), sentences=len(own))
