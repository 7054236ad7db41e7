"""Weights that a link names by how they were trained. Those the page offers are recorded in a file,
any others are trained again.

`python -m components.backend.trained` records them anew; a test compares them with a training.
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
    """The weights that a training has after one of its steps."""

    question: Question
    step: int  # of the optimiser

    @property
    def weights(self) -> Weights:
        """The cell's weights; if they are neither recorded nor in the cache, waits for a training.

        Raises:
            EngineError: the training failed.
        """

        def train() -> Weights:
            checkpoints = answer(self.question).checkpoints
            return next(c.weights for c in checkpoints if c.step == self.step)

        return recorded().get(self) or answers.kept(self, train)

    def ask(self, looker: Hashable) -> Standing | None:
        """None if the weights are there; else how their training stands, which is begun if need be.
        It goes on while somebody asks; asking again does not retry a failed one.

        Args:
            looker: who asks, such as a session.
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
        """Whether its weights have the shapes that the settings call for."""
        return weight_layout(self.question.settings()) == weight_layout(settings)

    @property
    def unit(self) -> int:
        """The unit that shows best how the cell does its task; 0 if none does.

        Raises:
            EngineError: as `weights` does.
        """
        found = means_of(self.question, [self.weights])
        return 0 if found is None else found.unit


def trained_text(trained: Trained | None) -> str:
    """A training as a link writes it: each field of its question, and the step."""
    if trained is None:
        return ""
    texts = [to_text(Question, name, getattr(trained.question, name)) for name in _FIELDS]
    return ",".join([*texts, str(trained.step)])


def read_trained(said: str) -> Trained | None:
    """A training from a link.

    Raises:
        ValueError: if there is no such training.
    """
    if not said:
        return None
    *texts, step = said.split(",")
    try:
        fields = zip(_FIELDS, texts, strict=True)
        question = Question(**{name: from_text(Question, name, [one]) for name, one in fields})
    except SettingsError as error:
        raise ValueError(str(error)) from None  # the link's field is refused as a whole
    if (found := whole(step)) not in question.checkpoints:
        raise ValueError(said)
    return Trained(question, found)


def last(question: Question) -> Trained:
    """The weights after a training's last step."""
    return Trained(question, question.steps)


OFFERED: Mapping[str, Trained] = MappingProxyType(
    {
        "remembers": last(Question(task="star")),
        "toggles": last(Question(task="quotes")),
        "counts": last(Question(task="ups", units=1)),
    }
)
"""Trained cells worth a look, by what they do."""


@cache
def recorded() -> Mapping[Trained, Weights]:
    """The weights of the OFFERED trainings, from the file."""
    kept = json.loads(_FILE.read_text("utf-8"))
    return {
        trained: Weights(
            origin_of(*trained),
            {name: np.array(values, "float32") for name, values in kept[does].items()},
        )
        for does, trained in OFFERED.items()
    }


def record() -> None:
    """Train the OFFERED ones and write their weights to the file."""
    kept = {}
    for does, trained in OFFERED.items():
        weights = answer(trained.question).checkpoints[-1].weights
        kept[does] = {name: array.tolist() for name, array in weights.items()}
    _FILE.write_text(json.dumps(kept) + "\n", "utf-8")


if __name__ == "__main__":
    record()
