"""A live Keras model called on an input: the output of every layer, and of each recurrent layer all
that it computed.

Example:
    answer = explain(model, x)
    for layer in answer.layers:
        print(layer.name, layer.kind, layer.input_shapes, layer.output_shapes)
    answer.layer("lstm").trace.gates["forget"]    # (sentence, step, unit)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.backend.explained import traces
from components.backend.explained.calls import Array, Call, UnbuiltError, calls_of
from components.backend.explained.dense import NO_WEIGHTS, activation_of_dense, weights_of_dense
from components.backend.explained.table import weights_of_table
from components.backend.explained.traces import TOLERANCES, CellTrace, RecurrentCall
from components.backend.question.linked import Message, Problem, SettingsError
from components.backend.question.weights import Weights, frozen
from components.backend.running import engine
from components.backend.running.keras_error import in_short
from components.backend.running.replay import (
    TOLERANCE,
    GrownError,
    MismatchError,
    Returned,
    Tensors,
    Trace,
    apart,
    slack,
)


@dataclass(frozen=True, eq=False)
class LayerCall(Tensors):
    """One call of a layer, or of an operation of a functional model, such as `x[:, -1]`."""

    name: str
    kind: str  # its class, such as "LSTM"
    path: tuple[str, ...]
    """The names of the models and layers in the model that it was called by, from the outermost;
    empty if the model itself called it."""
    number: int  # how many calls at the same path, of a layer of the same name, came before
    parameter_count: int  # 0 of an operation
    dtype: str  # the name of its dtype policy; "" of an operation
    inputs: tuple[Array, ...]  # what it read, initial states too; no masks
    returned: tuple[Returned, ...]
    """What Keras returned, in Keras's order; floats in single precision. A traced recurrent layer's
    are named "outputs", "state_h", …, with the axes "sentence", "step", "unit"; others "outputs"
    or, of several, "outputs_0", …, with the axes "sentence", "axis_1", …"""
    cells: tuple[CellTrace, ...] = ()
    """What each cell of a recurrent layer computed: of a Bidirectional, forward and then backward;
    of an RNN of several cells, from the bottom up."""
    untraced: str = ""
    """Why a recurrent layer has no `cells`, or why the layers in a model are not there; "" of other
    layers."""
    difference: float | None = None  # the largest from Keras to the replay; None without `cells`
    tolerance: float = TOLERANCE
    """How large it may be, relative to the larger of 1 and the largest value returned."""
    attention: Array | None = None
    """How much a layer of Keras's own attends to each value: (sentence, query, value), of several
    heads (sentence, head, query, value). The sum over the values is 1, but 0 of a query that a mask
    lets attend to none. None of another layer, and if Keras gives none that belong to what was
    returned, as where dropout drew anew."""
    attention_returned: bool = False
    """Whether the call itself had Keras return it (return_attention_scores). If not, Keras was
    called once more with the same arguments and returned it, with the same outputs for all queries
    that attend to a value."""
    weights: Weights = NO_WEIGHTS
    """Of a Dense, also in a TimeDistributed: its kernel, (unit read, unit), and its bias, float32,
    as it computed with them; of an Embedding its "embeddings", (id, feature). Empty of other
    layers, and of one with too many."""
    activation: str = ""  # of such a Dense, by Keras's name; "" if it is none of Keras's own

    def __repr__(self) -> str:
        read, returned = (
            ", ".join(map(str, shapes)) for shapes in (self.input_shapes, self.output_shapes)
        )
        name = "/".join((*self.path, self.name))
        again = f", call {self.number + 1}" * bool(self.number)
        return f"{name} ({self.kind}{again}): {read} -> {returned}"

    @property
    def input_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of what it read."""
        return tuple(array.shape for array in self.inputs)

    @property
    def output_shapes(self) -> tuple[tuple[int, ...], ...]:
        """The shapes of what it returned."""
        return tuple(tensor.values.shape for tensor in self.returned)

    @property
    def trace(self) -> Trace | None:
        """What the first cell computed; None without `cells`."""
        return self.cells[0].trace if self.cells else None


@dataclass(frozen=True, eq=False)
class Explained(Tensors):
    """A model called on an input. All arrays are read-only."""

    name: str
    kind: str  # its class, such as "Functional"
    parameter_count: int
    returned: tuple[Returned, ...]  # what the model returned
    layers: tuple[LayerCall, ...]
    """Every call of a layer, in the order in which they began: a nested model stands before its own
    layers. A layer that is called twice is there twice; the layers that one of Keras's own is made
    of are not there, nor is an Input."""

    def layer(self, name: str, number: int = 0, path: tuple[str, ...] | None = None) -> LayerCall:
        """The call of the layer of that name.

        Args:
            number: which of its calls, from 0.
            path: the `path` of the call; needed only if calls at several paths fit.

        Raises:
            KeyError: there is none, and it names those that there are; or calls at several paths
                fit, which it names.
        """
        found = [each for each in self.layers if (each.name, each.number) == (name, number)]
        if path is not None:
            found = [each for each in found if each.path == path]
        if len(found) > 1:
            raise KeyError(f"{name!r} needs path=, one of {[each.path for each in found]}")
        if not found:
            wanted = f"{name!r}, number={number}" + (f", path={path}" if path is not None else "")
            there = [(each.name, each.number, each.path) for each in self.layers]
            raise KeyError(f"no layer {wanted}; there are (name, number, path): {there}")
        return found[0]

    def __repr__(self) -> str:
        count = len(self.layers)
        shown = self.layers if count < _MOST_LINES else self.layers[: _MOST_LINES - 2]
        lines = [f"{self.name} ({self.kind}), {self.parameter_count:,} parameters"]
        lines += [f"  {each!r}" for each in shown]
        if len(shown) < count:
            lines.append(f"  … and {count - len(shown)} more, in .layers")
        return "\n".join(lines)


_MOST_LINES = 40  # of what stands for an answer in a notebook


def explain(model: Any, inputs: Any, *, most_weights: int | None = None) -> Explained:
    """Call a live Keras model once, at inference, and say what every layer in it returned; replay
    each LSTM, GRU and SimpleRNN, also in a Bidirectional or as the cells of an RNN, with the mask
    and the initial states that it was called with, and check the replay against Keras.

    It is called eagerly, as `model(inputs, training=False)`, and is the same afterwards, also the
    states of its stateful layers. It computes as its dtype policy says; arrays are float32.

    Args:
        model: a built keras.Model of any kind, or a layer.
        inputs: what it takes when it is called: an array, or arrays in a list or by their names.
        most_weights: of a Dense with more weights, `LayerCall.weights` is empty; None for no limit.

    Raises:
        SettingsError: it is no Keras model, or has a layer without weights yet.
        EngineError: Keras raised, such as for inputs of a wrong shape, or has another backend than
            TensorFlow.
        MismatchError: a replay and Keras disagree. If rounding may be why, as the layer computes in
            half precision, returns numbers that are not finite, or has states grown too far for
            single precision, the layer has no trace instead, and `untraced` says so.
    """
    return _explained(model, inputs, most_weights)[0]


def explain_calls(
    model: Any, inputs: Any, calls: int, *, most_weights: int | None = None
) -> tuple[Explained, ...]:
    """The same of several calls on the same inputs, one after another: the stateful layers begin
    the first call from zeros, whatever states they keep, and go on in those that follow. The model
    is the same afterwards.

    Args:
        calls: how many, from 1; the others as `explain` takes them.

    Raises:
        SettingsError, EngineError, MismatchError: as `explain` does.
    """
    return _explained(model, inputs, most_weights, calls, from_zeros=True)


def _explained(
    model: Any, inputs: Any, most_weights: int | None, times: int = 1, *, from_zeros: bool = False
) -> tuple[Explained, ...]:
    with _naming_the_layer(), engine.use_keras_as_set() as (keras, tensorflow):
        if not isinstance(model, keras.Layer):
            raise _refused(Message("kind", {"kind": type(model).__name__}))
        try:
            several = calls_of(keras, tensorflow, model, inputs, times, from_zeros=from_zeros)
        except UnbuiltError:
            raise _refused(Message("no_weights")) from None
        operations = {id(call.operation): call.operation for calls in several for call in calls}
        facts = {key: _facts(keras, each, most_weights) for key, each in operations.items()}
        recurrents = [[_recurrent(keras, call) for call in calls] for calls in several]
    return tuple(
        _answer(list(_rows(*each, facts))) for each in zip(several, recurrents, strict=True)
    )


@contextmanager
def _naming_the_layer() -> Generator[None]:
    """What Keras raised, in one line that names the layer."""
    try:
        yield
    except engine.EngineError as error:
        notes = getattr(error.__cause__, "__notes__", ())
        raise type(error)(": ".join((*notes[:1], in_short(str(error))))) from error.__cause__


def _answer(rows: Sequence[LayerCall]) -> Explained:
    """One call of a model, from its own row and those of its layers."""
    whole = rows[0]
    layers = rows[1:] or rows  # a layer alone is its own only one
    return Explained(whole.name, whole.kind, whole.parameter_count, whole.returned, tuple(layers))


def _refused(got: Message) -> SettingsError:
    return SettingsError(Problem("model", got, Message("built_model")))


def _recurrent(keras: Any, call: Call) -> RecurrentCall | str | None:
    """What is needed to replay a recurrent layer; or why it cannot be, in words; None of any other
    layer."""
    if isinstance(call.operation, keras.layers.TimeDistributed):
        inner = call.operation.layer
        if isinstance(inner, keras.Model | keras.layers.RNN | keras.layers.Bidirectional):
            return str(Message("untraced_inside", {"name": inner.name}))
    try:
        return traces.recurrent_call(keras, call)
    except SettingsError as error:
        return _why(error)


def _facts(keras: Any, operation: Any, most_weights: int | None) -> dict[str, Any]:
    """What is said of a layer, whatever it was called with."""
    policy = getattr(operation, "dtype_policy", None)
    return {
        "name": operation.name,
        "kind": type(operation).__name__,
        "parameter_count": operation.count_params() if policy and operation.built else 0,
        "dtype": policy.name if policy else "",
        "tolerance": TOLERANCES.get(getattr(operation, "compute_dtype", ""), TOLERANCE),
        "weights": weights_of_dense(keras, operation, most_weights)
        or weights_of_table(keras, operation),
        "activation": activation_of_dense(keras, operation),
    }


def _rows(
    calls: Sequence[Call],
    recurrents: Sequence[RecurrentCall | str | None],
    facts: Mapping[int, dict[str, Any]],
) -> Iterator[LayerCall]:
    before = Counter[tuple[tuple[str, ...], str]]()
    for call, recurrent in zip(calls, recurrents, strict=True):
        number = before[call.path, call.operation.name]
        before[call.path, call.operation.name] += 1
        said = facts[id(call.operation)]
        found = said | _attention(call, said["tolerance"]) | _fields(call, recurrent)
        inputs = tuple(map(frozen, call.inputs))
        yield LayerCall(**found, path=call.path[1:], number=number, inputs=inputs)


def _attention(call: Call, tolerance: float) -> dict[str, Any]:
    """The fields of a `LayerCall` on how much an attention layer attends to each value."""
    if not call.attends:
        return {}
    outputs, scores = call.scored or call.returned
    if call.scored and not _same(outputs, call.returned[0], scores, tolerance):
        return {}
    return {"attention": frozen(scores), "attention_returned": not call.scored}


def _same(outputs: Array, returned: Array, scores: Array, tolerance: float) -> bool:
    """Whether an attention layer put out the same again for all queries that attend to a value. Of
    the others MultiHeadAttention takes the values' mean, unless it returns its scores."""
    sums = scores.sum(axis=-1)  # (sentence, query) or (sentence, head, query)
    attending = (sums.max(axis=1) if sums.ndim > 2 else sums) > 0
    again, before = outputs[attending], returned[attending]
    return not attending.any() or apart(again, before) <= slack(before, tolerance)


def _fields(call: Call, recurrent: RecurrentCall | str | None) -> dict[str, Any]:
    """A layer's other fields of a `LayerCall`."""
    if isinstance(recurrent, RecurrentCall):
        return _replayed(call, recurrent)
    return {"returned": _returned(call), "untraced": recurrent or ""}


def _why(error: SettingsError) -> str:
    """Why a recurrent layer is not replayed."""
    (problem,) = error.problems
    if problem.allowed.name == "keras_layers":
        return str(Message("untraced", {"got": problem.got}))
    return str(problem)  # of an activation


def _replayed(call: Call, recurrent: RecurrentCall) -> dict[str, Any]:
    """The same of a recurrent layer that can be replayed."""
    cells = traces.traced(recurrent)
    returned = traces.returned_of(call, cells, recurrent)
    fields = {"returned": returned, "tolerance": recurrent.tolerance}
    try:
        return fields | {"cells": cells, "difference": traces.compared(recurrent, cells, returned)}
    except GrownError as error:
        return fields | {"untraced": str(error)}
    except MismatchError as error:
        if not all(np.isfinite(tensor.values).all() for tensor in returned):
            return fields | {"untraced": str(Message("not_finite"))}
        if recurrent.tolerance > TOLERANCE:
            return fields | {"untraced": str(error)}
        raise MismatchError(f"{call.operation.name}: {error}") from None


def _returned(call: Call) -> tuple[Returned, ...]:
    """What another layer returned."""
    several = len(call.returned) > 1
    return tuple(
        Returned(f"outputs_{place}" if several else "outputs", _axes(values), frozen(values))
        for place, values in enumerate(call.returned)
    )


def _axes(values: np.ndarray) -> tuple[str, ...]:
    return ("sentence", *(f"axis_{axis}" for axis in range(1, values.ndim)))[: values.ndim]
