"""A cell: one record, with a pure step in it.

    step(projected, state, step_input) -> (state, gates)

Shapes: B sentences, T steps, U units, G blocks a cell (4 for LSTM, 3 for GRU, 1 for SimpleRNN).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from components.backend.cells.activations import Activation
from components.backend.cells.computed import Arguments, Computed, Steps
from components.backend.cells.dropout import product
from components.backend.cells.equation import Equation

Array = np.ndarray
Gates = Mapping[str, Array]
States = tuple[Array, ...]
"""(h,), or (h, c) of an LSTM, without Keras's names."""

NOT_DROPPED = {"dropout": 0.0, "recurrent_dropout": 0.0}
"""The arguments with which Keras's layers drop inputs and h in training, at 0: nothing is
dropped."""

KEEPS_ALL = {name: (rate,) for name, rate in NOT_DROPPED.items()}
"""For `Torch.needs`: a module of PyTorch drops nothing inside a layer."""


def bias_rows(weights: Mapping[str, Array]) -> Array:
    """The bias of x W and the bias of h U as two rows, (2, G*U); zeros where the layer has none."""
    bias = weights.get("bias", np.zeros_like(weights["recurrent_kernel"][0]))
    return bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])


class StepInput(NamedTuple):
    """All that a step uses beside x W + b and the state: the same at every step."""

    recurrent_kernel: Array  # (U, G*U)
    recurrent_bias: Array  # (G*U,): what is added to h U; only a GRU with reset_after has it
    sigma: Activation  # of the gates
    reset_after: bool  # whether a GRU applies its reset gate after the product h U
    weights: Mapping[str, Array] = {}  # all of the layer's, by Keras's names
    activation: Activation = np.tanh  # the layer's own
    dropped: Array | None = None  # the masks of h, as `product` takes them

    def recurrent(self, h: Array, columns: slice = slice(None)) -> Array:
        """The product h U, (B, G*U), or only these columns of it."""
        if self.dropped is None:
            return h @ self.recurrent_kernel[:, columns]
        return product(h, self.recurrent_kernel, self.dropped)[:, columns]


class PlainState(NamedTuple):
    """h alone, (B, U), by Keras's name: what GRU and SimpleRNN carry."""

    state_h: Array


class LastStep(NamedTuple):
    """The last step of all sentences, each array (B, U)."""

    gates: Gates  # by name
    before: Array  # h before the step
    cell: Array | Any  # c after the step; None if the cell has none
    sums: Gates  # the argument of each gate's activation; a cell of one block has only "h"
    activation: Activation  # the layer's own


class GateEnd(NamedTuple):
    """A gate, and the end, 0 or 1, at which it keeps all, or writes all: an LSTM's forget gate
    keeps all at 1, a GRU's update gate writes all at 0."""

    gate: str
    at: Literal[0, 1]

    def share(self, gates: Gates) -> Array:
        """How much is kept, or written, from 0 to 1, in the shape of the gate's values."""
        return gates[self.gate] if self.at else 1 - gates[self.gate]


class GateIdentity(NamedTuple):
    """An equation that holds while gates are held at an end and the states begin with 0.

    An example: with an LSTM's input gate held at 0, c is 0 at every step. Cells for which the same
    equation holds have the same object.
    """

    name: str  # of its fact, in the texts under edit_facts; no other identity has it
    ends: Mapping[str, int]  # by gate: the end, 0 or 1, at which it is held
    sides: Callable[[Computed], tuple[Array, Array]]  # the equation's two sides, each (B, T, U)


def is_zero(name: str) -> Callable[[Computed], tuple[Array, Array]]:
    """The sides of h = 0 or of c = 0, by the trace's name for the state: "hidden" or "cell"."""

    def sides(run: Computed) -> tuple[Array, Array]:
        values = getattr(run.trace, name)
        return values, np.zeros_like(values)

    return sides


class Weight(NamedTuple):
    """One of a layer's weights: a matrix with blocks of U columns side by side, one for each
    gate."""

    name: str
    rows: str  # a row for each "feature", each "unit", each "part" of two; "" for a single row
    blocks: tuple[str, ...]  # the name of each block's gate


class Torch(NamedTuple):
    """The module of PyTorch that computes the same as Keras's layer, such as torch.nn.LSTM.

    Source: the documentation of torch.nn.LSTM, torch.nn.GRU and torch.nn.RNN.
    """

    module: str  # its name in torch.nn
    blocks: tuple[str, ...]  # the gates whose blocks of rows stand in its weights, in its order
    needs: Mapping[str, tuple[Any, ...]]  # by argument of Keras's layer: the values it can follow

    step: Callable[[Array, Array, States, Activation], States]
    """One step. Takes W_ih x + b_ih and W_hh h + b_hh, each (B, G*U), in PyTorch's order of gates;
    the states before, each (B, U); and the layer's own activation. Returns the states after."""


@dataclass(frozen=True)
class Cell:
    """A recurrent cell: all that differs from cell to cell. Its sentences are in texts/, by the
    names of the cell and of its gates."""

    name: str
    """Keras's name for the layer, such as "GRU"."""

    state: type[Any]
    """A NamedTuple of the states, by Keras's names: state_h, or state_h and state_c."""

    gates: Mapping[str, str]
    """By block of the kernel, in Keras's order: the gate's name, and its letter in the equations.
    Empty for a cell of one block, which is h itself. "candidate" stands here too, though it is not
    a gate. A name means the same, and has the same letter, in all cells."""

    step: Callable[[Array, Any, StepInput], tuple[Any, Gates]]
    """One step. Takes x W + b, (B, G*U), the state before and a `StepInput`; returns the state
    after and the gates, each (B, U)."""

    hidden: Callable[[LastStep], Array]
    """h (B, U), by the cell's last equation."""

    equations: Callable[[Arguments], list[Equation]]
    """The equations of a step as the page writes them, in the order of computation."""

    arguments: frozenset[str] = frozenset()
    """The keyword arguments of Keras's layer that the cell takes, beside those that every one does:
    use_bias, go_backwards, kernel_initializer and recurrent_initializer."""

    keep_gate: GateEnd | None = None
    """The gate that keeps the old state, such as the forget gate; None where no gate does."""

    write_gate: GateEnd | None = None
    """The gate that writes the candidate into the state; None where no gate does."""

    reset_gate: str = ""
    """The gate that multiplies h for the candidate: before the product with the recurrent kernel
    or, with reset_after, after it. "" where no gate does."""

    identities: tuple[GateIdentity, ...] = ()
    """Equations that hold while *Edit weights* holds gates. Those of several gates come first:
    where one of them holds, those of the same single gates are not said as well."""

    more: tuple[Weight, ...] = ()
    """Weights beside kernel, recurrent_kernel and bias. In Keras's order they come before those."""

    added: Callable[[Steps, Mapping[str, Array]], Gates] | None = None
    """Takes all steps and the layer's weights; returns by gate what is added to x W + b + h U, each
    (B, T, U), such as a peephole's share of c. None where nothing is."""

    cudnn: Mapping[str, Any] | None = None
    """By argument: the value with which Keras can run the layer with cuDNN on a GPU. None if Keras
    never does."""

    torch: Torch | Any = None
    """The module of PyTorch that computes the same; None if there is none. A cell that has one has
    no weights beside kernel, recurrent_kernel and bias."""

    layer: Callable[[Any], Any] | None = None
    """For a layer that Keras does not have: takes the module keras and returns the layer's class,
    which takes the arguments that `keras_layers.recurrent` passes. Scripts contain this function's
    source, so it uses nothing of this project, and of all imports `Any` alone."""

    @property
    def states(self) -> tuple[str, ...]:
        """The states carried from step to step, by Keras's names, in Keras's order."""
        return self.state._fields

    @property
    def letters(self) -> str:
        """The letters of the states in the equations: "h", or "hc"."""
        return "".join(name.removeprefix("state_") for name in self.states)

    @property
    def block_names(self) -> tuple[str, ...]:
        """The name of each block of a kernel: its gate's; "h" for a cell of one block."""
        return tuple(self.gates) or ("h",)

    def zeros(self, sentences: int, units: int, dtype: Any) -> Any:
        """The state that Keras begins with."""
        return self.state(*(np.zeros((sentences, units), dtype) for _ in self.states))

    def weights(self, layer: Arguments) -> tuple[Weight, ...]:
        """The weights of such a layer, in Keras's order."""
        bias = Weight("bias", "part" if layer.reset_timing == "after" else "", self.block_names)
        return (
            Weight("kernel", "feature", self.block_names),
            Weight("recurrent_kernel", "unit", self.block_names),
            *([bias] if layer.use_bias else []),
            *self.more,
        )
