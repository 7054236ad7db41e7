"""Numbers that are read in place of ids: against Keras, in scripts, and in the charts."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import numpy as np
import pytest

from components import charts
from components.backend import Settings, SettingsError, run
from components.backend.cells import CELLS
from components.backend.question.layout import features, input_layout
from components.backend.question.sentences import MAX_FEATURES, MAX_STEPS, read_values
from components.backend.question.setup import Setup
from components.backend.running.results import run_of
from components.backend.scripts.script import cell_states, script
from components.backend.whatif import both_ways, carry, influence, stack
from components.charts.picture import CUT, STRONG, reach
from components.charts.strips import MOST_DRAWN
from components.texts import text
from tests.kinds import random_run
from tests.layers import both_ways_layer, keras_layer, read, tensors
from tests.scripts import assert_printed, executed, printed_tensors


def made(shape: tuple[int, int, int]) -> Any:
    """Numbers of that shape: sentence, step, feature."""
    return np.random.default_rng(0).normal(size=shape).round(2)


SHAPES = ((1, 1, 1), (2, 5, 1), (1, 7, 3), (3, 4, 512), (1, 45, 2))  # the last runs as a graph
KINDS = [
    Settings(cell=cell, units=3, values=made(shape), go_backwards=number % 2 == 1)
    for number, (shape, cell) in enumerate(zip(SHAPES, cycle(CELLS), strict=False))
]
EVERY = pytest.mark.parametrize("settings", KINDS, ids=lambda s: str(np.shape(s.values)))


@EVERY
def test_keras_reads_the_numbers(settings: Settings) -> None:
    result = random_run(settings, seed=1)
    assert "embeddings" not in result.weights
    assert result.weights["kernel"].shape[0] == features(settings)
    numbers = np.float32(settings.values)
    assert np.array_equal(read(result), numbers)
    assert input_layout(settings)[-1].shape == numbers.shape
    states = list(result.trace.initial.values())
    returned = tensors(keras_layer(result)(numbers, initial_state=states))
    for tensor, expected in zip(result.returned, returned, strict=True):
        np.testing.assert_allclose(tensor.values, expected, atol=1e-6)


@EVERY
def test_scripts_feed_the_numbers(settings: Settings) -> None:
    result = run(settings)
    given = result.weights if settings.go_backwards else None
    printed = printed_tensors(executed(script(settings, given))[1])
    for tensor in result.returned:
        np.testing.assert_allclose(printed[tensor.name], tensor.values, atol=1e-7)


def test_the_script_of_every_c_feeds_the_numbers() -> None:
    settings = Settings(values=made((2, 5, 3)), go_backwards=True)
    result = run(settings)
    printed = printed_tensors(executed(cell_states(settings, result.weights))[1])
    np.testing.assert_allclose(printed["c"], result.trace.cell, atol=1e-6)


@pytest.mark.parametrize(
    ("shape", "backwards", "names"),
    [
        ((1, 3, 1), False, ["0.13", "−0.13", "0.64"]),
        ((1, 3, 1), True, ["0.64", "−0.13", "0.13"]),
        ((1, 3, 2), False, ["x₁", "x₂", "x₃"]),
        ((1, 3, 2), True, ["x₃", "x₂", "x₁"]),
    ],
)
def test_what_stands_under_the_steps(
    shape: tuple[int, int, int], backwards: bool, names: list[str]
) -> None:
    result = run(Settings(values=made(shape), go_backwards=backwards))
    assert result.trace.read[0].tolist() == names


def test_the_chart_of_what_is_read() -> None:
    result = run(Setup(source="sine", features=3, sentences=2).settings)
    figure, alt = charts.inputs(result, sentence=1)
    (cells,) = figure["data"]
    assert np.array_equal(cells["z"], result.trace.inputs[1].T)
    high = reach(result.trace.inputs[1])
    assert cells["meta"]["written"] == (2, pytest.approx(STRONG * high, abs=1e-6))
    assert "features: 3, steps: 10" in alt


def test_of_many_features_the_first_are_drawn() -> None:
    settings = Setup(source="walk", features=MAX_FEATURES).settings
    figure = charts.inputs(run(settings)).figure
    values = np.float32(settings.values[0]).T
    np.testing.assert_array_equal(figure["data"][0]["z"], values[:MOST_DRAWN])
    said = text("charts.cut_features", drawn=MOST_DRAWN, of=MAX_FEATURES)
    assert figure["layout"]["meta"][CUT] == said


def test_series_are_not_made_without_end() -> None:
    largest = Setup(source="sine", features=MAX_FEATURES, length=MAX_STEPS)
    assert features(largest.settings) == MAX_FEATURES
    with pytest.raises(SettingsError, match="features: got 512; allowed: an int from 1 to 64"):
        largest.but(sentences=8)
    assert Setup.mend(dict(largest) | {"sentences": 8})[0].features == 64


def test_a_table_of_many_columns_is_read() -> None:
    row = ";".join("1" * MAX_FEATURES)
    assert np.shape(read_values(f"{row}\n{row}")) == (1, 2, MAX_FEATURES)
    with pytest.raises(SettingsError, match="513"):
        read_values(f"{row};1")


# What-ifs

NUMBERS = Settings(cell="GRU", units=3, values=made((2, 6, 3)))


@pytest.mark.parametrize("how", ["initial_state", "stateful", "encoder_decoder"])
@pytest.mark.parametrize("go_backwards", [False, True])
def test_a_series_is_read_in_two_calls(how: str, go_backwards: bool) -> None:
    question = carry.Question(
        settings=NUMBERS.but(go_backwards=go_backwards), cut=2, how=how, hand_over=True
    )
    answer = carry.answer(question)
    assert answer.difference.max() < 1e-6
    assert all(fact.holds is not False for fact in carry.facts(answer))
    printed = printed_tensors(executed(carry.script(question))[1])
    expected = answer.second.tensor("outputs")
    np.testing.assert_allclose(printed["second_outputs"], expected, atol=1e-6)


@pytest.mark.parametrize("go_backwards", [False, True])
def test_which_step_of_a_series_mattered(go_backwards: bool) -> None:
    settings = NUMBERS.but(go_backwards=go_backwards)
    question = influence.Question(settings=settings, changed_step=2, token=1)
    answer = influence.answer(question)
    facts = influence.facts(answer, sentence=1) + influence.change_facts(answer, sentence=1)
    assert all(fact.holds is not False for fact in facts)
    assert np.array_equal(answer.changed.trace.inputs[:, 1], np.ones((2, 3)))
    printed = executed(influence.script(question))[1].replace("gradient of ", "")
    gradients = printed_tensors(printed)["state_h"]
    np.testing.assert_allclose(gradients, answer.gradients, atol=1e-6)


# Masks

HOLES = made((3, 6, 3))
HOLES[0, 4:] = HOLES[1, :2] = HOLES[1, 3] = 0
HOLES[2, :, 1] = 0  # which masks nothing
MASKED = NUMBERS.but(values=HOLES)
COUNTS = HOLES.any(axis=-1)


def masked() -> Any:
    """The series behind a Masking layer of Keras."""
    import keras  # here, so that the backend is the one who sets how it is imported

    return keras.layers.Masking()(HOLES.astype("float32"))


def assert_same(returned: Any, expected: list[np.ndarray]) -> None:
    for tensor, values in zip(returned, expected, strict=True):
        np.testing.assert_allclose(tensor.values, values, atol=1e-6)


@pytest.mark.parametrize("go_backwards", [False, True])
def test_steps_of_zeros_are_masked_both_ways(go_backwards: bool) -> None:
    question = both_ways.Question(settings=MASKED.but(go_backwards=go_backwards), mask_zero=True)
    answer = both_ways.answer(question)
    layer = both_ways_layer(question.settings, answer.weights, HOLES.shape)
    assert_same(answer.returned, tensors(layer(masked())))
    mask = COUNTS[:, ::-1] if go_backwards else COUNTS  # in the order of the outputs
    np.testing.assert_array_equal(answer.layer.mask, mask)
    assert_printed(executed(both_ways.script(question))[1], answer)


@pytest.mark.parametrize("go_backwards", [False, True])
def test_steps_of_zeros_are_masked_in_a_stack(go_backwards: bool) -> None:
    first = MASKED.but(go_backwards=go_backwards)
    question = stack.Question(first=first, above=(NUMBERS,), hand_on="outputs", mask_zero=True)
    answer = stack.answer(question)
    below, above = (
        keras_layer(run_of(question.layers[number], answer, number))
        for number, reached in enumerate(answer.layers)
    )
    assert_same(answer.returned, tensors(above(below(masked())[0])))
    wrong = [fact.values["count"] for fact in stack.facts(answer) if "wrong" in fact.name]
    assert wrong == [(COUNTS[:, ::-1] != COUNTS).sum()] * go_backwards
    assert_printed(executed(stack.script(question))[1], answer)


@pytest.mark.parametrize("go_backwards", [False, True])
def test_masked_steps_of_a_series_do_not_matter(go_backwards: bool) -> None:
    settings = MASKED.but(go_backwards=go_backwards)
    question = influence.Question(settings=settings, mask_zero=True, changed_step=2, token=0)
    answer = influence.answer(question)
    counts = COUNTS[:, ::-1] if go_backwards else COUNTS
    assert_same(answer.run.returned, tensors(keras_layer(answer.run)(masked())))
    np.testing.assert_array_equal(answer.gradients.any(axis=-1), counts)
    facts = influence.facts(answer, sentence=0) + influence.change_facts(answer, sentence=0)
    assert all(fact.holds is not False for fact in facts)
    printed = executed(influence.script(question))[1].replace("gradient of ", "")
    np.testing.assert_allclose(printed_tensors(printed)["state_h"], answer.gradients, atol=1e-6)
