"""Settings in, a Run out: what Keras returned, what was computed on the way, and the check."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from cachetools import LRUCache

from components.backend import engine
from components.backend.cells import unroll
from components.backend.layout import returned_layout
from components.backend.settings import Settings
from components.backend.weights import Origin, Weights, frozen, given_states, given_weights
from components.texts import text

TOLERANCE = 1e-5
"""How far the replay may be from Keras, relative to the larger of 1 and the largest value."""

_CACHE_BYTES, _CACHE_RUNS = 32 * 2**20, 256
_GUESS_BYTES = 4 * 2**20


class MismatchError(RuntimeError):
    """The replayed steps and what Keras returned are further apart than the tolerance."""


@dataclass(frozen=True, eq=False)
class Returned:
    """One tensor that Keras handed back, untouched.

    axes says what each axis of values counts: "sentence", "step", "unit".
    """

    name: str
    axes: tuple[str, ...]
    values: np.ndarray


@dataclass(frozen=True, eq=False)
class Trace:
    """All that the layer computed, step by step, in the order in which it read its input.

    tokens (sentence, step); inputs (sentence, step, feature): what the layer got, after the
    Embedding if there is one; hidden, cell and every gate (sentence, step, unit). cell is None
    but for LSTM. initial: the states before the first step, "state_h" and for LSTM "state_c",
    each (sentence, unit).
    """

    tokens: np.ndarray
    inputs: np.ndarray
    hidden: np.ndarray
    cell: np.ndarray | None
    gates: Mapping[str, np.ndarray]
    initial: Mapping[str, np.ndarray]

    @property
    def states(self) -> dict[str, np.ndarray]:
        """Each state that the cell carries, after every step, by Keras's names."""
        found = {"state_h": self.hidden, "state_c": self.cell}
        return {name: steps for name, steps in found.items() if steps is not None}


@dataclass(frozen=True, eq=False)
class Run:
    """One model, built and run: all that a chart or a page needs. Its arrays are read-only."""

    settings: Settings
    returned: tuple[Returned, ...]
    trace: Trace
    weights: Weights
    parameter_count: int
    replay_difference: float

    def tensor(self, name: str) -> np.ndarray | None:
        """The returned tensor of that name, None where it was not returned."""
        return next((t.values for t in self.returned if t.name == name), None)

    @property
    def last_output(self) -> np.ndarray:
        """The outputs of the last step, (sentence, unit), as Keras handed them back."""
        outputs = self.tensor("outputs")
        return outputs[:, -1] if self.settings.return_sequences else outputs

    @property
    def seeded(self) -> bool:
        """Whether the weights were drawn from the seed."""
        return self.weights.origin.kind == "seed"


def run(
    settings: Settings,
    weights: Mapping[str, Any] | None = None,
    *,
    initial: Mapping[str, Any] | None = None,
) -> Run:
    """Build the Keras model, run it, replay it, and check the one against the other.

    The same settings give the same numbers always; a repeated one comes out of a cache.

    Args:
        settings: what to build and what to feed it.
        weights: by Keras's names ("embeddings", "kernel", "recurrent_kernel", "bias"), all
            that the settings call for, in Keras's shapes; seeded ones where None.
        initial: the states to begin with, "state_h" and for an LSTM "state_c", each
            (sentence, unit); zeros where None.

    Raises:
        SettingsError: weights or states are missing, unknown, of a wrong shape, or not finite.
        EngineError: Keras failed to import or raised.
        MismatchError: the replay and Keras disagree.
    """
    global _asking, _last_answer
    given = None if weights is None else given_weights(weights, settings)
    states = None if initial is None else given_states(initial, settings)
    with _cache_lock:
        _asking += 1
    try:
        return _find(settings, given, states, _cache)
    finally:
        with _cache_lock:
            _asking -= 1
            _last_answer = time.monotonic()


def quiet_for() -> float:
    """Seconds since somebody got a run; 0 while anybody waits for one."""
    return 0.0 if _asking else time.monotonic() - _last_answer


def guess(settings: Settings, weights: Weights | None = None) -> None:
    """Compute a run that nobody has asked for; it takes no place of those that somebody has.

    Raises as `run` does.
    """
    given = None if weights is None else given_weights(weights, settings)
    _find(settings, given, None, _guesses)


def _find(
    settings: Settings,
    weights: Weights | None,
    initial: Mapping[str, np.ndarray] | None,
    keep: LRUCache,
) -> Run:
    """The run as it was kept, or computed; kept from now on, if it was not, in the given cache."""
    states = initial and tuple((name, array.tobytes()) for name, array in initial.items())
    key = settings, weights and weights.key, states
    found = _recall(key)
    if found is None:
        with engine.alone():  # those who wait here for the same settings find them computed
            found = _recall(key)
            if found is None:
                raw = engine.compute(settings, weights, initial)
                origin = weights.origin if weights else Origin("seed", str(settings.seed))
                found = from_raw(settings, raw, origin, initial)
    return _remember(key, found, keep)


def from_raw(
    settings: Settings,
    raw: engine.Raw,
    origin: Origin,
    initial: Mapping[str, np.ndarray] | None = None,
) -> Run:
    """What Keras gave, replayed and checked.

    Raises:
        MismatchError: the replay and Keras disagree.
    """
    weights = Weights(origin, raw.weights)
    trace = _replay(settings, weights, initial)
    returned = tuple(
        Returned(layout.name, layout.axes, frozen(values))
        for layout, values in zip(returned_layout(settings), raw.outputs, strict=True)
    )
    return Run(
        settings=settings,
        returned=returned,
        trace=trace,
        weights=weights,
        parameter_count=raw.parameter_count,
        replay_difference=_difference(returned, trace),
    )


def _replay(
    settings: Settings, weights: Weights, initial: Mapping[str, np.ndarray] | None
) -> Trace:
    tokens = np.array(settings.tokens)
    fed = engine.model_input(settings)
    inputs = weights["embeddings"][fed] if settings.embedding else fed
    if settings.go_backwards:
        tokens, inputs = tokens[:, ::-1], inputs[:, ::-1]
    steps = unroll(
        settings.cell,
        inputs,
        weights,
        recurrent_activation=settings.recurrent_activation,
        reset_after=settings.reset_after,
        initial=initial,
    )
    return Trace(
        tokens=frozen(tokens),
        inputs=frozen(inputs),
        hidden=frozen(steps.hidden),
        cell=None if steps.cell is None else frozen(steps.cell),
        gates=MappingProxyType({name: frozen(gate) for name, gate in steps.gates.items()}),
        initial=MappingProxyType({name: frozen(state) for name, state in steps.initial.items()}),
    )


def _difference(returned: tuple[Returned, ...], trace: Trace) -> float:
    """The largest difference between a returned value and its replayed twin."""
    worst = 0.0
    for tensor in returned:
        steps = trace.states.get(tensor.name, trace.hidden)
        twin = steps if "step" in tensor.axes else steps[:, -1]
        if tensor.values.shape != twin.shape:
            said = {"name": tensor.name, "got": tensor.values.shape, "expected": twin.shape}
            raise MismatchError(text("problems.mismatch_shape", **said))
        difference = float(np.abs(tensor.values - twin).max())
        allowed = TOLERANCE * max(1.0, float(np.abs(tensor.values).max()))
        if not difference <= allowed < np.inf:  # put so that a NaN does not slip through
            said = {"name": tensor.name, "difference": difference, "allowed": allowed}
            raise MismatchError(text("problems.mismatch", **said))
        worst = max(worst, difference)
    return worst


def _size(result: Run) -> int:
    """A run's share of the cache: its bytes, but never less than one of the places there are."""
    trace = result.trace
    arrays = [trace.hidden, trace.inputs, *trace.gates.values(), *result.weights.values()]
    arrays += [tensor.values for tensor in result.returned]
    return max(2 * sum(array.nbytes for array in arrays), _CACHE_BYTES // _CACHE_RUNS)


_asking, _last_answer = 0, 0.0
_cache: LRUCache = LRUCache(_CACHE_BYTES, getsizeof=_size)
_guesses: LRUCache = LRUCache(_GUESS_BYTES, getsizeof=_size)
_cache_lock = threading.Lock()


def _recall(key: Any) -> Run | None:
    with _cache_lock:
        return _cache.get(key) or _guesses.get(key)


def _remember(key: Any, result: Run, keep: LRUCache) -> Run:
    with _cache_lock:
        if key not in _cache and _size(result) <= keep.maxsize:
            keep[key] = result
    return result
