"""The backend's answer on a page, or why there is none."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from components.panels.ask.counted import show_counted
from components.panels.run.compute import MOST_WORK, Answer, Failure, attempt
from components.panels.write.plain import plain
from components.texts import text


def answered(ask: Callable[[], Answer | Failure], *, most: float = MOST_WORK) -> Answer | None:
    """The backend's answer; None, with a message on the page, if it failed."""
    found = attempt(ask, most=most)
    if isinstance(found, Failure):
        show_failure(found)
        return None
    return found


def show_failure(failure: Failure) -> None:
    """Draw, instead of what could not be run, why not and what to do, or what it waits for."""
    if failure.kind:
        st.error(f"**{text(f'errors.{failure.kind}')}** {failure.error and plain(failure.error)}")
        st.markdown(text(f"errors.{failure.kind}_do"))
    if failure.too_large:
        show_counted(failure.too_large)
    failure.until()
