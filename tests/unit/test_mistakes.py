"""Mistakes: Keras says what is said of it, and the mended code runs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from components.backend.mistakes.mistakes import BEGINS, MISTAKES, answer, facts
from components.backend.running.engine import use_keras
from components.backend.running.keras_error import in_short
from components.texts import text

LOUD = [name for name, mistake in MISTAKES.items() if mistake.says]
SILENT = [name for name, mistake in MISTAKES.items() if not mistake.says]

OTHER_SHAPE = ("last_batch_of_one", "query_of_two_axes", "attention_without_sequences")


@pytest.mark.parametrize("name", LOUD)
def test_keras_says_the_words_by_which_it_is_looked_for(name: str) -> None:
    found = answer(name)
    wrong = found.wrong.error or found.wrong.warning
    assert MISTAKES[name].says in wrong
    assert "File" not in wrong
    assert bool(found.wrong.error) != bool(found.wrong.shapes)
    assert found.right.shapes
    assert not found.right.warning
    told = [fact.name for fact in facts(found)]
    assert told == ["warned"] * (not found.wrong.error) + ["apart"] * MISTAKES[name].comparable


@pytest.mark.parametrize("name", SILENT)
def test_of_a_silent_mistake_it_is_said_what_keras_does_not_notice(name: str) -> None:
    found = answer(name)
    assert (found.wrong.error, found.wrong.warning) == ("", "")
    same = found.wrong.shapes == found.right.shapes
    assert same != (name in OTHER_SHAPE)
    measured = {"relu": "not_finite"}.get(name, "apart")
    told = [fact.name for fact in facts(found)]
    assert told == ["unnoticed" if same else "other_shape"] + [measured] * MISTAKES[name].comparable
    assert found.apart is None or not found.apart <= 0.01
    has_numbers = bool(found.wrong.numbers), bool(found.right.numbers)
    assert has_numbers == (MISTAKES[name].comparable,) * 2


def test_of_one_number_a_sample_that_of_each_is_told() -> None:
    found = answer("softmax_of_one_class")
    assert found.wrong.shapes == found.right.shapes == ((2, 1),)
    assert found.wrong.numbers == (1, 1)
    assert len(set(found.right.numbers)) == 2


def test_of_several_those_of_the_last_sample_are_told() -> None:
    name = "swapped_states"
    np.testing.assert_allclose(
        answer(name).right.numbers, result(name, MISTAKES[name].right)[-1], atol=1e-6
    )


@pytest.mark.parametrize(
    ("name", "used"),
    {
        "no_steps": "keras np x",
        "ids_as_numbers": "keras np ids",
        "id_too_large": "keras np",  # makes ids of its own
        "old_hard_sigmoid": "keras np x",  # changes x
        "samples_in_input": "keras",
        "reshape": "np",
    }.items(),
)
def test_it_begins_with_what_it_uses_alone(name: str, used: str) -> None:
    lines = MISTAKES[name].begins.splitlines()
    assert [made for made, line in BEGINS.items() if line in lines] == used.split()
    assert MISTAKES[name].begins.endswith(MISTAKES[name].given)


@pytest.mark.parametrize(
    "name",
    [
        "no_features",
        "everything",
        "set_weights_before",
        "mask_through_conv",
        "mse",
        "relu",
        "shuffled_alone",
    ],
)
def test_it_is_the_same_each_time(name: str, forget: Callable[[], None]) -> None:
    """The layers' names in the errors, too, whatever else this process has made."""
    before = repr(answer(name))  # where NaN equals NaN
    forget()
    assert repr(answer(name)) == before


@pytest.mark.usefixtures("forget")
def test_thirty_who_ask_at_once_have_it_made_once() -> None:
    name = "stateful_last_batch"
    with ThreadPoolExecutor(30) as class_:
        found = list(class_.map(answer, [name] * 30))
    assert all(each is found[0] for each in found)


def result(name: str, code: str) -> np.ndarray:
    """The `y` that code leaves after what a mistake begins with."""
    with use_keras():
        exec(f"{MISTAKES[name].begins}\n{code}", names := {})
        return np.array(names["y"])


SAME = {
    "id_below_zero": ("embedding(ids)", "embedding(np.array([[99, 5]]))"),
    "one_row": (
        "layer(x, initial_state=[h[:1], c[:1]])[0]",
        "layer(x, initial_state=[np.repeat(s[:1], 2, axis=0) for s in (h, c)])[0]",
    ),
    "mse": (
        "loss(one_a_sentence, h)",
        "loss(np.repeat(one_a_sentence, 5, axis=1), h)",
    ),
    "mask_times": ("layer(embedding(ids) * 2)", "layer(np.array(embedding(ids) * 2))"),
    "mask_and_states": (
        "layer(embedding(ids), initial_state=[h, c])",
        "layer(np.array(embedding(ids)), initial_state=[h, c])",
    ),
    "zeros_masked": ("layer(keras.layers.Masking()(x))", "layer(np.delete(x, 2, axis=1))"),
    "query_of_two_axes": (
        "attention([h, outputs])",
        "np.concatenate([attention([np.stack([h[i : i + 1]] * 2), outputs])"
        " for i in (0, 1)], axis=1)",
    ),
    "attention_without_sequences": ("attention([h, h])", "attention([h[None], h[None]])[0]"),
    "states_as_value": ("attention([decoded, h[:, None]])", "np.stack([h] * 5, axis=1)"),
    "softmax_of_one_class": ('keras.layers.Dense(1, activation="softmax")(h)', "np.ones((2, 1))"),
    "softmax_over_one": (
        "keras.ops.sum(keras.layers.Softmax()(scores) * outputs, axis=1)",
        "keras.ops.sum(outputs, axis=1)",
    ),
    "key_before_value": (
        "attention([decoded, keys, outputs])",
        "keras.ops.softmax(decoded @ keras.ops.swapaxes(outputs, 1, 2)) @ keys",
    ),
}
"""What Keras does without a word, and what that is the same as."""

MORE = {
    "id_below_zero": "embedding = keras.layers.Embedding(100, 4)",
    "mse": "h = keras.layers.LSTM(1, return_sequences=True, **drawn)(x)",
}


@pytest.mark.parametrize("name", SAME)
def test_what_is_said_of_a_silent_mistake_is_so(name: str) -> None:
    one, other = (f"y = {code}" for code in SAME[name])
    both = result(name, f"{MORE.get(name, '')}\n{one}\none = y\n{other}\ny = [one, y]")
    np.testing.assert_allclose(*both, rtol=1e-6)


def test_a_classifier_whose_labels_are_in_another_order_answers_their_share() -> None:
    mistake, found = MISTAKES["shuffled_alone"], answer("shuffled_alone")
    with use_keras():
        exec(mistake.begins, names := {})
    share, labels = names["labels"].mean(), names["labels"][:5, 0]
    assert f"{share:.0%}" == "30%"
    assert f"# labels: {', '.join(map(str, labels.astype(int)))}" in mistake.wrong
    np.testing.assert_allclose(found.wrong.numbers, share, atol=0.05)
    assert ((np.array(found.right.numbers) > 0.5) == labels).all()
    loss = result("shuffled_alone", f"{mistake.wrong}\ny = model.evaluate(h, labels, verbose=0)")
    assert f"loss ends near {loss:.2f}" in text("mistakes.why.shuffled_alone")


def test_an_error_is_without_colours_the_call_and_its_arguments() -> None:
    with use_keras() as (keras, _), pytest.raises(IndexError) as raised:
        keras.layers.LSTM(4)(np.zeros((2, 5, 3)), initial_state=[np.zeros((2, 4))])
    assert "\x1b" in str(raised.value)
    assert "Arguments received" in str(raised.value)
    assert in_short(f"IndexError: {raised.value}") == "IndexError: list index out of range"
