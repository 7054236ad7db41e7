"""Which step mattered: its switches."""

from __future__ import annotations

import streamlit as st

from components.backend import Settings, Setup
from components.backend.edits import FORGET_BIAS
from components.backend.start import Start
from components.backend.whatif import influence
from components.backend.whatif.padding import PADDING
from components.panels.page.asked import Asked
from components.panels.page.parts import acting
from components.panels.page.plot import Moved
from components.panels.page.widgets import widget
from components.panels.sentence import SentenceView
from components.panels.sidebar import start_from
from components.texts import text


class InfluenceView(influence.Choice, SentenceView):
    """Which step is given which other token, and which sentence (from 1) is drawn."""


def influence_widgets(view: Asked[InfluenceView], settings: Settings) -> None:
    """Which sentence is drawn, and whether steps are masked, where there is anything to choose."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(settings.tokens) > 1:
            widget(view, "sentence", limits=(1, len(settings.tokens)), width=220)
        if any(PADDING in row for row in settings.tokens):
            widget(view, "mask_zero")


def note_of(answer: influence.Answer) -> str:
    """What the lines are."""
    of_c = "" if answer.cell_gradients is None else f" {text('influence.note_c')}"
    return text("influence.note") + of_c


def change_widgets(view: Asked[InfluenceView], settings: Settings) -> None:
    """Which step is given another token, and which."""
    st.subheader(text("influence.change"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "step", limits=(1, settings.steps), width=220)
        widget(view, "token", limits=(0, settings.vocabulary_size - 1), width=220)


def choose_step(view: Asked[InfluenceView], moved: Moved) -> None:
    """A click on a step in a chart is a choice of it."""
    if moved.step is not None:
        view.put(step=moved.step)


def try_other_weights(setup: Asked[Setup], start: Asked[Start]) -> None:
    """Clicks that show a line which does not fall: forget gates near 1, and a trained cell."""

    far = start.value.edits.forget_bias == FORGET_BIAS[1]

    def move_the_gates() -> None:
        setup.put(cell="LSTM", use_bias=True)
        bias = None if far else FORGET_BIAS[1]
        start.put(edits=start.value.edits._replace(forget_bias=bias))

    with st.container(horizontal=True):
        for name, do in (
            ("close" if far else "open", move_the_gates),
            ("trained", lambda: start_from("remembers", setup, start)),
        ):
            st.button(
                text(f"influence.try_{name}"),
                on_click=acting(do),
                key=f"influence_try_{name}",
                type="tertiary",
                icon=":material/lightbulb:",
            )
