"""Gradients: how far the last h depends on each step, and what if one read another."""

from __future__ import annotations

import numpy as np
import streamlit as st

from components import charts
from components.backend.learning.tasks import another_star
from components.backend.question.sentences import MAX_STEPS
from components.backend.running.model import plain
from components.backend.scripts.script import line
from components.backend.weight_files.edits import FORGET_BIAS
from components.backend.whatif import influence
from components.panels.ask.cover import asks_first
from components.panels.ask.widgets import widget
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.panels.parts.sentence import SentenceView, sentence_widget
from components.panels.parts.sidebar import start_from
from components.panels.parts.whatif import try_this
from components.panels.what_ifs.what_if import Page, WhatIf, code, picture
from components.texts import text


class InfluenceView(influence.Choice, SentenceView):
    """Which step gets which other token, and which sentence (from 1) is drawn."""


def _asked(page: Page) -> influence.Question:
    """The question, of a step and a token that there are."""
    top = influence.highest(page.settings)
    page.view.within(changed_step=(1, page.settings.steps), token=(0, top))
    return page.view.question(influence.Question, settings=page.settings)


def _widgets(page: Page) -> None:
    """Which sentence is drawn, whether zeros are masked, and buttons to try. All of it is above the
    chart, so that the chart stays in sight."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(page.view, "mask_zero")
        _tries(page)
        sentence_widget(page.view, len(page.settings.rows))


def _body(page: Page) -> None:
    question, answer, sentence = page.question, page.answer, page.of_sentence
    called = line(plain(question.settings, mask_zero=question.mask_zero))
    picture(page, note=_note(answer, **sentence), code=called)
    told, heading = text("influence.told"), text("what_if.facts")
    how_far = influence.how_far(answer, **sentence)
    fact_list(how_far, "influence_facts", heading=heading, told=told)
    reasons = influence.reasons(answer, **sentence)
    fact_list(reasons, "influence_facts", heading=text("influence.why"))
    _change(page)
    code(page)


def _note(answer: influence.Answer, sentence: int) -> str:
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


def _change(page: Page) -> None:
    """Which step gets another token, which token, and what that changes."""
    view, steps = page.view, page.settings.steps
    st.subheader(text("influence.change"), anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "changed_step", typed=True, width=220)
        widget(view, "token", typed=True, width=220)
    plot(
        drawn(charts.another_token, page.answer, **page.of_sentence),
        key="change",
        file=page.file("another_token")("png"),
        on_step=lambda step: view.put(changed_step=min(step, steps)),
        note=text("influence.change_note"),
    )
    fact_list(influence.change_facts(page.answer, **page.of_sentence), "influence_facts")


def _tries(page: Page) -> None:
    """Buttons that show how lines fall over many steps, and what keeps one up: forget gates near 1,
    or a trained cell. Where the page asks first they are left out: their labels tell that."""
    if asks_first():
        return
    setup, start = page.setup, page.start
    far = start.value.fitting(setup.value.settings).edits.forget_bias == FORGET_BIAS[1]

    def move_the_gates() -> None:
        setup.put(cell="LSTM", use_bias=True)
        edits = start.value.fitting(setup.value.settings).edits.hold("forget", None)
        start.put(edits=edits._replace(forget_bias=None if far else FORGET_BIAS[1]))

    def take_the_trained() -> None:
        start_from("remembers", setup, start)
        step, other = another_star(setup.value.settings.tokens[0])
        page.view.put(changed_step=step, token=other, sentence=1)

    # The button whose label changes comes last, so that the others do not move.
    offers = {
        "long": lambda: setup.put(source="random", length=MAX_STEPS),
        "trained": take_the_trained,
        "close" if far else "open": move_the_gates,
    }
    for name, do in offers.items():
        is_done = name == "long" and setup.value.settings.steps == MAX_STEPS
        try_this("influence", do, f"_{name}", disabled=is_done)


INFLUENCE = WhatIf(
    "influence",
    InfluenceView,
    influence.Question,
    influence.answer,
    charts.influence,
    influence.facts,
    influence.script,
    widgets=_widgets,
    body=_body,
    asked=_asked,
    most=influence.MOST_WORK,
)
