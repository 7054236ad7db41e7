"""A layer in Keras whose last h gives a forecast of one number, and the functions that train and
test it."""

from __future__ import annotations

from functools import partial
from typing import Any

from components.backend.learning.keras_training import Graph, descend, optimizer_of, reused
from components.backend.question.settings import Layer
from components.backend.running import keras_layers


def begun(
    keras: Any, tensorflow: Any, layer: Layer, features: int, *, seed: int, rate: float
) -> Graph:
    """The graph of such a model, in its state before the first step of the optimiser.

    Args:
        layer: returns its last h alone.
    """
    inputs = keras.Input((None, features))
    h = keras_layers.recurrent(keras, layer, seed)(inputs)
    drawn = keras_layers.seeded(keras, "glorot_uniform", seed, "kernel", 1)
    fresh = keras.Model(inputs, keras.layers.Dense(1, kernel_initializer=drawn)(h))
    traced = partial(_traced, keras, tensorflow, features)
    return reused(keras, tensorflow, ("forecast", layer, features), fresh, traced, rate)


def _traced(keras: Any, tensorflow: Any, features: int, model: Any) -> Graph:
    """A model with its functions, which TensorFlow traces at their first call: `train` takes
    batches of samples (batch, sample, step, feature), their targets (batch, sample) and their
    learning rates (batch,); `test` returns the forecasts of samples, (sample,)."""
    optimizer = optimizer_of(keras, model)
    spec = tensorflow.TensorSpec

    @tensorflow.function(
        input_signature=[spec((None, None, None, features)), spec((None, None)), spec((None,))],
        autograph=False,
    )
    def train(samples: Any, targets: Any, rates: Any) -> Any:
        def loss(number: Any) -> Any:
            apart = model(samples[number], training=True)[:, 0] - targets[number]
            return tensorflow.reduce_mean(apart**2)

        count = tensorflow.shape(samples)[0]
        return descend(tensorflow, model, optimizer, count, loss, rates)

    @tensorflow.function(input_signature=[spec((None, None, features))], autograph=False)
    def test(samples: Any) -> Any:
        return model(samples)[:, 0]

    return Graph(model, optimizer, train, test)
