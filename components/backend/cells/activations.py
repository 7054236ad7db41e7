"""The activations of gates, which squeeze a sum to between 0 and 1, and the layer's own."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

Activation = Callable[[np.ndarray], np.ndarray]


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + e^-x), to full relative precision also where it is next to 0."""
    return 1 / (1 + np.exp(-np.clip(x, -87, 87)))  # e^87 is about the most that float32 holds


def hard_sigmoid(x: np.ndarray) -> np.ndarray:
    """Keras 3's piecewise linear sigmoid: exactly 0 below -3, exactly 1 above 3."""
    return np.clip(x / 6 + 0.5, 0, 1)


def hard_sigmoid_keras2(x: np.ndarray) -> np.ndarray:
    """Keras 2's piecewise linear sigmoid: exactly 0 below -2.5, exactly 1 above 2.5."""
    return np.clip(0.2 * x + 0.5, 0, 1)


RECURRENT_ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": sigmoid,
    "hard_sigmoid": hard_sigmoid,
    "hard_sigmoid_keras2": hard_sigmoid_keras2,
}


def relu(x: np.ndarray) -> np.ndarray:
    """x where it is above 0, else 0."""
    return np.maximum(x, 0)


def linear(x: np.ndarray) -> np.ndarray:
    """x itself."""
    return x


ACTIVATIONS: dict[str, Activation] = {"tanh": np.tanh, "relu": relu, "linear": linear}
"""The layer's own activations. They make the candidate and, in an LSTM, h from c; in a SimpleRNN,
h."""

SLOPES: dict[str, Activation] = {
    "tanh": lambda y: 1 - y**2,
    "relu": lambda y: (y > 0).astype(y.dtype),
    "linear": np.ones_like,
}
"""By activation: its slope as a function of its value y."""


def elu(x: np.ndarray) -> np.ndarray:
    """x where it is above 0, else e^x - 1."""
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


def selu(x: np.ndarray) -> np.ndarray:
    """elu with another slope below 0, and all of it scaled (Klambauer et al. 2017)."""
    alpha, scale = np.array([1.6732632423543772, 1.0507009873554805], x.dtype)
    return scale * np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def gelu(x: np.ndarray) -> np.ndarray:
    """x times the probability that a standard normal is below it."""
    below = 0.5 * np.vectorize(math.erfc, otypes=[float])(-x / math.sqrt(2))
    return x * below.astype(x.dtype)


def silu(x: np.ndarray) -> np.ndarray:
    """x sigmoid(x), also called swish."""
    return x * sigmoid(x)


def softplus(x: np.ndarray) -> np.ndarray:
    """ln(1 + e^x)."""
    return np.logaddexp(x, np.zeros_like(x))


def softsign(x: np.ndarray) -> np.ndarray:
    """x / (1 + |x|)."""
    return x / (1 + np.abs(x))


def softmax(x: np.ndarray) -> np.ndarray:
    """e^x, divided by its sum over the units."""
    powers = np.exp(x - x.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def leaky_relu(x: np.ndarray) -> np.ndarray:
    """x where it is above 0, else a fifth of it."""
    return np.maximum(x, x * x.dtype.type(0.2))


REPLAYED: dict[str, Activation] = {
    **ACTIVATIONS,
    **RECURRENT_ACTIVATIONS,
    "elu": elu,
    "exponential": np.exp,
    "gelu": gelu,
    "leaky_relu": leaky_relu,
    "selu": selu,
    "silu": silu,
    "softmax": softmax,
    "softplus": softplus,
    "softsign": softsign,
}
"""All that the replay knows, by Keras's names. Keras takes each of them in either place."""
