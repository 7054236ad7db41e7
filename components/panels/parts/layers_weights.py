"""Which weights a page with several layers shows, and a button to go back to those of the seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import streamlit as st

from components.backend import Settings, Setup
from components.backend.origins.ahead import look_ahead
from components.backend.origins.layers_weights import LayersWeights, Misfit
from components.backend.origins.weight_source import WeightSource
from components.backend.question.weights import Weights
from components.backend.running.model import Model
from components.panels.ask.field_set import FieldSet
from components.panels.parts.weight_source import weights_line
from components.panels.write.containers import kept_place
from components.texts import text

_OF_THE_STACK = ("layers", "ending")
"""The settings whose labels stand beside the others of *Stacking*."""


def layers_weights(
    view: FieldSet[Any], start: FieldSet[WeightSource], model: Model
) -> Weights | None:
    """The weights of all layers that the visitor has brought, if the model calls for just these,
    with a line that says so; None for the seed's. Where they do not fit, a warning says which
    settings they fit, and has a button that drops them."""
    misfits = view.value.misfits(model)
    with kept_place():
        if misfits:
            st.warning("\n".join((text("start.misfits"), "", *_lines(misfits))))
            st.button(text("start.drop"), key="drop.weights", on_click=lambda: drop(view))
        elif view.value.weights:
            line = text("start.uploaded_all")
            weights_line(line, {"of_seed": lambda: drop(view)}, key="weights_row")
        else:
            say_if_seeded(start)
    return view.value.fitting(model)


def look_ahead_with(
    view: FieldSet[Any],
    setup: FieldSet[Setup],
    start: FieldSet[WeightSource],
    answer: Callable[[Any, Weights | None], object],
    question: Callable[[Settings], Any],
) -> None:
    """As `look_ahead`, with the weights of all layers where they fit.

    Args:
        question: returns the page's question for other settings of its first layer.
    """
    brought = view.value  # here, as guesses are made without the visitor's session

    def ask(near: Settings, _: Weights | None) -> object:
        asked = question(near)
        return answer(asked, brought.fitting(asked.model))

    look_ahead(setup.value, start.value, ask)


def drop(view: FieldSet) -> None:
    """Go back to the seed's weights, on a page with several layers."""
    if issubclass(view.model, LayersWeights):
        view.put(weights=None)


def say_if_seeded(start: FieldSet[WeightSource]) -> None:
    """Say that the chosen weights are not used, where several layers are shown."""
    if start.value.named:
        st.caption(text("what_if.seeded"))


def _lines(misfits: Sequence[Misfit]) -> Iterator[str]:
    """A line of Markdown for each setting: whose it is, and the value that the weights fit."""
    for layer, name, fit, here in misfits:
        if layer == "decoder" and len(misfits) > 1:  # its settings follow from the encoder's
            continue
        table = "stack_view" if name in _OF_THE_STACK else "settings"
        said = {"setting": text(f"{table}.{name}.label"), "fit": fit, "here": here}
        number = text("stack.layer", layer=int(layer) + 1) if layer.isdecimal() else ""
        yield f"- {number} {text('start.misfit', **said)}"
