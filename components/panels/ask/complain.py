"""What stands at the top of a page about the link and the widgets."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from urllib.parse import quote

import streamlit as st

from components.backend import is_warm
from components.backend.question.linked import unknown_names
from components.panels.ask.address import FROM, OPEN, page_shown
from components.panels.ask.cover import cover, is_covered
from components.panels.ask.entries import CODE, STRIPS, causes
from components.panels.ask.field_set import BEFORE, UNKNOWN
from components.panels.ask.language import complaint as language_complaint
from components.panels.ask.onward import onward
from components.panels.pages import WHAT_IFS
from components.panels.run.compute import attempt
from components.panels.write.containers import kept_place
from components.panels.write.html import inline
from components.panels.write.plain import plain
from components.texts import has_text, text

_ANSWER = "answer"  # the name of its part, which a page that asks first covers
_BESIDE = "beside_answer"  # the place beside the answer for a number; None once it is taken
_MOST = 5  # unknown names that are listed; a link can have a thousand


def complain() -> None:
    """What `answer` draws, where the page does not have it at its top; a warning for values of the
    link or of widgets that were refused, and one for names in the link that the page does not know.

    The link's problems are shown until the visitor moves any widget.
    """
    with kept_place():
        complaints()


def complaints() -> None:
    """As `complain`, in a container of the caller's."""
    *questions, ask = st.session_state[OPEN]
    st.session_state[BEFORE] = {fields.name: fields.value for fields in questions}
    lines = [line for fields in (*questions, ask) for line in fields.complaints()]
    lines += language_complaint()
    known = {name for fields in questions for name in fields.parameters()}
    if page_shown() not in WHAT_IFS or is_covered(_ANSWER):
        _answer()
    _warn("bad", lines)
    _warn("unknown", unknown_lines(st.session_state.get(UNKNOWN, []), known))


def answer() -> bool:
    """Draw the entry of the page Questions that led here, with what to look at, or the question of
    a lesson, unless that is covered. Returns whether one has led here."""
    with kept_place():
        if not is_covered(_ANSWER):
            _answer()
    return bool(st.session_state.get(FROM))


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
        place = f"strips={STRIPS[entry]}" if entry in STRIPS else f"text={quote(at)}"
        with st.container(key="led", gap="xsmall"):
            st.info(text("questions.led", asked=asked, answer=answer, look_at=look_at, at=place))
            st.session_state[_BESIDE] = kept_place()
            if told := causes(entry):
                st.html("".join(f'<p class="rnn-beside">{each}</p>' for each in told))
            if entry in CODE:
                st.code(CODE[entry], wrap_lines=True)
            onward(entry, page_shown())


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


def _warn(heading: str, lines: list[str]) -> None:
    if lines:
        st.warning("\n".join((text(f"link.{heading}"), "", *(f"- {line}" for line in lines))))


def unknown_lines(names: Sequence[str], known: Collection[str]) -> list[str]:
    """A line for each unknown name in a link, with the known one that is spelled most like it."""
    lines = [
        text(f"link.{'like' if like else 'unlike'}", name=plain(name), like=like)
        for name, like in unknown_names(names[:_MOST], known).items()
    ]
    if len(names) > _MOST:
        lines.append(text("problems.more_names", count=len(names) - _MOST))
    return lines
