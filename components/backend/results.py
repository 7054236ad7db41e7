"""From settings to a Run: what Keras returned, what the layer computed, and the check of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.backend import answers, engine
from components.backend.layout import Layout, returned_layout
from components.backend.replay import Returned, Tensors, Trace, difference, replay, twin
from components.backend.settings import Settings
from components.backend.weights import Origin, Weights, frozen, given_states, given_weights


@dataclass(frozen=True, eq=False)
class Run(Tensors):
    """One model, built and run: all that a chart or a page needs. Its arrays are read-only."""

    settings: Settings
    returned: tuple[Returned, ...]
    trace: Trace
    weights: Weights
    parameter_count: int
    replay_difference: float

    @property
    def last_output(self) -> np.ndarray:
        """The outputs of the last step, (sentence, unit), as Keras returned them."""
        outputs = self.tensor("outputs")
        return outputs[:, -1] if self.settings.return_sequences else outputs

    @property
    def seeded(self) -> bool:
        """Whether the weights were drawn from the seed."""
        return self.weights.origin.kind == "seed"

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        arrays = (*self.weights.values(), *(tensor.values for tensor in self.returned))
        return self.trace.nbytes + sum(array.nbytes for array in arrays)


def run(
    settings: Settings,
    weights: Mapping[str, Any] | None = None,
    *,
    initial: Mapping[str, Any] | None = None,
) -> Run:
    """Build the Keras model, run it, replay it, and check the replay against Keras.

    The same settings always give the same numbers; a repeated run comes out of a cache.

    Args:
        settings: what to build and what to feed it.
        weights: by Keras's names ("embeddings", "kernel", "recurrent_kernel", "bias"), all
            that the settings call for, in Keras's shapes; None draws them from the seed.
        initial: the initial states, "state_h" and for an LSTM "state_c", each (sentence, unit);
            zeros if None.

    Raises:
        SettingsError: weights or states are missing, unknown, of a wrong shape, or not finite.
        EngineError: Keras failed to import or raised.
        MismatchError: the replay and Keras disagree.
    """
    given = given_weights(weights, settings)
    states = None if initial is None else given_states(initial, settings)

    def compute() -> Run:
        raw = engine.compute(settings, given, states)
        return from_raw(settings, raw, origin_of(settings, given), states)

    with answers.awaited():
        return answers.computed(run_key(settings, given, states), compute)


def seeded(settings: Settings) -> Weights:
    """The weights that the settings' seed gives, without a run, from the cache if they are there.

    Raises:
        EngineError: as `run` does.
    """
    alike = settings.but(return_sequences=True, return_state=True, go_backwards=False)
    alike = alike.but(tokens=((0,),), recurrent_activation="sigmoid", input_scaling="raw")

    def draw() -> Weights:
        return Weights(Origin("seed", str(settings.seed)), engine.seeded_weights(alike))

    return answers.computed(("seeded", alike), draw)


def run_key(
    settings: Settings,
    weights: Weights | None = None,
    initial: Mapping[str, np.ndarray] | None = None,
) -> tuple:
    """A run's key in the cache."""
    states = initial and tuple((name, array.tobytes()) for name, array in initial.items())
    return settings, weights and weights.key, states


def origin_of(settings: Settings, weights: Weights | None) -> Origin:
    """Where the given weights come from, or else those drawn from the seed."""
    return weights.origin if weights else Origin("seed", str(settings.seed))


def from_raw(
    settings: Settings,
    raw: engine.Raw,
    origin: Origin,
    initial: Mapping[str, np.ndarray] | None = None,
    *,
    mask: np.ndarray | None = None,
    expected: Callable[[Trace, Returned], np.ndarray] = twin,
) -> Run:
    """A Run of what came out of Keras, replayed and checked.

    Args:
        mask: as for `replay`.
        expected: returns what Keras should have returned for a tensor, from the replay.

    Raises:
        MismatchError: the replay and Keras disagree.
    """
    weights = Weights(origin, raw.weights)
    tokens, inputs = np.array(settings.tokens), embedded(settings, weights)
    trace = replay(settings, tokens, inputs, weights, initial=initial, mask=mask)
    returned = named(returned_layout(settings), raw.outputs)
    return Run(
        settings=settings,
        returned=returned,
        trace=trace,
        weights=weights,
        parameter_count=raw.parameter_count,
        replay_difference=difference((tensor, expected(trace, tensor)) for tensor in returned),
    )


def named(layouts: Iterable[Layout], outputs: Iterable[np.ndarray]) -> tuple[Returned, ...]:
    """Keras's outputs as Returned tensors, read-only."""
    return tuple(
        Returned(layout.name, layout.axes, frozen(values))
        for layout, values in zip(layouts, outputs, strict=True)
    )


def embedded(settings: Settings, weights: Mapping[str, np.ndarray]) -> np.ndarray:
    """What the layer reads, in the order of the sentence, (sentence, step, feature)."""
    fed = engine.model_input(settings)
    return weights["embeddings"][fed] if settings.embedding else fed
