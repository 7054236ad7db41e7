"""Live Keras models, explained: how much attention layers attend, what a Dense adds up, and several
calls one after another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.backend import LayerCall, MismatchError, explain, explain_calls
from components.backend.cells import REPLAYED
from components.backend.explained.added import added
from tests.architectures import (
    IDS,
    X,
    functional,
    layers,
    made,
    numbers,
    of_numbers,
    own,
)

# Attention


LN3, LN7 = np.log([3.0, 7.0])
QUERY = np.array([[[LN3, 0.0], [0.0, LN3]]], "float32")
VALUE = np.array([[[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]], "float32")


def attended(join: Callable[..., Any], *arrays: np.ndarray) -> LayerCall:
    """The call of the attention layer of a functional model."""
    found = explain(*functional(join, *(arrays or (QUERY, VALUE))))
    return next(each for each in found.layers if "Attention" in each.kind)


def assert_attends(call: LayerCall, expected: Any) -> None:
    np.testing.assert_allclose(call.attention, expected, atol=1e-6)


def test_a_query_attends_to_each_value_by_the_softmax_of_their_products() -> None:
    call = attended(lambda q, v: layers.Attention()([q, v]))
    assert_attends(call, [[[0.6, 0.2, 0.2], [0.2, 0.6, 0.2]]])
    assert not call.attention_returned
    assert call.output_shapes == ((1, 2, 2),)


def test_what_the_call_returned_is_taken_as_it_is() -> None:
    call = attended(lambda q, v: layers.Attention()([q, v], return_attention_scores=True))
    assert call.attention_returned
    np.testing.assert_array_equal(call.attention, call.returned[1].values)


def test_a_masked_value_is_not_attended_to() -> None:
    call = attended(lambda q, v: layers.Attention()([q, layers.Masking()(v)]))
    assert_attends(call, [[[0.75, 0.25, 0], [0.25, 0.75, 0]]])


def test_a_causal_mask_hides_what_comes_later() -> None:
    call = attended(lambda q, v: layers.Attention()([q, v], use_causal_mask=True))
    assert_attends(call, [[[1, 0, 0], [0.25, 0.75, 0]]])


def test_additive_attention() -> None:
    value = np.array([[[0.0], [np.arctanh(0.5)]]], "float32")
    call = attended(
        lambda q, v: layers.AdditiveAttention(use_scale=False)([q, v]), value[:, :1], value
    )
    assert_attends(call, np.array([[[1, np.e**0.5]]]) / (1 + np.e**0.5))


HEADS = {
    "MultiHeadAttention": lambda: layers.MultiHeadAttention(2, 1, use_bias=False),
    "GroupQueryAttention": lambda: layers.GroupQueryAttention(1, 2, 2, use_bias=False),
}


@pytest.mark.parametrize("kind", HEADS)
def test_each_head_attends_on_its_own(kind: str) -> None:
    """The first head compares the first feature, the other one the second."""
    layer = HEADS[kind]()
    query, value = np.array([[[LN3, LN7]]], "float32"), VALUE[:, :2]
    model, x = functional(lambda q, v: layer(q, v), query, value)
    each_its_own = np.eye(2, dtype="float32")[..., np.newaxis]  # (feature, head, 1)
    layer.set_weights([each_its_own, each_its_own, each_its_own, each_its_own.swapaxes(1, 2)])
    call = explain(model, x).layers[-1]
    assert_attends(call, [[[[0.75, 0.25]], [[0.125, 0.875]]]])
    assert not call.attention_returned


LAYERS = {
    "Attention": lambda: layers.Attention(),
    "AdditiveAttention": lambda: layers.AdditiveAttention(),
    "MultiHeadAttention": lambda: layers.MultiHeadAttention(2, 3, seed=1),
    "GroupQueryAttention": lambda: layers.GroupQueryAttention(3, 2, 1, seed=1),
}


@pytest.mark.parametrize("name", LAYERS)
@given(lengths=st.lists(st.integers(1, 4), min_size=2, max_size=2), causal=st.booleans())
@settings(max_examples=8, deadline=None)
def test_asked_again_it_has_the_masks_of_the_call(
    name: str, lengths: list[int], causal: bool
) -> None:
    x = numbers(2, 4, 3) * (np.arange(4) < np.array(lengths)[:, np.newaxis])[..., np.newaxis]

    def attending(**asked: bool) -> Any:
        def join(h: Any) -> Any:
            read = layers.Masking()(h)
            given = [read, read]
            given = [given] if name in {"Attention", "AdditiveAttention"} else given
            return LAYERS[name]()(*given, use_causal_mask=causal, **asked)

        return functional(join, x)[0]

    silent, asking = attending(), attending(return_attention_scores=True)
    asking.set_weights(silent.get_weights())
    mine, theirs = (explain(model, x).layers[-1] for model in (silent, asking))
    assert (mine.attention_returned, theirs.attention_returned) == (False, True)
    np.testing.assert_array_equal(mine.attention, theirs.attention)
    for sentence, length in enumerate(lengths):
        assert not mine.attention[sentence, ..., length:].any()
        read = mine.attention[sentence, ..., :length, :]
        np.testing.assert_allclose(read.sum(axis=-1), 1, atol=1e-6)


def test_what_follows_still_has_its_mask() -> None:
    def join(x: Any) -> Any:
        read = layers.Masking()(x)
        seen = layers.MultiHeadAttention(2, 3)(read, read)
        return layers.GRU(3)(layers.Attention()([seen, read]))

    model, x = functional(join, X * (IDS > 0)[..., np.newaxis])
    expected = model(x)
    np.testing.assert_allclose(explain(model, x).returned[0].values, expected, atol=1e-6)


def test_where_dropout_draws_anew_there_is_none() -> None:
    model = own.DropsAttention()
    model(X)
    (call,) = explain(model, X).layers
    assert (call.kind, call.attention, call.attention_returned) == ("Attention", None, False)


def test_other_layers_have_none() -> None:
    found = explain(*made("Attention"))
    assert [each.kind for each in found.layers if each.attention is not None] == ["Attention"]


# Dense


def of_dense(layer: Any, x: np.ndarray, kernel: Any, bias: Any = None) -> LayerCall:
    model, x = of_numbers(layer, x=x.astype("float32"))
    values = [np.array(each, "float32") for each in (kernel, bias) if each is not None]
    layer.set_weights(values)
    return explain(model, x).layers[-1]


VECTOR = np.array([[2.0, 1.0, 0.1, -3.0]])
KERNEL = np.array([[1.0], [-2.5], [3.0], [1.0]])


def test_the_largest_parts_come_first() -> None:
    call = of_dense(layers.Dense(1, activation="relu"), VECTOR, KERNEL, [4.0])
    found = added(call, 0, None, 0, most=2)
    assert [(part.unit, part.value, part.weight, part.product) for part in found.parts] == [
        (3, -3, 1, -3),
        (1, 1, -2.5, -2.5),
    ]
    assert (found.others, found.bias) == (2, 4)
    assert found.rest == pytest.approx(2.3)
    assert found.sum == pytest.approx(0.8)
    assert found.output == pytest.approx(0.8)
    assert found.difference < 1e-6


def test_without_a_bias_there_is_0() -> None:
    found = added(of_dense(layers.Dense(1, use_bias=False), VECTOR, KERNEL), 0, None, 0)
    assert (found.bias, found.rest, found.others) == (0, 0, 0)
    assert found.output == pytest.approx(-3.2)


def test_a_step_of_a_sequence() -> None:
    for layer in (layers.Dense(2), layers.TimeDistributed(layers.Dense(2))):
        kernel = np.hstack([KERNEL, 2 * KERNEL])
        call = of_dense(layer, np.stack([VECTOR, 3 * VECTOR], axis=1), kernel, [0.0, 1.0])
        found = added(call, 0, 1, 1)
        assert found.sum == pytest.approx(6 * -3.2 + 1)
        with pytest.raises(IndexError):
            added(call, 0, 2, 0)


@pytest.mark.parametrize("name", sorted(REPLAYED.keys() - {"hard_sigmoid_keras2"}))
@given(seed=st.integers(0, 99), most=st.integers(0, 9))
@settings(max_examples=5, deadline=None)
def test_they_add_up_to_what_keras_returned(name: str, seed: int, most: int) -> None:
    draw = np.random.default_rng(seed).normal
    layer = layers.Dense(3, activation=name)
    call = of_dense(layer, draw(size=(2, 6)), draw(size=(6, 3)), draw(size=3))
    assert call.activation == name
    for unit in range(3):
        found = added(call, 1, None, unit, most)
        products = [part.product for part in found.parts]
        assert (len(products), found.others) == (min(most, 6), max(0, 6 - most))
        assert np.abs(products).tolist() == sorted(np.abs(products), reverse=True)
        assert sum(products) + found.rest + found.bias == pytest.approx(found.sum)
        assert found.difference < 1e-5 * max(1, abs(found.output))


def test_an_activation_that_is_not_known_is_not_checked() -> None:
    for activation in (lambda x: x, "mish", layers.LeakyReLU()):
        call = of_dense(layers.Dense(1, activation=activation), VECTOR, KERNEL, [4.0])
        assert added(call, 0, None, 0).difference is None
        assert call.activation == ("mish" if activation == "mish" else "")


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16", "float64"])
def test_in_another_precision(policy: str) -> None:
    layer = layers.Dense(1, dtype=policy)
    found = added(of_dense(layer, VECTOR, KERNEL + 1 / 3, [1 / 3]), 0, None, 0)
    assert found.difference < 0.05


def test_a_sum_that_is_not_keras_s_is_an_error() -> None:
    call = of_dense(layers.Dense(1), VECTOR, KERNEL, [4.0])
    other = replace(call, returned=(replace(call.returned[0], values=np.array([[9.0]])),))
    with pytest.raises(MismatchError, match="dense"):
        added(other, 0, None, 0)


def test_a_dense_of_many_weights_has_none_if_so_asked() -> None:
    model, x = made("Embedding, LSTM, Dense")
    for most, names in ((5, []), (6, ["kernel", "bias"]), (None, ["kernel", "bias"])):
        *others, dense = explain(model, x, most_weights=most).layers
        assert list(dense.weights) == names
        assert not any("kernel" in each.weights for each in others)
    with pytest.raises(ValueError, match="no weights"):
        added(others[0], 0, None, 0)


# Several calls


def test_the_first_call_begins_from_zeros_and_the_next_goes_on() -> None:
    model, x = made("stateful")
    model(x)
    before = model.layers[0].states[0].numpy()
    assert before.any()
    first, second = explain_calls(model, x, 2)
    for one, other in zip(first.layers, second.layers, strict=True):
        for former, cell in zip(one.cells, other.cells, strict=True):
            for name, initial in cell.trace.initial.items():
                assert not former.trace.initial[name].any()
                np.testing.assert_allclose(initial, former.trace.states[name][:, -1], atol=1e-6)
    np.testing.assert_array_equal(model.layers[0].states[0], before)
    for layer in model.layers:
        layer.reset_state()
    for found in (first, second):
        np.testing.assert_allclose(found.returned[0].values, model(x), atol=1e-6)


def test_a_model_without_states_returns_the_same_each_time() -> None:
    one, other, _ = explain_calls(*made("GRU on GRU"), 3)
    np.testing.assert_array_equal(one.returned[0].values, other.returned[0].values)
