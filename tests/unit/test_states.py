"""States that are given to begin with, and steps that are masked, against Keras's own layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import pytest

from components.backend import Run, Settings, SettingsError, run
from components.backend.cells import CELLS, unroll
from components.backend.question.linked import choices
from tests.kinds import (
    called,
    chosen_of,
    every_kind,
    product_of,
    random_weights,
    soaked,
    states_of,
)
from tests.layers import keras_layer, read, tensors

FLAGS = (True, False)
TOKENS = ((4, 21, 64, 13), (77, 66, 54, 30))
ACTIVATIONS = choices(Settings, "activation")
OPTIONS = {
    "cell": choices(Settings, "cell"),
    "reset_after": FLAGS,
    "return_sequences": FLAGS,
    "return_state": FLAGS,
    "go_backwards": FLAGS,
    "use_bias": FLAGS,
    "embedding": FLAGS,
    "activation": ACTIVATIONS,
    "recurrent_activation": choices(Settings, "recurrent_activation"),
    "input_scaling": ("unit",),
}
LONG = tuple(n % 100 for n in range(41))  # more than 40 steps run as a graph


def run_from(settings: Settings, initial: Mapping[str, Any] | None = None) -> Run:
    """A run with no weight left at 0."""
    return run(settings, random_weights(settings, 3), initial=initial)


# States to begin with


@pytest.mark.parametrize(
    "settings",
    [
        *soaked(
            every_kind(OPTIONS, units=3, tokens=TOKENS),
            partial(chosen_of, OPTIONS),
            partial(called, OPTIONS),
        ),
        pytest.param(Settings(cell="GRU", units=3, tokens=((7,), (9,))), id="a single step"),
        pytest.param(Settings(units=3, tokens=(LONG, LONG[::-1])), id="a graph"),
    ],
)
def test_initial_states_are_those_of_keras(settings: Settings) -> None:
    initial = states_of(settings)
    result = run_from(settings, initial)
    expected = tensors(keras_layer(result)(read(result), initial_state=list(initial.values())))
    assert [t.values.shape for t in result.returned] == [array.shape for array in expected]
    for tensor, values in zip(result.returned, expected, strict=True):
        np.testing.assert_allclose(tensor.values, values, rtol=0, atol=2e-6)
    for name, state in initial.items():
        np.testing.assert_array_equal(result.trace.initial[name], state)
    assert result.replay_difference < 1e-5
    assert not np.array_equal(result.trace.hidden, run_from(settings).trace.hidden)


@pytest.mark.parametrize("cell", CELLS)
def test_zeros_are_what_a_layer_begins_with(cell: str) -> None:
    settings = Settings(cell=cell, tokens=TOKENS)
    result = run(settings)
    assert tuple(result.trace.initial) == CELLS[cell].states
    for state in result.trace.initial.values():
        np.testing.assert_array_equal(state, np.zeros((2, settings.units), "float32"), strict=True)
    given = run(settings, initial=result.trace.initial)
    assert given is not result
    assert given.tensor("outputs").tolist() == result.tensor("outputs").tolist()


@pytest.mark.parametrize("cell", CELLS)
def test_a_sentence_goes_on_from_the_states_of_its_first_half(cell: str) -> None:
    whole = Settings(cell=cell, tokens=TOKENS)
    first = run(whole.but(tokens=tuple(row[:2] for row in TOKENS)))
    states = {name: first.tensor(name) for name in CELLS[cell].states}
    rest = run(whole.but(tokens=tuple(row[2:] for row in TOKENS)), initial=states)
    np.testing.assert_allclose(
        rest.tensor("outputs"), run(whole).tensor("outputs")[:, 2:], rtol=0, atol=1e-6
    )


LSTM = Settings(units=2, tokens=TOKENS)
GIVEN = {"state_h": np.ones((2, 2)), "state_c": np.ones((2, 2))}


@pytest.mark.parametrize("kind", [np.asarray, np.ndarray.tolist, lambda s: s.astype("float16")])
def test_states_that_are_taken(kind: Callable) -> None:
    result = run(LSTM, initial={name: kind(state) for name, state in GIVEN.items()})
    assert result is run(LSTM, initial=dict(reversed(GIVEN.items())))
    assert {state.dtype for state in result.trace.initial.values()} == {np.dtype("float32")}


def without(name: str) -> dict[str, np.ndarray]:
    return {n: state for n, state in GIVEN.items() if n != name}


@pytest.mark.parametrize(
    ("settings", "initial", "field", "got", "allowed"),
    [
        (LSTM, GIVEN | {"state_h": np.ones((2, 3))}, "state_h", "shape (2, 3)", "(2, 2)"),
        (LSTM, GIVEN | {"state_h": np.ones(2)}, "state_h", "shape (2,)", "(2, 2)"),
        (LSTM, GIVEN | {"state_h": np.ones((1, 2))}, "state_h", "shape (1, 2)", "(2, 2)"),
        (LSTM, GIVEN | {"state_h": 1.0}, "state_h", "shape ()", "(2, 2)"),
        (LSTM, GIVEN | {"state_h": np.full((2, 2), np.nan)}, "state_h", "not all finite", "finite"),
        (LSTM, GIVEN | {"state_c": np.full((2, 2), np.inf)}, "state_c", "not all finite", "finite"),
        (
            LSTM,
            GIVEN | {"state_h": "zeros"},
            "state_h",
            "a str that NumPy cannot read as numbers",
            "(2, 2)",
        ),
        (LSTM, GIVEN | {"state_h": None}, "state_h", "not all finite", "(2, 2)"),
        (LSTM, without("state_h"), "state_h", "nothing", "(2, 2)"),
        (LSTM, without("state_c"), "state_c", "nothing", "(2, 2)"),
        (LSTM, GIVEN | {"h": np.ones((2, 2))}, "h", "a value", "no more than state_h, state_c"),
        (LSTM.but(cell="GRU"), GIVEN, "state_c", "a value", "no more than state_h"),
        (LSTM.but(cell="SimpleRNN"), GIVEN, "state_c", "a value", "no more than state_h"),
    ],
)
def test_states_that_are_refused(
    settings: Settings, initial: dict[str, Any], field: str, got: str, allowed: str
) -> None:
    with pytest.raises(SettingsError) as caught:
        run(settings, initial=initial)
    (problem,) = caught.value.problems
    assert problem.field == f"initial.{field}"
    assert got in str(problem.got)
    assert allowed in str(problem.allowed)


def test_every_bad_state_is_named() -> None:
    with pytest.raises(SettingsError) as caught:
        run(LSTM, initial={"state_c": np.ones(3), "extra": 1})
    fields = {problem.field for problem in caught.value.problems}
    assert fields == {"initial.state_h", "initial.state_c", "initial.extra"}


@pytest.mark.parametrize("initial", [list(GIVEN.values()), 0, "zeros"])
def test_states_that_are_no_mapping_are_refused(initial: Any) -> None:
    with pytest.raises(SettingsError, match="^initial: got a .*; allowed: a mapping with state_h"):
        run(LSTM, initial=initial)


def test_the_cache_tells_states_apart(forget: Callable[[], None]) -> None:
    zeros = {name: 0 * state for name, state in GIVEN.items()}
    swapped = GIVEN | {"state_c": 2 * GIVEN["state_c"]}
    kinds = [None, zeros, GIVEN, swapped]
    runs = [run(LSTM, initial=initial) for initial in kinds]
    assert len(set(map(id, runs))) == 4
    assert [run(LSTM, initial=initial) for initial in kinds] == runs
    last = [result.tensor("state_c").tolist() for result in runs]
    assert last[0] == last[1]
    assert last[1] != last[2] != last[3]


def test_states_changed_by_their_owner_change_no_run() -> None:
    initial = {name: state.copy() for name, state in GIVEN.items()}
    result = run(LSTM, initial=initial)
    before = result.tensor("outputs").tolist()
    initial["state_h"] += 1
    assert result.trace.initial["state_h"].tolist() == GIVEN["state_h"].tolist()
    assert result.tensor("outputs").tolist() == before
    with pytest.raises(ValueError, match="read-only"):
        result.trace.initial["state_h"][...] = 0


# Steps that are masked

MASKS = {
    "left": [[False, False, True, True], [False, True, True, True]],
    "right": [[True, True, False, False], [True, True, True, False]],
    "between": [[True, False, True, False], [False, True, False, True]],
    "none": [[True] * 4] * 2,
}


MASKED = product_of(cell=CELLS, side=MASKS, given=FLAGS, activation=ACTIVATIONS)


@pytest.mark.parametrize("case", soaked(MASKED))
def test_masked_steps_are_those_of_keras(case: dict[str, Any]) -> None:
    """The states of every step, as Keras holds them: asked for by a sentence that ends there."""
    cell, side, given, activation = case.values()
    kind = {"cell": cell, "activation": activation}
    settings = Settings(**kind, units=3, tokens=TOKENS)
    initial = states_of(settings) if given else None
    result, mask = run_from(settings), np.array(MASKS[side])
    layer, inputs = keras_layer(result), result.trace.inputs
    steps = unroll(inputs=inputs, weights=result.weights, initial=initial, mask=mask, **kind)
    first = None if initial is None else list(initial.values())
    for step in range(1, settings.steps + 1):
        _, *states = tensors(layer(inputs[:, :step], mask=mask[:, :step], initial_state=first))
        np.testing.assert_allclose(steps.hidden[:, step - 1], states[0], rtol=0, atol=2e-6)
        if steps.cell is not None:
            np.testing.assert_allclose(steps.cell[:, step - 1], states[1], rtol=0, atol=2e-6)


@pytest.mark.parametrize("cell", CELLS)
def test_masked_steps_hold_what_was_there_before(cell: str) -> None:
    settings = Settings(cell=cell, units=3, tokens=TOKENS)
    result, initial = run_from(settings), states_of(settings)
    mask = np.array(MASKS["between"])
    steps = unroll(cell, result.trace.inputs, result.weights, initial=initial, mask=mask)
    for name, values in {"state_h": steps.hidden, "state_c": steps.cell}.items():
        if values is not None:
            before = np.concatenate([initial[name][:, np.newaxis], values[:, :-1]], axis=1)
            np.testing.assert_array_equal(values[~mask], before[~mask])
            assert (values[mask] != before[mask]).all()


def test_a_mask_that_holds_nothing_changes_nothing() -> None:
    result = run_from(Settings(units=3, tokens=TOKENS))
    plain = unroll("LSTM", result.trace.inputs, result.weights)
    masked = unroll("LSTM", result.trace.inputs, result.weights, mask=np.ones((2, 4), bool))
    np.testing.assert_array_equal(masked.hidden, plain.hidden)
    np.testing.assert_array_equal(masked.cell, plain.cell)
