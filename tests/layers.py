"""Keras's own layers, built by a test itself, to hold answers against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from components.backend import Run, Settings
from components.backend.cells import CELLS
from components.backend.question.layout import layer_arguments


def layer_class(cell: str) -> Any:
    """The class of a cell's layer: Keras's own, or that of a cell which Keras does not have."""
    import keras  # here, so that the backend is the one who sets how it is imported

    make = CELLS[cell].layer
    return make(keras) if make else getattr(keras.layers, cell)


def keras_layer(result: Run, **more: Any) -> Any:
    """A layer built here, with the run's weights and its flags, and further arguments."""
    import keras

    arguments = layer_arguments(result.settings) | more
    if arguments.get("recurrent_activation") == "hard_sigmoid_keras2":
        arguments["recurrent_activation"] = lambda x: keras.ops.clip(0.2 * x + 0.5, 0, 1)
    layer = layer_class(result.settings.cell)(result.settings.units, **arguments)
    layer.build(result.trace.inputs.shape)
    layer.set_weights([array for name, array in result.weights.items() if name != "embeddings"])
    return layer


def both_ways_layer(
    settings: Settings,
    weights: Mapping[str, np.ndarray],
    shape: tuple[int, ...],
    *,
    stateful: bool = False,
    **more: Any,
) -> Any:
    """A Bidirectional built here, with these weights, and further arguments.

    Args:
        shape: of what it reads.
        stateful: whether the two layers inside it are.
    """
    import keras

    arguments = layer_arguments(settings) | {"stateful": stateful}
    own = arguments.get("recurrent_activation") == "hard_sigmoid_keras2"
    if own:
        arguments["recurrent_activation"] = "sigmoid"  # set below: Keras copies the layer
    forward, backward = (
        layer_class(settings.cell)(settings.units, **arguments | {"go_backwards": backwards})
        for backwards in (settings.go_backwards, not settings.go_backwards)
    )
    layer = keras.layers.Bidirectional(forward, backward_layer=backward, **more)
    for one in (layer.forward_layer, layer.backward_layer) if own else ():
        one.cell.recurrent_activation = lambda x: keras.ops.clip(0.2 * x + 0.5, 0, 1)
    layer.build(shape)
    layer.set_weights([array for name, array in weights.items() if "/" in name])
    return layer


def read(result: Run) -> np.ndarray:
    """What the layer reads, in the sentence's own order: turning it round is the layer's work."""
    inputs = result.trace.inputs
    return np.ascontiguousarray(inputs[:, ::-1] if result.settings.go_backwards else inputs)


def tensors(returned: Any) -> list[np.ndarray]:
    """What a layer returned, as arrays."""
    several = returned if isinstance(returned, list | tuple) else [returned]
    return [tensor.numpy() for tensor in several]
