"""What follows a question's answer, or a mistake: a lesson's question to predict, and the way back
from there; and the page that comes next."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from components.panels.ask.address import FROM
from components.panels.ask.questions import QUESTIONS
from components.panels.pages import page_link
from components.texts import has_text, text

Way = tuple[str, Mapping[str, str], str]
"""A page, what its link sets, and what the link is called."""


def onward(
    entry: str,
    predict: str,
    then: Way | None,
    again: Callable[[], None] | None = None,
) -> None:
    """Links to a lesson's question on the same idea, and to the page that comes next, if there are
    such.

    Args:
        entry: a question or a mistake of the page Questions.
        predict: the lesson's question; "" without.
        then: the way to the page that comes next; None if there is none.
        again: sets the page as the entry has it: a button.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="onward"):
        if predict:
            _predict(entry, predict)
        if then:
            page_link(*then)
        if again:
            label, icon = text("questions.again"), ":material/restart_alt:"
            st.button(label, key="again", on_click=again, type="tertiary", icon=icon)


def back() -> None:
    """A link back to the question's answer, or the mistake, that led to a lesson's question, if one
    did."""
    entry = st.session_state.get(FROM, "")
    kind, _, mistake = entry.partition(".")
    if entry in QUESTIONS:
        page_link(*place_of(entry), text("questions.back", to=text(f"questions.{entry}.asked")))
    elif kind == "mistakes" and has_text(name := f"mistakes_view.mistake.options.{mistake}"):
        to = text(name)
        page_link("mistakes", {"mistake": mistake}, text("questions.back", to=to))


def place_of(question: str) -> tuple[str, dict[str, str]]:
    """The page of a question, and the parameters by which it says what was asked."""
    led = QUESTIONS[question]
    return led.page, led.query | {FROM: question}


def _predict(entry: str, predict: str) -> None:
    # Here, as all what-ifs come with it, and the first page would wait for them.
    from components.backend.lessons import LESSONS, title

    lesson, _, name = predict.partition(".")
    number = 1 + [each.__name__ for each in LESSONS[lesson]].index(name)
    query = {"lesson": lesson, "question": str(number), FROM: entry}
    page_link("lessons", query, text("questions.predict", lesson=title(lesson)))
