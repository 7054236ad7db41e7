"""The cells: one record each, one pure step each, and the unroll that repeats it.

    step(projected, state, core) -> (state, gates)

Shapes: B sentences, T steps, U units, G blocks a cell (4 for LSTM, 3 for GRU, 1 for SimpleRNN).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

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


class Core(NamedTuple):
    """What a step works with: the recurrent kernel (U, G*U), its own bias (G*U,), the activation
    of its gates, and where a GRU applies its reset gate."""

    recurrent_kernel: Array
    recurrent_bias: Array
    sigma: Activation
    reset_after: bool


class LSTMState(NamedTuple):
    """h and c, each (B, U), by Keras's names."""

    state_h: Array
    state_c: Array


class PlainState(NamedTuple):
    """h alone, (B, U): what GRU and SimpleRNN carry."""

    state_h: Array


Gates = dict[str, Array]


def lstm_step(projected: Array, state: LSTMState, core: Core) -> tuple[LSTMState, Gates]:
    """One step of an LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000).

    z = x W + h U + b, in the blocks i, f, g, o, the order of Keras's kernel
    c' = f * c + i * g
    h' = o * tanh(c')

    Args:
        projected: x W + b of this step, (B, 4U).
    """
    i, f, g, o = np.split(projected + state.state_h @ core.recurrent_kernel, 4, axis=-1)
    i, f, g, o = core.sigma(i), core.sigma(f), np.tanh(g), core.sigma(o)
    c = f * state.state_c + i * g
    return LSTMState(o * np.tanh(c), c), {"input": i, "forget": f, "candidate": g, "output": o}


def gru_step(projected: Array, state: PlainState, core: Core) -> tuple[PlainState, Gates]:
    """One step of a GRU (Cho et al. 2014).

    z, r = sigma of the first two blocks of x W + b + h U + b_r
    g = tanh(x W_g + b_g + r * (h U_g + b_rg))    with reset_after, Keras's default
    g = tanh(x W_g + b_g + (r * h) U_g)           without
    h' = z * h + (1 - z) * g

    Args:
        projected: x W + b of this step, (B, 3U).
    """
    h, units = state.state_h, state.state_h.shape[-1]
    xz, xr, xg = np.split(projected, 3, axis=-1)
    gates, candidate = slice(0, 2 * units), slice(2 * units, None)
    kernel, bias = core.recurrent_kernel, core.recurrent_bias
    hz, hr = np.split(h @ kernel[:, gates] + bias[gates], 2, axis=-1)
    z, r = core.sigma(xz + hz), core.sigma(xr + hr)
    if core.reset_after:
        g = np.tanh(xg + r * (h @ kernel[:, candidate] + bias[candidate]))
    else:
        g = np.tanh(xg + (r * h) @ kernel[:, candidate])
    return PlainState(z * h + (1 - z) * g), {"update": z, "reset": r, "candidate": g}


def simple_step(projected: Array, state: PlainState, core: Core) -> tuple[PlainState, Gates]:
    """One step of Keras's SimpleRNN (Elman 1990): h' = tanh(x W + b + h U). It has no gates."""
    return PlainState(np.tanh(projected + state.state_h @ core.recurrent_kernel)), {}


@dataclass(frozen=True)
class Cell:
    """A recurrent cell: what it carries, what it computes on the way, and how it takes a step.

    gates maps the name of each block of the kernel, in Keras's order, to the letter that stands
    for it in the equations; it is empty for a cell of one block, which is h itself. arguments are
    those keyword arguments of Keras's layer that not every cell takes. keeps is the gate that says
    how much of the state before is kept, if any does.
    """

    name: str
    state: type[Any]
    gates: Mapping[str, str]
    step: Callable[[Array, Any, Core], tuple[Any, Gates]]
    arguments: frozenset[str] = frozenset()
    keeps: str | None = None

    @property
    def states(self) -> tuple[str, ...]:
        """The states carried from step to step, by Keras's names, in Keras's order."""
        return self.state._fields

    @property
    def letters(self) -> str:
        """The states in the equations' names: "h", or "hc"."""
        return "".join(name.removeprefix("state_") for name in self.states)

    @property
    def blocks(self) -> int:
        """How many blocks of `units` columns stand side by side in a kernel."""
        return max(1, len(self.gates))


CELLS: Mapping[str, Cell] = {
    cell.name: cell
    for cell in (
        Cell(
            "LSTM",
            LSTMState,
            {"input": "i", "forget": "f", "candidate": "g", "output": "o"},
            lstm_step,
            frozenset({"recurrent_activation", "unit_forget_bias"}),
            "forget",
        ),
        Cell(
            "GRU",
            PlainState,
            {"update": "z", "reset": "r", "candidate": "g"},
            gru_step,
            frozenset({"recurrent_activation", "reset_after"}),
            "update",
        ),
        Cell("SimpleRNN", PlainState, {}, simple_step),
    )
}


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
    recurrent_activation: str = "sigmoid",
    reset_after: bool = True,
    initial: Mapping[str, Array] | None = None,
    mask: Array | None = None,
) -> Unrolled:
    """Repeat the cell's step over all timesteps.

    Args:
        inputs: what the layer reads at each step, in the order in which it reads, (B, T, F).
        weights: by Keras's names: kernel (F, G*U), recurrent_kernel (U, G*U) and, if there is
            one, bias (G*U,) or, for a GRU with reset_after, (2, G*U).
        initial: the states to begin with by Keras's names, each (B, U); zeros if None.
        mask: (B, T), in the order of reading; where it is False the states stay as they are.
    """
    record = CELLS[cell]
    recurrent_kernel = weights["recurrent_kernel"]
    units, columns = recurrent_kernel.shape
    bias = np.zeros((2, columns), inputs.dtype)
    if "bias" in weights:
        given = np.atleast_2d(weights["bias"])
        bias[: len(given)] = given
    sigma = RECURRENT_ACTIVATIONS[recurrent_activation]
    core = Core(recurrent_kernel, bias[1], sigma, reset_after)
    zeros = np.zeros((len(inputs), units), inputs.dtype)
    state = first = record.state(*(zeros if initial is None else initial[s] for s in record.states))

    projected = inputs @ weights["kernel"] + bias[0]  # (B, T, G*U)
    states, gates = [], []
    for t in range(inputs.shape[1]):
        after, opened = record.step(projected[:, t], state, core)
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
    """The states after a step in the sentences in which it counts, and before it in the others."""
    pairs = zip(after, before, strict=True)
    return type(after)(*(np.where(counts[:, np.newaxis], new, old) for new, old in pairs))
