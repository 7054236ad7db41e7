"""The GRU: Cho et al. 2014, and with reset_after Keras's default."""

from __future__ import annotations

import numpy as np

from components.backend.cells.activations import REPLAYED, Activation, sigmoid
from components.backend.cells.cell import (
    KEEPS_ALL,
    NOT_DROPPED,
    Array,
    Cell,
    GateEnd,
    GateIdentity,
    Gates,
    LastStep,
    PlainState,
    States,
    StepInput,
    Torch,
    bias_rows,
    is_zero,
)
from components.backend.cells.computed import Arguments, Computed
from components.backend.cells.equation import Equation, squeezed


def gru_step(
    projected: Array, state: PlainState, step_input: StepInput
) -> tuple[PlainState, Gates]:
    """One step.

    z, r = sigma of the first two blocks of x W + b + h U + b_r
    g = tanh(x W_g + b_g + r * (h U_g + b_rg))    with reset_after, Keras's default
    g = tanh(x W_g + b_g + (r * h) U_g)           without
    h' = z * h + (1 - z) * g

    In place of tanh stands the layer's activation.

    Args:
        projected: x W + b of this step, (B, 3U).
    """
    h, units = state.state_h, state.state_h.shape[-1]
    xz, xr, xg = np.split(projected, 3, axis=-1)
    gates, candidate = slice(0, 2 * units), slice(2 * units, None)
    bias = step_input.recurrent_bias
    hz, hr = np.split(step_input.recurrent(h, gates) + bias[gates], 2, axis=-1)
    z, r = step_input.sigma(xz + hz), step_input.sigma(xr + hr)
    if step_input.reset_after:
        g = step_input.activation(xg + r * (step_input.recurrent(h, candidate) + bias[candidate]))
    else:
        g = step_input.activation(xg + step_input.recurrent(r * h, candidate))
    return PlainState(z * h + (1 - z) * g), {"update": z, "reset": r, "candidate": g}


def _hidden(last: LastStep) -> Array:
    z = last.gates["update"]
    return z * last.before + (1 - z) * last.gates["candidate"]


def _equations(layer: Arguments) -> list[Equation]:
    b, bias = (" + b_g", " {+candidate.bias}") if layer.use_bias else ("", "")
    inputs, recurrent, act = "{candidate.inputs}", "candidate.recurrent", layer.activation
    if layer.reset_timing == "after":
        b_, own = (" + b'_g", " {+candidate.recurrent_bias}") if layer.use_bias else ("", "")
        formula = f"{act}(x_t W_g{b} + r · (h_t-1 U_g{b_}))"
        numbers = f"{act}({inputs}{bias} + {{reset.value}} · ({{{recurrent}}}{own}))"
    else:
        formula = f"{act}(x_t W_g{b} + (r · h_t-1) U_g)"
        numbers = f"{act}({inputs}{bias} {{+{recurrent}}})"
    old = "{update.value} · {(hidden_before}"
    new = "(1 - {update.value}) · {(candidate.value}"
    return [
        squeezed("update", "z", layer),
        squeezed("reset", "r", layer),
        Equation("g", formula, numbers, "{candidate.value}"),
        Equation("h_t", "z · h_t-1 + (1 - z) · g", f"{old} + {new}", "{hidden}"),
    ]


def _unseeing(run: Computed) -> Array:
    """The candidate with the reset gate at 0: it reads nothing of h."""
    read, _ = _products(run)
    bias = bias_rows(run.weights)[0, -run.settings.units :]
    return _activated(run, read + bias)


def _seeing(run: Computed) -> Array:
    """The candidate with the reset gate at 1: it reads all of h."""
    read, seen = _products(run)
    bias = bias_rows(run.weights)[:, -run.settings.units :].sum(axis=0)
    return _activated(run, read + bias + seen)


def _products(run: Computed) -> tuple[Array, Array]:
    """The candidate's block of x W and of h U."""
    trace, block = run.trace, slice(-run.settings.units, None)
    read, seen = trace.dropout.products(trace.inputs, trace.before("state_h"), run.weights)
    return read[..., block], seen[..., block]


def _activated(run: Computed, total: Array) -> Array:
    return REPLAYED[run.settings.activation](total)


def _torch_step(read: Array, before: Array, states: States, _: Activation) -> States:
    (read_r, read_z, read_n), (r, z, n) = (np.split(each, 3, axis=-1) for each in (read, before))
    z, candidate = sigmoid(read_z + z), np.tanh(read_n + sigmoid(read_r + r) * n)
    return ((1 - z) * candidate + z * states[0],)


CELL = Cell(
    name="GRU",
    state=PlainState,
    gates={"update": "z", "reset": "r", "candidate": "g"},
    step=gru_step,
    hidden=_hidden,
    equations=_equations,
    arguments=frozenset(
        {*NOT_DROPPED, "activation", "recurrent_activation", "bias_initializer", "reset_after"}
    ),
    cudnn={
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "use_bias": True,
        "reset_after": True,
        "recurrent_dropout": 0.0,
    },
    keep_gate=GateEnd("update", 1),
    write_gate=GateEnd("update", 0),
    reset_gate="reset",
    torch=Torch(
        "GRU",
        ("reset", "update", "candidate"),
        {
            "activation": ("tanh",),
            "recurrent_activation": ("sigmoid",),
            "reset_after": (True,),
            **KEEPS_ALL,
        },
        _torch_step,
    ),
    identities=(
        GateIdentity(
            "update_0", {"update": 0}, lambda run: (run.trace.hidden, run.trace.gates["candidate"])
        ),
        GateIdentity("update_1", {"update": 1}, is_zero("hidden")),
        GateIdentity(
            "reset_0", {"reset": 0}, lambda run: (run.trace.gates["candidate"], _unseeing(run))
        ),
        GateIdentity(
            "reset_1", {"reset": 1}, lambda run: (run.trace.gates["candidate"], _seeing(run))
        ),
    ),
)
