"""Runs models for a page: shows a spinner while that takes long, and a message if it fails."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from components.backend import (
    EngineError,
    GrownError,
    MismatchError,
    Run,
    Settings,
    is_warm,
    run,
    start_warm_up,
)
from components.backend.origins.recorded import recorded
from components.backend.question.linked import Message
from components.backend.question.weights import Weights
from components.backend.running.engine import (
    StartError,
    StillStartingError,
    TooLargeError,
    asking,
    has_started,
)
from components.panels.run.log import log
from components.panels.run.private import end_if_outdated
from components.panels.run.turns import aside, let_others_in
from components.texts import text

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Failure:
    """Something failed to run, or cannot be run yet."""

    kind: str = ""  # a text's name under `errors`; empty if it has not failed
    error: str = ""
    """What a visitor may see of the error: a `Message`, or only its class. TensorFlow's messages
    can be a page long and name the server's folders."""
    until: Callable[[], None] = lambda: None
    """Draws what is shown meanwhile, and reruns the page once it can be run."""
    too_large: TooLargeError | None = None
    """The model takes more work than is done for a page."""


def run_shown(settings: Settings, weights: Weights | None = None) -> Run | Failure:
    """The settings' run; of that on which the page opens the recorded one while TensorFlow is
    loading."""
    if not is_warm():
        kept = attempt(recorded)
        if isinstance(kept, Failure) or (kept.settings, kept.weights) == (settings, weights):
            stand_in()
            return kept
    return attempt(lambda: run(settings, weights))


MOST_WORK = 2e9
"""Multiply-adds of a model that is run for a page: about a second's work."""


def attempt(ask: Callable[[], Answer], *, most: float = MOST_WORK) -> Answer | Failure:
    """The backend's answer, or its failure; with a spinner while it waits for TensorFlow to load.

    Of a model that takes more multiply-adds than `most` the failure says what is known without
    running it. If a widget has moved meanwhile, Streamlit ends this run here, before the backend
    computes.
    """
    let_others_in()
    try:
        with asking(end_if_outdated, most, _loading):
            return ask()
    except TooLargeError as error:
        return Failure(too_large=error)
    except StillStartingError as error:
        log(error)
        return Failure("slow", until=_until_started)
    except GrownError as error:
        return Failure("grown", str(error))
    except (EngineError, MismatchError) as error:
        cause = error.__cause__ or error
        log(cause)
        if isinstance(error, MismatchError):
            return Failure("mismatch", str(error))
        if isinstance(error, StartError):
            return Failure("start", type(cause).__name__, _until_started)
        if error.args and isinstance(error.args[0], Message):
            return Failure("model", str(error))
        return Failure("engine", type(cause).__name__)


@contextmanager
def _loading() -> Generator[None]:
    """While a run waits for TensorFlow to load: others may work, and the page says what it waits
    for. Once it is loaded, the run stands in line before it computes."""
    with st.spinner(text("app.loading")), aside():
        yield


def _until_started() -> None:
    """Rerun the page once TensorFlow has been loaded."""

    @st.fragment(run_every=2)
    def look() -> None:
        if has_started():
            st.rerun()

    look()


HEAD_START = 5
"""Seconds that the first page has to be sent before the server loads TensorFlow."""


def stand_in() -> None:
    """Say that what is shown was recorded, and rerun the page once TensorFlow has been loaded."""
    st.session_state["painted"] = False

    @st.fragment(run_every=1)
    def look() -> None:
        if is_warm():
            st.rerun()
        if st.session_state["painted"]:  # the fragment's first rerun: the browser has the page
            start_warm_up()
        st.session_state["painted"] = True
        st.caption(text("app.recorded"))

    look()
