"""What a cell is: one record, and the pure step in it.

    step(projected, state, core) -> (state, gates)

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

NOT_DROPPED = {"dropout": 0.0, "recurrent_dropout": 0.0}
"""The arguments by which Keras's own layers drop inputs and h in training, if they drop nothing."""

KEEPS_ALL = {name: (rate,) for name, rate in NOT_DROPPED.items()}
"""The values that a layer of PyTorch can follow: it drops nothing inside itself."""


def bias_rows(weights: Mapping[str, Array]) -> Array:
    """(2, G*U): what is added to x W, and to h U; zeros where the layer has none."""
    bias = weights.get("bias", np.zeros_like(weights["recurrent_kernel"][0]))
    return bias if bias.ndim == 2 else np.stack([bias, np.zeros_like(bias)])


class StepInput(NamedTuple):
    """What a step works with: the recurrent kernel (U, G*U), its own bias (G*U,), the activation
    of its gates, where a GRU applies its reset gate, all weights by Keras's names, the layer's own
    activation, and the masks of h, as `product` takes them."""

    recurrent_kernel: Array
    recurrent_bias: Array
    sigma: Activation
    reset_after: bool
    weights: Mapping[str, Array] = {}
    activation: Activation = np.tanh
    dropped: Array | None = None

    def recurrent(self, h: Array, columns: slice = slice(None)) -> Array:
        """h U, (B, G*U), or those columns of it."""
        if self.dropped is None:
            return h @ self.recurrent_kernel[:, columns]
        return product(h, self.recurrent_kernel, self.dropped)[:, columns]


class PlainState(NamedTuple):
    """h alone, (B, U), by Keras's name: what GRU and SimpleRNN carry."""

    state_h: Array


class LastStep(NamedTuple):
    """The last step of all sentences, each array (B, U).

    gates: by name. before: h before the step. cell: c after it, if there is one. sums: what the
    activation of each gate is given; of a cell of one block, that block's, by the name "h".
    activation: the layer's own.
    """

    gates: Gates
    before: Array
    cell: Array | None
    sums: Gates
    activation: Activation


class GateEnd(NamedTuple):
    """A gate, and the end, 0 or 1, at which it does all of something: keeps all, writes all."""

    gate: str
    at: Literal[0, 1]

    def share(self, gates: Gates) -> Array:
        """How much of it is done, from 0 to 1, in the gate's shape."""
        return gates[self.gate] if self.at else 1 - gates[self.gate]


class GateIdentity(NamedTuple):
    """What the equations become while gates are held at an end, as the states begin with 0.

    name: the fact's in the texts, under edit_facts. ends: by gate. sides: the two sides of an
    equation that then holds, each (B, T, U).
    """

    name: str
    ends: Mapping[str, int]
    sides: Callable[[Computed], tuple[Array, Array]]


def is_zero(name: str) -> Callable[[Computed], tuple[Array, Array]]:
    """The sides that say that "hidden" or "cell", as the trace calls h and c, is 0."""

    def sides(run: Computed) -> tuple[Array, Array]:
        values = getattr(run.trace, name)
        return values, np.zeros_like(values)

    return sides


class Weight(NamedTuple):
    """One of a layer's weights: a matrix with a block of U columns for each of these names, side by
    side. rows: what a row is of: "feature", "unit", "part" (of two), or "" for a single row."""

    name: str
    rows: str
    blocks: tuple[str, ...]


class Torch(NamedTuple):
    """The module of PyTorch that computes what Keras's layer does, such as torch.nn.LSTM.

    module: its name in torch.nn. blocks: the names of the blocks of rows of its weights, in its
    order. needs: for arguments of Keras's layer the values that it can follow.
    """

    module: str
    blocks: tuple[str, ...]
    needs: Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class Cell:
    """A recurrent cell: all that differs from cell to cell. Its sentences are in texts/, by the
    names of the cell and of its gates."""

    name: str
    """As Keras calls its layer."""

    state: type[Any]
    """What it carries, a NamedTuple by Keras's names: state_h, or state_h and state_c."""

    gates: Mapping[str, str]
    """The name of each block of the kernel, in Keras's order, and the letter that stands for it in
    the equations; empty for a cell of one block, which is h itself. A "candidate" is no gate. A
    name means the same, and has the same letter, in all cells that have it."""

    step: Callable[[Array, Any, StepInput], tuple[Any, Gates]]
    """One step: x W + b (B, G*U), the state and the core to the state after and the gates."""

    hidden: Callable[[LastStep], Array]
    """h (B, U), by the cell's last equation."""

    equations: Callable[[Arguments], list[Equation]]
    """A step as the page writes it, in the order in which it is computed."""

    arguments: frozenset[str] = frozenset()
    """The keyword arguments of Keras's layer that the cell takes, beside those that every one does:
    use_bias, go_backwards, kernel_initializer and recurrent_initializer."""

    keep_gate: GateEnd | None = None
    """The gate that says how much of the state before is kept, if any does."""

    write_gate: GateEnd | None = None
    """The gate that says how much of the candidate is written, if any does."""

    reset_gate: str = ""
    """The gate that h is multiplied by on its way into the candidate, if any is: before its product
    with the recurrent kernel, or after it where the layer has reset_after on."""

    identities: tuple[GateIdentity, ...] = ()
    """What can be said of gates that Edit holds: of several gates before single ones."""

    more: tuple[Weight, ...] = ()
    """Weights beside kernel, recurrent_kernel and bias, which Keras has before them."""

    added: Callable[[Steps, Mapping[str, Array]], Gates] | None = None
    """Given all steps and the layer's weights, what is added to the sums of gates beside
    x W + b + h U, each (B, T, U): such as a peephole's share of c."""

    cudnn: Mapping[str, Any] | None = None
    """What the arguments have to be for Keras to run the layer with cuDNN on a GPU, as far as they
    are settings; None if Keras never does."""

    torch: Torch | None = None
    """The module of PyTorch that computes the same, if there is one. Such a cell has no weights
    beside kernel, recurrent_kernel and bias."""

    layer: Callable[[Any], Any] | None = None
    """Given Keras, makes the class of a layer that Keras itself does not have; its source stands in
    scripts, so it uses nothing else. The class takes what `keras_layers.recurrent` gives it."""

    @property
    def states(self) -> tuple[str, ...]:
        """The states carried from step to step, by Keras's names, in Keras's order."""
        return self.state._fields

    @property
    def letters(self) -> str:
        """The states in the equations' names: "h", or "hc"."""
        return "".join(name.removeprefix("state_") for name in self.states)

    @property
    def block_names(self) -> tuple[str, ...]:
        """What each block of a kernel computes; without gates that is h itself."""
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
