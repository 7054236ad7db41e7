"""A cell with weights of its own: the LSTM with peepholes, Gers and Schmidhuber 2000."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from components.backend.cells import lstm
from components.backend.cells.cell import Array, Cell, GateEnd, Gates, StepInput, Weight
from components.backend.cells.computed import Arguments, Steps
from components.backend.cells.equation import Equation

LOOK = ("input", "forget", "output")
"""The gates that look at c: the first two at the old one, the last at the new one."""


def peephole_step(
    projected: Array, state: lstm.LSTMState, step_input: StepInput
) -> tuple[lstm.LSTMState, Gates]:
    """One step.

    i, f = sigma(x W + h U + b + p * c)
    c' = f * c + i * g
    o = sigma(x W_o + h U_o + b_o + p_o * c')
    h' = o * tanh(c')

    Args:
        projected: x W + b of this step, (B, 4U).
    """
    i, f, g, o = np.split(projected + state.state_h @ step_input.recurrent_kernel, 4, axis=-1)
    pi, pf, po = np.split(step_input.weights["peephole"], 3)
    i, f = step_input.sigma(i + pi * state.state_c), step_input.sigma(f + pf * state.state_c)
    g = step_input.activation(g)
    c = f * state.state_c + i * g
    o = step_input.sigma(o + po * c)
    gates = {"input": i, "forget": f, "candidate": g, "output": o}
    return lstm.LSTMState(o * step_input.activation(c), c), gates


def _added(trace: Steps, weights: Mapping[str, Array]) -> Gates:
    pi, pf, po = np.split(weights["peephole"], 3)
    before = trace.before("state_c")
    return {"input": pi * before, "forget": pf * before, "output": po * trace.cell}


def _equations(layer: Arguments) -> list[Equation]:
    i, f, g, o, c, h = lstm.CELL.equations(layer)
    i, f, o = _looks(i, "input", "c_t-1"), _looks(f, "forget", "c_t-1"), _looks(o, "output", "c_t")
    return [i, f, g, c, o, h]


def _looks(line: Equation, gate: str, c: str) -> Equation:
    """A gate's equation with its share of c."""
    formula = f"{line.formula[:-1]} + p_{line.name} · {c})"
    return line._replace(formula=formula, numbers=f"{line.numbers[:-1]} {{+{gate}.added}})")


def peephole(keras: Any) -> Any:
    """The layer's class."""
    ops = keras.ops

    @keras.saving.register_keras_serializable()
    class PeepholeCell(keras.layers.LSTMCell):
        """One step; its states are h and c."""

        def build(self, shape: Any) -> None:
            super().build(shape)
            self.peephole = self.add_weight((3 * self.units,), "zeros", name="peephole")

        def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
            h, c = states
            z = ops.matmul(inputs, self.kernel) + ops.matmul(h, self.recurrent_kernel)
            if self.use_bias:
                z = z + self.bias
            i, f, g, o = ops.split(z, 4, axis=-1)
            pi, pf, po = ops.split(self.peephole, 3)
            act, sigma = self.activation, self.recurrent_activation
            c = sigma(f + pf * c) * c + sigma(i + pi * c) * act(g)
            h = sigma(o + po * c) * act(c)
            return h, [h, c]

    @keras.saving.register_keras_serializable()
    class Peephole(keras.layers.LSTM):
        """The cell, repeated over the steps."""

        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named | {"use_cudnn": False})
            own = {"recurrent_activation": self.cell.recurrent_activation}
            self.cell = PeepholeCell.from_config(self.cell.get_config() | own)

    return Peephole


CELL = Cell(
    name="Peephole",
    state=lstm.LSTMState,
    gates=lstm.GATES,
    step=peephole_step,
    hidden=lstm.CELL.hidden,
    equations=_equations,
    arguments=lstm.CELL.arguments,
    keep_gate=GateEnd("forget", 1),
    write_gate=GateEnd("input", 1),
    identities=lstm.CELL.identities,
    more=(Weight("peephole", "", LOOK),),
    added=_added,
    layer=peephole,
)
