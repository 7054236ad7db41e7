"""An encoder and a decoder in Keras, with attention or without, and the functions that train and
test them."""

from __future__ import annotations

from functools import partial
from typing import Any

from components.backend.learning.keras_training import Graph, descend, optimizer_of, reused
from components.backend.question.settings import Layer
from components.backend.running import keras_layers

SYMBOLS = 8
"""How many symbols a sequence has. The decoder reads one more id, SYMBOLS, as its start token."""

QUERY, READOUT = 2, 3
"""The indices of both Dense layers, by which their weights are drawn; the encoder has 0, the
decoder 1."""


def begun(
    keras: Any, tensorflow: Any, layer: Layer, *, attention: bool, seed: int, rate: float
) -> Graph:
    """The graph of such a model, in its state before the first step of the optimiser.

    Args:
        layer: the encoder and, with weights of its own, the decoder.
    """
    fresh = _model(keras, layer, attention, seed)
    traced = partial(_traced, keras, tensorflow, attention)
    return reused(keras, tensorflow, ("pair", layer, attention), fresh, traced, rate)


def _model(keras: Any, layer: Layer, attention: bool, seed: int) -> Any:
    """The decoder begins with the encoder's last states. With attention its h, after a Dense, asks
    all h of the encoder, and the readout reads the context beside it."""
    layers = keras.layers
    source, target = (keras.Input((None,), dtype="int32") for _ in range(2))
    h, *states = keras_layers.recurrent(keras, layer, seed, name="encoder")(
        _one_hot(keras, SYMBOLS)(source)
    )
    decoder = keras_layers.recurrent(keras, layer, seed, number=1, name="decoder")
    read, *_ = decoder(_one_hot(keras, SYMBOLS + 1)(target), initial_state=states)
    drawn = partial(keras_layers.seeded, keras, "glorot_uniform", seed, "kernel")
    readout = layers.Dense(SYMBOLS, kernel_initializer=drawn(READOUT), name="readout")
    if not attention:
        return keras.Model([source, target], readout(read))
    asks = layers.Dense(layer.units, use_bias=False, kernel_initializer=drawn(QUERY), name="query")
    context, weights = layers.Attention()([asks(read), h], return_attention_scores=True)
    logits = readout(layers.Concatenate()([context, read]))
    return keras.Model([source, target], [logits, weights])


def _one_hot(keras: Any, ids: int) -> Any:
    """An Embedding that gives each id a row of the kernel, and does not learn."""
    identity = keras.initializers.Identity()
    return keras.layers.Embedding(ids, ids, embeddings_initializer=identity, trainable=False)


def _traced(keras: Any, tensorflow: Any, attention: bool, model: Any) -> Graph:
    """A model with its train and test functions, which TensorFlow traces at their first call."""
    optimizer = optimizer_of(keras, model)
    spec = tensorflow.TensorSpec
    ids = spec((None, None, None), "int32")

    def loss_of(source: Any, right: Any) -> tuple[Any, Any, Any]:
        """The mean loss, the logits and what else the model returns. The decoder reads what is
        right, a step late (teacher forcing)."""
        start = tensorflow.fill((tensorflow.shape(right)[0], 1), SYMBOLS)
        read = tensorflow.concat([start, right[:, :-1]], axis=1)
        returned = model([source, read], training=True)
        logits, *more = returned if attention else (returned,)
        losses = tensorflow.nn.sparse_softmax_cross_entropy_with_logits(right, logits)
        return tensorflow.reduce_mean(losses), logits, more

    @tensorflow.function(
        input_signature=[ids, ids, spec((None,), "int32"), spec((None,), "float32")],
        autograph=False,
    )
    def train(source: Any, right: Any, lengths: Any, rates: Any) -> Any:
        def loss(number: Any) -> Any:
            length = lengths[number]
            return loss_of(source[number, :, :length], right[number, :, :length])[0]

        count = tensorflow.shape(source)[0]
        return descend(tensorflow, model, optimizer, count, loss, rates)

    @tensorflow.function(input_signature=[spec((None, None), "int32")] * 2, autograph=False)
    def test(source: Any, right: Any) -> Any:
        loss, logits, more = loss_of(source, right)
        said = tensorflow.argmax(logits, axis=-1, output_type="int32")
        hits = tensorflow.cast(tensorflow.equal(said, right), "float32")
        weights = map(tensorflow.convert_to_tensor, model.trainable_variables)
        return loss, tensorflow.reduce_mean(hits), *more, *weights

    return Graph(model, optimizer, train, test)
