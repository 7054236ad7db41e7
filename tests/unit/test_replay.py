"""The replay against Keras, and what the backend returned against a layer that the test built."""

from __future__ import annotations

from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

from components.backend import Run, Settings, run
from components.backend.cells import CELLS
from components.backend.question.layout import input_layout, weight_layout
from tests.kinds import OPTIONS, all_kinds, chosen_of, few_kinds, pairs
from tests.layers import layer_class


def sized() -> list[Settings]:
    """Every kind of layer, and sizes in turn in them. More than 40 steps run as a graph."""
    draw, found = np.random.default_rng(1), []
    shapes = [*product((1, 2, 8), (1, 10)), (2, 41), (8, 100)]
    for number, kind in enumerate(few_kinds()):
        vocabulary = (2, 100, 1000)[number // 3 % 3]
        ids = draw.integers(vocabulary, size=shapes[number % len(shapes)])
        found.append(
            kind.but(
                units=(1, 3, 64)[number % 3],
                vocabulary_size=vocabulary,
                tokens=ids.tolist(),
                embedding_dim=(1, 16)[number // 8 % 2],
                seed=number,
            )
        )
    return found


def called(settings: Settings) -> str:
    """A test's id: the settings that are not the defaults."""
    query = settings.to_query() | {"tokens": f"{len(settings.tokens)}x{settings.steps}"}
    return "-".join(f"{name}={value}" for name, value in query.items())


def assert_close(actual: np.ndarray, expected: np.ndarray, tolerance: float) -> None:
    """Within the tolerance, relative to the larger of 1 and the largest value."""
    largest = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=tolerance * largest)


def assert_returned(result: Run) -> None:
    """Names, axes, shapes and dtypes are what the flags call for."""
    s = result.settings
    batch, steps, units = len(s.tokens), len(s.tokens[0]), s.units
    state = {"LSTM": ["state_h", "state_c"]}.get(s.cell, ["state_h"]) if s.return_state else []
    assert [tensor.name for tensor in result.returned] == ["outputs", *state]
    for tensor in result.returned:
        sequence = tensor.name == "outputs" and s.return_sequences
        assert tensor.axes == (("sentence", "step", "unit") if sequence else ("sentence", "unit"))
        assert tensor.values.shape == ((batch, steps, units) if sequence else (batch, units))
        assert tensor.values.dtype == np.float32
        assert np.isfinite(tensor.values).all()


def assert_trace(result: Run) -> None:
    """The trace has every step, and agrees with each tensor that Keras returned."""
    s, trace = result.settings, result.trace
    order = slice(None, None, -1) if s.go_backwards else slice(None)
    assert trace.tokens.tolist() == [list(sentence[order]) for sentence in s.tokens]
    assert trace.inputs.shape == input_layout(s)[-1].shape
    assert tuple(trace.gates) == tuple(CELLS[s.cell].gates)
    assert (trace.cell is None) == (s.cell != "LSTM")
    assert tuple(trace.states) == CELLS[s.cell].states
    steps = {"hidden": trace.hidden, **trace.gates}
    if trace.cell is not None:
        steps["cell"] = trace.cell
    for name, values in steps.items():
        assert values.shape == (len(s.tokens), s.steps, s.units), name
        assert values.dtype == np.float32, name
        if name in ("input", "forget", "output", "update", "reset"):
            assert 0 <= values.min() <= values.max() <= 1, name
        elif name != "cell" and s.activation == "tanh":
            assert np.abs(values).max() <= 1, name
    for tensor in result.returned:
        twin = steps["cell" if tensor.name == "state_c" else "hidden"]
        assert_close(twin if "step" in tensor.axes else twin[:, -1], tensor.values, 1e-5)


def assert_weights(result: Run) -> None:
    """What the layout says of the weights is what Keras made, and Keras's own count of them."""
    expected = {layout.name: layout.shape for layout in weight_layout(result.settings)}
    assert list(result.weights) == list(expected)
    assert {name: weight.shape for name, weight in result.weights.items()} == expected
    assert all(weight.dtype == np.float32 for weight in result.weights.values())
    assert result.parameter_count == sum(weight.size for weight in result.weights.values())


def witness(result: Run) -> list[np.ndarray]:
    """What a model built here, with the run's weights, returns for the same tokens."""
    import keras  # here, so that the backend is the one who sets how it is imported

    s = result.settings
    flags = ("return_sequences", "return_state", "use_bias", "go_backwards", "reset_after")
    options = {name: getattr(s, name) for name in (*flags, "activation") if s.applies(name)}
    if s.applies("recurrent_activation"):
        options["recurrent_activation"] = {
            "sigmoid": "sigmoid",
            "hard_sigmoid": keras.activations.hard_sigmoid,
            "hard_sigmoid_keras2": lambda x: keras.ops.minimum(
                keras.ops.maximum(0.2 * x + 0.5, 0), 1
            ),
        }[s.recurrent_activation]

    ids = np.array(s.tokens)
    if s.embedding:
        fed = ids
        inputs = keras.Input((s.steps,), dtype="int32")
        sequence = keras.layers.Embedding(s.vocabulary_size, s.embedding_dim)(inputs)
    else:
        fed = (ids / s.vocabulary_size if s.input_scaling == "unit" else ids)[:, :, np.newaxis]
        sequence = inputs = keras.Input((s.steps, 1))
    model = keras.Model(inputs, layer_class(s.cell)(s.units, **options)(sequence))
    model.set_weights(list(result.weights.values()))
    returned = model(fed.astype("int32" if s.embedding else "float32"))
    return [t.numpy() for t in (returned if isinstance(returned, list | tuple) else [returned])]


def assert_all(settings: Settings) -> None:
    result = run(settings)
    assert_returned(result)
    assert_trace(result)
    assert_weights(result)
    expected = witness(result)
    assert len(expected) == len(result.returned)
    for tensor, values in zip(result.returned, expected, strict=True):
        assert tensor.values.shape == values.shape
        assert_close(tensor.values, values, 1e-6)


@pytest.mark.parametrize("settings", sized(), ids=called)
def test_every_kind_of_layer_at_some_size(settings: Settings) -> None:
    assert_all(settings)


@pytest.mark.soak
def test_every_combination_of_options() -> None:
    for kind in all_kinds():
        assert_all(kind.but(units=3, embedding_dim=2, tokens=((4, 21, 64, 13), (77, 66, 54, 30))))


def test_every_pair_of_options_is_met() -> None:
    """All but those of two options that never have an effect together."""
    met = set().union(*(pairs(chosen_of(OPTIONS, kind)) for kind in few_kinds()))
    for one, other in combinations(OPTIONS, 2):
        for a, b in product(OPTIONS[one], OPTIONS[other]):
            settings = Settings(**{one: a, other: b})
            never = not (settings.applies(one) and settings.applies(other))
            assert never or frozenset({(one, a), (other, b)}) in met
    assert len(few_kinds()) < len(all_kinds()) / 20


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0, 0, 1, 1, 0, 0, 0, 0]),
        ({"unit_forget_bias": False}, [0] * 8),
        ({"cell": "GRU"}, [[0] * 6] * 2),
        ({"cell": "GRU", "reset_after": False}, [0] * 6),
        ({"cell": "SimpleRNN"}, [0, 0]),
    ],
)
def test_bias_before_training(options: dict[str, Any], expected: list) -> None:
    assert run(Settings(units=2, **options)).weights["bias"].tolist() == expected


@pytest.mark.parametrize("embedding", [True, False])
def test_inputs_are_what_the_layer_reads(embedding: bool) -> None:
    settings = Settings(embedding=embedding, tokens=((3, 1, 2),), go_backwards=True)
    result = run(settings)
    table = result.weights["embeddings"] if embedding else np.arange(100.0)[:, np.newaxis]
    np.testing.assert_array_equal(result.trace.inputs, table[[[2, 1, 3]]])


def test_scaled_inputs_lie_between_0_and_1() -> None:
    settings = Settings(
        embedding=False, input_scaling="unit", vocabulary_size=8, tokens=((0, 2, 7),)
    )
    assert run(settings).trace.inputs.ravel().tolist() == [0, 0.25, 0.875]
