"""A cell that the house does not have: the minimal gated unit, Zhou et al. 2016."""

from __future__ import annotations

from typing import Any

import numpy as np

from components.backend.cells.cell import (
    Array,
    Cell,
    GateEnd,
    GateIdentity,
    Gates,
    LastStep,
    PlainState,
    StepInput,
    is_zero,
)
from components.backend.cells.computed import Arguments
from components.backend.cells.equation import Equation, squeezed


def mgu_step(
    projected: Array, state: PlainState, step_input: StepInput
) -> tuple[PlainState, Gates]:
    """One step.

    f = sigma(x W_f + b_f + h U_f)
    g = tanh(x W_g + b_g + (f * h) U_g)
    h' = (1 - f) * h + f * g

    Args:
        projected: x W + b of this step, (B, 2U).
    """
    h = state.state_h
    xf, xg = np.split(projected, 2, axis=-1)
    gate_kernel, candidate_kernel = np.split(step_input.recurrent_kernel, 2, axis=-1)
    f = step_input.sigma(xf + h @ gate_kernel)
    g = np.tanh(xg + (f * h) @ candidate_kernel)
    return PlainState((1 - f) * h + f * g), {"mix": f, "candidate": g}


def _hidden(last: LastStep) -> Array:
    f = last.gates["mix"]
    return (1 - f) * last.before + f * last.gates["candidate"]


def _equations(layer: Arguments) -> list[Equation]:
    b, bias = (" + b_g", " {+candidate.bias}") if layer.use_bias else ("", "")
    candidate = f"tanh({{candidate.inputs}}{bias} {{+candidate.recurrent}})"
    old = "(1 - {mix.value}) · {(hidden_before}"
    new = "{mix.value} · {(candidate.value}"
    return [
        squeezed("mix", "f", layer),
        Equation("g", f"tanh(x_t W_g{b} + (f · h_t-1) U_g)", candidate, "{candidate.value}"),
        Equation("h_t", "(1 - f) · h_t-1 + f · g", f"{old} + {new}", "{hidden}"),
    ]


def minimal_gated(keras: Any) -> Any:
    """The layer's class."""

    @keras.saving.register_keras_serializable()
    class MGUCell(keras.layers.Layer):
        """One step; its state is h."""

        own = ("recurrent_activation", "use_bias", "kernel_initializer", "recurrent_initializer")

        def __init__(
            self,
            units: int,
            recurrent_activation: Any = "sigmoid",
            use_bias: bool = True,
            kernel_initializer: Any = "glorot_uniform",
            recurrent_initializer: Any = "orthogonal",
            **more: Any,
        ) -> None:
            super().__init__(**more)
            self.units = self.state_size = self.output_size = units
            self.recurrent_activation = keras.activations.get(recurrent_activation)
            self.use_bias = use_bias
            self.kernel_initializer = keras.initializers.get(kernel_initializer)
            self.recurrent_initializer = keras.initializers.get(recurrent_initializer)

        def build(self, shape: Any) -> None:
            columns = 2 * self.units
            self.kernel = self.add_weight(
                (shape[-1], columns), self.kernel_initializer, name="kernel"
            )
            self.recurrent_kernel = self.add_weight(
                (self.units, columns), self.recurrent_initializer, name="recurrent_kernel"
            )
            if self.use_bias:
                self.bias = self.add_weight((columns,), "zeros", name="bias")

        def call(self, inputs: Any, states: Any, training: bool = False) -> Any:
            (h,) = states
            x = keras.ops.matmul(inputs, self.kernel)
            if self.use_bias:
                x = x + self.bias
            xf, xg = keras.ops.split(x, 2, axis=-1)
            uf, ug = keras.ops.split(self.recurrent_kernel, 2, axis=-1)
            f = self.recurrent_activation(xf + keras.ops.matmul(h, uf))
            g = keras.ops.tanh(xg + keras.ops.matmul(f * h, ug))
            h = (1 - f) * h + f * g
            return h, [h]

        def own_config(self) -> dict[str, Any]:
            return {
                "units": self.units,
                "recurrent_activation": keras.activations.serialize(self.recurrent_activation),
                "use_bias": self.use_bias,
                "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
                "recurrent_initializer": keras.initializers.serialize(self.recurrent_initializer),
            }

        def get_config(self) -> dict[str, Any]:
            return super().get_config() | self.own_config()

    @keras.saving.register_keras_serializable()
    class MGU(keras.layers.RNN):
        """The cell, repeated over the steps."""

        def __init__(self, units: int, **named: Any) -> None:
            own = {name: named.pop(name) for name in MGUCell.own if name in named}
            super().__init__(MGUCell(units, **own), **named)

        def get_config(self) -> dict[str, Any]:
            config = super().get_config()
            del config["cell"]
            return config | self.cell.own_config()

        @classmethod
        def from_config(cls, config: dict[str, Any]) -> Any:
            return cls(**config)

    return MGU


CELL = Cell(
    name="MGU",
    state=PlainState,
    gates={"mix": "f", "candidate": "g"},
    step=mgu_step,
    hidden=_hidden,
    equations=_equations,
    arguments=frozenset({"recurrent_activation"}),
    keep_gate=GateEnd("mix", 0),
    write_gate=GateEnd("mix", 1),
    reset_gate="mix",
    identities=(
        GateIdentity("mix_0", {"mix": 0}, is_zero("hidden")),
        GateIdentity(
            "mix_1", {"mix": 1}, lambda run: (run.trace.hidden, run.trace.gates["candidate"])
        ),
    ),
    layer=minimal_gated,
)
