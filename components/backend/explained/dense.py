"""The weights of a Dense in a live model."""

from __future__ import annotations

from typing import Any

from components.backend.explained.own_layer import weights_of
from components.backend.question.weights import Origin, Weights

NO_WEIGHTS = Weights(Origin("given"), {})


def _dense_of(keras: Any, layer: Any) -> Any:
    """The Dense that a layer is, or that it calls at each step; None if there is none."""
    inner = layer.layer if type(layer) is keras.layers.TimeDistributed else layer
    return inner if type(inner) is keras.layers.Dense else None


def weights_of_dense(keras: Any, layer: Any, most: int | None) -> Weights:
    """A Dense's weights, float32, rounded as Keras does where it computes in half precision; none
    of another layer, of one with more than `most`, or of one that is quantized."""
    dense = _dense_of(keras, layer)
    if (
        dense is None
        or dense.quantization_mode
        or (most is not None and dense.count_params() > most)
    ):
        return NO_WEIGHTS
    return Weights(Origin("given"), weights_of(keras, dense, dense.compute_dtype))


def activation_of_dense(keras: Any, layer: Any) -> str:
    """The name of a Dense's activation, if it is Keras's own; else, and of another layer, empty."""
    function = getattr(_dense_of(keras, layer), "activation", None)
    name = getattr(function, "__name__", "")
    return name if function and getattr(keras.activations, name, None) is function else ""
