"""The table of an Embedding in a live model."""

from __future__ import annotations

from typing import Any

from components.backend.explained.calls import array_of
from components.backend.explained.dense import NO_WEIGHTS
from components.backend.question.linked import bounds
from components.backend.question.settings import Settings
from components.backend.question.weights import Origin, Weights


def weights_of_table(keras: Any, layer: Any) -> Weights:
    """An Embedding's table, float32, rounded as Keras does where it computes in half precision;
    none of another layer, of one that is quantized, or of one that has more ids or features than
    the pages of one layer take."""
    if type(layer) is not keras.layers.Embedding or not layer.built or layer.quantization_mode:
        return NO_WEIGHTS
    sizes = {"vocabulary_size": layer.input_dim, "embedding_dim": layer.output_dim}
    if not all(low <= sizes[n] <= high for n in sizes for low, high in [bounds(Settings, n)]):
        return NO_WEIGHTS
    table = keras.ops.cast(layer.embeddings, layer.compute_dtype)
    return Weights(Origin("given"), {"embeddings": array_of(keras, table)})
