"""Trainings on a page: the button that starts and stops them, and their progress."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import streamlit as st

from components.backend import EngineError
from components.backend.learning import learn, pairs
from components.backend.learning.trained import Trained
from components.backend.learning.trainer import Progress
from components.backend.learning.trainings import Standing, Trainings
from components.backend.whatif import forecast
from components.panels.ask.cover import cover
from components.panels.ask.field_set import FieldSet
from components.panels.run.compute import Failure
from components.panels.run.log import log
from components.panels.write.plain import plain
from components.texts import text

Question = learn.Question | pairs.Question | forecast.Question
"""What can be trained."""

POLL = 0.5
"""Seconds between two polls of a training."""

_BUTTON = 145  # px
_STOPPED = "stopped"  # in the session: how the trainings stood that the visitor has stopped


def subscriber() -> object:
    """Who this session is to `trainer`, which counts its polls."""
    return st.session_state.setdefault("subscriber", object())


Q = TypeVar("Q", learn.Question, pairs.Question, forecast.Question)
A = TypeVar("A", learn.Answer, pairs.Answer, forecast.Answer)
Standings = Mapping[Q, Standing[Any] | None]
"""How each training on a page stands; None if it is not there and not wanted."""


def _standings(trainings: Trainings[Q, Any], questions: Sequence[Q]) -> Standings[Q]:
    """How each training stands, begun if need be. One that the visitor has stopped stays as it was
    until they start it again."""
    stopped = st.session_state.get(_STOPPED, {})
    return {q: stopped.get(q) or trainings.watch(q, subscriber()) for q in questions}


def _as_recorded(questions: Sequence[Q], recorded: Mapping[Q, Any]) -> Standings[Q]:
    """The recorded trainings as if they had ended; none of them if one is not recorded."""
    kept = [recorded.get(question) for question in questions]
    there = [Standing(Progress("done"), one) if all(kept) else None for one in kept]
    return dict(zip(questions, there, strict=True))


def is_live(standings: Standings[Any]) -> bool:
    """Whether one of them has not ended."""
    return any(s is not None and s.progress.live for s in standings.values())


def training_board(
    trainings: Trainings[Q, A],
    view: FieldSet[Any],
    questions: Sequence[Q],
    recorded: Mapping[Q, A],
    draw: Callable[[Standings[Q], list[A]], None],
    widgets: Callable[[], None],
    *,
    named: Callable[[Q], str],
    key: str,
) -> None:
    """Trainings as they stand, and the button that starts or stops them; redrawn twice a second
    until they have ended.

    Args:
        view: its `train` says whether they are trained here. If not, they are shown as recorded, or
            not at all if one of them is not.
        draw: draws what the trainings have reached: their answers so far.
        widgets: draws what stands beside the button.
        named: what the line on a training begins with.
        key: begins the buttons' own.
    """

    def look() -> Standings[Q]:
        if view.value.train:
            return _standings(trainings, questions)
        return _as_recorded(questions, recorded)

    def redraw(standings: Standings[Q]) -> None:
        _say_all(standings, named)
        found = [s.answer for s in standings.values() if s is not None and s.answer is not None]
        draw(standings, found)

    @st.fragment(run_every=POLL)
    def watch() -> None:
        standings = look()
        if not is_live(standings):
            st.rerun()
        redraw(standings)

    standings = look()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _train_button(trainings, standings, view, key)
        widgets()
    if is_live(standings):
        watch()
    else:
        redraw(standings)


def _train_button(
    trainings: Trainings[Q, Any], standings: Standings[Q], view: FieldSet[Any], key: str
) -> None:
    """The button that starts trainings, or stops them; or says that they are done."""
    wanted = view.value.train

    def train() -> None:
        stopped = st.session_state.get(_STOPPED, {})
        st.session_state[_STOPPED] = {q: s for q, s in stopped.items() if q not in standings}
        view.put(train=True)
        for question in standings:
            trainings.submit(question, subscriber())

    def stop() -> None:
        now = {q: trainings.cancel(q, subscriber()) for q in standings}
        st.session_state[_STOPPED] = st.session_state.get(_STOPPED, {}) | now

    # All have one width: otherwise the widgets beside them would move.
    button = partial(st.button, width=_BUTTON)
    if is_live(standings):
        button(text("learn.stop"), on_click=stop, key=f"{key}_stop", icon=":material/stop:")
    elif not wanted or any(s and s.progress.state != "done" for s in standings.values()):
        button(
            text("learn.again" if wanted else "learn.train"),
            on_click=train,
            key=f"{key}_train",
            type="primary",
            icon=":material/play_arrow:",
        )
    else:
        button(text("learn.done"), disabled=True, key=f"{key}_done", icon=":material/check:")


def _say_all(standings: Standings[Q], named: Callable[[Q], str]) -> None:
    """The progress of each training, under one cover."""
    cover("training")
    for question, standing in standings.items():
        if standing is not None:
            say(question, standing, named=named(question))


def say(question: Question, standing: Standing[Any], *, named: str = "") -> None:
    """The training's progress, or how it has ended.

    Args:
        named: what the line begins with, where a page has several trainings.
    """
    progress = standing.progress
    if progress.live:
        say_live(question, standing, named=named)
    elif progress.state == "stopped":
        name = "stopped" if standing.answer else "stopped_early"
        st.info(_line_on(name, question, standing, named))
    elif progress.state == "failed":
        log(EngineError(progress.error))
        line = _line_on("failed", question, standing, named)
        st.error(f"{line} {plain(progress.reason)}")


def say_live(question: Question, standing: Standing[Any], *, named: str = "") -> None:
    """A progress bar for a training that has not ended, with how many trainings run before it."""
    progress = standing.progress
    if progress.state == "running":
        name = "running"
    elif progress.late:
        name = "not_started"
    else:
        name = {0: "waiting_start", 1: "waiting_one"}.get(progress.ahead, "waiting_many")
    line = _line_on(name, question, standing, named)
    st.progress(_step(standing) / question.steps, line)


def _line_on(name: str, question: Question, standing: Standing[Any], named: str) -> str:
    """A line on a training: the text of that name under `learn`."""
    values = {"step": _step(standing), "steps": question.steps, "count": standing.progress.ahead}
    line = text(f"learn.{name}", **values)
    return text("learn.race_of", cell=named, said=line) if named else line


def _step(standing: Standing[Any]) -> int:
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
