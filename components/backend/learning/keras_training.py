"""A cell with a readout in Keras, and the functions that train and test it."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from typing import Any, NamedTuple

from cachetools import LRUCache

from components.backend.learning.tasks import UNASKED
from components.backend.question.settings import Settings
from components.backend.running import engine, keras_layers

CLIP = 1.0
"""The most that the gradients' global norm can be."""

_GRAPHS = 12  # the most that are cached: of one size, those of all cells for all tasks


class Graph(NamedTuple):
    """A model whose training has been traced once, for all seeds, lengths and rates."""

    model: Any
    optimizer: Any
    train: Callable[..., Any]
    test: Callable[..., Any]
    """Returns loss, accuracy and all weights: to read those one by one takes half as long again."""


_graphs: LRUCache[Hashable, Graph] = LRUCache(_GRAPHS)


def begun(keras: Any, tensorflow: Any, settings: Settings, classes: int, rate: float) -> Graph:
    """The graph of such a model, in its state before the first step of the optimiser. Graphs are
    kept: tracing one is slow and leaks memory."""
    fresh = _model(keras, settings, classes)
    shape = settings.cell, settings.units, settings.vocabulary_size, classes
    traced = partial(_traced, keras, tensorflow)
    return reused(keras, tensorflow, shape, fresh, traced, rate)


def reused(
    keras: Any,
    tensorflow: Any,
    shape: Hashable,
    fresh: Any,
    traced: Callable[[Any], Graph],
    rate: float,
) -> Graph:
    """The graph of that shape, with the weights of a fresh model and an optimiser that has taken no
    step.

    Args:
        shape: tells graphs of different models apart.
        fresh: a model with its initial weights.
        traced: makes the graph of a model, if there is none of that shape yet.
    """
    engine.without_meta_optimizer(tensorflow)
    if shape not in _graphs:
        _graphs[shape] = traced(fresh)
    graph = _graphs[shape]
    graph.model.set_weights(fresh.get_weights())
    for variable in graph.optimizer.variables:
        variable.assign(keras.ops.zeros_like(variable))
    graph.optimizer.learning_rate.assign(rate)
    return graph


def optimizer_of(keras: Any, model: Any) -> Any:
    """An optimiser for a model's weights, before its first step."""
    optimizer = keras.optimizers.Adam(global_clipnorm=CLIP)
    optimizer.build(model.trainable_variables)
    return optimizer


def descend(
    tensorflow: Any,
    model: Any,
    optimizer: Any,
    count: Any,
    loss: Callable[[Any], Any],
    rates: Any = None,
) -> Any:
    """Take a step of the optimiser for each of `count` batches: to be called in a function that
    TensorFlow traces.

    Args:
        loss: takes a batch's index, and returns the model's loss on the batch.
        rates: the learning rate of each step; None for the optimiser's own.
    """

    def step(number: Any) -> tuple[Any]:
        if rates is not None:
            optimizer.learning_rate.assign(rates[number])
        with tensorflow.GradientTape() as tape:
            found = loss(number)
        gradients = tape.gradient(found, model.trainable_variables)
        optimizer.apply(gradients, model.trainable_variables)
        return (number + 1,)

    return tensorflow.while_loop(lambda number: number < count, step, (0,))


def _model(keras: Any, settings: Settings, classes: int) -> Any:
    """ids -> one-hot -> the cell -> a class after every step, with weights drawn from the seed."""
    inputs = keras.Input((None,), dtype="int32", name="tokens")
    table = keras.layers.Embedding(
        settings.vocabulary_size,
        settings.embedding_dim,
        embeddings_initializer=keras.initializers.Identity(),
        trainable=False,
        name="embedding",
    )
    cell = keras_layers.recurrent(keras, settings, settings.seed)
    readout = keras.layers.Dense(
        classes,
        kernel_initializer=keras_layers.seeded(keras, "glorot_uniform", settings.seed, "kernel", 1),
        name="readout",
    )
    return keras.Model(inputs, readout(cell(table(inputs))))


def _traced(keras: Any, tensorflow: Any, model: Any) -> Graph:
    """A model with its train and test functions, which TensorFlow traces at their first call."""
    optimizer = optimizer_of(keras, model)

    def loss_of(ids: Any, right: Any) -> tuple[Any, Any]:
        """The mean loss and the accuracy over all steps at which the cell is asked."""
        asked = tensorflow.cast(tensorflow.not_equal(right, UNASKED), "float32")
        count = tensorflow.reduce_sum(asked)
        logits = model(ids, training=True)
        losses = tensorflow.nn.sparse_softmax_cross_entropy_with_logits(
            tensorflow.maximum(right, 0), logits
        )
        answers = tensorflow.argmax(logits, axis=-1, output_type="int32")
        hits = tensorflow.cast(tensorflow.equal(answers, right), "float32")
        return (
            tensorflow.reduce_sum(losses * asked) / count,
            tensorflow.reduce_sum(hits * asked) / count,
        )

    @tensorflow.function(
        input_signature=[tensorflow.TensorSpec((None, None, None), "int32")] * 2, autograph=False
    )
    def train(ids: Any, right: Any) -> Any:
        def loss(number: Any) -> Any:
            return loss_of(ids[number], right[number])[0]

        return descend(tensorflow, model, optimizer, tensorflow.shape(ids)[0], loss)

    @tensorflow.function(
        input_signature=[tensorflow.TensorSpec((None, None), "int32")] * 2, autograph=False
    )
    def test(ids: Any, right: Any) -> Any:
        return *loss_of(ids, right), *map(tensorflow.convert_to_tensor, model.weights)

    return Graph(model, optimizer, train, test)
