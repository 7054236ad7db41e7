"""What if a layer reads the same sentences twice: what makes it return other numbers?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np

from components.backend.question.layout import returned_layout, weight_layout
from components.backend.question.linked import FieldRule, Flag, Linked, expect, listed
from components.backend.question.settings import AtInference, Settings
from components.backend.question.weights import Sized, Weights, frozen
from components.backend.running import answers
from components.backend.running.facts import EQUAL, Fact, sizes
from components.backend.running.model import Model, plain
from components.backend.running.model_run import run_calls
from components.backend.running.replay import apart, slack
from components.backend.running.results import Run, run, run_of
from components.backend.scripts.code import layer_values, rendered, table_drawn, training
from components.backend.scripts.script import line as model_line

DROPPED = {"dropout": 0.2, "recurrent_dropout": 0.2}
"""What the layer drops where it is called with training=True."""


class Choice(Linked):
    """What is not the same in both calls, and whether that is mended."""

    texts = "twice_view"

    cause: Literal["stateful", "dropout", "anew", "none"] = "stateful"
    mended: Annotated[Flag, FieldRule(applies=lambda q: q.cause != "none")] = False


class Question(Choice):
    """A layer's two calls on the same sentences."""

    settings: AtInference = Settings()

    @property
    def layer(self) -> Settings:
        """The settings of the first call, with what it drops."""
        return self.settings.but(**DROPPED) if self.cause == "dropout" else self.settings

    @property
    def second(self) -> Settings:
        """The settings of the second call: those of the first or, of a layer that is built anew,
        with another seed."""
        return _next_seed(self.settings) if self.cause == "anew" else self.layer

    @property
    def model(self) -> Model:
        """The layer, as it is called first."""
        trains = self.cause == "dropout" and not self.mended
        return plain(self.layer, stateful=self.cause == "stateful", training=trains)


def _next_seed(settings: Settings) -> Settings:
    return settings.but(seed=(settings.seed + 1) % 2**31)


@dataclass(frozen=True, eq=False)
class Answer(Sized):
    """The two calls. All arrays are read-only."""

    question: Question
    first: Run
    second: Run
    difference: np.ndarray
    """(sentence, step) in the order of reading: the largest difference of h, over the units."""


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Read the sentences twice. The same question gives the same object.

    Args:
        weights: of the first call, as `run` takes them.

    Raises:
        SettingsError, EngineError, MismatchError: as `run` does.
    """
    expect("question", question, Question, "twice.Question(settings=Settings(units=8))")
    return answers.answer(question, weights, weight_layout(question.settings), _compute)


def _compute(question: Question, weights: Weights | None) -> Answer:
    first, second = (_two_layers if question.cause == "anew" else _two_calls)(question, weights)
    difference = np.abs(first.trace.hidden - second.trace.hidden).max(axis=-1)
    return Answer(question, first, second, frozen(difference))


def _two_calls(question: Question, weights: Weights | None) -> tuple[Run, Run]:
    """Two calls of one layer."""
    calls = [question.layer] * 2
    keep = not question.mended
    first, second = run_calls(question.model, calls, weights, keep=keep, redrop=True)
    return run_of(question.layer, first), run_of(question.layer, second)


def _two_layers(question: Question, weights: Weights | None) -> tuple[Run, Run]:
    """A call of one layer and one of another, which draws weights of its own or is given those of
    the first."""
    first = run(question.layer, weights)
    return first, run(question.second, first.weights if question.mended else None)


def line(question: Question) -> str:
    """The first call, in one line of code."""
    model = question.model
    return f"{model_line(model)}(x{training(model.drops)})"


def script(question: Question, weights: Mapping[str, np.ndarray] | None = None) -> str:
    """A Python script that needs only Keras and prints what each call returns; weights as `answer`
    takes them."""
    layer, second = question.layer, question.second
    more = ["stateful=True"] * question.model.stateful
    return rendered(
        "twice",
        layer,
        weights,
        q=question,
        layer=layer_values(layer, layer.seed, name="layer", more=more),
        other=layer_values(second, second.seed, name="other"),
        other_table=table_drawn(second),
        training=question.model.drops,
        names=[layout.name for layout in returned_layout(layer)],
    )


def facts(answer: Answer) -> tuple[Fact, ...]:
    """Why the second call returns other numbers or, where that is mended, that it does not."""
    question, largest = answer.question, float(answer.difference.max())
    if question.mended or question.cause == "none":
        same = largest <= slack(answer.first.trace.hidden, EQUAL)
        return (Fact(f"same_{question.cause}", same, {"largest": largest}),)
    why = _WHY[question.cause](answer)
    return (replace(why, values=why.values | sizes(answer.difference.max(axis=0), 0)),)


def _kept(answer: Answer) -> Fact:
    """Whether a stateful layer's second call begins with the states in which the first ended."""
    ended = {name: steps[:, -1] for name, steps in answer.first.trace.states.items()}
    begun = answer.second.trace.initial
    holds = all(apart(begun[name], state) <= slack(state) for name, state in ended.items())
    return Fact("kept", holds, {"names": str(listed(ended))})


def _dropped(answer: Answer) -> Fact:
    """How many numbers of its masks each call drops, and how many of them both drop."""
    if not answer.question.model.drops:
        return Fact("no_dropout", None)
    first, second = (
        np.concatenate([mask.ravel() == 0 for mask in each.trace.dropout if mask is not None])
        for each in (answer.first, answer.second)
    )
    counts = {"count": first.size, "one": int(first.sum()), "two": int(second.sum())}
    return Fact("dropped", None, {**DROPPED, **counts, "both": int((first & second).sum())})


def _drawn(answer: Answer) -> Fact:
    """A weight that a layer built anew has drawn otherwise, if its initializers draw any."""
    first, second = answer.first.weights, answer.second.weights
    differ = [name for name in first if not np.array_equal(first[name], second[name])]
    if not differ:
        return Fact("none_drawn", None)
    one, two = (float(weights[differ[-1]].flat[0]) for weights in (first, second))
    return Fact("drawn", None, {"name": differ[-1], "one": one, "two": two})


_WHY: Mapping[str, Callable[[Answer], Fact]] = {
    "stateful": _kept,
    "dropout": _dropped,
    "anew": _drawn,
}
