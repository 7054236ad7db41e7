"""A trained encoder and decoder, recomputed in NumPy from their weights: on the right target, on
its own, and with its attention changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from components.backend.cells.activations import softmax
from components.backend.cells.unroll import Unrolled
from components.backend.learning.pair_training import SYMBOLS
from components.backend.learning.pairs import Answer
from components.backend.running.replay import steps_of

Array = np.ndarray


class Pass(NamedTuple):
    """What a model computed for a batch of sequences."""

    encoded: Array  # h of the encoder, (sequence, source, unit)
    decoded: Array  # h of the decoder, (sequence, target, unit)
    weights: Array | None  # (sequence, target, source); None without attention

    @property
    def context(self) -> Array:
        """The sum of weight · h, (sequence, target, unit); of a model with attention."""
        assert self.weights is not None
        return self.weights @ self.encoded


def forced(answer: Answer, source: Array, right: Array) -> Pass:
    """A pass in which the decoder reads what is right, a step late.

    Args:
        source, right: ids, each (sequence, step).
    """
    start = np.full((len(right), 1), SYMBOLS)
    encoded = _encoded(answer, source)
    read = np.concatenate([start, right[:, :-1]], axis=1)
    decoded = _cell(answer, "decoder", read, SYMBOLS + 1, _last(encoded))
    return _pass(answer, encoded, decoded)


def logits(answer: Answer, found: Pass, context: Array | None = None) -> Array:
    """What the readout gives, (sequence, target, symbol).

    Args:
        context: read in place of the pass's own; of a model with attention.
    """
    kernel, bias = answer.weights["readout/kernel"], answer.weights["readout/bias"]
    if found.weights is None:
        return found.decoded @ kernel + bias
    context = found.context if context is None else context
    return np.concatenate([context, found.decoded], axis=-1) @ kernel + bias


def own_words(answer: Answer, source: Array) -> Array:
    """What the decoder writes on its own, (sequence, step): at each step it reads the symbol that
    it gave the highest score a step before."""
    encoded = _encoded(answer, source)
    states, said = _last(encoded), np.full((len(source), 1), SYMBOLS)
    written = []
    for _ in range(source.shape[1]):
        decoded = _cell(answer, "decoder", said, SYMBOLS + 1, states)
        states = _last(decoded)
        said = logits(answer, _pass(answer, encoded, decoded)).argmax(axis=-1)
        written.append(said)
    return np.concatenate(written, axis=1)


def _encoded(answer: Answer, source: Array) -> Unrolled:
    return _cell(answer, "encoder", source, SYMBOLS, None)


def _cell(
    answer: Answer, part: str, ids: Array, size: int, initial: Mapping[str, Array] | None
) -> Unrolled:
    """The steps of the encoder or the decoder, which read ids one-hot."""
    weights = answer.weights.of_layer(f"{part}/")
    inputs = np.eye(size, dtype="float32")[ids]
    return steps_of(answer.question.layer, inputs, weights, initial=initial)


def _last(steps: Unrolled) -> dict[str, Array]:
    """The states after the last step, by Keras's names."""
    states = {"state_h": steps.hidden, "state_c": steps.cell}
    return {name: state[:, -1] for name, state in states.items() if state is not None}


def _pass(answer: Answer, encoded: Unrolled, decoded: Unrolled) -> Pass:
    h, asks = encoded.hidden, decoded.hidden
    if not answer.question.attention:
        return Pass(h, asks, None)
    scores = asks @ answer.weights["query/kernel"] @ h.swapaxes(1, 2)
    return Pass(h, asks, softmax(scores))


# Ablation


def _equal(found: Pass, weights: Array) -> Array:
    return np.full_like(weights, 1 / weights.shape[-1]) @ found.encoded


def _last_alone(found: Pass, weights: Array) -> Array:
    return np.broadcast_to(found.encoded[:, -1:], found.decoded.shape)


def _others_weights(found: Pass, weights: Array) -> Array:
    return np.roll(weights, 1, axis=0) @ found.encoded


def _others_context(found: Pass, weights: Array) -> Array:
    return np.roll(found.context, 1, axis=0)


def _no_context(found: Pass, weights: Array) -> Array:
    return np.zeros_like(found.context)


def _heaviest_alone(found: Pass, weights: Array) -> Array:
    return np.eye(weights.shape[-1], dtype=weights.dtype)[weights.argmax(axis=-1)] @ found.encoded


ABLATIONS: Mapping[str, Callable[[Pass, Array], Array]] = {
    "equal": _equal,
    "last": _last_alone,
    "others_weights": _others_weights,
    "others_context": _others_context,
    "no_context": _no_context,
    "heaviest": _heaviest_alone,
}
"""The context that the readout gets in place of its own. Another sequence's is that of the one
before in the batch."""
