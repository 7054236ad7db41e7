"""How far a layer's last states move with the input of each step: Keras's derivatives of its cell,
joined by the chain rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from components.backend.cells import CELLS
from components.backend.cells.activations import SLOPES
from components.backend.question.layout import features, layer_weight_layout, parameter_count
from components.backend.question.linked import Message, Problem, SettingsError, shown
from components.backend.question.settings import Layer, Settings
from components.backend.question.weights import Origin, Sized, Weights, frozen
from components.backend.running import answers, engine, keras_layers
from components.backend.running.model import plain
from components.backend.running.model_run import first_traces
from components.backend.running.replay import (
    MismatchError,
    Returned,
    Trace,
    difference,
    refuse_grown,
)
from components.backend.running.results import seeded

_UNDRAWN = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
"""For a layer whose weights are set: it is built in half the time, as Keras draws none."""

_ROWS = 2**14  # rows of the cell's batch in one call of Keras: some 100 MB of memory


@dataclass(frozen=True, eq=False)
class Gradients(Sized):
    """How far a layer's last states move with the input of each step."""

    layer: Layer
    origin: Origin  # of the weights
    of: Mapping[str, np.ndarray]
    """By Keras's name of a state: (sentence, step, unit), in the order of reading. The Euclidean
    norm, over the input's features, of the derivative of that unit's last state by that step's
    input. float64: many steps back it is too small for float32 to tell from 0."""
    kept: np.ndarray
    """(sentence, step, unit): the factor, beside the recurrent kernel, of a state from one step to
    the next: the gate that keeps the state or, without such a gate, the activation's slope."""
    left: np.ndarray | None
    """(sentence,): the spectral norm of the derivative of the last states by those of the first
    unmasked step, infinite on overflow; None for a cell with a gate that keeps its state."""
    replay_difference: float  # the largest between a state from Keras's cell and its replay

    def sizes(self, state: str = "state_h") -> np.ndarray:
        """The norm over all units of the state, (sentence, step)."""
        return np.linalg.norm(self.of[state], axis=-1)


def gradients(
    settings: Settings, weights: Weights | None = None, *, mask_zero: bool = False
) -> Gradients:
    """How far the last states of one layer move with the input of each step.

    A tf.GradientTape gives the derivatives of Keras's cell by its input and by the states before,
    for all steps at once; the chain rule, in NumPy, does the rest. For 100 steps that takes a
    twentieth of the time of a tape round the whole layer, and gives the same.

    Args:
        weights: by Keras's names; those of the seed if None.
        mask_zero: mask the steps whose id, or whose every number, is 0.

    Raises:
        SettingsError: it is a cell without a gate that keeps its state, and the slope of its
            activation is not known.
        EngineError: Keras cannot be imported, or raises.
        GrownError: states have grown too far for single precision.
        MismatchError: the replay and Keras's cell disagree on a step.
    """
    if settings.activation not in SLOPES and not CELLS[settings.cell].keep_gate:
        got, names = Message("value", {"shown": shown(settings.activation)}), ", ".join(SLOPES)
        raise SettingsError(Problem("activation", got, Message("only", {"names": names})))
    kind = settings.but(return_sequences=True, return_state=True)
    key = "gradients", kind, weights and weights.key, mask_zero

    def compute() -> Gradients:
        given = seeded(kind) if weights is None else weights
        return _gradients(kind, given, mask_zero=mask_zero)

    # A large layer needs several calls of Keras, and lets other threads in between them.
    keep = answers.cached_alone if _rows(kind) * len(kind.rows) <= _ROWS else answers.cached
    return keep(key, compute)


def multiply_adds(settings: Settings) -> int:
    """About how many multiply-adds `gradients` takes: three times those of the cell for each row of
    its batch, and a product of two matrices for each step."""
    numbers = settings.units * len(CELLS[settings.cell].states)
    weights = parameter_count(layer_weight_layout(settings, features(settings)))
    return len(settings.rows) * (3 * _rows(settings) * weights + settings.steps * numbers**3)


def _gradients(settings: Settings, weights: Weights, *, mask_zero: bool) -> Gradients:
    asked = plain(settings, mask_zero=mask_zero)
    (trace,) = first_traces(asked, weights)
    states = tuple(trace.states)
    found, onward, worst = [], [], 0.0
    for rows in _groups(len(settings.rows), _rows(settings)):
        slopes = _slopes(settings, weights, trace, rows)
        try:
            worst = max(worst, difference(_steps(trace, slopes, rows)))
        except MismatchError:
            refuse_grown(trace, *first_traces(asked, weights.exact))
            raise
        norms, first = _back(slopes, trace.counts[rows])
        found.append(norms)
        onward.extend(first)
    keeps = CELLS[settings.cell].keep_gate
    by_state = np.split(np.concatenate(found), len(states), axis=-1)
    return Gradients(
        layer=settings,
        origin=weights.origin,
        of={name: frozen(norms) for name, norms in zip(states, by_state, strict=True)},
        kept=frozen(
            keeps.share(trace.gates) if keeps else SLOPES[settings.activation](trace.hidden)
        ),
        left=None if keeps else frozen(np.array([*map(_spectral_norm, onward)])),
        replay_difference=worst,
    )


def _spectral_norm(matrix: np.ndarray) -> float:
    return float(np.linalg.norm(matrix, 2)) if np.isfinite(matrix).all() else np.inf


def _rows(settings: Settings) -> int:
    """How many rows of the cell's batch one sentence takes."""
    return settings.steps * settings.units * len(CELLS[settings.cell].states)


def _groups(sentences: int, rows: int) -> Iterator[slice]:
    """The sentences of each call of Keras, as many as fit.

    Args:
        rows: how many rows of the cell's batch one sentence takes.
    """
    together = max(1, _ROWS // rows)
    for first in range(0, sentences, together):
        yield slice(first, min(first + together, sentences))


@dataclass(frozen=True, eq=False)
class _Slopes:
    """The states that Keras's cell computes at each step, and their derivatives.

    The axis "number" has all units of all states: of an LSTM, the units of h and then those of c.
    """

    after: dict[str, np.ndarray]  # the states by name, each (sentence, step, unit)
    by_input: np.ndarray  # (sentence, step, number, feature)
    by_state: np.ndarray  # (sentence, step, number, number before)


def _slopes(settings: Settings, weights: Weights, trace: Trace, rows: slice) -> _Slopes:
    """Call Keras's cell on all steps of some sentences at once. Each step is in the batch once for
    every number of the states, as a gradient gives the derivatives of one number per row."""
    before = [trace.before(name)[rows] for name in trace.states]
    inputs, (sentences, steps, units) = trace.inputs[rows], before[0].shape
    numbers = len(before) * units
    with engine.use_keras() as (keras, tensorflow):
        layer = keras_layers.recurrent(keras, settings.but(**_UNDRAWN), settings.seed)
        layer.build((None, settings.steps, features(settings)))
        layer.set_weights([weights[weight.name] for weight in layer.weights])
        read, *states = (
            tensorflow.repeat(array.reshape(sentences * steps, -1), numbers, axis=0)
            for array in (inputs, *before)
        )
        own = np.tile(np.eye(numbers, dtype="float32"), (sentences * steps, 1))
        with tensorflow.GradientTape() as tape:
            tape.watch([read, *states])
            _, after = layer.cell(read, states)
            total = tensorflow.reduce_sum(tensorflow.concat(after, axis=-1) * own)
        by_input, *by_state = tape.gradient(
            total, [read, *states], unconnected_gradients=tensorflow.UnconnectedGradients.ZERO
        )
    shape = sentences, steps, numbers, -1
    after = (state.numpy()[::numbers].reshape(sentences, steps, units) for state in after)
    return _Slopes(
        after=dict(zip(trace.states, after, strict=True)),
        by_input=by_input.numpy().reshape(shape),
        by_state=np.concatenate([slope.numpy() for slope in by_state], axis=-1).reshape(shape),
    )


def _steps(trace: Trace, slopes: _Slopes, rows: slice) -> Iterator[tuple[Returned, np.ndarray]]:
    """For each state, its values at all unmasked steps: from Keras's cell, and from the replay."""
    counted = trace.counts[rows]
    for name, values in slopes.after.items():
        if counted.any():
            expected = trace.states[name][rows][counted]
            yield Returned(name, ("step", "unit"), values[counted]), expected


def _back(slopes: _Slopes, counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The chain rule, from the last step back. A masked step counts as if it were not there.

    Returns the norms of the derivatives of the last states by each step's input, (sentence, step,
    number), and the derivatives of the last states by those after the first step, (sentence,
    number, number).
    """
    sentences, steps, numbers, _ = slopes.by_input.shape
    found = np.zeros((sentences, steps, numbers))
    onward = first = np.broadcast_to(np.eye(numbers), (sentences, numbers, numbers))
    with np.errstate(over="ignore", invalid="ignore"):  # an overflow becomes the fact "beyond"
        for step in reversed(range(steps)):
            counted = counts[:, step, np.newaxis, np.newaxis]
            reached = onward @ slopes.by_input[:, step].astype(float)
            found[:, step] = np.linalg.norm(np.where(counted, reached, 0), axis=-1)
            first = np.where(counted, onward, first)
            onward = np.where(counted, onward @ slopes.by_state[:, step].astype(float), onward)
    return found, first
