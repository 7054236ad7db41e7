"""A what-if that the project does not have: what if the sentence had ended earlier?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from components.backend.question.linked import Int, Linked, Message
from components.backend.question.sentences import MAX_STEPS
from components.backend.question.settings import Settings
from components.backend.running.facts import EQUAL, Fact, replay_fact, stated
from components.backend.running.model import Model, plain
from components.backend.running.model_run import ModelRun
from components.backend.running.replay import apart
from components.backend.running.results import model_answer, run
from components.backend.scripts.script import line, model_script
from components.charts.layer_strips import layer_limits, layer_strip
from components.charts.picture import Picture, start_edges
from components.charts.strips import Rows, strips_figure
from components.panels.what_ifs.what_if import Try, WhatIf
from components.texts import text


class Choice(Linked):
    """How many steps of the sentence are read."""

    texts = "shorter_view"

    read: Annotated[Int, Field(ge=1, le=MAX_STEPS)] = 5


class Question(Choice):
    """A layer, and how many steps it reads."""

    settings: Annotated[Settings, Message("settings")] = Settings()

    @property
    def model(self) -> Model:
        """The layer with what is read of each sentence."""
        return plain(self.settings.reading(tuple(row[: self.read] for row in self.settings.rows)))


@dataclass(frozen=True, eq=False)
class Answer(ModelRun):
    """What Keras returned for the shorter sentence."""

    question: Question


def facts(answer: Answer) -> tuple[Fact, ...]:
    """All that can be stated about an answer, measured on its numbers."""
    return stated(_same(answer), replay_fact(answer))


def _same(answer: Answer) -> Fact | None:
    """Whether no step knows how many come after it."""
    settings, short = answer.question.settings, answer.layer.hidden
    if settings.go_backwards or settings.drops:
        return None
    difference = apart(run(settings, answer.weights).trace.hidden[:, : short.shape[1]], short)
    return Fact("same", difference <= EQUAL, {"difference": difference})


def chart(answer: Answer) -> Picture:
    """The run of the shorter sentence, the first of the batch."""
    tokens = answer.layer.trace.read[0]
    start, limits = start_edges(len(tokens)), layer_limits(answer.layer)
    title = text("shorter.strip")
    strip = layer_strip(answer.layer, title, sentence=0, start=start, limits=limits)
    figure = strips_figure([strip], Rows.of([strip], 78), tokens, start)
    return Picture(figure, text("shorter.alt", steps=len(tokens)))


def script(question: Question, weights: Mapping[str, Any] | None = None) -> str:
    """A Python script that needs only Keras and prints the tensors of the answer."""
    note = text("scripts.plain.note", cell=question.settings.cell)
    return model_script(question.model, weights, title=line(question.model), note=note)


SHORTER = WhatIf(
    "shorter",
    Choice,
    Question,
    partial(model_answer, Answer),
    chart,
    facts,
    script,
    (Try(lambda choice: {"read": 1}),),
)
