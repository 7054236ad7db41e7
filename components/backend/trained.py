"""Weights that a link names by how they were trained: recorded ones, or trained again.

`python -m components.backend.trained` records anew those that are offered; a test holds them
against a training.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from components.backend import answers
from components.backend.layout import weight_layout
from components.backend.linked import SettingsError, from_text, to_text, whole
from components.backend.settings import Settings
from components.backend.weights import Weights
from components.backend.whatif.learn import Question, Standing, answer, means_of, origin_of, watch

_FILE = Path(__file__).with_name("trained_cells.json")
_FIELDS = tuple(Question.model_fields)


class Trained(NamedTuple):
    """A training, and after how many of its steps."""

    question: Question
    step: int

    @property
    def weights(self) -> Weights:
        """The cell's weights; trained first, and waited for, if they are neither recorded nor
        known.

        Raises:
            EngineError: the training failed.
        """

        def train() -> Weights:
            checkpoints = answer(self.question).checkpoints
            return next(c.weights for c in checkpoints if c.step == self.step)

        return recorded().get(self) or answers.kept(self, train)

    def ask(self, looker: Hashable) -> Standing | None:
        """None where the weights are there; else how the training stands that they come from, begun
        if need be. It goes on while somebody asks; what has failed is not tried again by that.

        Args:
            looker: who asks, such as a session: those who wait for a training take turns.
        """
        if self in recorded() or answers.recall(self) is not None:
            return None
        standing = watch(self.question, looker)
        checkpoints = standing.answer.checkpoints if standing.answer else ()
        reached = next((c.weights for c in checkpoints if c.step == self.step), None)
        if reached is None:
            return standing
        answers.kept(self, lambda: reached)
        return None

    def fit(self, settings: Settings) -> bool:
        """Whether its weights are what the settings call for."""
        return weight_layout(self.question.settings()) == weight_layout(settings)

    @property
    def unit(self) -> int:
        """The unit that shows best by what means the cell does its task; 0 where none can.

        Raises:
            EngineError: as `weights` does.
        """
        found = means_of(self.question, [self.weights])
        return 0 if found is None else found.unit


def trained_text(trained: Trained | None) -> str:
    """A training as a link writes it: each field of its question, and the step."""
    if trained is None:
        return ""
    said = [to_text(Question, name, getattr(trained.question, name)) for name in _FIELDS]
    return ",".join([*said, str(trained.step)])


def read_trained(said: str) -> Trained | None:
    """A training out of a link.

    Raises:
        ValueError: if it is none that there is.
    """
    if not said:
        return None
    *texts, step = said.split(",")
    try:
        fields = zip(_FIELDS, texts, strict=True)
        question = Question(**{name: from_text(Question, name, [one]) for name, one in fields})
    except SettingsError as error:
        raise ValueError(str(error)) from None  # what is refused is the training as a whole
    if (found := whole(step)) not in question.checkpoints:
        raise ValueError(said)
    return Trained(question, found)


def last(question: Question) -> Trained:
    """What a training ends with."""
    return Trained(question, question.steps)


OFFERED: Mapping[str, Trained] = MappingProxyType(
    {
        "remembers": last(Question(task="star")),
        "toggles": last(Question(task="quotes")),
        "counts": last(Question(task="ups", units=1)),
    }
)
"""Cells that have learned something worth a look, by what they do."""


@cache
def recorded() -> Mapping[Trained, Weights]:
    """The weights of those that are offered, from the file."""
    kept = json.loads(_FILE.read_text("utf-8"))
    return {
        trained: Weights(
            origin_of(*trained),
            {name: np.array(values, "float32") for name, values in kept[does].items()},
        )
        for does, trained in OFFERED.items()
    }


def record() -> None:
    """Write down what the trainings give now."""
    kept = {}
    for does, trained in OFFERED.items():
        weights = answer(trained.question).checkpoints[-1].weights
        kept[does] = {name: array.tolist() for name, array in weights.items()}
    _FILE.write_text(json.dumps(kept) + "\n", "utf-8")


if __name__ == "__main__":
    record()
