"""Mistakes in moving weights between Keras and PyTorch that raise no error: how far each of them
moves what the layer returns.

    slip.made(ported)    the same module after the mistake: all shapes fit, and the numbers do not
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from components.backend.cells import CELLS
from components.backend.question.linked import listed
from components.backend.question.settings import Settings
from components.backend.running.answers import cached_calls
from components.backend.running.facts import Fact
from components.backend.running.replay import apart
from components.backend.running.results import Run
from components.backend.torch_forward import forward
from components.backend.torch_weights import (
    BIASES,
    MATRICES,
    TABLE,
    biases_in_keras,
    reordered,
    torch_of,
)

Array = np.ndarray

MOST_STEPS = 10
"""Only the first steps are computed: 100 steps of 512 units take seconds on a busy server."""


@dataclass(frozen=True, eq=False)
class Ported:
    """A layer as a module of PyTorch, and what the module reads. Its states begin with 0."""

    settings: Settings  # of the layer in Keras
    weights: Mapping[str, Array]  # by PyTorch's names, without the Embedding's table
    inputs: Array  # (sentence, step, feature), in the order in which the module reads the steps
    batch_first: bool = True

    @classmethod
    def of(cls, run: Run) -> Ported:
        """A run's layer, moved as it has to be, and the first MOST_STEPS steps that it read."""
        weights = torch_of(run.weights, run.settings.but(go_backwards=False))
        own = {name: array for name, array in weights.items() if name != TABLE}
        return cls(run.settings, own, run.trace.inputs[:, :MOST_STEPS])

    @property
    def matrices(self) -> dict[str, Array]:
        """The weights that are multiplied: those that are transposed between the libraries."""
        return {name: self.weights[name] for name in MATRICES}

    @property
    def square(self) -> dict[str, Array]:
        """The matrices of as many rows as columns, and of more than one."""
        shapes = {name: own.shape for name, own in self.matrices.items()}
        return {n: self.weights[n] for n, (rows, columns) in shapes.items() if rows == columns > 1}

    def having(self, weights: Mapping[str, Array]) -> Ported:
        """The same module with these weights in place of its own."""
        return replace(self, weights={**self.weights, **weights})

    def outputs(self) -> Array:
        """What corresponds to the Keras layer's outputs: h of all steps, or of the last one."""
        inputs = self.inputs if self.batch_first else self.inputs.swapaxes(0, 1)
        h, *_ = forward(self.weights, self.settings, inputs)
        h = h if self.batch_first else h.swapaxes(0, 1)
        return h if self.settings.return_sequences else h[:, -1]


class Slip(NamedTuple):
    """A mistake in moving a layer that raises no error."""

    name: str  # of its texts, under torch_slips
    applies: Callable[[Ported], bool]  # whether it can be made with this layer
    made: Callable[[Ported], Ported]  # takes the module as it has to be


@cached_calls(64, key=weakref.ref)
def facts(run: Run) -> tuple[Fact, ...]:
    """For each slip that can be made with a run's layer: how far it moves the outputs, if the layer
    reads no more than the first MOST_STEPS steps.

    Args:
        run: of a layer that lacks nothing in PyTorch.
    """
    ported, record = Ported.of(run), CELLS[run.settings.cell]
    said = {
        # The column of Keras's matrices that is the first row of PyTorch's.
        "column": record.block_names.index(record.torch.blocks[0]) * run.settings.units,
        "square": listed(f"`{name}`" for name in ported.square),
    }
    with np.errstate(over="ignore", invalid="ignore"):  # without a tanh, h may grow without end
        right = ported.outputs()
        return tuple(
            Fact(slip.name, None, said | {"difference": apart(slip.made(ported).outputs(), right)})
            for slip in SLIPS
            if slip.applies(ported)
        )


def _reshapable(ported: Ported) -> bool:
    """Whether a matrix is neither square nor a single row or column, which reshape transposes."""
    names = ported.matrices.keys() - ported.square.keys()
    return any(min(ported.weights[name].shape) > 1 for name in names)


def _reshaped(ported: Ported) -> Ported:
    return ported.having({n: own.T.reshape(own.shape) for n, own in ported.matrices.items()})


def _untransposed(ported: Ported) -> Ported:
    return ported.having({name: own.T for name, own in ported.square.items()})


def _has_other_order(ported: Ported) -> bool:
    record = CELLS[ported.settings.cell]
    return record.block_names != record.torch.blocks


def _unordered(ported: Ported) -> Ported:
    record = CELLS[ported.settings.cell]
    orders = record.torch.blocks, record.block_names
    return ported.having({n: reordered(own.T, *orders).T for n, own in ported.weights.items()})


def _has_biases(count: int) -> Callable[[Ported], bool]:
    """Whether Keras's layer has so many of PyTorch's two biases."""
    return lambda ported: biases_in_keras(ported.settings) == count


def _biases(
    changed: Callable[[Array, Array, Array], Sequence[Array]],
) -> Callable[[Ported], Ported]:
    """The mistake that gives the module other biases.

    Args:
        changed: takes bias_ih_l0, bias_hh_l0, and a pair as PyTorch draws it for a new module;
            returns the two biases after the mistake.
    """

    def made(ported: Ported) -> Ported:
        rows, units = ported.weights[MATRICES[1]].shape
        drawn = np.random.default_rng(0).uniform(-1, 1, (2, rows)) / np.sqrt(units)
        ih, hh = (ported.weights.get(name, np.zeros(rows)) for name in BIASES)
        wrong = np.asarray(changed(ih, hh, drawn), np.float32)
        return ported.having(dict(zip(BIASES, wrong, strict=True)))

    return made


SLIPS = (
    Slip("reshaped", _reshapable, _reshaped),
    Slip("untransposed", lambda ported: bool(ported.square), _untransposed),
    Slip("unordered", _has_other_order, _unordered),
    Slip("second_left", _has_biases(1), _biases(lambda ih, hh, drawn: (ih, drawn[1]))),
    # To Keras, from a module whose bias_hh_l0 is as drawn, so that its bias_ih_l0 is the rest.
    Slip("first_alone", _has_biases(1), _biases(lambda ih, hh, drawn: (ih - drawn[1], hh))),
    Slip("twice", _has_biases(1), _biases(lambda ih, hh, drawn: (ih, ih))),
    Slip("swapped", _has_biases(2), _biases(lambda ih, hh, drawn: (hh, ih))),
    Slip("added", _has_biases(2), _biases(lambda ih, hh, drawn: (ih + hh, 0 * hh))),
    Slip("both_left", _has_biases(0), _biases(lambda ih, hh, drawn: tuple(drawn))),
    Slip(
        "forwards",
        lambda ported: ported.settings.go_backwards,
        lambda ported: replace(ported, inputs=ported.inputs[:, ::-1]),
    ),
    Slip("steps_first", lambda ported: True, lambda ported: replace(ported, batch_first=False)),
)
