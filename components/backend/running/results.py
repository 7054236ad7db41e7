"""From settings to a Run: what Keras returned, what the layer computed, and the check of both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from components.backend.cells.cell import NOT_DROPPED
from components.backend.question.linked import Message, Problem, SettingsError
from components.backend.question.settings import Settings
from components.backend.question.weights import Origin, Weights, given_states, given_weights
from components.backend.running import answers, keras_layers
from components.backend.running.model import plain, weight_layout
from components.backend.running.model_run import ModelRun, run_model
from components.backend.running.replay import Returned, Tensors, Trace

Answer = TypeVar("Answer", bound=ModelRun)


@dataclass(frozen=True, eq=False)
class Run(Tensors):
    """One model, built and run: all that a chart or a page needs. Its arrays are read-only."""

    settings: Settings
    returned: tuple[Returned, ...]
    trace: Trace
    weights: Weights
    parameter_count: int
    replay_difference: float
    replay_agrees: bool

    @property
    def last_output(self) -> np.ndarray:
        """The outputs of the last step, (sentence, unit), as Keras returned them."""
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
    """Build the Keras model, run it, replay it, and check the replay against Keras.

    The same settings always give the same numbers; a repeated run comes out of a cache. In the
    result, `tensor("outputs")`, `tensor("state_h")` and `tensor("state_c")` are what Keras
    returned, None if it did not; `trace.hidden` is h of every step, (sentence, step, unit),
    returned or not.

    Args:
        settings: what to build and what to feed it.
        weights: by Keras's names ("embeddings", "kernel", "recurrent_kernel", "bias"), all
            that the settings call for, in Keras's shapes; None draws them from the seed.
        initial: the initial states, "state_h" and for an LSTM "state_c", each (sentence, unit);
            zeros if None.

    Raises:
        SettingsError: these are no settings, or weights or states are missing, unknown, of a wrong
            shape, or not finite.
        EngineError: Keras failed to import or raised.
        GrownError: states have grown too far for single precision.
        MismatchError: the replay and Keras disagree.
    """
    if not isinstance(settings, Settings):
        got = Message("kind", {"kind": type(settings).__name__})
        allowed = Message(
            "example", {"kind": "Settings", "example": 'Settings(cell="GRU", units=8)'}
        )
        raise SettingsError(Problem("settings", got, allowed))
    given = given_weights(weights, settings)
    states = None if initial is None else given_states(initial, settings)

    def compute() -> Run:
        return run_of(settings, run_model(plain(settings, states), given))

    with answers.awaited():
        return answers.cached_alone(run_key(settings, given, states), compute)


def model_answer(
    kind: Callable[..., Answer], question: Any, weights: Mapping[str, Any] | None = None
) -> Answer:
    """The answer to a question about one model: the fields of the model's run, which is run once,
    as that kind of answer. The same question and weights give the same object.

    Args:
        weights: by the names of the model's layout; None draws them from the seed.

    Raises:
        SettingsError, EngineError, GrownError, MismatchError: as `run` does.
    """

    def compute(asked: Any, given: Weights | None) -> Answer:
        return kind(**vars(run_model(asked.model, given)), question=asked)

    return answers.answer(question, weights, weight_layout(question.model), compute)


def seeded(settings: Settings) -> Weights:
    """The weights that the settings' seed gives, without a run, from the cache if they, or a run
    with them, are there."""
    # The weights do not depend on these fields, so all their values share one entry of the cache.
    alike = settings.but(return_sequences=True, return_state=True, go_backwards=False)
    alike = alike.blank(1).but(activation="tanh", recurrent_activation="sigmoid")
    alike = alike.but(input_scaling="raw", **NOT_DROPPED)

    def draw() -> Weights:
        known: Run | None = answers.recall(run_key(settings))
        if known:
            return known.weights
        return Weights(Origin("seed", str(settings.seed)), keras_layers.seeded_weights(alike))

    return answers.cached_alone(("seeded", alike), draw)


def run_key(
    settings: Settings,
    weights: Weights | None = None,
    initial: Mapping[str, np.ndarray] | None = None,
) -> tuple:
    """A run's key in the cache."""
    states = initial and tuple((name, array.tobytes()) for name, array in initial.items())
    return settings, weights and weights.key, states


def run_of(settings: Settings, result: ModelRun, number: int = 0) -> Run:
    """The `Run` of one plain layer of a model.

    Args:
        settings: the layer's, with the ids that it read.
    """
    reached, weights = result.layers[number], result.weights_of(number)
    alone = weights is result.weights  # then Keras's own count is the layer's
    count = result.parameter_count if alone else sum(array.size for array in weights.values())
    return Run(
        settings=settings,
        returned=reached.returned,
        trace=reached.trace,
        weights=weights,
        parameter_count=count,
        replay_difference=result.replay_difference,
        replay_agrees=result.replay_agrees,
    )
