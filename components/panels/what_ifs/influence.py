"""Gradients: its widgets."""

from __future__ import annotations

import numpy as np
import streamlit as st

from components.backend import Setup
from components.backend.learning.tasks import another_star
from components.backend.origins.weight_source import WeightSource
from components.backend.question.sentences import MAX_STEPS
from components.backend.weight_files.edits import FORGET_BIAS
from components.backend.whatif import influence
from components.panels.ask.cover import asks_first
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.parts.sentence import SentenceView, sentence_widget
from components.panels.parts.sidebar import start_from
from components.panels.parts.whatif import try_this
from components.texts import text


class InfluenceView(influence.Choice, SentenceView):
    """Which step gets which other token, and which sentence (from 1) is drawn."""


def influence_widgets(
    setup: FieldSet[Setup], start: FieldSet[WeightSource], view: FieldSet[InfluenceView]
) -> None:
    """Which sentence is drawn, whether zeros are masked, and buttons to try. All of it is above the
    chart, so that the chart stays in sight."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "mask_zero")
        _tries(setup, start, view)
        sentence_widget(view, len(setup.value.settings.rows))


def note_of(answer: influence.Answer, sentence: int) -> str:
    """What the lines are, and what may look odd about them."""
    sizes = np.concatenate([found.sizes()[sentence] for found in answer.all])
    holds = {
        "note": True,
        "note_others": {found.origin.kind for found in answer.all} > {"seed"},
        "note_opened": answer.opened is not None,
        "note_c": answer.cell_gradients is not None,
        "note_gap": (sizes == 0).any(),
        "note_beyond": not np.isfinite(sizes).all(),
    }
    return " ".join(text(f"influence.{name}") for name, applies in holds.items() if applies)


def change_widgets(view: FieldSet[InfluenceView]) -> None:
    """Which step gets another token, and which token."""
    st.subheader(text("influence.change"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "changed_step", typed=True, width=220)
        widget(view, "token", typed=True, width=220)


def _tries(
    setup: FieldSet[Setup], start: FieldSet[WeightSource], view: FieldSet[InfluenceView]
) -> None:
    """Buttons that show how lines fall over many steps, and what keeps one up: forget gates near 1,
    or a trained cell. Where the page asks first they are left out: their labels tell that."""
    if asks_first():
        return
    far = start.value.fitting(setup.value.settings).edits.forget_bias == FORGET_BIAS[1]

    def move_the_gates() -> None:
        setup.put(cell="LSTM", use_bias=True)
        edits = start.value.fitting(setup.value.settings).edits.hold("forget", None)
        start.put(edits=edits._replace(forget_bias=None if far else FORGET_BIAS[1]))

    def take_the_trained() -> None:
        start_from("remembers", setup, start)
        step, other = another_star(setup.value.settings.tokens[0])
        view.put(changed_step=step, token=other, sentence=1)

    # The button whose label changes comes last, so that the others do not move.
    offers = {
        "long": lambda: setup.put(source="random", length=MAX_STEPS),
        "trained": take_the_trained,
        "close" if far else "open": move_the_gates,
    }
    for name, do in offers.items():
        is_done = name == "long" and setup.value.settings.steps == MAX_STEPS
        try_this("influence", do, f"_{name}", disabled=is_done)
