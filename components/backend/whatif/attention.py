"""What if all h are weighed, in place of the last one alone? Attention over a layer's outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Le
from pydantic import BeforeValidator, Field

from components.backend.question.labels import counted
from components.backend.question.linked import FieldRule, Flag, Int, Linked, TextCodec, as_python
from components.backend.question.numbers import number
from components.backend.question.sentences import MAX_STEPS, PADDING
from components.backend.question.settings import AtInference, Settings
from components.backend.running.attending import Asked, Attention, AttentionRun, attend
from components.backend.running.facts import EQUAL, Fact, replay_fact, stated
from components.backend.running.model import Model, Recurrent
from components.backend.running.model_run import ModelRun
from components.backend.running.replay import apart, slack, steps_of
from components.backend.running.results import model_answer
from components.backend.scripts.script import model_script
from components.texts import text

ScoreChoice = Literal["dot", "scaled", "additive", "one_head", "two_heads"]
SCORES: Mapping[str, dict[str, Any]] = {
    "dot": {"score": "dot"},
    "scaled": {"score": "scaled"},
    "additive": {"score": "additive"},
    "one_head": {"score": "multi_head"},
    "two_heads": {"score": "multi_head", "heads": 2},
}
"""By the name of a choice: the fields of `Attention`."""

MOST_PADDED = 8

Scale = Annotated[
    Literal[0.0, 0.5, 1.0, 2.0, 5.0, 20.0],
    BeforeValidator(as_python),
    TextCodec("{:g}".format, number),
]


def scoring(score: ScoreChoice, scale: float) -> dict[str, Any]:
    """The fields of `Attention` that say how a score is computed."""
    return SCORES[score] | ({"scale": scale} if score == "scaled" else {})


class Choice(Linked):
    """What asks, how a score is computed, and what is masked."""

    texts = "attention_view"

    asks: Literal["last", "own", "each"] = "last"
    score: ScoreChoice = "dot"
    scale: Annotated[Scale, FieldRule(applies=lambda q: q.score == "scaled")] = 1.0
    """The number that Attention(use_scale=True) learns, which begins as 1."""
    causal: Annotated[Flag, FieldRule(applies=lambda q: q.asks == "each")] = False
    padded: Annotated[Int, Field(ge=0), Le(MOST_PADDED)] = 0
    """How many steps of zeros are put after each sentence, as far as it gets no longer than
    MAX_STEPS."""
    mask_zero: Annotated[Flag, FieldRule(applies=lambda q: q.padded > 0)] = True


class Question(Choice):
    """A layer that returns h of every step, and attention over them."""

    settings: AtInference = Settings()

    @property
    def read(self) -> Settings:
        """The settings of the run, with the padding; the layer returns all that it can."""
        settings = self.settings.but(return_sequences=True, return_state=True)
        zero: Any = PADDING
        if not settings.reads_ids:
            zero = (float(PADDING),) * len(settings.rows[0][0])
        more = (zero,) * min(self.padded, MAX_STEPS - settings.steps)
        return settings.reading(tuple((*row, *more) for row in settings.rows))

    @property
    def masked(self) -> bool:
        """Whether the padding is masked."""
        return self.mask_zero and self.read.steps > self.settings.steps

    @property
    def attention(self) -> Attention:
        """What asks, and how."""
        causal = self.causal and self.asks == "each"
        return Attention(self.asks, causal=causal, **scoring(self.score, self.scale))

    @property
    def model(self) -> Model:
        """The model that it asks for."""
        settings = self.read
        layers = (Recurrent(settings, prefix="layer/"),)
        return Model(settings, layers, mask_zero=self.masked, attention=self.attention)


@dataclass(frozen=True, eq=False)
class Answer(ModelRun):
    """What the layer and attention returned and computed. Arrays are read-only.

    Weights are named "embeddings", "layer/kernel", …, "query/embeddings", "attention/scale" or
    "attention/query/kernel", …
    """

    question: Question
    attended: AttentionRun

    @property
    def hidden(self) -> np.ndarray:
        """The h that are weighed, (sentence, step, unit), as Keras returned them."""
        return self.layer.tensor("outputs")

    @property
    def mean(self) -> np.ndarray:
        """The mean of all h that are not masked, (sentence, unit): what GlobalAveragePooling1D
        returns."""
        mask = self.attended.asked.value_mask
        counts = np.ones(self.hidden.shape[:2], bool) if mask is None else mask
        return np.mean(self.hidden, axis=1, where=counts[..., np.newaxis])

    def moved_without(self, *, heaviest: bool) -> np.ndarray:
        """How far the context moves if each query leaves out the step that it weighs most, or
        least: (sentence, query), the largest over all units. NaN where there is no other step, and
        for queries that are masked."""
        steps = self.attended.extreme(heaviest=heaviest)
        left = self.attended.without(steps, self.weights)
        moved = np.abs(left - self.attended.context).max(axis=-1)
        return np.where(self.attended.counted, moved, np.nan)


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Run the layer and attention over its h, as `model_answer` does."""
    return model_answer(Answer, question, weights)


def script(question: Question, weights: Mapping[str, Any] | None = None) -> str:
    """A Python script that needs only Keras and prints what the layer and attention return; weights
    as `answer` takes them."""
    return model_script(question.model, weights, note=text("scripts.attention.note"))


def facts(answer: Answer) -> tuple[Fact, ...]:
    """All that can be stated about an answer, measured on its numbers."""
    return stated(
        _one_query(answer),
        sums(answer.attended),
        within(answer.attended),
        _equal(answer),
        _last(answer),
        _left_out(answer),
        *_order(answer),
        _padding(answer),
        _causal(answer),
        _parameters(answer),
        replay_fact(answer),
    )


def _one_query(answer: Answer) -> Fact | None:
    """The context's shape if there is one query, whose axis a Dense has to drop; None if each step
    asks."""
    if answer.question.asks == "each":
        return None
    shape = answer.attended.context.shape
    axes = ", ".join(map(counted, ("sentence", "step", "unit"), shape))
    return Fact("one_query", None, {"shape": axes})


def sums(attended: AttentionRun) -> Fact:
    """That the weights of each query sum to 1."""
    each = attended.weights.sum(axis=-1).swapaxes(1, 2)[attended.counted]
    difference = apart(each, 1.0)
    return Fact("sums", difference <= EQUAL, {"difference": difference})


def within(attended: AttentionRun) -> Fact:
    """That each number of a weighted sum lies between the smallest and the largest that is
    weighed."""
    values, mixed = attended.attended.values, attended.attended.mixed
    heads = attended.attention.score == "multi_head"
    if not heads:
        mixed = attended.context[:, np.newaxis]
    low, high = (end(values, axis=2, keepdims=True) for end in (np.min, np.max))
    beyond = np.maximum(mixed - high, low - mixed).max(axis=-1)
    most = float(beyond.swapaxes(1, 2)[attended.counted].max())
    return Fact("within_heads" if heads else "within", most <= slack(values, EQUAL), {})


def _equal(answer: Answer) -> Fact | None:
    """That equal weights give the mean, and how far from it the context is. With the causal mask
    each query has a mean of its own; MultiHeadAttention weighs something else than h."""
    attended = answer.attended
    if attended.attention.causal or attended.attention.score == "multi_head":
        return None
    nothing = replace(attended.attention, score="scaled")
    equal = attend(nothing, attended.asked, {"attention/scale": np.float32(0)}).context
    mean = answer.mean[:, np.newaxis]
    difference = apart(*(each[attended.counted] for each in np.broadcast_arrays(equal, mean)))
    away = apart(*(e[attended.counted] for e in np.broadcast_arrays(attended.context, mean)))
    holds = difference <= slack(answer.hidden, EQUAL)
    return Fact("equal", holds, {"difference": difference, "away": away})


def _last(answer: Answer) -> Fact | None:
    """That all weight on the last step gives the last h, and how far from it the context is."""
    attended = answer.attended
    if attended.attention.score == "multi_head":
        return None
    last = np.zeros(answer.hidden.shape[1], answer.hidden.dtype)
    last[-1] = 1
    difference = apart(last @ answer.hidden, answer.hidden[:, -1])
    pair = np.broadcast_arrays(attended.context, answer.hidden[:, -1:])
    away = apart(*(each[attended.counted] for each in pair))
    return Fact("last", difference == 0, {"difference": difference, "away": away})


def _left_out(answer: Answer) -> Fact | None:
    """How far the context moves at most without the step that weighs most, and without the one
    that weighs least. None where all weigh the same, and where there is no other step."""
    heavy, light = (answer.moved_without(heaviest=each) for each in (True, False))
    if np.isnan(heavy).all():
        return None
    weights = answer.attended.weights.mean(axis=1)
    steps = (answer.attended.extreme(heaviest=each) for each in (True, False))
    taken = [np.take_along_axis(weights, s[..., np.newaxis], axis=-1)[..., 0] for s in steps]
    told = ~np.isnan(heavy)
    values = {
        "heaviest": float(np.nanmax(heavy)),
        "lightest": float(np.nanmax(light)),
        "most": float(taken[0][told].max()),
        "least": float(taken[1][told].min()),
    }
    if values["most"] - values["least"] <= EQUAL:
        return None
    more = values["heaviest"] >= values["lightest"]
    return Fact("left_out" if more else "left_out_lightest", None, values)


def _order(answer: Answer) -> tuple[Fact, ...]:
    """What happens if all h stand in reverse order; and the layer's last h, if it reads its input
    so."""
    attended, run = answer.attended, answer.layer
    if answer.hidden.shape[1] == 1:
        return ()
    moved = apart(*_reversed(answer)) if attended.counted.any() else 0.0
    trace = run.trace
    with np.errstate(over="ignore", invalid="ignore"):
        other = steps_of(
            run.layer,
            trace.inputs[:, ::-1],
            answer.weights_of(0),
            mask=None if trace.mask is None else trace.mask[:, ::-1],
        )
    read = apart(other.hidden[:, -1], trace.hidden[:, -1])
    if attended.attention.causal:
        found = Fact("order_causal", None, {"moved": moved, "read": read})
        return (found,) if moved > EQUAL else ()
    holds = moved <= slack(attended.context, EQUAL)
    name = "order" if read > EQUAL else "order_alone"  # a sentence can be the same from its end
    return (Fact(name, holds, {"difference": moved, "read": read}),)


def _reversed(answer: Answer) -> tuple[np.ndarray, np.ndarray]:
    """The context, and that of the same h in reverse order, each query beside itself."""
    attended, asked = answer.attended, answer.attended.asked
    each = attended.attention.query == "each"
    turned = Asked(
        asked.query[:, ::-1] if each else asked.query,
        asked.value[:, ::-1],
        asked.query_mask[:, ::-1] if asked.query_mask is not None else None,
        asked.value_mask[:, ::-1] if asked.value_mask is not None else None,
    )
    found = attend(attended.attention, turned, answer.weights).context
    found = found[:, ::-1] if each else found
    return attended.attended.context[attended.counted], found[attended.counted]


def _padding(answer: Answer) -> Fact | None:
    """The weights of padded steps: 0 if they are masked, and what they sum to if they are not."""
    question, attended = answer.question, answer.attended
    steps = question.settings.steps
    if question.read.steps == steps:
        return None
    weights = _counted(answer, attended.weights)
    backwards = answer.layer.layer.go_backwards  # then the padding is read first
    padding = weights[..., :-steps] if backwards else weights[..., steps:]
    if question.masked and not backwards:
        largest = float(padding.max())
        return Fact("masked", largest == 0, {"largest": largest, "steps": padding.shape[-1]})
    share = float(padding.sum(axis=-1).max())
    name = "masked_wrong_steps" if question.masked else "unmasked"
    return Fact(name, None, {"share": share, "steps": padding.shape[-1]})


def _counted(answer: Answer, weights: np.ndarray) -> np.ndarray:
    """The weights of the queries that are not masked, (query, head, value). For a masked one that
    may look at masked steps alone, Keras weighs all steps alike."""
    return weights.swapaxes(1, 2)[answer.attended.counted]


def _causal(answer: Answer) -> Fact | None:
    """That with the causal mask no step weighs a later one."""
    if not answer.attended.attention.causal:
        return None
    later = np.triu(np.ones(answer.attended.weights.shape[-2:], bool), 1)
    weights = np.where(later, answer.attended.weights, 0)
    largest = float(_counted(answer, weights).max())
    return Fact("causal", largest == 0, {"largest": largest})


def _parameters(answer: Answer) -> Fact:
    """How many weights attention has."""
    own = {n: a.size for n, a in answer.weights.items() if n.startswith(("attention/", "query/"))}
    values = {"count": sum(own.values()), "names": ", ".join(own)}
    return Fact("parameters" if own else "parameters_none", None, values)
