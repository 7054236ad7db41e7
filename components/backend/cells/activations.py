"""The recurrent activations: what squeezes a gate's sum to between 0 and 1."""

from __future__ import annotations

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
