"""Repeat a cell's step over all timesteps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from components.backend.cells.activations import REPLAYED
from components.backend.cells.cell import Array, Gates, StepInput, bias_rows
from components.backend.cells.dropout import KEPT, Dropout, product
from components.backend.cells.known import CELLS


class Unrolled(NamedTuple):
    """Every step's values, each (B, T, U); cell is None where the cell has none.

    initial holds the states before the first step by Keras's names, each (B, U).
    """

    hidden: Array
    cell: Array | None
    gates: Gates
    initial: dict[str, Array]


def unroll(
    cell: str,
    inputs: Array,
    weights: Mapping[str, Array],
    *,
    activation: str = "tanh",
    recurrent_activation: str = "sigmoid",
    reset_after: bool = True,
    initial: Mapping[str, Array] | None = None,
    mask: Array | None = None,
    dropout: Dropout = KEPT,
) -> Unrolled:
    """Repeat the cell's step over all timesteps.

    Args:
        inputs: what the layer reads at each step, in the order in which it reads, (B, T, F).
        weights: by Keras's names: kernel (F, G*U), recurrent_kernel (U, G*U) and, if there is
            one, bias (G*U,) or, for a GRU with reset_after, (2, G*U); and the cell's own.
        initial: the states to begin with by Keras's names, each (B, U); zeros if None.
        mask: (B, T), in the order of reading; where it is False the states stay as they are.
        dropout: the masks by which inputs and h are dropped.
    """
    record = CELLS[cell]
    kernel, (bias, recurrent_bias) = weights["recurrent_kernel"], bias_rows(weights)
    sigma, act = REPLAYED[recurrent_activation], REPLAYED[activation]
    step_input = StepInput(kernel, recurrent_bias, sigma, reset_after, weights, act, dropout.hidden)
    if initial is None:
        state = record.zeros(len(inputs), len(kernel), inputs.dtype)
    else:
        state = record.state(*(initial[name] for name in record.states))
    first = state

    projected = product(inputs, weights["kernel"], dropout.inputs) + bias  # (B, T, G*U)
    states, gates = [], []
    for t in range(inputs.shape[1]):
        after, opened = record.step(projected[:, t], state, step_input)
        state = after if mask is None else _held(mask[:, t], after, state)
        states.append(state)
        gates.append(opened)

    def through_time(name: str) -> Array:
        return np.stack([getattr(state, name) for state in states], axis=1)

    return Unrolled(
        hidden=through_time("state_h"),
        cell=through_time("state_c") if "state_c" in record.states else None,
        gates={name: np.stack([g[name] for g in gates], axis=1) for name in record.gates},
        initial=first._asdict(),
    )


def _held(counts: Array, after: Any, before: Any) -> Any:
    """The states after a step: of sentences in which the step is masked, those before it.

    Args:
        counts: (B,): False where the step is masked.
    """
    pairs = zip(after, before, strict=True)
    return type(after)(*(np.where(counts[:, np.newaxis], new, old) for new, old in pairs))
