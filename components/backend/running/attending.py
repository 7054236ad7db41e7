"""Attention as part of a `Model`: each query weighs all h of a layer, and the context is their
weighted sum.

    score    of a query q and an h: one number, such as q · h
    weights  softmax of the scores over all h: each is at least 0, and they sum to 1
    context  the sum of weight · h
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from components.backend.question.layout import Layout
from components.backend.running import keras_layers
from components.backend.running.replay import ROUNDED, GrownError, Returned, Tensors, apart, slack
from components.texts import text

Array = np.ndarray
QueryKind = Literal["last", "own", "each", "decoder"]
Score = Literal["dot", "scaled", "additive", "multi_head"]

_NUMBER = 100
"""The first of the numbers on which the seeds of attention's weights depend: no layer has it."""

_MASKED = np.float32(1e9)  # what Keras subtracts from the score of a masked step


@dataclass(frozen=True)
class Attention:
    """A layer of attention: what asks, and how a score is computed."""

    query: QueryKind = "last"
    """"last": the last h. "own": a vector of its own, which can be learned. "each": each h in turn,
    which is self-attention. "decoder": in a model with a target, each h of the decoder."""

    score: Score = "dot"
    """"dot": q · h, Keras's Attention. "scaled": the same times a number, with use_scale=True.
    "additive": the sum of scale · tanh(q + h), AdditiveAttention. "multi_head": MultiHeadAttention,
    which first multiplies q and h by kernels of its own."""

    scale: float = 1.0  # that number, where the score is "scaled"
    heads: int = 1  # of MultiHeadAttention
    causal: bool = False  # whether step i weighs steps 1 to i alone

    def head_size(self, units: int) -> int:
        """key_dim: how many numbers each head makes of an h of so many."""
        return max(1, units // self.heads)

    def weight_layout(self, units: int) -> tuple[Layout, ...]:
        """The weights of attention over h of so many units, in Keras's order."""
        own = (Layout("query/embeddings", ("query", "unit"), (1, units)),)
        found = own if self.query == "own" else ()
        if self.score == "multi_head":
            return (*found, *self._projections(units))
        if self.score == "dot":
            return found
        shape = () if self.score == "scaled" else (units,)
        return (*found, Layout("attention/scale", ("unit",) * len(shape), shape))

    def _projections(self, units: int) -> tuple[Layout, ...]:
        heads, size = self.heads, self.head_size(units)
        found = []
        for name in ("query", "key", "value"):
            kernel = Layout(
                f"attention/{name}/kernel", ("unit", "head", "column"), (units, heads, size)
            )
            bias = Layout(f"attention/{name}/bias", ("head", "column"), (heads, size))
            found += [kernel, bias]
        name = "attention/attention_output"
        kernel = Layout(f"{name}/kernel", ("head", "column", "unit"), (heads, size, units))
        return (*found, kernel, Layout(f"{name}/bias", ("unit",), (units,)))

    def returned_layout(
        self, sentences: int, queries: int, steps: int, units: int
    ) -> tuple[Layout, ...]:
        """The context and the weights as Keras returns them, for so many queries on h of so many
        steps and units."""
        heads = {"head": self.heads} if self.score == "multi_head" else {}
        axes = {"sentence": sentences, **heads, "query": queries, "value": steps}
        return (
            Layout("context", ("sentence", "query", "unit"), (sentences, queries, units)),
            Layout("weights", tuple(axes), tuple(axes.values())),
        )

    def drawn(self, units: int) -> tuple[Layout, ...]:
        """Its weights that GlorotUniform draws: kernels, and the scale of AdditiveAttention."""
        each = self.weight_layout(units)
        return tuple(w for w in each if w.name.endswith(("kernel", "scale")) and w.shape)

    def seed_of(self, seed: int, place: int) -> int:
        """The seed of one of its weights that are drawn, by its place in the layout."""
        return keras_layers.weight_seed(seed, "kernel", _NUMBER + place)

    def work(self, queries: int, steps: int, units: int) -> int:
        """About how many multiply-adds a sentence takes, without those of projections."""
        return 2 * queries * steps * units


class Attend:
    """Attention's layers in Keras, called as one layer."""

    def __init__(self, keras: Any, attention: Attention, seed: int) -> None:
        self.keras, self.attention, self.seed = keras, attention, seed
        self.weights: list[Any] = []  # once it has been called

    def __call__(self, given: Any) -> list[Any]:
        """The context and the weights.

        Args:
            given: the outputs of a layer, or those of an encoder and of a decoder.
        """
        value, *others = given if isinstance(given, list) else [given]
        query, owners = (others[0], []) if others else self._query(value)
        layer = _layer(self.keras.layers, self.attention, value.shape[-1])
        read = (query, value) if self.attention.score == "multi_head" else ([query, value],)
        more = {"return_attention_scores": True, "use_causal_mask": self.attention.causal}
        returned = layer(*read, **more)
        self.weights = [weight for each in (*owners, layer) for weight in each.weights]
        self._draw(value.shape[-1])
        return list(returned)

    def _query(self, value: Any) -> tuple[Any, list[Any]]:
        """What asks, and the layers that it takes."""
        if self.attention.query == "each":
            return value, []
        if self.attention.query == "last":
            return value[:, -1:], []
        seed = self.attention.seed_of(self.seed, 0)
        drawn = self.keras.initializers.RandomNormal(stddev=1.0, seed=seed)
        layer = self.keras.layers.Embedding(1, value.shape[-1], drawn, name="query")
        first = self.keras.ops.zeros_like(value[:, :1, 0], dtype="int32")
        return layer(first), [layer]

    def _draw(self, units: int) -> None:
        """Draw each kernel from a seed of its own: MultiHeadAttention would give one initializer to
        all, and those that have one shape would be equal."""
        initializer = self.keras.initializers.GlorotUniform
        layouts = self.attention.weight_layout(units)
        for place, (layout, weight) in enumerate(zip(layouts, self.weights, strict=True)):
            if layout.name == "attention/scale" and not layout.shape:
                weight.assign(self.attention.scale)
            elif layout in self.attention.drawn(units):
                seed = self.attention.seed_of(self.seed, place)
                weight.assign(initializer(seed=seed)(layout.shape))


def _layer(layers: Any, attention: Attention, units: int) -> Any:
    if attention.score == "multi_head":
        size = attention.head_size(units)
        return layers.MultiHeadAttention(attention.heads, size, name="attention")
    if attention.score == "additive":
        return layers.AdditiveAttention(name="attention")
    return layers.Attention(use_scale=attention.score == "scaled", name="attention")


class Attended(NamedTuple):
    """All that attention computes, by the textbook equations."""

    queries: Array  # (sentence, head, query, column)
    keys: Array  # (sentence, head, value, column): what each query is compared with
    values: Array
    """(sentence, head, value, column): what is weighed. Queries, keys and values are q and h
    themselves or, in MultiHeadAttention, what each head makes of them."""
    scores: Array  # (sentence, head, query, value): before a mask
    weights: Array  # (sentence, head, query, value)
    mixed: Array  # (sentence, head, query, column): the weighted sums of the values
    context: Array  # (sentence, query, unit)


class Asked(NamedTuple):
    """What attention reads."""

    query: Array  # (sentence, query, unit)
    value: Array  # (sentence, value, unit)
    query_mask: Array | None = None  # (sentence, query): False where a query is masked
    value_mask: Array | None = None  # (sentence, value): False where an h is masked

    def allowed(self, *, causal: bool) -> Array:
        """(sentence, query, value): False at the weights that a mask of h, or the causal mask,
        sets to 0."""
        sentences, queries, _ = self.query.shape
        found = np.ones((sentences, queries, self.value.shape[1]), bool)
        if self.value_mask is not None:
            found &= self.value_mask[:, np.newaxis]
        return np.tril(found) if causal else found


def attend(attention: Attention, asked: Asked, weights: Any) -> Attended:
    """Replay attention.

    Args:
        weights: the model's, by the layout's names.
    """
    if attention.score == "multi_head":
        return _multi_head(attention, asked, weights)
    scores = _scores(attention, asked, weights)[:, np.newaxis]
    allowed = asked.allowed(causal=attention.causal)[:, np.newaxis]
    found = softmax(np.where(allowed, scores, scores - _MASKED))
    values = asked.value[:, np.newaxis]
    mixed = found @ values
    context = projected(mixed, weights)
    if asked.query_mask is not None:
        context = np.where(asked.query_mask[..., np.newaxis], context, np.float32(0))
    return Attended(asked.query[:, np.newaxis], values, values, scores, found, mixed, context)


def refuse_grown_scores(run: AttentionRun, exact: Any) -> None:
    """Raise if it is rounding that sets the replay of attention and Keras apart: softmax turns what
    large scores lose by it into other weights.

    Args:
        exact: the model's weights in double precision.

    Raises:
        GrownError: rounding alone has changed the weights or the context.
    """
    asked = run.asked._replace(
        query=run.asked.query.astype(float), value=run.asked.value.astype(float)
    )
    with np.errstate(over="ignore", invalid="ignore"):
        other = attend(run.attention, asked, exact)
    for one, expected in zip(run.attended, other, strict=True):
        if not apart(one, expected) <= slack(expected, ROUNDED):
            size = float(np.abs(other.scores).max())
            raise GrownError(text("problems.grown_scores", size=size))


def _scores(attention: Attention, asked: Asked, weights: Any) -> Array:
    """(sentence, query, value)."""
    query, value, _, _ = asked
    if attention.score == "additive":
        both = np.tanh(query[:, :, np.newaxis] + value[:, np.newaxis])
        return (weights["attention/scale"] * both).sum(axis=-1)
    scores = query @ value.swapaxes(1, 2)
    return scores * weights["attention/scale"] if attention.score == "scaled" else scores


def _multi_head(attention: Attention, asked: Asked, weights: Any) -> Attended:
    """q W_q + b_q asks h W_k + b_k, divided by the root of key_dim; h W_v + b_v is weighed; the
    heads' sums are multiplied by a last kernel."""
    query, key, value = (
        np.einsum("btu,uhd->bhtd", read, weights[f"attention/{name}/kernel"])
        + weights[f"attention/{name}/bias"][:, np.newaxis]
        for name, read in (("query", asked.query), ("key", asked.value), ("value", asked.value))
    )
    scores = query / np.float32(np.sqrt(query.shape[-1])) @ key.swapaxes(2, 3)
    allowed = asked.allowed(causal=attention.causal)
    if asked.query_mask is not None:
        allowed = allowed & asked.query_mask[..., np.newaxis]
    allowed = allowed[:, np.newaxis]
    found = np.where(allowed, softmax(np.where(allowed, scores, -_MASKED)), np.float32(0))
    mixed = found @ value
    context = projected(mixed, weights)
    return Attended(query, key, value, scores, found, mixed, context)


def projected(mixed: Array, weights: Any) -> Array:
    """The context, (sentence, query, unit), of the heads' weighted sums: in MultiHeadAttention a
    last kernel takes all heads' columns; else the one sum is the context."""
    name = "attention/attention_output"
    if f"{name}/kernel" not in weights:
        return mixed[:, 0]
    return np.einsum("bhqd,hdu->bqu", mixed, weights[f"{name}/kernel"]) + weights[f"{name}/bias"]


def softmax(scores: Array) -> Array:
    """exp(score) over the sum of all, along the last axis."""
    grown = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return grown / grown.sum(axis=-1, keepdims=True)


@dataclass(frozen=True, eq=False)
class AttentionRun(Tensors):
    """Attention, run: what Keras returned from it, and what it computed. Arrays are read-only."""

    attention: Attention
    returned: tuple[Returned, ...]  # "context" and "weights", as Keras returned them
    asked: Asked
    attended: Attended  # recomputed

    @property
    def weights(self) -> Array:
        """Keras's weights, (sentence, head, query, value): with an axis of heads in any case."""
        found = self.tensor("weights")
        return found if found.ndim == 4 else found[:, np.newaxis]

    @property
    def context(self) -> Array:
        """The context that Keras returned, (sentence, query, unit)."""
        return self.tensor("context")

    @property
    def replayed(self) -> tuple[Array, Array]:
        """The context and the weights by the replay, in the shapes in which Keras returned them."""
        return self.attended.context, self.attended.weights.reshape(self.tensor("weights").shape)

    @property
    def counted(self) -> Array:
        """(sentence, query): False at the queries that are masked."""
        mask = self.asked.query_mask
        return np.ones(self.context.shape[:2], bool) if mask is None else mask

    @property
    def allowed(self) -> Array:
        """(sentence, query, value): False at the weights that a mask sets to 0."""
        return self.asked.allowed(causal=self.attention.causal)

    def extreme(self, *, heaviest: bool) -> Array:
        """(sentence, query): the step, from 0, that each query weighs most, over all heads
        together; or the one that it weighs least, of those that no mask leaves out."""
        together = self.weights.mean(axis=1)
        if heaviest:
            return together.argmax(axis=-1)
        return np.where(self.allowed, together, np.inf).argmin(axis=-1)

    def without(self, steps: Array, weights: Any) -> Array:
        """The context, (sentence, query, unit), if each query left out one step, and the weights of
        all others grew until they sum to 1 again. NaN where there is no other step.

        Args:
            steps: (sentence, query): which one, from 0.
        """
        left = self.weights.astype("float64")
        np.put_along_axis(left, steps[:, np.newaxis, :, np.newaxis], 0, axis=-1)
        total = left.sum(axis=-1, keepdims=True)
        with np.errstate(invalid="ignore"):
            return projected(np.where(total, left, np.nan) / total @ self.attended.values, weights)

    def parts(self, weights: Any, *, sentence: int, query: int = 0) -> Array:
        """What each h gives to the context of one query, (value, unit): weight · h or, in
        MultiHeadAttention, what the last kernel makes of weight · value, over all heads. They sum
        to the context, but for that kernel's bias."""
        each = self.weights[sentence, :, query, :, np.newaxis] * self.attended.values[sentence]
        kernel = weights.get("attention/attention_output/kernel")
        return each[0] if kernel is None else np.einsum("hvd,hdu->vu", each, kernel)
