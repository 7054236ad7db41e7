"""What stands at the top of a page about the link and the widgets."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from components.backend.question.linked import unknown_names
from components.panels.ask.address import OPEN
from components.panels.ask.field_set import BEFORE, UNKNOWN
from components.panels.ask.language import complaint as language_complaint
from components.panels.ask.led import answer_unless_above
from components.panels.write.containers import kept_place
from components.panels.write.plain import plain
from components.texts import text

_MOST = 5  # unknown names that are listed; a link can have a thousand


def complain() -> None:
    """A question's answer where the page does not have it at its top; a warning for values of the
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
    answer_unless_above()
    _warn("bad", lines)
    _warn("unknown", unknown_lines(st.session_state.get(UNKNOWN, []), known))


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
