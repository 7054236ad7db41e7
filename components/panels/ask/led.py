"""The entry of the page Questions, or the question of a lesson, that led to a page: its answer."""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import parse_qsl, quote, urlsplit

import streamlit as st

from components.backend import is_warm
from components.panels.ask.address import FROM, page_shown
from components.panels.ask.cover import cover, is_covered
from components.panels.ask.field_set import set_all
from components.panels.ask.onward import Way, onward
from components.panels.ask.questions import QUESTIONS, causes
from components.panels.pages import PAGES, TOPICS
from components.panels.run.compute import attempt
from components.panels.write.comments import commented
from components.panels.write.containers import kept_place
from components.panels.write.html import inline
from components.texts import has_text, text

_ANSWER = "answer"  # the name of its part, which a page that asks first covers
_BESIDE = "beside_answer"  # the place beside the answer for a number; None once it is taken


def led_answer() -> bool:
    """Draw the entry of the page Questions that led here, with what to look at, or the question of
    a lesson, unless that is covered. Returns whether one has led here."""
    with kept_place():
        if not is_covered(_ANSWER):
            _answer()
    return bool(st.session_state.get(FROM))


def answer_unless_above() -> None:
    """Draw it where the page does not have it at its top, as those of a topic do, or covers it
    there. A page that draws no model's answer has nothing to look at, and only leads back."""
    page = PAGES[page_shown()]
    if (page.answers and page.menu not in TOPICS) or is_covered(_ANSWER):
        _answer()


def put_beside_answer(claim: str, measured: str) -> None:
    """Put a fact with what was measured beside the answer of the question that has led here, if its
    claim has the words that the question names."""
    place = st.session_state.get(_BESIDE)
    if place is None or not measured:
        return
    at = text(f"questions.{st.session_state[FROM]}.at")
    if at in re.sub("[*`]", "", claim):
        said = inline(text("questions.here", claim=claim, measured=measured))
        place.html(f'<p class="rnn-beside">{said}</p>')
        st.session_state[_BESIDE] = None  # the first such fact decides


def _answer() -> None:
    entry = st.session_state.get(FROM, "")
    st.session_state[_BESIDE] = None
    _led_by(entry)
    _taught_by(entry)


def _led_by(entry: str) -> None:
    if has_text(f"questions.{entry}.look_at"):
        asked, answer, look_at, at = (
            text(f"questions.{entry}.{name}") for name in ("asked", "answer", "look_at", "at")
        )
        cover(_ANSWER, instead=inline(asked))
        # look_at.js scrolls to what this address names.
        question = QUESTIONS[entry]
        place = question.look or f"text={quote(at)}"
        with st.container(key="led", gap="xsmall"):
            st.info(text("questions.led", asked=asked, answer=answer, look_at=look_at, at=place))
            st.session_state[_BESIDE] = kept_place()
            if told := causes(entry):
                st.html("".join(f'<p class="rnn-beside">{each}</p>' for each in told))
            if question.code:
                st.code(commented(question.code), wrap_lines=True)
            onward(entry, question.predict, _next(question.next), partial(set_all, question.query))


def _next(address: str) -> Way | None:
    if not address:
        return None
    link = urlsplit(address)
    said = text("questions.next", page=PAGES[link.path].title)
    return link.path, dict(parse_qsl(link.query)), said


def _taught_by(name: str) -> None:
    """The question of a lesson that led here, and what its answer means."""
    if not name:
        return
    # Imported here: it imports all what-ifs, for which the first page would wait.
    from components.backend.lessons import Posed, named, recorded

    kept = None if is_warm() else named(name, recorded)
    posed = kept or attempt(lambda: named(name))
    if isinstance(posed, Posed):
        cover(_ANSWER, instead=inline(posed.prompt))
        below = posed.at and text("lessons.below", at=quote(posed.at))  # look_at.js goes there
        right = "" if posed.right is None else posed.said(posed.right)
        answer = filter(None, (right, posed.say, below))
        st.info("  \n".join((f"**{posed.prompt}**", *answer)))
