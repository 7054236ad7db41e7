"""The textbook equations: one pure step a cell, and the unroll that repeats it.

    step(projected, state, weights, sigma) -> (state, gates)

Shapes: B sentences, T steps, U units, G blocks a cell (4 for LSTM, 3 for GRU, 1 for SimpleRNN).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from components.backend.layout import GATES

Array = np.ndarray
Activation = Callable[[Array], Array]


def sigmoid(x: Array) -> Array:
    """1 / (1 + e^-x), to full relative precision also where it is next to 0."""
    return 1 / (1 + np.exp(-np.clip(x, -87, 87)))  # e^87 is about the most that float32 holds


def hard_sigmoid(x: Array) -> Array:
    """Keras 3's piecewise linear sigmoid: exactly 0 below -3, exactly 1 above 3."""
    return np.clip(x / 6 + 0.5, 0, 1)


def hard_sigmoid_keras2(x: Array) -> Array:
    """Keras 2's piecewise linear sigmoid: exactly 0 below -2.5, exactly 1 above 2.5."""
    return np.clip(0.2 * x + 0.5, 0, 1)


RECURRENT_ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": sigmoid,
    "hard_sigmoid": hard_sigmoid,
    "hard_sigmoid_keras2": hard_sigmoid_keras2,
}


class CellWeights(NamedTuple):
    """What a step multiplies with: the recurrent kernel (U, G*U) and its own bias (G*U,)."""

    recurrent_kernel: Array
    recurrent_bias: Array


class LSTMState(NamedTuple):
    """h and c, each (B, U)."""

    hidden: Array
    cell: Array


class PlainState(NamedTuple):
    """h alone, (B, U): what GRU and SimpleRNN carry."""

    hidden: Array


def lstm_step(
    projected: Array, state: LSTMState, weights: CellWeights, sigma: Activation
) -> tuple[LSTMState, dict[str, Array]]:
    """One step of an LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000).

    z = x W + h U + b, in the blocks i, f, g, o, the order of Keras's kernel
    c' = f * c + i * g
    h' = o * tanh(c')

    Args:
        projected: x W + b of this step, (B, 4U).
    """
    i, f, g, o = np.split(projected + state.hidden @ weights.recurrent_kernel, 4, axis=-1)
    i, f, g, o = sigma(i), sigma(f), np.tanh(g), sigma(o)
    c = f * state.cell + i * g
    return LSTMState(o * np.tanh(c), c), {"input": i, "forget": f, "candidate": g, "output": o}


def gru_step(
    projected: Array, state: PlainState, weights: CellWeights, sigma: Activation
) -> tuple[PlainState, dict[str, Array]]:
    """One step of a GRU with the reset gate after the product (Keras's reset_after=True).

    z, r = sigma of the first two blocks of x W + b + h U + b_r
    g = tanh(x W_g + b_g + r * (h U_g + b_rg))
    h' = z * h + (1 - z) * g

    Args:
        projected: x W + b of this step, (B, 3U).
    """
    xz, xr, xg = np.split(projected, 3, axis=-1)
    recurrent = state.hidden @ weights.recurrent_kernel + weights.recurrent_bias
    hz, hr, hg = np.split(recurrent, 3, axis=-1)
    z, r = sigma(xz + hz), sigma(xr + hr)
    return _blend(state, z, r, np.tanh(xg + r * hg))


def gru_step_reset_before(
    projected: Array, state: PlainState, weights: CellWeights, sigma: Activation
) -> tuple[PlainState, dict[str, Array]]:
    """One step of a GRU as Cho et al. (2014) wrote it: the reset gate before the product.

    g = tanh(x W_g + b_g + (r * h) U_g), all else as in :func:`gru_step`
    """
    xz, xr, xg = np.split(projected, 3, axis=-1)
    uz, ur, ug = np.split(weights.recurrent_kernel, 3, axis=-1)
    z, r = sigma(xz + state.hidden @ uz), sigma(xr + state.hidden @ ur)
    return _blend(state, z, r, np.tanh(xg + (r * state.hidden) @ ug))


def _blend(state: PlainState, z: Array, r: Array, g: Array) -> tuple[PlainState, dict[str, Array]]:
    h = z * state.hidden + (1 - z) * g
    return PlainState(h), {"update": z, "reset": r, "candidate": g}


def simple_step(
    projected: Array, state: PlainState, weights: CellWeights, sigma: Activation
) -> tuple[PlainState, dict[str, Array]]:
    """One step of Keras's SimpleRNN (Elman 1990): h' = tanh(x W + b + h U). It has no gates."""
    return PlainState(np.tanh(projected + state.hidden @ weights.recurrent_kernel)), {}


def step_function(cell: str, reset_after: bool) -> Callable:
    """The step of the cell of that name."""
    if cell == "GRU" and not reset_after:
        return gru_step_reset_before
    return {"LSTM": lstm_step, "GRU": gru_step, "SimpleRNN": simple_step}[cell]


class Unrolled(NamedTuple):
    """Every step's values, each (B, T, U); cell is None where the cell has none."""

    hidden: Array
    cell: Array | None
    gates: dict[str, Array]


def unroll(
    cell: str,
    inputs: Array,
    weights: Mapping[str, Array],
    *,
    recurrent_activation: str = "sigmoid",
    reset_after: bool = True,
) -> Unrolled:
    """Repeat the cell's step over all timesteps, from a state of zeros.

    Args:
        inputs: what the layer reads at each step, in the order in which it reads, (B, T, F).
        weights: by Keras's names: kernel (F, G*U), recurrent_kernel (U, G*U) and, if there is
            one, bias (G*U,) or, for a GRU with reset_after, (2, G*U).
    """
    recurrent_kernel = weights["recurrent_kernel"]
    units, columns = recurrent_kernel.shape
    bias = np.zeros((2, columns), inputs.dtype)
    if "bias" in weights:
        given = np.atleast_2d(weights["bias"])
        bias[: len(given)] = given
    step = step_function(cell, reset_after)
    sigma = RECURRENT_ACTIVATIONS[recurrent_activation]
    own = CellWeights(recurrent_kernel, bias[1])
    zeros = np.zeros((len(inputs), units), inputs.dtype)
    state = LSTMState(zeros, zeros) if cell == "LSTM" else PlainState(zeros)

    projected = inputs @ weights["kernel"] + bias[0]  # (B, T, G*U)
    states, gates = [], []
    for t in range(inputs.shape[1]):
        state, opened = step(projected[:, t], state, own, sigma)
        states.append(state)
        gates.append(opened)

    return Unrolled(
        hidden=np.stack([s.hidden for s in states], axis=1),
        cell=np.stack([s.cell for s in states], axis=1) if cell == "LSTM" else None,
        gates={name: np.stack([g[name] for g in gates], axis=1) for name in GATES[cell]},
    )
