"""Which outputs of a model's layers have an axis of steps, and the steps of which input these are.

That follows from the model's graph, never from a length: a source and a target may be equally long.
An input's first axis behind the batch's are its steps. From there the axis is followed through the
layers in the order in which Keras calls them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from inspect import signature
from itertools import chain
from typing import Any, NamedTuple

from components.backend.your_model.saved.known_layers import LOOKUPS

_KEEP = (
    {"Activation", "ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax", "Identity", "Rescaling"}
    | {"Dropout", "AlphaDropout", "GaussianDropout", "GaussianNoise", "SpatialDropout1D"}
    | {"BatchNormalization", "GroupNormalization", "LayerNormalization", "Normalization"}
    | {"RMSNormalization", "UnitNormalization", "ActivityRegularization", "Masking"}
    | {"Embedding", "TimeDistributed"}
    | LOOKUPS
    | {"Attention", "AdditiveAttention", "MultiHeadAttention", "GroupQueryAttention"}
    | {"Abs", "Cast", "Exp", "Gelu", "Log", "Negative", "Relu", "Sigmoid", "Silu", "Sqrt", "Tanh"}
)
"""Layers and operations that return a step for each step of the first tensor that they read; of
attention these are its queries."""

_MERGE = (
    {"Add", "Average", "Divide", "Maximum", "Minimum", "Multiply", "Subtract", "Where"}
    | {"Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual"}
    | {"LogicalAnd", "LogicalOr"}
)
"""What puts tensors together entry by entry."""

_END = {"GlobalAveragePooling1D", "GlobalMaxPooling1D"}
"""What returns one vector of a whole sequence."""


class StepAxis(NamedTuple):
    """What the first axis behind the batch's counts."""

    input: str
    """The steps of this input of the model; "" if it cannot be told."""
    backward: bool = False  # whether the last step stands first


UNKNOWN = StepAxis("")

Axis = StepAxis | None
"""None if the axis has no steps, such as that of a vector's units."""


CallName = tuple[tuple[str, ...], str, int]
"""A call, by `path`, `name` and `number` of its `LayerCall`."""


class CallAxes(NamedTuple):
    """The axes of one call of a layer, and which calls made what it reads."""

    call: CallName
    made_by: tuple[CallName, ...]
    """The calls whose outputs it reads. What reads a nested model's input reads what the nested
    model reads."""
    reads: tuple[Axis, ...]  # of each tensor that it reads, but masks
    returns: Axis  # of the first tensor that it returns
    drops_mask: bool  # whether a mask comes with what it reads, and it takes none


def step_axes(keras: Any, model: Any) -> tuple[tuple[CallAxes, ...], tuple[Axis, ...]]:
    """The axes of all calls in a functional or sequential model, in nested models too, and of its
    outputs."""
    walk = _Walk(keras)
    outputs = walk.through(model, [StepAxis(tensor.name) for tensor in model.inputs], ())
    return tuple(walk.calls), tuple(outputs)


class _Walk:
    """Follows axes through a model and the models in it."""

    def __init__(self, keras: Any) -> None:
        self.keras, self.calls = keras, list[CallAxes]()
        self._before = Counter[tuple[tuple[str, ...], str]]()
        self._made = dict[int, tuple[CallName, ...]]()  # by the id of a tensor: which call made it

    def through(
        self,
        model: Any,
        inputs: Sequence[Axis],
        path: tuple[str, ...],
        made: Sequence[tuple[CallName, ...]] = (),
    ) -> list[Axis]:
        """The axes of a model's outputs, from those of its inputs.

        Args:
            made: of a nested model, which call made each of its inputs.
        """
        graph = getattr(model, "_functional", model)  # of a Sequential; private, as are nodes
        self._made |= zip(map(id, graph.inputs), made, strict=bool(made))
        axes: dict[int, Axis] = dict(zip(map(id, graph.inputs), inputs, strict=True))
        for node in _nodes(graph):
            reads = self._read(node, axes)
            name = node.operation.name
            call = path, name, self._before[path, name]
            self._before[path, name] += 1
            made_by = tuple(dict.fromkeys(chain.from_iterable(self._read_of(node))))
            returns = self._returns(node, axes, path)
            axes |= zip(map(id, node.outputs), returns, strict=True)
            self._made |= dict.fromkeys(map(id, node.outputs), (call,))
            drops = self._drops_mask(node)
            self.calls.append(CallAxes(call, made_by, reads, returns[0], drops))
        return [axes[id(tensor)] for tensor in graph.outputs]

    def _read(self, node: Any, axes: Mapping[int, Axis]) -> tuple[Axis, ...]:
        """The axes of what a call reads, without masks."""
        said = signature(node.operation.call).bind(*node.arguments.args, **node.arguments.kwargs)
        given = [value for name, value in said.arguments.items() if not name.endswith("mask")]
        tensors = map(id, self.keras.tree.flatten(given))
        return tuple(axes[each] for each in tensors if each in axes)

    def _read_of(self, node: Any) -> list[tuple[CallName, ...]]:
        """Which call made each tensor that a call reads; none of one of the model's inputs."""
        return [self._made.get(id(tensor), ()) for tensor in node.input_tensors]

    def _drops_mask(self, node: Any) -> bool:
        """`CallAxes.drops_mask`."""
        is_layer = isinstance(node.operation, self.keras.Layer)
        if not is_layer or isinstance(node.operation, self.keras.Model):
            return False
        masks = (getattr(each, "_keras_mask", None) for each in node.input_tensors)  # Keras's place
        return not node.operation.supports_masking and any(each is not None for each in masks)

    def _returns(self, node: Any, axes: Mapping[int, Axis], path: tuple[str, ...]) -> list[Axis]:
        """The axes of all that a call returns."""
        operation = node.operation
        if isinstance(operation, self.keras.Model):
            inputs = [axes.get(id(each)) for each in node.input_tensors]
            return self.through(operation, inputs, (*path, operation.name), self._read_of(node))
        reads, more = self._read(node, axes), len(node.outputs) - 1
        if isinstance(operation, self.keras.layers.RNN | self.keras.layers.Bidirectional):
            steps = _of_recurrent(operation, reads[0])
            halves = getattr(operation, "merge_mode", "") is None
            states = [None] * more
            return [steps, steps, *states[1:]] if halves else [steps, *states]
        return [_first(node, reads), *[UNKNOWN] * more]  # such as attention's scores


def _nodes(graph: Any) -> Iterator[Any]:
    """The calls of a functional model in the order in which Keras makes them."""
    by_depth = graph._nodes_by_depth  # private: what Keras's own `Function` runs by
    for depth in sorted(by_depth, reverse=True):
        yield from (node for node in by_depth[depth] if not node.is_input)


def _of_recurrent(layer: Any, read: Axis) -> Axis:
    """The axis of a recurrent layer's outputs."""
    if not layer.return_sequences:
        return None
    backward = getattr(layer, "forward_layer", layer).go_backwards
    known = read is not None and read != UNKNOWN
    return read._replace(backward=not read.backward) if known and backward else read


def _first(node: Any, reads: Sequence[Axis]) -> Axis:
    """The axis of the first tensor that another layer or an operation returns."""
    operation, rank = node.operation, len(node.outputs[0].shape)
    kind = type(operation).__name__
    if not any(reads) or kind in _END:
        return None
    if kind == "Dense":  # of a vector, it puts all of it together
        return reads[0] if rank > _OF_VECTORS else None
    if kind in LOOKUPS and operation.get_config()["output_mode"] in _OF_ALL_WORDS:
        return None
    if kind in _KEEP or (kind == "Conv1D" and _stays_in_place(operation)):
        return reads[0]
    if kind in _MERGE or (kind == "Concatenate" and operation.axis in (-1, rank - 1)):
        return reads[0] if len({*reads}) == 1 else UNKNOWN
    return None if kind == "GetItem" and _takes_one_step(node.arguments.args[1:]) else UNKNOWN


_OF_ALL_WORDS = ("multi_hot", "count", "tf_idf")  # one number a word of the vocabulary
_OF_VECTORS = 2  # axes of a tensor that has one vector a sentence


def _stays_in_place(convolution: Any) -> bool:
    """Whether a Conv1D returns a step for each step that it reads."""
    return convolution.strides == (1,) and convolution.padding in ("same", "causal")


def _takes_one_step(args: Sequence[Any]) -> bool:
    """Whether these are the arguments of `x[:, -1]`, or the like."""
    match args:
        case [(slice(), int(), *_)]:
            return True
    return False
