"""Weights know where they come from, hold as long as they fit, and cannot be changed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from components.backend import Settings, SettingsError, run
from components.backend.cells import CELLS
from components.backend.origins.notebook import Case, cases
from components.backend.origins.weight_source import NO_CASE, WeightSource
from components.backend.question.layout import returned_layout
from components.backend.question.linked import choices
from components.backend.question.settings import NOTEBOOK_SEVEN
from components.backend.question.weights import ORIGINS, Origin, Weights, given_weights
from components.texts import has_text
from tests.kinds import in_turn, soaked

EVERY_CASE = pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
TWO = ((4, 21, 64), (13, 77, 66))

SAME_SHAPES = [
    {"return_sequences": False},
    {"return_state": False},
    {"go_backwards": True},
    {"tokens": (NOTEBOOK_SEVEN,)},
    {"tokens": TWO},
    {"recurrent_activation": "hard_sigmoid"},
    {"unit_forget_bias": False},
    {"embeddings_initializer": "uniform"},
    {"input_scaling": "unit"},
    {"seed": 9},
]
OTHER_SHAPES = [
    {"units": 5},
    {"embedding": False},
    {"embedding_dim": 3},
    {"vocabulary_size": 90},
    {"use_bias": False},
]


# Where they come from


def test_seeded_weights_name_their_seed() -> None:
    result = run(Settings(seed=7))
    assert result.weights.origin == Origin("seed", "7")
    assert result.seeded


def test_each_origin_can_be_told() -> None:
    assert [kind for kind in ORIGINS if not has_text(f"parameters.origin_{kind}")] == []


def test_given_weights_are_given() -> None:
    weights = dict(run(Settings()).weights)
    result = run(Settings(), weights)
    assert result.weights.origin == Origin("given")
    assert not result.seeded


@EVERY_CASE
def test_a_cases_weights_name_the_case(case: Case) -> None:
    assert case.weights.origin == Origin("case", case.id)


def test_the_weights_of_a_run_of_a_case_name_the_case() -> None:
    case, *_ = cases()
    result = case.run()
    assert result.weights.origin == Origin("case", case.id)
    assert not result.seeded
    assert case.run_seven().weights.origin == Origin("seed", "0")


def test_weights_of_a_run_are_given_ones_under_other_settings() -> None:
    settings = Settings(seed=3)
    again = run(settings.but(seed=4), run(settings).weights)
    assert again.weights.origin == Origin("given")  # other settings would draw others


# As long as they fit


@pytest.mark.parametrize(("change", "cell"), in_turn(SAME_SHAPES, CELLS))
def test_weights_hold_where_the_shapes_stay(change: dict[str, Any], cell: str) -> None:
    settings = Settings(cell=cell)
    weights = run(settings).weights
    assert weights.fit(settings.but(**change))
    kept = run(settings.but(**change), weights).weights
    assert {name: array.tolist() for name, array in kept.items()} == {
        name: array.tolist() for name, array in weights.items()
    }


@pytest.mark.parametrize("change", OTHER_SHAPES, ids=lambda change: next(iter(change)))
@pytest.mark.parametrize("cell", CELLS)
def test_weights_do_not_fit_other_shapes(cell: str, change: dict[str, Any]) -> None:
    settings = Settings(cell=cell)
    weights = run(settings).weights
    assert not weights.fit(settings.but(**change))
    with pytest.raises(SettingsError, match=r"^weights\."):
        run(settings.but(**change), weights)


@pytest.mark.parametrize("cell", CELLS)
def test_weights_do_not_fit_another_cell(cell: str) -> None:
    weights = run(Settings(cell=cell)).weights
    assert [other for other in CELLS if weights.fit(Settings(cell=other))] == [cell]


def test_weights_of_a_gru_do_not_fit_the_other_kind() -> None:
    settings = Settings(cell="GRU")
    assert not run(settings).weights.fit(settings.but(reset_after=False))
    assert not run(settings.but(reset_after=False)).weights.fit(settings)


@pytest.mark.parametrize(
    "case",
    soaked(
        cases(),
        lambda case: {"cell": case.settings.cell, "embedding": case.settings.embedding},
        lambda case: case.id,
    ),
)
def test_a_flag_moves_no_number_of_a_case(case: Case) -> None:
    """All three tensors are the same to the last bit, whichever of them are returned."""
    full = run(case.settings.but(return_sequences=True, return_state=True), case.weights)
    for sequences, state in ((True, False), (False, True), (False, False)):
        settings = case.settings.but(return_sequences=sequences, return_state=state)
        result = run(settings, case.weights)
        assert [t.name for t in result.returned] == [t.name for t in returned_layout(settings)]
        for tensor in result.returned:
            expected = full.tensor(tensor.name)
            last = tensor.name == "outputs" and not sequences
            np.testing.assert_array_equal(tensor.values, expected[:, -1] if last else expected)
        np.testing.assert_array_equal(result.trace.hidden, full.trace.hidden)


# Read-only, and told apart

ARRAYS = {"kernel": np.ones((2, 3), "float32"), "bias": np.zeros(3, "float32")}


def fresh(**arrays: np.ndarray) -> dict[str, np.ndarray]:
    return {name: array.copy() for name, array in (ARRAYS | arrays).items()}


def test_weights_are_a_mapping_that_is_read_only() -> None:
    weights = Weights(Origin("given"), fresh())
    assert list(weights) == ["kernel", "bias"]
    assert len(weights) == 2
    assert "kernel" in weights
    assert weights.get("embeddings") is None
    assert dict(weights).keys() == ARRAYS.keys()
    for array in weights.values():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    with pytest.raises(TypeError):
        weights["kernel"] = ARRAYS["kernel"]
    with pytest.raises(TypeError):
        del weights["kernel"]


@pytest.mark.parametrize(
    "other",
    [
        Weights(Origin("given", "mine"), fresh()),
        Weights(Origin("case"), fresh()),
        Weights(Origin("given"), fresh(kernel=-ARRAYS["kernel"])),
        Weights(Origin("given"), fresh(bias=np.float32([0, 0, 1e-30]))),
        Weights(Origin("given"), {"kernel": ARRAYS["kernel"].copy()}),
        Weights(Origin("given"), {"kernels": ARRAYS["kernel"].copy(), "bias": np.zeros(3)}),
    ],
)
def test_a_key_tells_weights_apart(other: Weights) -> None:
    weights = Weights(Origin("given"), fresh())
    assert weights.key == Weights(Origin("given"), fresh()).key
    assert hash(weights.key) == hash(Weights(Origin("given"), fresh()).key)
    assert weights.key != other.key


def test_runs_with_equal_numbers_of_different_origin_are_told_apart() -> None:
    seeded = run(Settings())
    given, named = (
        run(Settings(), Weights(origin, {n: w.copy() for n, w in seeded.weights.items()}))
        for origin in (Origin("given"), Origin("case", "mine"))
    )
    assert [r.weights.origin.kind for r in (seeded, given, named)] == ["seed", "given", "case"]
    assert seeded.tensor("outputs").tolist() == given.tensor("outputs").tolist()
    assert named.tensor("outputs").tolist() == given.tensor("outputs").tolist()


def test_given_weights_are_put_in_order_as_float32() -> None:
    seeded = run(Settings()).weights
    mixed = {name: array.astype("float64") for name, array in reversed(list(seeded.items()))}
    found = given_weights(mixed, Settings())
    assert list(found) == list(seeded)
    assert {array.dtype for array in found.values()} == {np.dtype("float32")}
    assert found.origin == Origin("given")


# What a visitor starts from


def test_a_start_is_a_case_or_the_seed() -> None:
    assert choices(WeightSource, "case") == (NO_CASE, *(case.id for case in cases()))
    assert WeightSource().case == NO_CASE
    assert WeightSource().weights(Settings()) is None
    assert WeightSource().misfits(Settings(units=64)) == ()


@EVERY_CASE
def test_a_start_has_the_weights_of_its_case(case: Case) -> None:
    start = WeightSource(case=case.id)
    assert start.weights(case.settings) is case.weights
    assert start.misfits(case.settings) == ()
    assert start.misfits(case.settings.but(tokens=(NOTEBOOK_SEVEN,), return_state=True)) == ()
    assert start.misfits(case.settings.but(units=2)) == ("case",)
    assert WeightSource.from_query({"case": [case.id]}) == (start, ())


def test_a_case_that_there_is_not() -> None:
    found, (problem,) = WeightSource.from_query({"case": ["1-9 LSTM"]})
    assert found == WeightSource()
    assert str(problem.got) == "'1-9 LSTM'"
    assert all(case.id in str(problem.allowed) for case in cases())
