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
    attends: bool  # whether it is an attention layer of Keras's own
    scored: list[Array]
    """The outputs and the scores of an attention layer that was called once more, for its scores;
    empty if the first call had them returned."""

    @property
    def inputs(self) -> list[Array]:
        """The arrays that it read, in order: all that is given, but masks."""
        given = ((n, arrays) for n, arrays in self.given.items() if not n.endswith("mask"))
        return [array for _, arrays in given for array in arrays]


class UnbuiltError(BaseException):
    """A layer was about to be built. No `Exception`: Keras makes others of those."""


def calls_of(
    keras: Any,
    tensorflow: Any,
    model: Any,
    inputs: Any,
    times: int = 1,
    *,
    from_zeros: bool = False,
) -> list[list[Call]]:
    """Call the model once, or several times one after another, at inference, and return of each
    time its own call and then those of all layers in it, in the order in which they began. What the
    model keeps, such as the states of a stateful layer, is the same afterwards.

    Args:
        from_zeros: whether its stateful layers begin the first call from zeros, and not from the
            states that they keep.

    Raises:
        UnbuiltError: it calls a layer that is part of it and has no weights yet.
        Exception: what Keras raised; its first note names the layer.
    """
    with (
        keras.StatelessScope(collect_losses=True),  # it forgets what is assigned to a variable
        _without_graphs(tensorflow),
        _none_built(keras, model),
    ):
        for layer in _parts(model) if from_zeros else ():
            if isinstance(layer, keras.layers.RNN) and layer.stateful:
                layer.reset_state()
        return [_called(keras, tensorflow, model, inputs) for _ in range(times)]


def _called(keras: Any, tensorflow: Any, model: Any, inputs: Any) -> list[Call]:
    if all(isinstance(leaf, int | float) for leaf in keras.tree.flatten(inputs)):
        inputs = np.array(inputs)  # Keras would take each number of nested lists as an input
    with _recorded(keras, tensorflow) as calls:
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


def _parts(model: Any) -> list[Any]:
    """All layers in a model or layer, its own self too."""
    # This is private in Keras, but nothing public lists the layers in a layer that is no model.
    return list(model._flatten_layers())


@contextmanager
def _none_built(keras: Any, model: Any) -> Generator[None]:
    """Raise before a layer of the model is built, as it would have weights from then on. A layer
    that the model makes when it is called, such as by `keras.layers.add`, is no part of it."""
    unbuilt = {id(layer) for layer in _parts(model) if not layer.built}
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
        attends, masks = _attends(keras, operation), _masks(keras, (args, kwargs))
        is_silent = attends and not kwargs.get("return_attention_scores")
        around.append(operation)
        try:
            outputs = plain(operation, *args, **kwargs)
            scored = _scored(plain, operation, args, kwargs, masks) if is_silent else None
        except Exception as error:
            if not hasattr(error, "__notes__"):  # the innermost call, as the others pass it on
                error.add_note("/".join((*path[1:], operation.name)))
            raise
        finally:
            around.pop()
        given = signature(operation.call).bind(*args, **kwargs).arguments
        by_name = {name: arrays_of(keras, value) for name, value in given.items()}
        by_name = {name: arrays for name, arrays in by_name.items() if arrays}
        arrays = arrays_of(keras, outputs), attends, arrays_of(keras, scored)
        calls[place] = operation, path, by_name, states, *arrays
        return outputs

    keras.Operation.__call__ = recorded
    try:
        yield calls
    finally:
        keras.Operation.__call__ = plain


def _attends(keras: Any, operation: Any) -> bool:
    """Whether it is an attention layer of Keras's own."""
    names = "Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"
    return type(operation) in [getattr(keras.layers, name, None) for name in names]


def _masks(keras: Any, value: Any) -> list[tuple[Any, Any]]:
    """The tensors in a value that carry a mask, each with its mask."""
    leaves = keras.tree.flatten(value)
    return [(leaf, leaf._keras_mask) for leaf in leaves if hasattr(leaf, "_keras_mask")]


def _scored(plain: Any, layer: Any, args: Any, kwargs: Any, masks: list[tuple[Any, Any]]) -> Any:
    """What an attention layer returns with its scores, once it was called without them. As
    MultiHeadAttention takes the masks off the tensors that it reads, they are put back."""
    for tensor, mask in masks:
        tensor._keras_mask = mask
    return plain(layer, *args, **kwargs | {"return_attention_scores": True})


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
