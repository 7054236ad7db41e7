"""Is a layer's forecast better than none? Keras trains a small LSTM on the first samples of a
table, and forecasts the targets of the last ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, NamedTuple, Self

import numpy as np
from pydantic import Field, model_validator

from components.backend.learning import forecast_training
from components.backend.learning.keras_training import CLIP
from components.backend.learning.trainings import Trainings, trained_up_to
from components.backend.question.linked import Int, Linked, Message, Problem, refusal
from components.backend.question.settings import Layer
from components.backend.question.weights import Sized, frozen
from components.backend.running import engine, keras_layers
from components.backend.running.facts import Fact, stated
from components.backend.scripts.code import filled, recurrent
from components.backend.whatif import series

LAYER = Layer(units=8, return_sequences=False, return_state=False)
"""What is trained; a Dense makes one number of its last h."""

RATE = 0.01
"""The first learning rate, which falls linearly to 0."""

BATCH = 32
"""Samples in the batch of one step of the optimiser, drawn from those trained on."""

HELD_OUT = 0.25
"""The share of the samples, from the end of the table, that it is not trained on."""

LEAST = 8
"""Samples without which nothing is trained."""

CHECKPOINTS = 10
"""Of a training, beside the untrained layer."""

_FEW = 20  # held-out samples that decide little
_BY_HEART = 0.5  # of the error on held-out samples: so small an error on the others says so
_TRAINING = 0  # in a batch's seed: what the batch is for


class Choice(Linked):
    """How a layer is trained on a table."""

    texts = "forecast_view"

    seed: Annotated[Int, Field(ge=0, le=2**31 - 1)] = 0
    steps: Annotated[Int, Field(ge=1, le=1000)] = 300


class Question(Choice):
    """A layer that is trained on the first samples of a table, and tested on the last."""

    table: series.Question = series.Question()

    @model_validator(mode="after")
    def _enough(self) -> Self:
        if not can_train(self.table):
            got = Message("sample_count", {"count": len(self.table.starts)})
            allowed = Message("samples_ahead", {"least": LEAST})
            raise refusal(Problem("table", got, allowed))
        return self

    @property
    def trained(self) -> int:
        """How many samples it is trained on: the first ones."""
        count = len(self.table.starts)
        return count - max(1, int(count * HELD_OUT))

    @property
    def checkpoints(self) -> list[int]:
        """The steps of the optimiser after which it is tested; 0 is before the first."""
        return sorted({round(step) for step in np.linspace(0, self.steps, CHECKPOINTS + 1)})

    @property
    def scale(self) -> tuple[np.ndarray, np.ndarray]:
        """The mean and the standard deviation of each column, (feature,), over the rows up to the
        last target that it is trained on: what is read and forecast is scaled by them."""
        known = self.table.table[: self.table.targets_at[self.trained - 1] + 1]
        deviation = known.std(axis=0)
        return known.mean(axis=0), np.where(deviation > 0, deviation, 1)


def can_train(table: series.Question) -> bool:
    """Whether there is something to forecast, and samples enough."""
    return table.horizon > 0 and len(table.starts) >= LEAST


class Checkpoint(NamedTuple):
    """What the layer forecasts after a step of the optimiser."""

    step: int
    forecast: np.ndarray  # (sample,), in the table's own units


class Errors(NamedTuple):
    """Mean squared errors of forecasts of the same targets."""

    trained: float
    last: float  # of the last step of each sample
    mean: float  # of the mean of the targets that the layer was trained on


@dataclass(frozen=True, eq=False)
class Answer(Sized):
    """The checkpoints of a training, in their order. All arrays are read-only."""

    question: Question
    checkpoints: tuple[Checkpoint, ...]

    @cached_property
    def targets(self) -> np.ndarray:
        """Of all samples, (sample,)."""
        return series.windows(self.question.table)[1]

    @cached_property
    def last_step(self) -> np.ndarray:
        """The target's column at the last step of each sample, (sample,)."""
        return series.windows(self.question.table)[0][:, -1, self.question.table.target]

    @property
    def forecast(self) -> np.ndarray:
        """The last checkpoint's, (sample,)."""
        return self.checkpoints[-1].forecast

    @property
    def mean(self) -> float:
        """The mean of the targets that the layer was trained on."""
        return float(self.targets[: self.question.trained].mean())

    @property
    def errors(self) -> Errors:
        """On the held-out samples."""
        held = slice(self.question.trained, None)
        guesses = (self.forecast[held], self.last_step[held], self.mean)
        return Errors(*(_apart(guess, self.targets[held]) for guess in guesses))


def _apart(one: np.ndarray | float, other: np.ndarray | float) -> float:
    """The mean squared difference."""
    return float(np.mean((np.asarray(one, float) - np.asarray(other, float)) ** 2))


def train(question: Question) -> Iterator[Checkpoint]:
    """Train with Keras in this process, checkpoint by checkpoint.

    Raises:
        EngineError: Keras cannot be imported, or raises.
    """
    samples, targets = series.windows(question.table)
    mean, deviation = question.scale
    column = question.table.target
    read = np.asarray((samples - mean) / deviation, "float32")
    aims = np.asarray((targets - mean[column]) / deviation[column], "float32")
    with engine.use_keras() as (keras, tensorflow):
        graph = forecast_training.begun(
            keras, tensorflow, LAYER, samples.shape[-1], seed=question.seed, rate=RATE
        )

        def steps(first: int, count: int) -> None:
            drawn = _drawn(question, first, count)
            rates = RATE * (1 - np.arange(first, first + count) / question.steps)
            graph.train(read[drawn], aims[drawn], np.asarray(rates, "float32"))

        for step in trained_up_to(question.checkpoints, steps):
            found = graph.test(read).numpy() * deviation[column] + mean[column]
            yield Checkpoint(step, frozen(np.asarray(found, "float32")))


def _drawn(question: Question, first: int, count: int) -> np.ndarray:
    """The samples in the batches of `count` steps of the optimiser, (batch, sample)."""
    seeds = ((question.seed, _TRAINING, first + n) for n in range(count))
    return np.stack(
        [np.random.default_rng(seed).integers(0, question.trained, BATCH) for seed in seeds]
    )


TRAININGS = Trainings(Question, "forecast.Question(table=series.Question())", train, Answer)
"""All trainings that have been asked for."""

answer = TRAININGS.answer


def script(question: Question) -> str:
    """A Python script that needs only Keras, trains the same layer in the same way, and prints the
    errors on the held-out samples."""
    return filled(
        "forecast",
        q=question,
        layer=recurrent(LAYER, question.seed),
        readout_seed=keras_layers.weight_seed(question.seed, "kernel", 1),
        known=int(question.table.targets_at[question.trained - 1]) + 1,
        rate=RATE,
        clip=CLIP,
        batch_size=BATCH,
        training=_TRAINING,
        **series.table_values(question.table),
    )


# Facts about an answer


def facts(answer: Answer) -> tuple[Fact, ...]:
    """Whether the layer is better than both forecasts that need none, what its forecast is nearest
    to, and whether it knows the samples that it was trained on by heart."""
    return stated(_better(answer), _nearest(answer), _by_heart(answer), _few(answer))


def _values(answer: Answer) -> dict[str, float]:
    """The errors, and how many samples they are measured on."""
    count = len(answer.targets) - answer.question.trained
    return {"count": count, **answer.errors._asdict()}


def _better(answer: Answer) -> Fact:
    """Which of the three has the smallest error."""
    found = answer.errors
    better = found.trained < min(found.last, found.mean)
    if better:
        return Fact("trained_better", better, _values(answer))
    name = "last" if found.last <= found.mean else "mean"
    return Fact(f"trained_no_better_{name}", not better, _values(answer))


def _nearest(answer: Answer) -> Fact:
    """Whether the layer's forecast is nearest to the targets, to the last step or to the mean."""
    held = slice(answer.question.trained, None)
    forecast = answer.forecast[held]
    to = {
        "target": answer.errors.trained,
        "last": _apart(forecast, answer.last_step[held]),
        "mean": _apart(forecast, answer.mean),
    }
    nearest = min(to, key=lambda name: to[name])
    values = {f"to_{name}": apart for name, apart in to.items()}
    horizon = {"horizon": answer.question.table.horizon}
    return Fact(f"nearest_{nearest}", None, values | horizon)


def _by_heart(answer: Answer) -> Fact | None:
    """That the error on the samples trained on is far smaller than on the others."""
    seen = slice(answer.question.trained)
    known, trained = _apart(answer.forecast[seen], answer.targets[seen]), answer.errors.trained
    by_heart = known < _BY_HEART * trained
    return Fact("by_heart", by_heart, {"known": known, "trained": trained}) if by_heart else None


def _few(answer: Answer) -> Fact | None:
    """That so few held-out samples decide little."""
    count = len(answer.targets) - answer.question.trained
    return Fact("few", None, {"count": count}) if count < _FEW else None
