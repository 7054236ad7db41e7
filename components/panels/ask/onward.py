"""What follows a question's answer, or a mistake: a lesson's question to predict, and the next
page."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from components.panels.ask.entries import PREDICT
from components.panels.pages import FIRST, PAGES, TOPICS
from components.texts import text

_ORDER = (FIRST, *TOPICS, "learn", "model")
"""The pages as one leads to the next."""


def onward(
    entry: str,
    page: str,
    go_on: Callable[[], None] | None = None,
    again: Callable[[], None] | None = None,
) -> None:
    """Links to a lesson's question on the same idea, if there is one, and to the page after this
    one.

    Args:
        entry: a question or a mistake of the page Questions.
        go_on: draws the link to the page that comes next for this entry, whichever page is after
            this one.
        again: sets the page as the entry has it: a button.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="onward"):
        if PREDICT[entry]:
            _predict(PREDICT[entry])
        (go_on or partial(_next, page))()
        if again:
            label, icon = text("questions.again"), ":material/restart_alt:"
            st.button(label, key="again", on_click=again, type="tertiary", icon=icon)


def _predict(question: str) -> None:
    # Here, as all what-ifs come with it, and the first page would wait for them.
    from components.backend.lessons import LESSONS, title

    lesson, _, name = question.partition(".")
    number = 1 + [each.__name__ for each in LESSONS[lesson]].index(name)
    st.page_link(
        "app_pages/lessons.py",
        label=text("questions.predict", lesson=title(lesson)),
        icon=PAGES["lessons"],
        query_params={"lesson": lesson, "question": str(number)},
        width="content",
    )


def _next(page: str) -> None:
    after = _ORDER[(_ORDER.index(page) + 1) % len(_ORDER)] if page in _ORDER else FIRST
    st.page_link(
        f"app_pages/{after}.py",
        label=text("questions.next", page=text(f"pages.{after}.title")),
        icon=PAGES[after],
        width="content",
    )
