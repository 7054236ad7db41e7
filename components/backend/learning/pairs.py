"""What does attention learn? Keras trains an encoder and a decoder to write a sequence anew, with
attention and without: the same task, cells, seeds and steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from pydantic import Field, model_validator

from components.backend.learning import pair_training
from components.backend.learning.keras_training import CLIP
from components.backend.learning.pair_training import SYMBOLS
from components.backend.learning.trainings import Trainings, trained_up_to
from components.backend.question.linked import Flag, Int, Linked
from components.backend.question.settings import Layer
from components.backend.question.weights import Origin, Sized, Weights
from components.backend.running import engine, keras_layers
from components.backend.scripts.code import filled, recurrent

UNITS = 16
"""Of the encoder and of the decoder."""

BATCH = 32
"""Sequences in the batch of one step of the optimiser, all of one length, which is drawn."""

SHORTEST, LONGEST = 4, 12
"""Lengths of the sequences trained on."""

TESTED = 300
"""Sequences of each length on which accuracy is measured, drawn from another seed than those
trained on."""

CHECKPOINTS = 32
"""Of a training, about, including the untrained model; evenly spaced in the square root of the
step."""

_LAST_RATE = 0.02  # of the first learning rate, to which it falls linearly
_TRAINING, _TESTING = 0, 1  # in a batch's seed: what the batch is for


@dataclass(frozen=True)
class Task:
    """What the decoder is to write, and how it learns that best."""

    name: str
    cell: str
    rate: float
    """The first learning rate."""

    steps: int  # of the optimiser
    backward: bool  # whether the sequence is to be written from its end

    def solve(self, source: np.ndarray) -> np.ndarray:
        """What is right after each step of the decoder, (sequence, step)."""
        return source[:, ::-1] if self.backward else source

    def right_step(self, length: int) -> np.ndarray:
        """For each step of the decoder, the source's step (from 0) that it has to repeat."""
        return self.solve(np.arange(length)[np.newaxis])[0]


TASKS: Mapping[str, Task] = MappingProxyType(
    {
        task.name: task
        for task in (
            Task("reverse", "LSTM", rate=0.02, steps=2000, backward=True),
            Task("copy", "GRU", rate=0.01, steps=1200, backward=False),
        )
    }
)
"""Every task by its name."""


class Choice(Linked):
    """A task, and how an encoder and a decoder are trained on it."""

    texts = "pairs_view"

    task: Literal[tuple(TASKS)] = "reverse"
    seed: Annotated[Int, Field(ge=0, le=2**31 - 1)] = 0
    steps: Annotated[Int, Field(ge=1, le=2000)] = 2000

    @model_validator(mode="before")
    @classmethod
    def _own_steps(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Take the task's own number of steps if none is given."""
        task = TASKS.get(str(values.get("task", "")))
        return {"steps": task.steps} | values if task else values

    def ordinary(self, name: str) -> Any:
        """The task's own number of steps."""
        return TASKS[self.task].steps if name == "steps" else super().ordinary(name)


class Question(Choice):
    """An encoder and a decoder that are trained on a task.

    Both read ids one-hot. The decoder begins with the encoder's last states and a start token, and
    reads what is right a step late. With attention, its h asks all h of the encoder.
    """

    attention: Flag = True

    @property
    def kind(self) -> Task:
        """The task itself."""
        return TASKS[self.task]

    @property
    def layer(self) -> Layer:
        """The encoder; and the decoder, which has weights of its own."""
        return Layer(cell=self.kind.cell, units=UNITS)

    @property
    def checkpoints(self) -> list[int]:
        """The steps of the optimiser after which the model is tested; 0 is before the first."""
        roots = np.linspace(0, np.sqrt(self.steps), CHECKPOINTS)
        return sorted({round(root**2) for root in roots})

    def tested_on(self, length: int = LONGEST) -> tuple[np.ndarray, np.ndarray]:
        """The held-out sequences of a length, and what is right, each (sequence, step)."""
        source = _drawn((self.seed, _TESTING, length), TESTED, length)
        return source, self.kind.solve(source)

    @property
    def weight_names(self) -> list[str]:
        """The names of all trained weights, in Keras's order."""
        cells = [f"{part}/{name}" for part in ("encoder", "decoder") for name in _CELL_WEIGHTS]
        return [*cells, *["query/kernel"] * self.attention, "readout/kernel", "readout/bias"]


_CELL_WEIGHTS = ("kernel", "recurrent_kernel", "bias")


class Checkpoint(NamedTuple):
    """How good the model is after a step of the optimiser, on held-out sequences of the longest
    length trained on, under teacher forcing."""

    step: int
    loss: float
    accuracy: float
    share: float  # of the weight on the right step, on average; NaN without attention
    alignment: np.ndarray | None
    """(target, source): the first sequence's weights; None without attention."""

    weights: Weights | None  # `Question.weight_names`; of the last checkpoint alone


@dataclass(frozen=True, eq=False)
class Answer(Sized):
    """The checkpoints of a training, in their order. All arrays are read-only."""

    question: Question
    checkpoints: tuple[Checkpoint, ...]

    @property
    def weights(self) -> Weights:
        """The trained weights, of a training that has ended."""
        weights = self.checkpoints[-1].weights
        assert weights is not None
        return weights


def train(question: Question) -> Iterator[Checkpoint]:
    """Train with Keras in this process, checkpoint by checkpoint.

    Raises:
        EngineError: Keras cannot be imported, or raises.
    """
    with engine.use_keras() as (keras, tensorflow):
        kind, attention = question.kind, question.attention
        how: dict[str, Any] = {"attention": attention, "seed": question.seed, "rate": kind.rate}
        graph = pair_training.begun(keras, tensorflow, question.layer, **how)
        tested_on = tuple(map(tensorflow.constant, question.tested_on()))
        steps = trained_up_to(
            question.checkpoints,
            lambda first, count: graph.train(*_batches(question, first, count)),
        )
        for step in steps:
            found = [value.numpy() for value in graph.test(*tested_on)]
            yield _checkpoint(question, step, found)


TRAININGS = Trainings(Question, 'pairs.Question(task="copy")', train, Answer)
"""All trainings that have been asked for."""

answer = TRAININGS.answer


def script(question: Question) -> str:
    """A Python script that needs only Keras, trains the same model in the same way, and prints its
    accuracy."""
    layer, seed = question.layer, question.seed
    return filled(
        "pairs",
        q=question,
        task=question.kind,
        encoder=recurrent(layer, seed, name="encoder"),
        decoder=recurrent(layer, seed, 1, "decoder"),
        units=UNITS,
        symbols=SYMBOLS,
        query_seed=keras_layers.weight_seed(seed, "kernel", pair_training.QUERY),
        readout_seed=keras_layers.weight_seed(seed, "kernel", pair_training.READOUT),
        clip=CLIP,
        last_rate=_LAST_RATE,
        training=_TRAINING,
        testing=_TESTING,
        batch_size=BATCH,
        tested=TESTED,
        shortest=SHORTEST,
        longest=LONGEST,
    )


def _checkpoint(question: Question, step: int, found: list[Any]) -> Checkpoint:
    """A checkpoint of what the test function returns."""
    loss, accuracy, *rest = found
    share, alignment = float("nan"), None
    if question.attention:
        scores, *rest = rest
        share, alignment = share_right(question.kind, scores), scores[0]
    weights = dict(zip(question.weight_names, rest, strict=True))
    kept = Weights(origin_of(question), weights) if step == question.steps else None
    return Checkpoint(step, float(loss), float(accuracy), share, alignment, kept)


def origin_of(question: Question) -> Origin:
    """The origin of the trained weights."""
    return Origin("trained", f"{question.task} {question.steps}")


def share_right(kind: Task, weights: np.ndarray) -> float:
    """The mean weight (sequence, target, source) on the step that is to be repeated."""
    length = weights.shape[-1]
    return float(weights[:, np.arange(length), kind.right_step(length)].mean())


def _drawn(seed: tuple[int, ...], count: int, length: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.integers(0, SYMBOLS, (count, length), dtype="int32")


def _batches(question: Question, first: int, count: int) -> tuple[np.ndarray, ...]:
    """The batches of `count` steps of the optimiser: sources and what is right, each (batch,
    sequence, step), filled with zeros to the longest length; and of each batch its length and its
    learning rate."""
    kind, numbers = question.kind, np.arange(first, first + count)
    source, right = (np.zeros((count, BATCH, LONGEST), "int32") for _ in range(2))
    lengths = np.zeros(count, "int32")
    for at, number in enumerate(numbers.tolist()):
        seed = question.seed, _TRAINING, number
        length = int(np.random.default_rng(seed).integers(SHORTEST, LONGEST + 1))
        drawn = _drawn((*seed, 1), BATCH, length)
        source[at, :, :length], right[at, :, :length] = drawn, kind.solve(drawn)
        lengths[at] = length
    rates = kind.rate * (1 - (1 - _LAST_RATE) * numbers / question.steps)
    return source, right, lengths, rates.astype("float32")
