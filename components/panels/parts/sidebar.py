"""The sidebar: presets, and a widget for each field of the settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components.backend import Setup
from components.backend.learning.trained import OFFERED
from components.backend.origins.presets import PRESETS, TRAINED
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import choices, to_text
from components.backend.whatif.padding import ragged_field
from components.panels.ask.address import page_shown
from components.panels.ask.boxes import on_demand
from components.panels.ask.cover import help_of
from components.panels.ask.field_set import FieldSet, set_all
from components.panels.ask.opening import opening
from components.panels.ask.widgets import widget, widgets
from components.panels.pages import page_link
from components.panels.parts.weight_source import forget_gone
from components.texts import text

_ROWS: Mapping[str, Mapping[str, Any]] = {"tokens": {}, "values": {"lines": True, "height": 220}}
"""The fields in which ids, or numbers, are typed, and how their widgets are drawn."""


def settings_sidebar(
    setup: FieldSet[Setup], start: FieldSet[WeightSource], *others: FieldSet, sentence: bool = True
) -> None:
    """Draw the sidebar: presets, the layer, the input.

    Args:
        others: questions that may say which unit is looked at.
        sentence: whether the page reads the sentence of the settings.
    """
    with st.sidebar:
        _presets(setup, start, others)
        widgets(setup, "cell", row=True, width="stretch")
        widgets(setup, "layer")
        if start.value.applies("learned"):
            widget(start, "learned")
        if sentence:
            _sentence(setup, start)
        widgets(setup, "input")
        if sentence and setup.value.applies("sentences"):
            widget(setup, "sentences")
        on_demand(text("sidebar.advanced"), "advanced", lambda: _advanced(setup))


def _advanced(setup: FieldSet[Setup]) -> None:
    """The widgets that few need, and which of Keras's arguments have none."""
    widgets(setup, "advanced")
    st.caption(text("sidebar.not_offered"))


def start_from(name: str, setup: FieldSet[Setup], start: FieldSet[WeightSource]) -> None:
    """Set all settings, and the weights, to the preset of that name."""
    settings, weights = (PRESETS | TRAINED)[name]
    setup.put(**dict(settings))
    start.put(**dict(weights))


def _presets(
    setup: FieldSet[Setup], start: FieldSet[WeightSource], others: tuple[FieldSet, ...]
) -> None:
    """The menu of presets."""

    def begin() -> None:
        name = st.session_state["preset"]
        forget_gone()
        if name == "opening":
            set_all(opening(page_shown()))
            return
        start_from(name, setup, start)
        for fields in others:
            if name in TRAINED and "unit" in fields.model.model_fields:
                fields.put(unit=OFFERED[name].unit)

    st.menu_button(
        text("sidebar.presets"),
        [*PRESETS, *TRAINED],
        format_func=lambda name: text(f"sidebar.{name}"),
        help=help_of("sidebar.presets_help"),
        on_click=begin,
        key="preset",
        icon=":material/restart_alt:",
        width="stretch",
    )


def _sentence(setup: FieldSet[Setup], start: FieldSet[WeightSource]) -> None:
    """The widgets of the ids, or the numbers. New ones, or a new source, set their own length."""
    widget(setup, "source", on_change=lambda: _take_source(setup, start))
    for name, options in _ROWS.items():
        if setup.value.applies(name):
            widget(setup, name, moved=lambda: _take_length(setup), **options)
            _offer_padding(setup, name)
    for name in ("length", "features"):
        if setup.value.applies(name):
            widget(setup, name)


def _offer_padding(setup: FieldSet[Setup], name: str) -> None:
    """A link to the page that takes sentences of different lengths, if such are typed here."""
    typed = setup.typed(name)
    if field := ragged_field(typed, setup.value.settings):
        fine = {name: to_text(Setup, name, getattr(setup.value, name))}  # the last valid ones
        query = setup.value.to_query() | fine | {f"pad.{field}": typed}
        page_link("padding", query, text("sidebar.padding"))


def _take_source(setup: FieldSet[Setup], start: FieldSet[WeightSource]) -> None:
    """Have a new source begin with what fits the layer and its weights."""
    chosen = setup.typed("source")
    if chosen in choices(Setup, "source"):
        setup.move(**setup.value.switched(chosen, start.value.fit))


def _take_length(setup: FieldSet[Setup]) -> None:
    if own := setup.value.own_rows():
        setup.put(length=len(own[0]), sentences=len(own))
