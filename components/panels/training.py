"""How far a training is, in a line: on Watch it learn, and where a link names trained weights."""

from __future__ import annotations

from functools import partial

import streamlit as st

from components.backend import EngineError
from components.backend.trained import Trained
from components.backend.whatif.learn import Question, Standing
from components.panels.page.compute import Failure
from components.panels.page.log import log
from components.texts import text

POLL = 0.5
"""Seconds between two looks at a training."""


def looker() -> object:
    """The session, as the trainings know those who look at them."""
    return st.session_state.setdefault("looker", object())


def say_live(question: Question, standing: Standing, *, racing: bool = False) -> None:
    """How far a training is that goes on, or how many are trained before it.

    Args:
        racing: name the cell.
    """
    progress = standing.progress
    if progress.state == "running":
        name = "running"
    elif progress.late:
        name = "not_started"
    else:
        name = {0: "waiting_start", 1: "waiting_one"}.get(progress.ahead, "waiting_many")
    said = said_of(name, question, standing, racing=racing)
    st.progress(_step(standing) / question.steps, said)


def said_of(name: str, question: Question, standing: Standing, *, racing: bool = False) -> str:
    """What the texts say of a training, by a name under `learn`."""
    values = {"step": _step(standing), "steps": question.steps, "count": standing.progress.ahead}
    said = text(f"learn.{name}", **values)
    return text("learn.race_of", cell=question.cell, said=said) if racing else said


def _step(standing: Standing) -> int:
    """The last checkpoint that the training has come to."""
    return standing.answer.checkpoints[-1].step if standing.answer else 0


def weights_of(trained: Trained) -> Failure | None:
    """None where trained weights are there; else why not: their training goes on, which is told of
    until the page can be drawn with them, or it has failed, which is not tried again by itself."""
    standing = trained.ask(looker())
    if standing is None:
        return None
    if standing.progress.live:
        return Failure(until=partial(_until_trained, trained))
    log(EngineError(standing.progress.error))
    return Failure("trained", standing.progress.error.partition(":")[0])


def _until_trained(trained: Trained) -> None:
    """How far the training is; draws the page anew once it has come to these weights, or ended."""

    @st.fragment(run_every=POLL)
    def look() -> None:
        standing = trained.ask(looker())
        if standing is None or not standing.progress.live:
            st.rerun()
        say_live(trained.question, standing)

    look()
