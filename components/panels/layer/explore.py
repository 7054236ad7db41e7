"""The page Explore: its own fields, and its tabs."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import streamlit as st

from components.backend import Run, Settings, Setup
from components.backend.learning.predictions import Predictions
from components.backend.question.weights import Weights
from components.panels.ask.address import FROM
from components.panels.ask.cover import asks_first, cover
from components.panels.ask.field_set import FieldSet
from components.panels.layer.parameters import parameters_panel
from components.panels.layer.shapes import ShapesView, shapes_panel
from components.panels.layer.timeline import TimelineView, chosen_scale
from components.panels.parts.code import code_panel
from components.panels.parts.data import data_panel
from components.panels.parts.inside import inside_panel
from components.panels.parts.step_view import StepView
from components.panels.parts.torch_code import torch_panel
from components.panels.parts.whatif import try_this
from components.panels.run.compute import Failure
from components.panels.write.html import inline
from components.texts import text


class ExploreView(TimelineView, StepView, ShapesView):
    """What a visitor looks at, and how."""

    texts = "explore_view"

    tab: Literal["inside", "shapes", "parameters", "code", "torch", "data"] = "inside"


class Shown(NamedTuple):
    """What the page shows."""

    settings: Settings
    weights: Weights | Failure | None
    answer: Run | Failure  # to the settings, with these weights
    looked: ExploreView  # which sentence and so on


def about(settings: Settings, says: Predictions | None, field: str) -> None:
    """The page's name and its question, and below it the answer or, unless a question has led here
    or it is done already, where to begin; and a way in for who comes with a question of their own.

    Args:
        field: HTML of what finds a question's answer. It stands in the menu's bar if there is room.
        says: what the trained cell says at each step; None if no training gave the weights.
    """
    cell = f"{settings.cell}({settings.units})"
    if says is None:
        title = text("explore.asks", cell=cell)
        told = text("app.begin") if settings.return_sequences and not st.session_state[FROM] else ""
    else:
        title = text("explore.title", asks=text(f"learn.tasks.{says.kind.name}.asks"))
        told = "" if asks_first() else _told(settings, says, cell)
    begin = f'<p class="rnn-begin">{inline(told)}</p>' if told else ""
    search = f'<div class="rnn-search">{field}</div>'
    st.html(f'<div class="rnn-about"><h1>{title}</h1></div>{begin}{search}')


def _told(settings: Settings, says: Predictions, cell: str) -> str:
    """How often the cell says the right thing, of how many steps at which it is asked; nothing
    where it is not asked, as of as many ups as downs there is no right answer."""
    asked = int(says.asked.sum())
    if not asked:
        return ""
    if not settings.return_sequences:
        right = text(f"explore.at_end_{'wrong' if says.wrong[-1] else 'right'}")
        return text("explore.at_end", cell=cell, right=right)
    good = asked - int(says.wrong.sum())
    if asked == 1:
        return text(f"explore.once_{'right' if good else 'wrong'}", cell=cell)
    return text("explore.right_at", cell=cell, good=good, asked=asked)


def tab(name: str, shown: Shown, view: FieldSet[ExploreView], setup: FieldSet[Setup]) -> None:
    """Draw the tab of that name."""
    with st.container(key="panel"):
        _tab(name, shown, view, setup)


def _tab(name: str, shown: Shown, view: FieldSet[Any], setup: FieldSet[Setup]) -> None:
    cover("tab")
    settings, weights, answer, looked = shown
    if name == "shapes":
        shapes_panel(settings, view)
    elif name == "code":
        code_panel(settings, None if isinstance(weights, Failure) else weights)
    elif isinstance(answer, Failure):
        st.caption(text("explore.no_run"))
    elif name == "inside":
        sentence, scale = looked.sentence - 1, chosen_scale(looked)
        inside_panel(answer, view, sentence=sentence, scale=scale, cell=False)
    elif name == "parameters":
        _offer_biases(answer, setup)
        parameters_panel(answer)
    elif name == "torch":
        torch_panel(answer, lambda: _offer_biases(answer, setup))
    elif name == "data":
        data_panel(answer)


def _offer_biases(run: Run, setup: FieldSet[Setup]) -> None:
    """If the biases are those that Keras starts with, mostly 0: a button that draws others."""
    drawn = run.seeded and run.settings.applies("bias_initializer")
    if drawn and run.settings.bias_initializer == "zeros":
        try_this("parameters", lambda: setup.put(bias_initializer="glorot_uniform"), "_biases")
