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
from components.backend.recorded import recorded
from components.backend.weights import Weights
from components.panels.page.plain import plain
from components.texts import text

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Failure:
    """What could not be run: a kind, "engine" or "mismatch", and the error's words."""

    kind: str
    error: str


def computed(settings: Settings, weights: Weights | None = None) -> Run | Failure:
    """The settings' run; while TensorFlow is loading, the default ones as they were recorded."""
    if weights is None and not is_warm() and settings == Settings():
        st.session_state["painted"] = False
        _until_warm()
        return attempt(recorded)
    return attempt(lambda: run(settings, weights))


def attempt(ask: Callable[[], Answer]) -> Answer | Failure:
    """What the backend answers, with a sign of life until TensorFlow is loaded; or its failure."""
    try:
        with nullcontext() if is_warm() else st.spinner(text("app.loading")):
            return ask()
    except EngineError as error:
        return Failure("engine", str(error))
    except MismatchError as error:
        return Failure("mismatch", str(error))


def tell(failure: Failure) -> None:
    """Say, in the place of what could not be run, why not, and what to do."""
    st.error(f"**{text(f'errors.{failure.kind}')}** {plain(failure.error)}")
    st.markdown(text(f"errors.{failure.kind}_do"))


# Seconds that a server's first visitor has to come before TensorFlow is loaded without one.
HEAD_START = 5


@st.fragment(run_every=1)
def _until_warm() -> None:
    """Say what is shown, and draw the page anew once it can be computed."""
    if is_warm():
        st.rerun()
    if st.session_state["painted"]:  # the browser has asked again: it has all that it needs by now
        start_warm_up()
    st.session_state["painted"] = True
    st.caption(text("app.recorded"))
