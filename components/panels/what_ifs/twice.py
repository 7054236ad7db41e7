"""Same x twice: two calls on the same sentences, and what makes them return other numbers."""

from __future__ import annotations

import streamlit as st

from components import charts
from components.backend.whatif import twice
from components.panels.ask.widgets import widget
from components.panels.parts.sentence import SentenceView, sentence_widget
from components.panels.what_ifs.what_if import Page, Try, WhatIf, code, picture, statements, tries
from components.texts import text


class TwiceView(twice.Choice, SentenceView):
    """What is not the same in both calls, and which sentence (from 1) is drawn."""


def _widgets(page: Page) -> None:
    """What is not the same in both calls, and whether that is mended."""
    view = page.view
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "cause", row=True, moved=lambda: view.put(mended=False))
        if view.value.applies("mended"):
            widget(view, "mended", label=text(f"twice.mend.{view.value.cause}"))
        sentence_widget(view, len(page.settings.rows))


def _body(page: Page) -> None:
    picture(page, code=twice.line(page.question))
    statements(page)
    tries(page)
    code(page)


TWICE = WhatIf(
    "twice",
    TwiceView,
    twice.Question,
    twice.answer,
    charts.twice,
    twice.facts,
    twice.script,
    (Try(lambda view: {"mended": not view.mended} if view.applies("mended") else {}),),
    widgets=_widgets,
    body=_body,
)
