"""Weights that a link names by the training they come from. Some trainings are recorded in a file,
of others the cell that they end with; any other runs again.

`python -m components.backend.learning.trained` records them anew; a test compares them with
trainings.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from components.backend.cells import CELLS
from components.backend.learning.learn import (
    Answer,
    Checkpoint,
    Question,
    answer,
    mechanism_in,
    origin_of,
    watch,
)
from components.backend.learning.trainings import Standing
from components.backend.question.layout import weight_layout
from components.backend.question.linked import SettingsError, from_text, to_text, whole
from components.backend.question.settings import Settings
from components.backend.question.weights import Weights
from components.backend.running import answers

_FILE = Path(__file__).with_name("trained_cells.npz")
_ENDS_FILE = Path(__file__).with_name("learned_quotes.npz")
_FIELDS = tuple(Question.model_fields)


class Trained(NamedTuple):
    """The weights that a training has after one of its steps."""

    question: Question
    step: int  # of the optimiser

    @property
    def weights(self) -> Weights:
        """The cell's weights."""
        return self.checkpoint.weights

    @property
    def checkpoint(self) -> Checkpoint:
        """The cell and its readout; if they are neither recorded nor in the cache, waits for a
        training.

        Raises:
            EngineError: the training failed.
        """
        kept = self._among(recorded().get(self.question)) or self._end
        return kept or answers.cached(self, lambda: self._among(answer(self.question)))

    @property
    def _end(self) -> Checkpoint | None:
        """The recorded end of the training; None if there is none, or this is not the end."""
        return ends().get(self.question) if self.step == self.question.steps else None

    def _among(self, found: Answer | None) -> Checkpoint | Any:
        """The checkpoint of that step; None if the training has not come so far."""
        return next((c for c in found.checkpoints if c.step == self.step), None) if found else None

    def poll(self, subscriber: Hashable) -> Standing[Answer] | None:
        """How the training of these weights stands, which is submitted if need be; None if the
        weights are there. A failed training is not tried again.

        Args:
            subscriber: who asks, such as a session. The training goes on as long as anybody polls.
        """
        if self.question in recorded() or self._end or answers.recall(self) is not None:
            return None
        standing = watch(self.question, subscriber)
        reached = self._among(standing.answer)
        if reached is None:
            return standing
        answers.cached(self, lambda: reached)
        return None

    def fit(self, settings: Settings) -> bool:
        """Whether its weights have the shapes that the settings call for."""
        return weight_layout(self.question.settings()) == weight_layout(settings)

    @property
    def unit(self) -> int:
        """The unit that shows best how the cell does its task; 0 if none does."""
        found = mechanism_in(self.question, [self.checkpoint])
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
"""The trained cells that pages offer to start from. The key says what the cell does."""


_RACES = ("star", "quotes")  # the tasks of which all three cells are recorded
_RECORDED = (
    *(trained.question for trained in OFFERED.values()),
    *(Question(task=task) for task in ("switch", "echo", "first")),
    *(Question(task=task, cell=cell) for task in _RACES for cell in ("GRU", "SimpleRNN")),
)


LEARNED_SIZES = range(1, 9)
"""The hidden sizes of which a cell that has learned quotation marks is recorded."""

_ENDS = tuple(
    Question(task="quotes", cell=cell, units=units) for cell in CELLS for units in LEARNED_SIZES
)

_NO_DIFFERENCE = {
    *("tokens", "return_sequences", "return_state", "seed", "unit_forget_bias"),
    *("kernel_initializer", "recurrent_initializer", "bias_initializer", "embeddings_initializer"),
}
"""The settings that change nothing of what a cell with given weights computes."""


def learned(settings: Settings) -> Trained | None:
    """The recorded cell of that kind and hidden size that has learned whether it is inside
    quotation marks; None if there is none, or if the settings have it compute something else."""
    alike = (each for each in _ENDS if (each.cell, each.units) == (settings.cell, settings.units))
    if (question := next(alike, None)) is None:
        return None
    own = question.settings(((0,),))  # any ids: these are not compared
    same = all(
        getattr(settings, name) == getattr(own, name)
        for name in Settings.model_fields
        if name not in _NO_DIFFERENCE and own.applies(name)
    )
    return last(question) if same else None


@answers.cached_calls(1)
def ends() -> Mapping[Question, Checkpoint]:
    """The last checkpoints of the trainings of which no more is recorded."""
    with np.load(_ENDS_FILE) as file:
        arrays = dict(file)
    folders = {question: _inside(f"{question.cell} {question.units}", arrays) for question in _ENDS}
    return {
        question: next(_read(question, found, [question.steps]))
        for question, found in folders.items()
        if found
    }


@answers.cached_calls(1)
def recorded() -> Mapping[Question, Answer]:
    """The recorded trainings, from the file."""
    with np.load(_FILE) as file:
        arrays = dict(file)
    return {
        question: Answer(question, tuple(_read(question, found, question.checkpoints)))
        for question, found in ((each, _inside(_folder(each), arrays)) for each in _RECORDED)
    }


def trained_alike(weights: Weights) -> dict[str, Weights]:
    """For the weights of a recorded training, by cell, the weights of the other cells whose
    recorded training was alike; empty for any other weights."""
    for question, found in recorded().items():
        for at, checkpoint in enumerate(found.checkpoints):
            if checkpoint.weights == weights:
                others = (question.but(cell=cell) for cell in CELLS if cell != question.cell)
                kept = [recorded()[other] for other in others if other in recorded()]
                return {each.question.cell: each.checkpoints[at].weights for each in kept}
    return {}


def _read(
    question: Question, arrays: Mapping[str, np.ndarray], steps: Iterable[int]
) -> Iterator[Checkpoint]:
    """The checkpoints of a training after these steps, which the first axis of each array has."""
    for at, step in enumerate(steps):
        now = {name: array[at] for name, array in arrays.items()}
        origin = origin_of(question, step)
        weights, readout = (Weights(origin, _inside(part, now)) for part in ("weights", "readout"))
        yield Checkpoint(step, float(now["loss"]), float(now["accuracy"]), weights, readout)


def record() -> None:
    """Run the trainings that are recorded, and write them to the files."""
    whole = {_folder(each): answer(each).checkpoints for each in _RECORDED}
    np.savez_compressed(_FILE, **_written(whole))
    last = {f"{each.cell} {each.units}": answer(each).checkpoints[-1:] for each in _ENDS}
    np.savez_compressed(_ENDS_FILE, **_written(last))


def _written(folders: Mapping[str, Iterable[Checkpoint]]) -> dict[str, Any]:
    """The arrays of these checkpoints, by their names in a file."""
    arrays: dict[str, Any] = {}
    for folder, checkpoints in folders.items():
        kept = [_arrays(checkpoint) for checkpoint in checkpoints]
        arrays |= {f"{folder}/{name}": np.array([each[name] for each in kept]) for name in kept[0]}
    return arrays


def _arrays(checkpoint: Checkpoint) -> dict[str, Any]:
    """A checkpoint's arrays, by their names in the file."""
    return {
        "loss": checkpoint.loss,
        "accuracy": checkpoint.accuracy,
        **{f"weights/{name}": array for name, array in checkpoint.weights.items()},
        **{f"readout/{name}": array for name, array in checkpoint.readout.items()},
    }


def _folder(question: Question) -> str:
    return f"{question.task} {question.cell}"


def _inside(folder: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The arrays whose names in the file begin with the folder, by the rest of their names."""
    start = f"{folder}/"
    return {name.removeprefix(start): a for name, a in arrays.items() if name.startswith(start)}


if __name__ == "__main__":
    record()
