"""What follows a question's answer, or a mistake: a lesson's question to predict, and the way back
from there; and the page that comes next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

import streamlit as st

from components.panels.ask.address import FROM
from components.panels.ask.entries import NEXT, PREDICT
from components.panels.ask.question_pages import PAGES_OF
from components.panels.pages import FIRST, PAGES
from components.texts import text


def onward(
    entry: str,
    go_on: Callable[[], None] | None = None,
    again: Callable[[], None] | None = None,
) -> None:
    """Links to a lesson's question on the same idea, and to the page that comes next, if there are
    such.

    Args:
        entry: a question or a mistake of the page Questions.
        go_on: draws the link to the page that comes next, in place of that of NEXT.
        again: sets the page as the entry has it: a button.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="onward"):
        if PREDICT[entry]:
            _predict(entry)
        if go_on:
            go_on()
        elif entry in NEXT:
            next_ = urlsplit(NEXT[entry])
            said = text("questions.next", page=text(f"pages.{next_.path}.title"))
            leads_on(next_.path, dict(parse_qsl(next_.query)), said)
        if again:
            label, icon = text("questions.again"), ":material/restart_alt:"
            st.button(label, key="again", on_click=again, type="tertiary", icon=icon)


def back() -> None:
    """A link back to the question's answer, or the mistake, that led to a lesson's question, if one
    did."""
    entry = st.session_state.get(FROM, "")
    if entry in PAGES_OF:
        leads_on(*place_of(entry), text("questions.back", to=text(f"questions.{entry}.asked")))
    elif entry in PREDICT:
        mistake = entry.removeprefix("mistakes.")
        to = text(f"mistakes_view.mistake.options.{mistake}")
        leads_on("mistakes", {"mistake": mistake}, text("questions.back", to=to))


def place_of(question: str) -> tuple[str, dict[str, str]]:
    """The page of a question, and the parameters by which it says what was asked."""
    led = urlsplit(PAGES_OF[question])
    return led.path or FIRST, dict(parse_qsl(led.query)) | {FROM: question}


def leads_on(page: str, query: Mapping[str, str], label: str) -> None:
    """A link to a page, with that page's icon."""
    st.page_link(
        f"app_pages/{page}.py",
        label=label,
        icon=PAGES[page],
        query_params=dict(query),
        width="content",
    )


def _predict(entry: str) -> None:
    # Here, as all what-ifs come with it, and the first page would wait for them.
    from components.backend.lessons import LESSONS, title

    lesson, _, name = PREDICT[entry].partition(".")
    number = 1 + [each.__name__ for each in LESSONS[lesson]].index(name)
    query = {"lesson": lesson, "question": str(number), FROM: entry}
    leads_on("lessons", query, text("questions.predict", lesson=title(lesson)))
