"""Running models for a page: what to say while it takes long, and where it fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any

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
from components.panels.page.follow import show
from components.panels.page.plain import plain
from components.texts import text


def computed(settings: Settings, weights: Mapping[str, Any] | None = None) -> Run:
    """The settings' run; while TensorFlow is loading, the default ones as they were recorded."""
    stand_in = not is_warm() and settings == Settings()
    if stand_in:
        st.session_state["painted"] = False
        _until_warm()
    with guarded():
        return recorded() if stand_in else run(settings, weights)


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
    st.caption(text("explore.recorded"))


@contextmanager
def guarded() -> Iterator[None]:
    """A block that runs models: a sign of life until TensorFlow is loaded; where Keras fails or
    disagrees with the replay, a message in place of the rest of what is run."""
    try:
        with nullcontext() if is_warm() else st.spinner(text("explore.loading")):
            yield
    except EngineError as error:
        _stop("engine", error)
    except MismatchError as error:
        _stop("mismatch", error)


def _stop(kind: str, error: Exception) -> None:
    show(None)
    st.error(f"**{text(f'errors.{kind}')}** {plain(str(error))}")
    st.markdown(text(f"errors.{kind}_do"))
    st.stop()
