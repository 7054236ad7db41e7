"""What is wrong with what a page was asked for, told where everybody sees it."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from components.panels.page.asked import Asked
from components.panels.page.places import place_kept
from components.panels.page.widgets import keep_last_right
from components.texts import text


def complain(*questions: Asked, also: Iterable[str] = ()) -> None:
    """A message for what the link, or a widget, asks for and cannot have.

    The address goes on to say both that and what is shown in its place, so that whoever opens it
    sees the same page, message included. What a link got wrong is told until a visitor moves that
    question or one before it, on which it may depend.

    Args:
        also: more lines of Markdown, of what does not fit the rest of the page.
    """
    lines, moved = [], False
    for asked in questions:
        moved = moved or asked.has_moved()
        if moved:
            asked.forget_link()
        lines += asked.complaints()
    lines += also
    with place_kept():
        if lines:
            st.warning("\n".join((text("link.bad"), "", *(f"- {line}" for line in lines))))
    for asked in questions:
        keep_last_right(asked)
