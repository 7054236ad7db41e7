"""The notebook's 14 cases against the numbers that it printed."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from components.backend import notebook
from components.backend.notebook import Case, cases, observations, run_all

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
