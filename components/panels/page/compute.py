"""Running models for a page: what to say while it takes long, and where it fails."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from components.backend import (
    EngineError,
    MismatchError,
    Run,
    Settings,
    is_warm,
    run,
    start_warm_up,
)
from components.backend.engine import StartError, StillStartingError, asking, has_started
from components.backend.recorded import recorded
from components.backend.weights import Weights
from components.panels.page.log import log
from components.panels.page.plain import plain
from components.texts import text

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Failure:
    """What could not be run, or cannot be yet.

    kind: a text's name under `errors`; nothing where it has not failed. error: what may be said of
    it to a visitor, as the words of what TensorFlow raises can be a page long and name the server's
    folders. until: draws what stands below, and has the page drawn anew once it can be run.
    """

    kind: str = ""
    error: str = ""
    until: Callable[[], None] = lambda: None


def run_shown(settings: Settings, weights: Weights | None = None) -> Run | Failure:
    """The settings' run; while TensorFlow is loading, the default ones as they were recorded."""
    if weights is None and not is_warm() and settings == Settings():
        st.session_state["painted"] = False
        _until_warm()
        return attempt(recorded)
    return attempt(lambda: run(settings, weights))


def attempt(ask: Callable[[], Answer]) -> Answer | Failure:
    """What the backend answers, with a sign of life until TensorFlow is loaded; or its failure.

    A run that is not wanted any more, as its widget has moved on, ends here before it computes.
    """
    waiting = nullcontext() if is_warm() else st.spinner(text("app.loading"))
    try:
        # A look at the session's state is where Streamlit ends such a run.
        with waiting, asking(lambda: "page" in st.session_state):
            return ask()
    except StillStartingError as error:
        log(error)
        return Failure("slow", until=_until_started)
    except (EngineError, MismatchError) as error:
        cause = error.__cause__ or error
        log(cause)
        if isinstance(error, MismatchError):
            return Failure("mismatch", str(error))
        if isinstance(error, StartError):
            return Failure("start", type(cause).__name__, _until_started)
        return Failure("engine", type(cause).__name__)


def answered(ask: Callable[[], Answer | Failure], *given: object) -> Answer | None:
    """What the backend answers; None where that failed, or something that it is given did, which is
    told."""
    failed = next((each for each in given if isinstance(each, Failure)), None)
    found = failed or attempt(ask)
    if isinstance(found, Failure):
        tell(found)
        return None
    return found


def tell(failure: Failure) -> None:
    """Say, in the place of what could not be run, why not, and what to do; or what it waits for."""
    if failure.kind:
        st.error(f"**{text(f'errors.{failure.kind}')}** {failure.error and plain(failure.error)}")
        st.markdown(text(f"errors.{failure.kind}_do"))
    failure.until()


def _until_started() -> None:
    """Draw the page anew once it can be computed."""

    @st.fragment(run_every=2)
    def look() -> None:
        if has_started():
            st.rerun()

    look()


# Seconds that a server's first visitor has to come before TensorFlow is loaded without one.
HEAD_START = 5


def _until_warm() -> None:
    """Say what is shown, and draw the page anew once it can be computed."""

    @st.fragment(run_every=1)
    def look() -> None:
        if is_warm():
            st.rerun()
        if st.session_state["painted"]:  # the browser has asked again: it has all that it needs
            start_warm_up()
        st.session_state["painted"] = True
        st.caption(text("app.recorded"))

    look()
