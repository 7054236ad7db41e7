"""How a layer's weights start: against Keras's own initializers, and what is said of them."""

from __future__ import annotations

import contextlib
import io
from functools import partial
from typing import Any

import numpy as np
import pytest

from components.backend import Run, Settings, run
from components.backend.cells import ACTIVATIONS
from components.backend.question.linked import choices
from components.backend.running.facts import reset_both_ways, weight_facts
from components.backend.running.keras_layers import INITIALIZED, weight_seed
from components.backend.running.results import seeded
from components.backend.scripts.script import script
from components.backend.whatif import both_ways, encoder_decoder, stack
from tests.facts import assert_sentences
from tests.kinds import called, chosen_of, every_kind, in_turn, soaked
from tests.layers import layer_class

OPTIONS = {
    "cell": choices(Settings, "cell"),
    "reset_after": (True, False),
    "use_bias": (True, False),
    "unit_forget_bias": (True, False),
    **{name: choices(Settings, name) for name in INITIALIZED},
}
SIZE = {"units": 3, "seed": 5, "tokens": ((4, 21, 64), (13, 77, 66))}
EVERY = pytest.mark.parametrize(
    "settings",
    soaked(every_kind(OPTIONS, **SIZE), partial(chosen_of, OPTIONS), partial(called, OPTIONS)),
)
ZEROS = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}
CONSTANT = {"kernel_initializer": "constant", "recurrent_initializer": "constant"}
RANDOM = {"recurrent_initializer": "glorot_uniform", "bias_initializer": "glorot_uniform"}


def by_keras(settings: Settings, number: int = 0) -> dict[str, np.ndarray]:
    """The weights of Keras's layer, given its own initializers and the seeds of a layer's."""
    import keras  # here, so that the backend is the one who sets how it is imported

    more: dict[str, Any] = {}
    for argument, role in INITIALIZED.items():
        if not settings.applies(argument):
            continue
        named = getattr(settings, argument)
        constant = keras.initializers.Constant(0.1)
        kind = constant if named == "constant" else keras.initializers.get(named)
        if "seed" in kind.get_config():
            seed = weight_seed(settings.seed, role, number)
            kind = type(kind).from_config(kind.get_config() | {"seed": seed})
        more[argument] = kind
    flags = ("reset_after", "unit_forget_bias")
    more |= {name: getattr(settings, name) for name in flags if settings.applies(name)}
    layer = layer_class(settings.cell)(3, use_bias=settings.use_bias, **more)
    layer.build((None, None, settings.embedding_dim))
    return {weight.name: weight.numpy() for weight in layer.weights}


def assert_same(found: Any, expected: dict[str, np.ndarray], prefix: str = "") -> None:
    for name, array in expected.items():
        np.testing.assert_array_equal(found[prefix + name], array, name)


@EVERY
def test_weights_start_as_keras_starts_them(settings: Settings) -> None:
    result = run(settings)
    assert_same(result.weights, by_keras(settings))
    assert seeded(settings) == result.weights


@EVERY
def test_the_script_starts_from_the_same_weights(settings: Settings) -> None:
    found: dict[str, Any] = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(script(settings), found)
    np.testing.assert_array_equal(found["outputs"], run(settings).tensor("outputs"))


def test_every_layer_of_a_model_starts_from_other_numbers() -> None:
    settings = Settings(**SIZE, **RANDOM, embedding_dim=3)
    both = both_ways.answer(both_ways.Question(settings=settings)).weights
    plain = settings.but(return_state=False)
    above = stack.answer(stack.Question(first=plain, above=(plain,))).weights
    pair = encoder_decoder.answer(encoder_decoder.Question(settings=settings)).weights
    first, second, third = (by_keras(settings, number) for number in (0, 1, 2))
    for weights, prefixes in (
        (both, ("forward/", "backward/")),
        (above, ("0/", "1/")),
        (pair, ("encoder/", "decoder/")),
    ):
        one, other = (weights.of_layer(prefix) for prefix in prefixes)
        assert_same(one, first)
        assert any(np.array_equal(other["bias"], each["bias"]) for each in (second, third))
        assert not np.array_equal(one["bias"], other["bias"])


def told(**options: Any) -> dict[str, Any]:
    return {fact.name: fact for fact in weight_facts(run(Settings(**options)))}


@pytest.mark.parametrize("cell", choices(Settings, "cell"))
def test_what_is_said_of_the_weights(cell: str) -> None:
    result: Run = run(Settings(cell=cell, **RANDOM))
    lengths = np.linalg.svd(result.weights["recurrent_kernel"], compute_uv=False)
    found = told(cell=cell, **RANDOM)["recurrent_range"]
    assert found.holds is None
    assert found.values == pytest.approx({"least": lengths.min(), "most": lengths.max()}, rel=1e-5)
    h = np.random.default_rng(0).normal(size=(100, result.settings.units))
    times = np.linalg.norm(h @ result.weights["recurrent_kernel"], axis=1)
    times /= np.linalg.norm(h, axis=1)
    assert found.values["least"] <= times.min() < times.max() <= found.values["most"]
    one = told(cell=cell)
    assert one.keys() - {"biases_zero"} == {"recurrent_one"}
    assert one["recurrent_one"].holds
    zeros = told(cell=cell, **ZEROS)
    kind = "alone" if cell == "SimpleRNN" else "gated"
    own = zeros.keys() - {"biases_zero", "units_equal"}
    assert own == {"kernel_zero", f"recurrent_zero_{kind}"}
    assert all(zeros[name].holds and zeros[name].values == {"largest": 0} for name in own)
    assert ("biases_zero" in one) == (cell == "GRU") == ("biases_zero" in zeros)


@pytest.mark.parametrize(("cell", "start"), in_turn(choices(Settings, "cell"), [CONSTANT, ZEROS]))
def test_units_of_the_same_weights_compute_the_same(cell: str, start: dict[str, str]) -> None:
    settings = Settings(cell=cell, **start)
    outputs = run(settings).tensor("outputs")
    np.testing.assert_allclose(outputs, outputs[..., :1].repeat(3, -1), rtol=0, atol=1e-6)
    assert told(cell=cell, **start)["units_equal"].holds
    others = [{"kernel_initializer": "glorot_uniform"}, {"units": 1}]
    if settings.applies("bias_initializer"):
        others.append({"bias_initializer": "glorot_uniform"})
    for other in others:
        assert "units_equal" not in told(cell=cell, **start | other)


@pytest.mark.parametrize("more", [{}, {"go_backwards": True, "activation": "linear"}])
def test_both_biases_of_a_gru_act(more: dict[str, Any]) -> None:
    """Measured by Keras, with the weights changed."""
    settings = Settings(cell="GRU", bias_initializer="glorot_uniform", **more)
    result = run(settings)
    b, own = result.weights["bias"]
    others = {"b": (0 * b, own), "own": (b, 0 * own), "sum": (b + own, 0 * own)}
    (fact,) = (fact for fact in weight_facts(result) if fact.name == "biases_act")
    for name, rows in others.items():
        hidden = run(settings, {**result.weights, "bias": np.stack(rows)}).tensor("outputs")
        moved = float(np.abs(hidden - result.tensor("outputs")).max())
        assert fact.values[name] == pytest.approx(moved, abs=1e-5)
        assert moved > 1e-3
    assert not {"biases_act", "biases_zero"} & told(cell="GRU", reset_after=False).keys()


@pytest.mark.parametrize("reset_after", [True, False])
@pytest.mark.parametrize("more", [{}, {"activation": "linear"}, {"recurrent_dropout": 0.5}])
def test_a_candidate_reset_both_ways(reset_after: bool, more: dict[str, Any]) -> None:
    """The layer's own way gives the layer's own candidate; the sums are those of the formulas."""
    size = {"cell": "GRU", "units": 3, "bias_initializer": "glorot_uniform"}
    result = run(Settings(reset_after=reset_after, **size, **more))
    step, unit, found, terms = reset_both_ways(result)
    own = "after" if reset_after else "before"
    candidate = result.trace.gates["candidate"][0, step - 1, unit]
    assert found[own] == pytest.approx(candidate, abs=1e-6)
    act, before = ACTIVATIONS[result.settings.activation], found["inputs"] + found["b"]
    after = before + found["reset"] * (found["recurrent"] + found["own"])
    assert found["after"] == pytest.approx(act(after), abs=1e-6)
    assert found["before"] == pytest.approx(act(before + found["gated"]), abs=1e-6)
    assert (found["own"] == 0) == (not reset_after)
    h, weight, r = np.transpose(terms)
    assert found["recurrent"] == pytest.approx(h @ weight, abs=1e-6)
    assert found["gated"] == pytest.approx((r * h) @ weight, abs=1e-6)
    assert found["reset"] == r[unit]


def test_what_is_said_has_its_sentences() -> None:
    kinds = [{}, RANDOM, ZEROS, {"cell": "SimpleRNN"} | ZEROS, {"cell": "GRU"}]
    kinds.append(CONSTANT)
    kinds.append({"cell": "GRU", "bias_initializer": "glorot_uniform"})
    assert_sentences("parameters_facts", (fact for kind in kinds for fact in told(**kind).values()))


@pytest.mark.parametrize("cell", choices(Settings, "cell"))
def test_what_zeros_do(cell: str) -> None:
    """Measured by reading other tokens, and by beginning with another h."""
    blind = Settings(cell=cell, kernel_initializer="zeros", bias_initializer="glorot_uniform")
    one, other = run(blind), run(blind.but(tokens=(tuple(range(10)),)))
    np.testing.assert_array_equal(one.trace.hidden, other.trace.hidden)
    assert one.trace.hidden.any() == blind.applies("bias_initializer")
    simple = run(Settings(cell="SimpleRNN", recurrent_initializer="zeros", tokens=((4, 7, 4),)))
    np.testing.assert_array_equal(simple.trace.hidden[:, 0], simple.trace.hidden[:, 2])
