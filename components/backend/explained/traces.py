"""What a recurrent layer of a live model computed in one call: every cell replayed in NumPy, and
compared with what Keras returned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from components.backend.cells import CELLS
from components.backend.explained.calls import Array, Call
from components.backend.explained.own_layer import (
    AnyLayer,
    cells_of,
    described,
    refused,
    weights_of,
)
from components.backend.question.linked import Message
from components.backend.question.weights import Origin, Sized, Weights, frozen
from components.backend.running.keras_layers import numbered_steps
from components.backend.running.model import DIRECTIONS, MergeMode
from components.backend.running.model_run import merged, outputs_of
from components.backend.running.replay import (
    TOLERANCE,
    MismatchError,
    Returned,
    Trace,
    difference,
    refuse_grown,
    replay,
)

TOLERANCES: Mapping[str, float] = {"float16": 2**-8, "bfloat16": 2**-5}
"""How far the replay, in single precision, may be from Keras where Keras computes in half
precision: four times the distance of 1 to the next number. Elsewhere it is `replay.TOLERANCE`."""


@dataclass(frozen=True, eq=False)
class CellTrace(Sized):
    """One cell of a recurrent layer: what it is, and what it computed at every step."""

    name: str
    """Empty for a layer with one cell; "forward" and "backward" of a Bidirectional; "0", "1", … of
    an RNN of several cells; "forward_0", … of both."""
    layer: AnyLayer  # go_backwards: whether the layer reads its last step first
    weights: Weights  # by Keras's names; rounded as Keras does where it computes in half precision
    trace: Trace  # in the order in which the layer read; float32


class Direction(NamedTuple):
    """A plain recurrent layer in a call, which is one of two in a Bidirectional."""

    name: str  # "", "forward" or "backward"
    cells: tuple[tuple[AnyLayer, Weights], ...]  # from the bottom up
    initial: list[Array]  # the states of all cells, in Keras's order; empty for zeros
    zeros: bool  # zero_output_for_mask
    unrolled: bool


class RecurrentCall(NamedTuple):
    """A call of a recurrent layer: all that its replay needs."""

    directions: tuple[Direction, ...]
    inputs: Array  # (sentence, step, feature)
    mask: Array | None  # (sentence, step)
    merge_mode: MergeMode
    tolerance: float  # as `replay.difference` takes it


def recurrent_call(keras: Any, call: Call) -> RecurrentCall | None:
    """A call of a recurrent layer; None if the layer is none.

    Raises:
        SettingsError: it is one that cannot be replayed.
    """
    layer = call.operation
    if type(layer) is keras.layers.Bidirectional:
        layers, merge_mode = (layer.forward_layer, layer.backward_layer), layer.merge_mode
    elif isinstance(layer, keras.layers.RNN | keras.layers.Bidirectional):
        layers, merge_mode = (layer,), None
    elif isinstance(inner := getattr(layer, "layer", None), keras.layers.RNN):
        values = {"kind": type(inner).__name__, "wrapper": type(layer).__name__}
        raise refused(layer, Message("wrapped", values))
    else:
        return None
    # This refuses a class of somebody's own, whose arguments may have other names than Keras's.
    cells = [_cells_of(keras, each) for each in layers]
    sequences, mask = call.given["sequences"][0], call.given.get("mask", [None])[0]
    states = call.given.get("initial_state", call.states)
    names = DIRECTIONS if len(layers) == 2 else ("",)
    shares = np.array_split(np.arange(len(states)), len(layers))
    directions = tuple(
        Direction(name, own, [states[i] for i in share], each.zero_output_for_mask, each.unroll)
        for name, own, share, each in zip(names, cells, shares, layers, strict=True)
    )
    if mask is not None:
        mask = mask.reshape(sequences.shape[:2]).astype(bool)
    dtypes = [each.compute_dtype for one in layers for each in (layer, one, one.cell)]
    tolerance = max(TOLERANCES.get(dtype, TOLERANCE) for dtype in dtypes)
    return RecurrentCall(directions, sequences, mask, merge_mode, tolerance)


def _cells_of(keras: Any, layer: Any) -> tuple[tuple[AnyLayer, Weights], ...]:
    return tuple(
        (
            AnyLayer(**described(keras, layer, cell)),
            Weights(Origin("given"), weights_of(keras, cell, cell.compute_dtype)),
        )
        for cell in cells_of(keras, layer)
    )


def traced(recurrent: RecurrentCall, *, exact: bool = False) -> tuple[CellTrace, ...]:
    """All cells of a call, replayed.

    Args:
        exact: in double precision.
    """
    return tuple(
        trace
        for direction in recurrent.directions
        for trace in _cells(direction, recurrent, exact=exact)
    )


def _cells(direction: Direction, recurrent: RecurrentCall, *, exact: bool) -> list[CellTrace]:
    """The cells of one direction: each reads h of the one below."""
    tokens = numbered_steps(*recurrent.inputs.shape[:2])
    read, mask = recurrent.inputs, recurrent.mask
    found: list[CellTrace] = []
    states = iter(direction.initial)
    for number, (layer, weights) in enumerate(direction.cells):
        initial = dict(zip(CELLS[layer.cell].states, states, strict=False)) or None
        trace = replay(
            layer.model_copy(update={"go_backwards": layer.go_backwards and not number}),
            tokens,
            read,
            weights.exact if exact else weights,
            initial=initial,
            mask=mask,
        )
        several = [str(number)] if len(direction.cells) > 1 else []
        name = "_".join([*filter(None, [direction.name]), *several])
        found.append(CellTrace(name, layer, weights, trace))
        tokens, read, mask = trace.tokens, trace.hidden, trace.mask
    return found


def returned_of(
    call: Call, traces: Sequence[CellTrace], recurrent: RecurrentCall
) -> tuple[Returned, ...]:
    """What a recurrent layer returned, by name: "outputs", or with merge_mode None
    "forward_outputs" and "backward_outputs"; then each cell's states, as "state_h" or "forward_h".
    """
    layer = traces[0].layer
    split = len(recurrent.directions) > 1 and recurrent.merge_mode is None
    outputs = [f"{name}_outputs" for name in DIRECTIONS] if split else ["outputs"]
    states = [_state_name(each, name) for each in traces for name in each.trace.states]
    axes = ("sentence", "step", "unit") if layer.return_sequences else ("sentence", "unit")
    named = [(name, axes) for name in outputs]
    named += [(name, ("sentence", "unit")) for name in states if layer.return_state]
    pairs = zip(named, call.returned, strict=True)
    return tuple(Returned(*each, frozen(values)) for each, values in pairs)


def _state_name(cell: CellTrace, state: str) -> str:
    return state.replace("state", cell.name) if cell.name else state


def compared(
    recurrent: RecurrentCall, traces: Sequence[CellTrace], returned: Sequence[Returned]
) -> float:
    """The largest difference between what Keras returned and the replay.

    Raises:
        GrownError: rounding alone sets them apart, as states have grown too far.
        MismatchError: they are further apart than the tolerance.
    """
    pairs = zip(returned, _twins(recurrent, traces), strict=True)
    try:
        return difference(pairs, recurrent.tolerance)
    except MismatchError:
        for one, other in zip(traces, traced(recurrent, exact=True), strict=True):
            refuse_grown(one.trace, other.trace)
        raise


def _twins(recurrent: RecurrentCall, traces: Sequence[CellTrace]) -> tuple[Array, ...]:
    """What Keras should have returned, from the replay."""
    ends = accumulate(len(direction.cells) for direction in recurrent.directions)
    tops = [traces[end - 1] for end in ends]
    outputs = [_outputs(*each) for each in zip(recurrent.directions, tops, strict=True)]
    if len(outputs) == 2:
        outputs = merged(recurrent.merge_mode, *outputs)
    if not traces[0].layer.return_state:
        return tuple(outputs)
    return (*outputs, *(s[:, -1] for each in traces for s in each.trace.states.values()))


def _outputs(direction: Direction, top: CellTrace) -> Array:
    """A direction's outputs; those of a backward layer in the order of the sentence."""
    trace, layer = top.trace, top.layer
    outputs = outputs_of(trace, zeros=direction.zeros)
    if not layer.return_sequences:
        return outputs[:, -1]
    if direction.unrolled and direction.zeros and layer.go_backwards and trace.mask is not None:
        # Keras does not reverse the mask here, and so sets other steps to 0.
        held = outputs_of(trace, zeros=False)
        outputs = held * trace.mask[:, ::-1, np.newaxis]
    return outputs[:, ::-1] if direction.name == "backward" else outputs
