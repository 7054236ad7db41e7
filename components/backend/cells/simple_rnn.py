"""Keras's SimpleRNN: Elman 1990. It has no gates."""

from __future__ import annotations

from components.backend.cells.activations import Activation
from components.backend.cells.cell import (
    KEEPS_ALL,
    NOT_DROPPED,
    Array,
    Cell,
    Gates,
    LastStep,
    PlainState,
    States,
    StepInput,
    Torch,
)
from components.backend.cells.computed import Arguments
from components.backend.cells.equation import Equation


def simple_step(
    projected: Array, state: PlainState, step_input: StepInput
) -> tuple[PlainState, Gates]:
    """One step: h' = tanh(x W + b + h U), or another activation in place of tanh.

    Args:
        projected: x W + b of this step, (B, U).
    """
    return PlainState(step_input.activation(projected + step_input.recurrent(state.state_h))), {}


def _hidden(last: LastStep) -> Array:
    return last.activation(last.sums["h"])


def _equations(layer: Arguments) -> list[Equation]:
    b, bias = (" + b", " {+h.bias}") if layer.use_bias else ("", "")
    act = layer.activation
    numbers = f"{act}({{h.inputs}} {{+h.recurrent}}{bias})"
    return [Equation("h_t", f"{act}(x_t W + h_t-1 U{b})", numbers, "{hidden}")]


def _torch_step(read: Array, before: Array, _: States, activation: Activation) -> States:
    return (activation(read + before),)


CELL = Cell(
    name="SimpleRNN",
    state=PlainState,
    gates={},
    step=simple_step,
    hidden=_hidden,
    equations=_equations,
    arguments=frozenset({*NOT_DROPPED, "activation", "bias_initializer"}),
    torch=Torch("RNN", ("h",), {"activation": ("tanh", "relu"), **KEEPS_ALL}, _torch_step),
)
