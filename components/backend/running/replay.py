"""Replays in NumPy, from a layer's own weights, what it computed, and checks that against Keras."""

from __future__ import annotations

import copyreg
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np

from components.backend.cells import KEPT, Dropout, unroll
from components.backend.cells.unroll import Unrolled
from components.backend.question.settings import Layer
from components.backend.question.weights import Sized, Weights, frozen, symbols_of
from components.texts import text

TOLERANCE = 1e-5
"""How far the replay may be from Keras, relative to the larger of 1 and the largest value."""


ROUNDED = TOLERANCE / 10
"""How far rounding alone may set a replay apart from one in double precision, relative as TOLERANCE
is. Where states grow without end it is further, for the replay as for Keras."""


class GrownError(RuntimeError):
    """The states have grown so far that single precision overflows, or rounds them too coarsely."""


class MismatchError(RuntimeError):
    """The replayed steps and what Keras returned are further apart than the tolerance."""


@dataclass(frozen=True, eq=False)
class Returned(Sized):
    """One tensor as Keras returned it, untouched."""

    name: str
    axes: tuple[str, ...]  # what each axis of values counts: "sentence", "step", "unit"
    values: np.ndarray


class _Returning(Protocol):
    @property
    def returned(self) -> tuple[Returned, ...]: ...


class Tensors(Sized):
    """Base of the answers that hold the tensors that Keras returned."""

    def tensor(self: _Returning, name: str) -> np.ndarray | Any:  # as typeshed has re.Match.group
        """The returned tensor of that name; None if it was not returned."""
        return next((t.values for t in self.returned if t.name == name), None)


def read_only(arrays: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
    """A read-only mapping with these arrays, read-only too."""
    return MappingProxyType({name: frozen(array) for name, array in arrays.items()})


copyreg.pickle(MappingProxyType, lambda mapping: (read_only, (dict(mapping),)))


@dataclass(frozen=True, eq=False)
class Trace(Sized):
    """All that the layer computed, step by step, in the order in which it read its input."""

    tokens: np.ndarray
    """(sentence, step): the ids or, where numbers are read, `keras_layers.named_steps`."""

    inputs: np.ndarray  # (sentence, step, feature): after the Embedding, if there is one
    hidden: np.ndarray  # (sentence, step, unit)
    cell: np.ndarray | None  # (sentence, step, unit); only an LSTM has it
    gates: Mapping[str, np.ndarray]  # each (sentence, step, unit)
    initial: Mapping[str, np.ndarray]  # "state_h", of an LSTM "state_c" too, each (sentence, unit)
    task: str = ""  # the name of the task that the ids belong to, if any
    dropout: Dropout = KEPT  # the masks of this call
    mask: np.ndarray | None = None  # (sentence, step): False where it skipped a step

    @property
    def counts(self) -> np.ndarray:
        """True at the steps that were not masked, (sentence, step)."""
        return np.ones(self.tokens.shape, bool) if self.mask is None else self.mask

    @property
    def last_counted(self) -> np.ndarray:
        """The last unmasked step (from 0) of each sentence, (sentence,); the very last step if all
        are masked."""
        return self.counts.shape[1] - 1 - self.counts[:, ::-1].argmax(axis=1)

    @property
    def symbols(self) -> tuple[str, ...]:
        """The name of each id, if ids have names."""
        return symbols_of(self.task)

    @property
    def read(self) -> np.ndarray:
        """(sentence, step): the names of the ids, if the task gives them names; else `tokens`."""
        return np.array(self.symbols)[self.tokens] if self.symbols else self.tokens

    @property
    def states(self) -> dict[str, np.ndarray]:
        """Each state that the cell carries, after every step, by Keras's names."""
        found = {"state_h": self.hidden, "state_c": self.cell}
        return {name: steps for name, steps in found.items() if steps is not None}

    def before(self, state: str) -> np.ndarray:
        """A state before every step, (sentence, step, unit)."""
        first, steps = self.initial[state][:, np.newaxis], self.states[state]
        return np.concatenate([first, steps[:, :-1]], axis=1)


def replay(
    layer: Layer,
    tokens: np.ndarray,
    inputs: np.ndarray,
    weights: Mapping[str, np.ndarray],
    *,
    initial: Mapping[str, np.ndarray] | None = None,
    mask: np.ndarray | None = None,
    dropout: Dropout = KEPT,
) -> Trace:
    """All that a layer computes, by the textbook equations.

    Args:
        tokens: (sentence, step): for `Trace.tokens`.
        inputs: (sentence, step, feature): the layer's input, in the order of the sentence.
        weights: the layer's own, by Keras's names.
        initial: the initial states, each (sentence, unit); zeros if None.
        mask: (sentence, step), in the order of the sentence; False at masked steps.
        dropout: the masks by which Keras dropped inputs and h.
    """
    if layer.go_backwards:
        tokens, inputs = tokens[:, ::-1], inputs[:, ::-1]
        mask = None if mask is None else mask[:, ::-1]
    with np.errstate(over="ignore", invalid="ignore"):  # states that are not finite are refused
        steps = steps_of(layer, inputs, weights, initial=initial, mask=mask, dropout=dropout)
    return Trace(
        tokens=frozen(tokens),
        inputs=frozen(inputs),
        hidden=frozen(steps.hidden),
        cell=None if steps.cell is None else frozen(steps.cell),
        gates=read_only(steps.gates),
        initial=read_only(steps.initial),
        task=weights.task if isinstance(weights, Weights) else "",
        dropout=dropout,
        mask=None if mask is None else frozen(mask),
    )


def steps_of(
    layer: Layer, inputs: np.ndarray, weights: Mapping[str, np.ndarray], **more: Any
) -> Unrolled:
    """The steps of a layer on these inputs, (sentence, step, feature) in the order of reading.

    Args:
        more: further arguments of `unroll`, beside those that the layer's arguments give.
    """
    return unroll(
        layer.cell,
        inputs,
        weights,
        activation=layer.activation,
        recurrent_activation=layer.recurrent_activation,
        reset_after=layer.reset_after,
        **more,
    )


def difference(
    pairs: Iterable[tuple[Returned, np.ndarray]], tolerance: float | None = None
) -> float:
    """The largest difference between a returned value and the same value of the replay.

    Args:
        tolerance: as `slack` takes it.

    Raises:
        MismatchError: a pair differs in its shape, or by more than the tolerance.
    """
    worst = 0.0
    for tensor, expected in pairs:
        if tensor.values.shape != expected.shape:
            said = {"name": tensor.name, "got": tensor.values.shape, "expected": expected.shape}
            raise MismatchError(text("problems.mismatch_shape", **said))
        found, allowed = apart(tensor.values, expected), slack(tensor.values, tolerance)
        if not found <= allowed < np.inf:  # written so that a NaN fails too
            said = {"name": tensor.name, "difference": found, "allowed": allowed}
            raise MismatchError(text("problems.mismatch", **said))
        worst = max(worst, found)
    return worst


def apart(one: np.ndarray, other: np.ndarray | float) -> float:
    """The largest difference; NaN if some values are not finite."""
    with np.errstate(invalid="ignore"):
        return float(np.abs(one - other).max())


def slack(values: np.ndarray, tolerance: float | None = None) -> float:
    """How far other values may be from these and still count as the same: the tolerance (TOLERANCE
    if None) times the largest of these values, or times 1 if that is larger."""
    tolerance = TOLERANCE if tolerance is None else tolerance
    return tolerance * max(1.0, float(np.abs(values).max()))


def refuse_grown(trace: Trace, exact: Trace) -> None:
    """Raise if it is rounding that sets a replay and Keras apart.

    Args:
        trace: the replay, which differs from Keras.
        exact: the replay in double precision.

    Raises:
        GrownError: at some step rounding alone has changed a state, or left it infinite.
    """
    for name, steps in trace.states.items():
        for step in range(steps.shape[1]):
            values, expected = steps[:, step], exact.states[name][:, step]
            size = float(np.abs(expected).max())
            if size < np.inf and not apart(values, expected) <= slack(expected, ROUNDED):
                said = {"name": name.removeprefix("state_"), "step": step + 1, "size": size}
                if size > (most := float(np.finfo("float32").max)):
                    raise GrownError(text("problems.overflow", **said, most=most))
                raise GrownError(text("problems.grown", **said))
