"""Mistakes in moving weights to PyTorch: none raises an error, and all change the outputs."""

from __future__ import annotations

import numpy as np
import pytest

from components.backend import Settings, run
from components.backend.cells import CELLS
from components.backend.torch_slips import MOST_STEPS, SLIPS, Ported, facts
from components.backend.torch_weights import BIASES, MATRICES, TABLE, torch_layout
from components.texts import LANGUAGES, speaking, text
from tests.kinds import random_weights
from tests.unit.test_torch import KERAS, KINDS

Array = np.ndarray
SLIP = {slip.name: slip for slip in SLIPS}
SQUARE = {
    f"square-{cell}": Settings(cell=cell, units=2, embedding_dim=2 * len(CELLS[cell].block_names))
    for cell in KERAS.values()
}
SMALL = {"tokens": ((1, 2, 0), (3, 1, 2)), "vocabulary_size": 4}
LAYERS = {name: kind.but(**SMALL) for name, kind in (KINDS | SQUARE).items()}
"""Of small ids: large ones, read as numbers, hold gates at their ends, and there no slip shows."""

IH, HH = MATRICES


def ported(settings: Settings) -> Ported:
    return Ported.of(run(settings, random_weights(settings, 1)))


def made(name: str, settings: Settings) -> tuple[dict[str, Array], dict[str, Array]]:
    """Keras's weights, and PyTorch's after the slip."""
    weights = {n: np.float32(a) for n, a in random_weights(settings, 1).items()}
    return weights, {**SLIP[name].made(ported(settings)).weights}


def differences(settings: Settings, weights: dict[str, Array] | None = None) -> dict[str, float]:
    return {fact.name: fact.values["difference"] for fact in facts(run(settings, weights))}


@pytest.mark.parametrize("kind", LAYERS)
def test_no_slip_raises_an_error_and_each_is_far_above_rounding(kind: str) -> None:
    settings = LAYERS[kind]
    right = ported(settings)
    for slip in SLIPS:
        if not slip.applies(right):
            continue
        wrong = slip.made(right)
        layouts = torch_layout(settings.but(use_bias=BIASES[0] in wrong.weights))
        shapes = {each.name: each.shape for each in layouts if each.name != TABLE}
        assert {n: a.shape for n, a in wrong.weights.items()} == shapes, slip.name
        assert {a.dtype for a in wrong.weights.values()} == {np.dtype("float32")}
        assert wrong.inputs.shape == right.inputs.shape
        assert wrong.outputs().shape == right.outputs().shape
    told = differences(settings, random_weights(settings, 1))
    assert [*told] == [slip.name for slip in SLIPS if slip.applies(right)]
    assert min(told.values()) > 1e-3, told


@pytest.mark.parametrize("kind", LAYERS)
def test_without_a_slip_it_is_what_keras_returns(kind: str) -> None:
    settings = LAYERS[kind]
    outputs = run(settings, random_weights(settings, 1)).tensor("outputs")
    np.testing.assert_allclose(ported(settings).outputs(), outputs, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("settings", "slips"),
    [
        (Settings(), "reshaped second_left first_alone twice steps_first"),
        (Settings(use_bias=False), "reshaped both_left steps_first"),
        (Settings(go_backwards=True, use_bias=False), "reshaped both_left forwards steps_first"),
        (
            Settings(embedding_dim=12),
            "reshaped untransposed second_left first_alone twice steps_first",
        ),
        (Settings(units=1, embedding=False), "second_left first_alone twice steps_first"),
        (Settings(cell="GRU"), "reshaped unordered swapped added steps_first"),
        (Settings(cell="GRU", use_bias=False), "reshaped unordered both_left steps_first"),
        (
            Settings(cell="SimpleRNN"),
            "reshaped untransposed second_left first_alone twice steps_first",
        ),
        (
            Settings(cell="SimpleRNN", embedding=False, use_bias=False),
            "untransposed both_left steps_first",
        ),
    ],
)
def test_only_those_that_can_be_made_are_told(settings: Settings, slips: str) -> None:
    assert [fact.name for fact in facts(run(settings))] == slips.split()


def test_what_changes_nothing_is_0() -> None:
    """With the biases of 0 that Keras starts with, and with a single step of a single sentence."""
    told = differences(Settings(cell="GRU"))
    assert [name for name, difference in told.items() if difference == 0] == ["swapped", "added"]
    assert differences(Settings(tokens=((4,),)))["steps_first"] == 0


@pytest.mark.parametrize("go_backwards", [False, True])
def test_of_a_long_sentence_the_first_steps_are_read(go_backwards: bool) -> None:
    ids = tuple(range(1, MOST_STEPS + 21))
    read = ids[20:] if go_backwards else ids[:-20]
    long, short = (Settings(tokens=(own,), go_backwards=go_backwards) for own in (ids, read))
    weights = random_weights(short, 1)
    assert differences(long, weights) == differences(short, weights)


def test_a_state_without_end_is_no_warning() -> None:
    settings = Settings(cell="SimpleRNN", activation="relu", units=2, tokens=((1,) * 60,))
    weights = {n: np.full_like(a, 2) for n, a in random_weights(settings, 1).items()}
    assert facts(run(settings, weights))


def test_the_slips_are_those_that_are_told() -> None:
    layer = Settings(units=2, embedding_dim=3)
    weights, wrong = made("reshaped", layer)
    np.testing.assert_array_equal(wrong[IH], weights["kernel"].reshape(8, 3))
    np.testing.assert_array_equal(wrong[HH], weights["recurrent_kernel"].reshape(8, 2))
    weights, wrong = made("untransposed", Settings(cell="SimpleRNN", embedding_dim=2))
    np.testing.assert_array_equal(wrong[IH], weights["kernel"].T)
    np.testing.assert_array_equal(wrong[HH], weights["recurrent_kernel"])
    weights, wrong = made("unordered", Settings(cell="GRU"))
    np.testing.assert_array_equal(wrong[HH], weights["recurrent_kernel"].T)
    np.testing.assert_array_equal(wrong[BIASES[1]], weights["bias"][1])
    weights, wrong = made("twice", layer)
    for name in BIASES:
        np.testing.assert_array_equal(wrong[name], weights["bias"])
    right = ported(Settings(cell="GRU")).weights
    _, wrong = made("swapped", Settings(cell="GRU"))
    assert [id_of(wrong[name], right) for name in BIASES] == [*reversed(BIASES)]
    _, wrong = made("added", Settings(cell="GRU"))
    np.testing.assert_array_equal(wrong[BIASES[0]], right[BIASES[0]] + right[BIASES[1]])
    assert not wrong[BIASES[1]].any()
    for name, whose in (("second_left", layer), ("both_left", layer.but(use_bias=False))):
        _, wrong = made(name, whose)
        assert 0 < np.abs(wrong[BIASES[1]]).max() <= 1 / np.sqrt(2)


def id_of(array: Array, among: dict[str, Array]) -> str:
    (found,) = (name for name, own in among.items() if np.array_equal(own, array))
    return found


def test_a_keras_layer_with_the_first_bias_alone_returns_the_same() -> None:
    settings = Settings(units=4)
    weights, wrong = made("first_alone", settings)
    outputs = run(settings, weights | {"bias": wrong[BIASES[0]]}).tensor("outputs")
    found = SLIP["first_alone"].made(ported(settings)).outputs()
    np.testing.assert_allclose(found, outputs, rtol=0, atol=1e-5)


def test_samples_that_are_read_as_steps() -> None:
    """h of the first sentence is, at every step, that of a first step."""
    settings = Settings(tokens=((4, 21, 64), (13, 77, 66)), return_sequences=True)
    found = SLIP["steps_first"].made(ported(settings)).outputs()
    for step, token in enumerate(settings.tokens[0]):
        alone = settings.but(tokens=((token,),))
        outputs = run(alone, random_weights(settings, 1)).tensor("outputs")
        np.testing.assert_allclose(found[0, step], outputs[0, 0], rtol=0, atol=1e-6)


@pytest.mark.parametrize("cell", KERAS.values())
def test_the_column_to_check_is_the_first_row_of_pytorchs(cell: str) -> None:
    settings = Settings(cell=cell, units=4)
    weights = {n: np.float32(a) for n, a in random_weights(settings, 1).items()}
    right, (fact, *_) = ported(settings).weights, facts(run(settings, weights))
    column = fact.values["column"]
    np.testing.assert_array_equal(right[IH][0], weights["kernel"][:, column])
    np.testing.assert_array_equal(right[HH][0], weights["recurrent_kernel"][:, column])
    np.testing.assert_array_equal(right[BIASES[0]][0], weights["bias"].reshape(-1)[column])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slip_has_its_texts(language: str) -> None:
    with speaking(language):
        assert text("torch_slips").keys() == SLIP.keys()
        for kind in LAYERS.values():
            for fact in facts(run(kind)):
                said = [
                    text(f"torch_slips.{fact.name}.{p}", **fact.values) for p in ("made", "check")
                ]
                assert all(said)
                assert "{" not in "".join(said)
