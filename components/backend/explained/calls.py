"""Records the calls of all layers while a live model is called once.

Nothing of the model is changed for that: for as long as it is called, `keras.Operation.__call__`,
through which Keras calls every layer, notes what goes in and what comes out, and
`keras.Layer.__call__`, which builds a layer first, refuses one that is not built.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from inspect import signature
from typing import Any, NamedTuple

import numpy as np

Array = np.ndarray
_OTHER_FLOATS = frozenset({"float16", "bfloat16", "float64"})


class Call(NamedTuple):
    """One call of a layer, or of an operation of a functional model, such as `x[:, -1]`."""

    operation: Any  # Keras's object
    path: tuple[str, ...]  # the names of the models and layers that called it, from the outermost
    given: dict[str, list[Array]]  # the arrays of each argument that has any, by its name
    states: list[Array]  # of a stateful recurrent layer, the states that it kept, before the call
    returned: list[Array]

    @property
    def inputs(self) -> list[Array]:
        """The arrays that it read, in order: all that is given, but masks."""
        given = ((n, arrays) for n, arrays in self.given.items() if not n.endswith("mask"))
        return [array for _, arrays in given for array in arrays]


class UnbuiltError(BaseException):
    """A layer was about to be built. No `Exception`: Keras makes others of those."""


def calls_of(keras: Any, tensorflow: Any, model: Any, inputs: Any) -> list[Call]:
    """Call the model once, at inference, and return its own call and then those of all layers in
    it, in the order in which they began. What the model keeps, such as the states of a stateful
    layer, is the same afterwards.

    Raises:
        UnbuiltError: it calls a layer that is part of it and has no weights yet.
    """
    if all(isinstance(leaf, int | float) for leaf in keras.tree.flatten(inputs)):
        inputs = np.array(inputs)  # Keras would take each number of nested lists as an input
    with (
        keras.StatelessScope(collect_losses=True),
        _without_graphs(tensorflow),
        _none_built(keras, model),
        _recorded(keras, tensorflow) as calls,
    ):
        model(inputs, training=False)
    return [Call(*calls[place]) for place in sorted(calls)]


@contextmanager
def _without_graphs(tensorflow: Any) -> Generator[None]:
    """Have each `tf.function` run as the plain function that it was made of, as a graph has no
    numbers to note."""
    before = tensorflow.config.functions_run_eagerly()
    tensorflow.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tensorflow.config.run_functions_eagerly(before)


@contextmanager
def _none_built(keras: Any, model: Any) -> Generator[None]:
    """Raise before a layer of the model is built, as it would have weights from then on. A layer
    that the model makes when it is called, such as by `keras.layers.add`, is no part of it."""
    # This is private in Keras, but nothing public lists the layers in a layer that is no model.
    unbuilt = {id(layer) for layer in model._flatten_layers() if not layer.built}
    plain = keras.Layer.__call__

    def called(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if id(layer) in unbuilt:
            raise UnbuiltError
        return plain(layer, *args, **kwargs)

    keras.Layer.__call__ = called
    try:
        yield
    finally:
        keras.Layer.__call__ = plain


@contextmanager
def _recorded(keras: Any, tensorflow: Any) -> Generator[dict[int, tuple[Any, ...]]]:
    """The fields of each `Call` in the block, by its place among all that were begun."""
    plain, here = keras.Operation.__call__, threading.get_ident()
    calls: dict[int, tuple[Any, ...]] = {}
    around: list[Any] = []
    begun = 0

    def recorded(operation: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal begun
        elsewhere = threading.get_ident() != here or not tensorflow.executing_eagerly()
        if elsewhere or (around and _hides_its_layers(keras, around[-1])):
            return plain(operation, *args, **kwargs)
        place, begun = begun, begun + 1
        path, states = tuple(each.name for each in around), _kept_states(keras, operation)
        around.append(operation)
        try:
            outputs = plain(operation, *args, **kwargs)
        finally:
            around.pop()
        given = signature(operation.call).bind(*args, **kwargs).arguments
        by_name = {name: arrays_of(keras, value) for name, value in given.items()}
        by_name = {name: arrays for name, arrays in by_name.items() if arrays}
        calls[place] = operation, path, by_name, states, arrays_of(keras, outputs)
        return outputs

    keras.Operation.__call__ = recorded
    try:
        yield calls
    finally:
        keras.Operation.__call__ = plain


def _hides_its_layers(keras: Any, operation: Any) -> bool:
    """Whether the layers that a layer calls are not noted, as an RNN's cell, called at every step:
    so with all of Keras's own that are no models, and with classes made of an RNN."""
    if isinstance(operation, keras.layers.RNN | keras.layers.Wrapper):
        return True
    own = type(operation).__module__.startswith("keras.")
    return own and not isinstance(operation, keras.Model)


def _kept_states(keras: Any, layer: Any) -> list[Array]:
    if not getattr(layer, "stateful", False):
        return []
    parts = [layer]
    if isinstance(layer, keras.layers.Bidirectional):
        parts = [layer.forward_layer, layer.backward_layer]
    return [array for part in parts for array in arrays_of(keras, getattr(part, "states", None))]


def arrays_of(keras: Any, value: Any) -> list[Array]:
    """The arrays of all tensors in a value, however nested; floats in single precision."""
    leaves = keras.tree.flatten(value)
    return [array_of(keras, leaf) for leaf in leaves if hasattr(leaf, "dtype")]


def array_of(keras: Any, tensor: Any) -> Array:
    """A copy of a tensor, a variable or an array; floats in single precision."""
    array = np.array(keras.ops.convert_to_numpy(tensor))
    return array.astype("float32") if array.dtype.name in _OTHER_FLOATS else array
