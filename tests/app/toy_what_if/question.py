"""A what-if that the project does not have: what if the sentence had ended earlier?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from components.backend.question.linked import Int, Linked, Message
from components.backend.question.sentences import MAX_STEPS
from components.backend.question.settings import Settings
from components.backend.running.facts import Fact, replay_fact, stated
from components.backend.running.model import Model, plain
from components.backend.running.model_run import ModelRun
from components.backend.running.replay import apart
from components.backend.running.results import Run, model_answer, run, run_of
from components.backend.scripts.code import call
from components.backend.scripts.script import model_script
from components.texts import text


class Choice(Linked):
    """How many steps of the sentence are read."""

    texts = "shorter_view"

    read: Annotated[Int, Field(ge=1, le=MAX_STEPS)] = 5


class Question(Choice):
    """A layer, and how many steps it reads."""

    settings: Annotated[Settings, Message("settings")] = Settings()

    @property
    def short(self) -> Settings:
        """The settings with what is read of each sentence."""
        return self.settings.reading(tuple(row[: self.read] for row in self.settings.rows))

    @property
    def model(self) -> Model:
        """The model that it asks for."""
        return plain(self.short)


@dataclass(frozen=True, eq=False)
class Answer(ModelRun):
    """What Keras returned for the shorter sentence."""

    question: Question

    @property
    def run(self) -> Run:
        """The same as a run."""
        return run_of(self.question.short, self)


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Run the layer on the shorter sentence. The same question gives the same object."""
    return model_answer(Answer, question, weights)


def facts(found: Answer) -> tuple[Fact, ...]:
    """All that can be stated about an answer, measured on its numbers."""
    return stated(_same(found), replay_fact(found))


def _same(found: Answer) -> Fact | None:
    """Whether no step knows how many come after it."""
    settings = found.question.settings
    if settings.go_backwards or settings.drops:
        return None
    whole = run(settings, found.weights).trace.hidden[:, : found.run.settings.steps]
    difference = float(np.max(apart(whole, found.run.trace.hidden)))
    return Fact("same", difference <= 1e-6, {"difference": difference})


def script(question: Question, weights: Mapping[str, np.ndarray] | None = None) -> str:
    """A Python script that needs only Keras and prints the tensors of the answer."""
    note = text("scripts.plain.note", cell=question.settings.cell)
    return model_script(question.model, weights, title=call(question.short), note=note)
