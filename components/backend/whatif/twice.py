"""What if a layer reads the same sentences twice: what makes it return other numbers?"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np

from components.backend.question.layout import features, returned_layout, weight_layout
from components.backend.question.linked import FieldRule, Flag, Linked, listed
from components.backend.question.settings import AtInference, Settings
from components.backend.question.weights import Sized, Weights, frozen
from components.backend.running import answers
from components.backend.running.facts import EQUAL, Fact, sizes
from components.backend.running.model import Model, plain
from components.backend.running.model_run import run_calls
from components.backend.running.replay import apart, slack
from components.backend.running.results import Run, run, run_of
from components.backend.scripts.code import recurrent, rendered, training
from components.backend.scripts.model_code import called_alone, embedding
from components.backend.scripts.script import line as model_line

DROPPED = {"dropout": 0.2, "recurrent_dropout": 0.2}
"""What the layer drops where it is called with training=True."""


Cause = Literal["stateful", "dropout", "anew", "none"]


class Choice(Linked):
    """What is not the same in both calls, and whether that is mended."""

    texts = "calls_view"

    cause: Cause = "stateful"
    mended: Annotated[Flag, FieldRule(applies=lambda q: q.cause != "none")] = False


class Question(Choice):
    """A layer's two calls on the same sentences."""

    settings: AtInference = Settings()

    @property
    def is_mended(self) -> bool:
        """Whether something differs, and that is mended."""
        return self.mended and self.applies("mended")

    @property
    def first_settings(self) -> Settings:
        """The settings of the first call, with what it drops."""
        return self.settings.but(**DROPPED) if self.cause == "dropout" else self.settings

    @property
    def second_settings(self) -> Settings:
        """The settings of the second call: those of the first or, of a layer that is built anew,
        with another seed."""
        if self.cause != "anew":
            return self.first_settings
        return self.settings.but(seed=(self.settings.seed + 1) % 2**31)

    @property
    def model(self) -> Model:
        """The layer, as it is called first."""
        trains = self.cause == "dropout" and not self.is_mended
        return plain(self.first_settings, stateful=self.cause == "stateful", training=trains)


@dataclass(frozen=True, eq=False)
class Answer(Sized):
    """The two calls. All arrays are read-only."""

    question: Question
    first: Run
    second: Run
    difference: np.ndarray
    """(sentence, step) in the order of reading: the largest difference of h, over the units."""


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Read the sentences twice; weights, and what it raises, are as for `run`."""
    return answers.answer(question, weights, weight_layout(question.settings), _compute)


def _compute(question: Question, weights: Weights | None) -> Answer:
    read = _two_layers if question.cause == "anew" else _two_calls
    first, second = read(question, weights)
    difference = np.abs(first.trace.hidden - second.trace.hidden).max(axis=-1)
    return Answer(question, first, second, frozen(difference))


def _two_calls(question: Question, weights: Weights | None) -> tuple[Run, Run]:
    """Two calls of one layer."""
    settings, keep = question.first_settings, not question.is_mended
    calls = run_calls(question.model, [settings] * 2, weights, keep=keep, redrop=True)
    first, second = (run_of(settings, call) for call in calls)
    return first, second


def _two_layers(question: Question, weights: Weights | None) -> tuple[Run, Run]:
    """A call of one layer and one of another, which draws weights of its own or is given those of
    the first."""
    first = run(question.first_settings, weights)
    return first, run(question.second_settings, first.weights if question.is_mended else None)


def line(question: Question) -> str:
    """The first call, in one line of code."""
    model = question.model
    return f"{model_line(model)}(x{training(model.drops)})"


def script(question: Question, weights: Mapping[str, np.ndarray] | None = None) -> str:
    """A Python script that needs only Keras and prints what each call returns; weights as `answer`
    takes them."""
    layer, second = question.first_settings, question.second_settings
    return rendered(
        "twice",
        layer,
        weights,
        q=question,
        layer=called_alone(question.model, "layer", weighted=bool(weights)),
        other=recurrent(second, second.seed, name="other"),
        other_embedding="\n".join(embedding(plain(second), "other_embedding")),
        features=features(layer),
        training=question.model.drops,
        names=[layout.name for layout in returned_layout(layer)],
    )


def facts(answer: Answer) -> tuple[Fact, ...]:
    """What is not the same in the second call, and whether it moves h; or, where that is mended,
    whether both calls return the same."""
    question, largest = answer.question, float(answer.difference.max())
    same = largest <= slack(answer.first.trace.hidden, EQUAL)
    if question.is_mended or question.cause == "none":
        return (Fact(f"same_{question.cause}", same, {"largest": largest}),)
    why = _WHY[question.cause](answer)
    name = f"{why.name}_unseen" if same else why.name
    values = why.values | sizes(answer.difference.max(axis=0), 0)
    return (replace(why, name=name, values=values),)


def _kept(answer: Answer) -> Fact:
    """Whether a stateful layer's second call begins with the states in which the first ended."""
    ended = {name: steps[:, -1] for name, steps in answer.first.trace.states.items()}
    begun = answer.second.trace.initial
    holds = all(apart(begun[name], state) <= slack(state) for name, state in ended.items())
    return Fact("kept", holds, {"names": str(listed(ended))})


def _dropped(answer: Answer) -> Fact:
    """How many numbers of its masks each call drops, and how many of them both drop."""
    first, second = (
        np.concatenate([np.ravel(mask) == 0 for mask in run.trace.dropout if mask is not None])
        if run.settings.drops
        else np.zeros(0, bool)
        for run in (answer.first, answer.second)
    )
    counts = {"count": first.size, "one": int(first.sum()), "two": int(second.sum())}
    return Fact("dropped", None, {**DROPPED, **counts, "both": int((first & second).sum())})


def _drawn(answer: Answer) -> Fact:
    """The number of its weights that a layer built anew has drawn most differently."""
    first, second = answer.first.weights, answer.second.weights
    name = max(first, key=lambda each: apart(first[each], second[each]))
    at = np.abs(first[name] - second[name]).argmax()
    one, two = (float(weights[name].flat[at]) for weights in (first, second))
    return Fact("drawn", None, {"name": name, "one": one, "two": two})


_WHY: Mapping[str, Callable[[Answer], Fact]] = {
    "stateful": _kept,
    "dropout": _dropped,
    "anew": _drawn,
}
