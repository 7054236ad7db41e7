"""A line on a training's progress: on Watch it learn, and if a link names trained weights."""

from __future__ import annotations

from functools import partial

import streamlit as st

from components.backend import EngineError
from components.backend.learning.learn import Question, Standing
from components.backend.learning.trained import Trained
from components.panels.run.compute import Failure
from components.panels.run.log import log
from components.texts import text

POLL = 0.5
"""Seconds between two polls of a training."""


def subscriber() -> object:
    """Who this session is to `trainer`, which counts its polls."""
    return st.session_state.setdefault("subscriber", object())


def say_live(question: Question, standing: Standing, *, racing: bool = False) -> None:
    """A progress bar for a training that has not ended, with how many trainings run before it.

    Args:
        racing: whether to name the cell.
    """
    progress = standing.progress
    if progress.state == "running":
        name = "running"
    elif progress.late:
        name = "not_started"
    else:
        name = {0: "waiting_start", 1: "waiting_one"}.get(progress.ahead, "waiting_many")
    line = line_on(name, question, standing, racing=racing)
    st.progress(_step(standing) / question.steps, line)


def line_on(name: str, question: Question, standing: Standing, *, racing: bool = False) -> str:
    """A line on a training: the text of that name under `learn`."""
    values = {"step": _step(standing), "steps": question.steps, "count": standing.progress.ahead}
    line = text(f"learn.{name}", **values)
    return text("learn.race_of", cell=question.cell, said=line) if racing else line


def _step(standing: Standing) -> int:
    """The step of the training's last checkpoint so far."""
    return standing.answer.checkpoints[-1].step if standing.answer else 0


def weights_of(trained: Trained) -> Failure | None:
    """None if trained weights are there; else a Failure. It shows the training's progress until the
    page can be drawn with the weights; or the training has failed, and is not tried again."""
    standing = trained.poll(subscriber())
    if standing is None:
        return None
    if standing.progress.live:
        return Failure(until=partial(_until_trained, trained))
    log(EngineError(standing.progress.error))
    return Failure("trained", standing.progress.reason)


def _until_trained(trained: Trained) -> None:
    """Show the training's progress; rerun the page once it has these weights, or has ended."""

    @st.fragment(run_every=POLL)
    def look() -> None:
        standing = trained.poll(subscriber())
        if standing is None or not standing.progress.live:
            st.rerun()
        say_live(trained.question, standing)

    look()
