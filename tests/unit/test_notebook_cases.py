"""The notebook's 14 cases against the numbers that it printed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from components.backend.origins import notebook
from components.backend.origins.notebook import (
    TANH_ROUNDS,
    Case,
    cases,
    exactness,
    observations,
    run_all,
)
from tests.facts import assert_sentences

RECORDED = json.loads(Path(notebook.__file__).with_name("notebook_cases.json").read_text("utf-8"))
EVERY_CASE = pytest.mark.parametrize("case", cases(), ids=lambda case: case.id)
PRINTED_NAMES = {"outputs": "output", "state_h": "state_h", "state_c": "state_c"}


def recorded(case: Case) -> dict:
    return next(entry for entry in RECORDED["cases"] if entry["id"] == case.id)


def test_there_are_14_cases_in_the_notebooks_order() -> None:
    assert len(cases()) == 14
    assert [case.id for case in cases()] == [entry["id"] for entry in RECORDED["cases"]]
    assert len({case.settings for case in cases()}) == 14


@EVERY_CASE
def test_settings(case: Case) -> None:
    entry = recorded(case)
    for name in ("cell", "embedding", "return_sequences", "return_state", "units"):
        assert getattr(case.settings, name) == entry[name]
    assert case.settings.tokens == (tuple(RECORDED["sentences"]["ten_tokens"]),)


@EVERY_CASE
def test_printed_numbers(case: Case) -> None:
    printed = recorded(case)["printed"]
    result = case.run()
    assert [PRINTED_NAMES[tensor.name] for tensor in result.returned] == list(printed)
    for tensor in result.returned:
        expected = printed[PRINTED_NAMES[tensor.name]]
        np.testing.assert_allclose(tensor.values.ravel(), expected, rtol=0, atol=1e-6)
    assert case.difference(case.run()) <= 1e-6


@EVERY_CASE
def test_printed_shapes(case: Case) -> None:
    shapes = {tensor.name: tensor.values.shape for tensor in case.run().returned}
    expected = recorded(case)["shapes"]
    assert {PRINTED_NAMES[name]: list(shape) for name, shape in shapes.items()} == expected
    assert case.shapes == shapes


@EVERY_CASE
def test_a_wrong_weight_makes_a_case_miss(case: Case) -> None:
    wrong = dataclasses.replace(
        case, weights=dict(case.weights) | {"kernel": -case.weights["kernel"]}
    )
    assert wrong.difference(wrong.run()) > 1e-6


@EVERY_CASE
def test_shapes_of_the_seven_token_sentence(case: Case) -> None:
    result = case.run_seven()
    assert result.settings.tokens == (tuple(RECORDED["sentences"]["seven_tokens"]),)
    outputs, *states = (tensor.values.shape for tensor in result.returned)
    assert outputs == ((1, 7, 1) if case.settings.return_sequences else (1, 1))
    count = {"GRU": 1, "LSTM": 2}[case.settings.cell] if case.settings.return_state else 0
    assert states == [(1, 1)] * count


def test_observations_hold() -> None:
    assert {fact.name: fact.holds for fact in observations(run_all())} == {
        "same_shape": True,
        "embedding_changes_input": True,
        "sequences_same_shape": True,
        "state_counts": True,
        "last_output": True,
        "embedding_gives_richer_values": True,
    }


def test_observations_can_fail() -> None:
    """Without a kernel every output is 0: nothing is saturated, and no two values differ."""
    silent = tuple(
        dataclasses.replace(
            case, weights=dict(case.weights) | {"kernel": 0 * case.weights["kernel"]}
        )
        for case in cases()
    )
    holds = {fact.name: fact.holds for fact in observations({case: case.run() for case in silent})}
    assert not holds["same_shape"]
    assert not holds["embedding_gives_richer_values"]
    assert holds["state_counts"]


# Which outputs are exact


def test_tanh_is_rounded_to_one_where_it_is_said() -> None:
    below, above = (np.tanh(np.float64(TANH_ROUNDS + step)) for step in (-1e-3, 1e-3))
    assert np.float32(below) < 1 == np.float32(above)


def test_why_the_last_outputs_are_exact_or_not() -> None:
    told = {fact.values["case"]: fact for fact in exactness(run_all())}
    assert {id_: (fact.name, fact.holds) for id_, fact in told.items()} == {
        "1-1 GRU": ("one_GRU", True),
        "1-1 LSTM": ("one_LSTM", True),
        "1-2 GRU": ("one_GRU", True),
        "1-2 LSTM": ("near_LSTM", True),
        "1-3 GRU": ("zero_GRU", True),
        "1-3 LSTM": ("zero_LSTM", True),
    }
    assert_sentences("exact", told.values())
    for case in cases():
        if (fact := told.get(case.id)) is None:
            continue
        printed = case.printed["outputs"][-1]
        assert (printed in (-1, 0, 1)) == (not fact.name.startswith("near"))
        assert fact.values["last"] == pytest.approx(printed, abs=1e-6)
    assert told["1-1 LSTM"].values["c"] == pytest.approx(9.74, abs=0.01)


def test_tanh_alone_tells_the_lstm_that_ends_at_one_from_the_one_that_does_not() -> None:
    """The gates are open alike in both; half the c of the first is no longer rounded."""
    runs = {case.id: (case, case.run()) for case in cases()}
    for id_, rounds in (("1-1 LSTM", True), ("1-2 LSTM", False)):
        trace = runs[id_][1].trace
        assert trace.gates["output"][0, -1, 0] == 1
        c = trace.cell[0, -1, 0].astype("float64")
        assert (abs(np.float32(np.tanh(c))) == 1) == rounds
    case, result = runs["1-1 LSTM"]
    halved = dataclasses.replace(result.trace, cell=result.trace.cell / 2)
    (fact,) = exactness({case: dataclasses.replace(result, trace=halved)})
    assert not fact.holds


def test_without_a_kernel_no_gate_is_called_shut() -> None:
    silent = {
        case: dataclasses.replace(
            case, weights=dict(case.weights) | {"kernel": 0 * case.weights["kernel"]}
        ).run()
        for case in cases()
    }
    assert not any(fact.holds for fact in exactness(silent))
