"""The LSTM: Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000."""

from __future__ import annotations

from typing import NamedTuple

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
    States,
    StepInput,
    Torch,
    is_zero,
)
from components.backend.cells.computed import Arguments, Computed, Steps
from components.backend.cells.equation import Equation, squeezed

GATES = {"input": "i", "forget": "f", "candidate": "g", "output": "o"}


class LSTMState(NamedTuple):
    """h and c, each (B, U), by Keras's names."""

    state_h: Array
    state_c: Array


def lstm_step(projected: Array, state: LSTMState, step_input: StepInput) -> tuple[LSTMState, Gates]:
    """One step.

    z = x W + h U + b, in the blocks i, f, g, o, the order of Keras's kernel
    c' = f * c + i * g
    h' = o * tanh(c')

    The candidate g is a tanh as well; in place of both stands the layer's activation.

    Args:
        projected: x W + b of this step, (B, 4U).
    """
    i, f, g, o = np.split(projected + step_input.recurrent(state.state_h), 4, axis=-1)
    i, f, g, o = (
        step_input.sigma(i),
        step_input.sigma(f),
        step_input.activation(g),
        step_input.sigma(o),
    )
    c = f * state.state_c + i * g
    gates = {"input": i, "forget": f, "candidate": g, "output": o}
    return LSTMState(o * step_input.activation(c), c), gates


def _hidden(last: LastStep) -> Array:
    return last.gates["output"] * last.activation(last.cell)


def _equations(layer: Arguments) -> list[Equation]:
    kept = "{forget.value} · {(cell_before}"
    new, act = "{input.value} · {(candidate.value}", layer.activation
    return [
        *(squeezed(name, letter, layer) for name, letter in GATES.items()),
        Equation("c_t", "f · c_t-1 + i · g", f"{kept} + {new}", "{cell}"),
        Equation("h_t", f"o · {act}(c_t)", f"{{output.value}} · {act}({{cell}})", "{hidden}"),
    ]


def _all_out(run: Computed) -> tuple[Array, Array]:
    """The two sides of h = activation(c), which holds where the output gate is 1."""
    return run.trace.hidden, REPLAYED[run.settings.activation](run.trace.cell)


def _kept(trace: Steps) -> Array:
    """f * c of the step before: the part of c that the forget gate keeps."""
    return trace.gates["forget"] * trace.before("state_c")


def _written(trace: Steps) -> Array:
    """i * g: the part of c that the input gate lets in."""
    return trace.gates["input"] * trace.gates["candidate"]


def _torch_step(read: Array, before: Array, states: States, _: Activation) -> States:
    i, f, g, o = np.split(read + before, 4, axis=-1)
    c = sigmoid(f) * states[1] + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


CELL = Cell(
    name="LSTM",
    state=LSTMState,
    gates=GATES,
    step=lstm_step,
    hidden=_hidden,
    equations=_equations,
    arguments=frozenset(
        {*NOT_DROPPED, "activation", "recurrent_activation", "bias_initializer", "unit_forget_bias"}
    ),
    cudnn={
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "use_bias": True,
        "recurrent_dropout": 0.0,
    },
    keep_gate=GateEnd("forget", 1),
    write_gate=GateEnd("input", 1),
    torch=Torch(
        "LSTM",
        tuple(GATES),
        {"activation": ("tanh",), "recurrent_activation": ("sigmoid",), **KEEPS_ALL},
        _torch_step,
    ),
    identities=(
        GateIdentity("frozen_c", {"forget": 1, "input": 0}, is_zero("cell")),
        GateIdentity("input_0", {"input": 0}, is_zero("cell")),
        GateIdentity(
            "input_1",
            {"input": 1},
            lambda run: (run.trace.cell, _kept(run.trace) + run.trace.gates["candidate"]),
        ),
        GateIdentity("forget_0", {"forget": 0}, lambda run: (run.trace.cell, _written(run.trace))),
        GateIdentity(
            "forget_1",
            {"forget": 1},
            lambda run: (run.trace.cell, run.trace.before("state_c") + _written(run.trace)),
        ),
        GateIdentity("output_0", {"output": 0}, is_zero("hidden")),
        GateIdentity("output_1", {"output": 1}, _all_out),
    ),
)
