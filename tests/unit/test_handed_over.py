"""A layer of a visitor's own model, opened on a page of one layer, returns there what it returned
in the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from components.backend import Explained, LayerCall, Setup, explain, run
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import LONGEST_TEXT, Message
from components.backend.running import engine
from components.backend.whatif import padding
from components.backend.your_model.other_pages.handed_over import (
    PADDING_PREFIX,
    HandedOver,
    handed_over,
    handed_to_padding,
)
from components.texts import LANGUAGES, speaking

IDS = np.array([[7, 3, 0, 0, 0, 0], [1, 19, 4, 8, 0, 0], [5, 6, 0, 8, 9, 0]])
"""Of all three sentences the last step is padding; the last one has a 0 among its ids."""
X = np.random.default_rng(1).normal(size=(3, 6, 4)).astype("float32")

ROUNDED = 1e-6
"""How far another batch may set numbers apart: sums are taken in another order."""

Make = Callable[[Any], list[Any]]


def explained(make: Make, x: np.ndarray) -> Explained:
    """A Sequential model of these layers, called on x. Its weights are no simple numbers."""
    with engine.use_keras() as (keras, _):
        keras.utils.set_random_seed(3)
        model = keras.Sequential(
            [keras.Input(x.shape[1:], dtype=x.dtype.name), *make(keras.layers)]
        )
        for weight in model.weights:
            weight.assign(weight + 0.1 * keras.random.normal(weight.shape, seed=4))
        return explain(model, x)


def opened(found: Any) -> tuple[Setup, WeightSource]:
    """What a page reads out of the link."""
    assert isinstance(found, HandedOver), str(found)
    query = {name: [value] for name, value in found.query.items()}
    setup, wrong = Setup.from_query(query)
    source, refused = WeightSource.from_query(query)
    assert not wrong
    assert not refused
    assert source.fit(setup)
    assert (setup, source) == (found.setup, found.source)
    return setup, source


def assert_same(found: Any, call: LayerCall, cell: int = 0) -> None:
    """A page without masks computes h and c as they were at the steps that it has, and returns the
    same if it has all steps."""
    setup, source = opened(found)
    result = run(setup.settings, source.weights(setup.settings))
    before = call.cells[cell].trace
    backwards = setup.go_backwards
    atol = 0 if before.mask is None else ROUNDED
    place = np.ix_(found.sentences, found.steps)
    for name, values in before.states.items():
        wanted = values[:, ::-1][place][:, ::-1] if backwards else values[place]
        np.testing.assert_allclose(result.trace.states[name], wanted, rtol=0, atol=atol)
    if before.hidden.shape[:2] == result.trace.hidden.shape[:2] and len(call.cells) == 1:
        for one, other in zip(result.returned, call.returned, strict=True):
            assert one.name == other.name
            np.testing.assert_array_equal(one.values, other.values)


def assert_same_padded(found: Any, call: LayerCall) -> None:
    """The page Padding returns the same, but for steps that no sentence counts."""
    setup, source = opened(found)
    query = {name: [value] for name, value in found.query.items()}
    choice, wrong = padding.Choice.from_query(query, prefix=PADDING_PREFIX)
    assert not wrong
    assert choice == found.choice
    question = padding.Question(**dict(choice), settings=setup.settings)
    answer = padding.answer(question, source.weights(setup.settings))
    place = np.ix_(found.sentences, found.steps)
    np.testing.assert_array_equal(answer.mask, counted(call)[place])
    for one, other in zip(answer.returned, call.returned, strict=True):
        wanted = other.values[place] if other.values.ndim == 3 else other.values
        np.testing.assert_allclose(one.values, wanted, rtol=0, atol=ROUNDED)


def counted(call: LayerCall) -> np.ndarray:
    """The mask that the layer was called with."""
    trace, layer = call.cells[0].trace, call.cells[0].layer
    return trace.counts[:, ::-1] if layer.go_backwards else trace.counts


LAYERS: dict[str, Make] = {
    "LSTM": lambda k: [k.LSTM(5, return_sequences=True, return_state=False, name="rnn")],
    "last": lambda k: [k.LSTM(5, name="rnn")],
    "GRU": lambda k: [k.GRU(3, reset_after=False, go_backwards=True, name="rnn")],
    "SimpleRNN": lambda k: [k.SimpleRNN(3, activation="relu", use_bias=False, name="rnn")],
    "sigmoids": lambda k: [k.GRU(3, recurrent_activation="hard_sigmoid", name="rnn")],
    "Bidirectional": lambda k: [k.Bidirectional(k.LSTM(3, return_sequences=True), name="rnn")],
}


@pytest.mark.parametrize("name", LAYERS)
def test_numbers_are_read_as_they_were(name: str) -> None:
    answer = explained(LAYERS[name], X)
    call = answer.layer("rnn")
    for cell in range(len(call.cells)):
        found = handed_over(answer, call, cell)
        assert_same(found, call, cell)
        assert found.setup.source == "pasted"
        assert found.notes == ()
    if len(call.cells) == 1:
        assert_same_padded(handed_to_padding(answer, call), call)


@pytest.mark.parametrize("name", LAYERS)
def test_ids_are_the_models_own(name: str) -> None:
    answer = explained(lambda k: [k.Embedding(20, 4), *LAYERS[name](k)], IDS)
    call = answer.layer("rnn")
    found = handed_over(answer, call)
    assert_same(found, call)
    assert found.setup.ids == tuple(map(tuple, IDS.tolist()))
    table = answer.layers[0].weights["embeddings"]
    assert table.shape == (20, 4)
    np.testing.assert_array_equal(found.source.uploaded["embeddings"], table)
    if len(call.cells) == 1:
        assert_same_padded(handed_to_padding(answer, call), call)


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "Bidirectional"])
def test_masked_steps_are_left_out_of_one_sentence_and_are_zeros_on_padding(name: str) -> None:
    answer = explained(lambda k: [k.Embedding(20, 4, mask_zero=True), *LAYERS[name](k)], IDS)
    call = answer.layer("rnn")
    for sentence, steps in enumerate([(0, 1), (0, 1, 2, 3), (0, 1, 3, 4)]):
        found = handed_over(answer, call, sentence=sentence)
        assert_same(found, call)
        assert (found.sentences, found.steps) == ((sentence,), steps)
        assert [note.name for note in found.notes] == ["handed_sentence", "handed_masked"]
    found = handed_to_padding(answer, call)
    assert_same_padded(found, call)
    assert found.choice.sentences == ((7, 3), (1, 19, 4, 8), (5, 6, 0, 8, 9))
    assert found.choice.side == "post"
    assert [note.name for note in found.notes] == ["handed_masked"]


def test_padding_may_stand_before_the_words() -> None:
    ids = np.array([[0, 0, 7, 3], [0, 1, 19, 4]])
    answer = explained(lambda k: [k.Embedding(20, 4, mask_zero=True), *LAYERS["LSTM"](k)], ids)
    found = handed_to_padding(answer, call := answer.layer("rnn"))
    assert_same_padded(found, call)
    assert found.choice.sentences == ((7, 3), (1, 19, 4))
    assert found.choice.side == "pre"


def test_masked_numbers_become_ids_of_zero() -> None:
    x = X.copy()
    x[0, 3:], x[1, 5:] = 0, 0
    answer = explained(lambda k: [k.Masking(), k.Dense(3), *LAYERS["LSTM"](k)], x)
    call = answer.layer("rnn")
    assert_same_padded(handed_to_padding(answer, call), call)
    assert_same(handed_over(answer, call, sentence=1), call)


@pytest.mark.parametrize("sequences", [True, False])
def test_zeros_at_masked_steps_are_handed_over(sequences: bool) -> None:
    def make(k: Any) -> list[Any]:
        layer = k.LSTM(3, return_sequences=sequences, zero_output_for_mask=True, name="rnn")
        return [k.Embedding(20, 4, mask_zero=True), layer]

    ids = np.array([[1, 2, 3, 4], [7, 3, 0, 0]])
    answer = explained(make, ids)
    found = handed_to_padding(answer, call := answer.layer("rnn"))
    assert_same_padded(found, call)
    assert found.choice.zero_output_for_mask


def test_a_large_embedding_is_handed_over_as_the_rows_that_were_read() -> None:
    ids = np.array([[4000, 3, 17, 3], [17, 9, 9, 4999]])
    answer = explained(lambda k: [k.Embedding(5000, 8), k.LSTM(3, name="rnn")], ids)
    call = answer.layer("rnn")
    assert_same(handed_over(answer, call), call)
    found = handed_to_padding(answer, call)
    assert_same_padded(found, call)
    assert found.setup.ids == ((1, 2, 3, 2), (3, 4, 4, 5))


def test_of_an_embedding_without_a_known_table_the_rows_that_were_read_are_handed_over() -> None:
    answer = explained(lambda k: [k.Embedding(5000, 8), k.LSTM(3, name="rnn")], IDS)
    found = handed_over(answer, call := answer.layer("rnn"))
    assert_same(found, call)
    assert found.setup.ids == tuple(map(tuple, IDS.tolist()))
    assert [note.name for note in found.notes] == ["handed_table"]


def test_numbers_that_a_link_cannot_carry_become_ids() -> None:
    x = np.random.default_rng(1).normal(size=(8, 100, 512)).astype("float32")
    answer = explained(lambda k: [k.SimpleRNN(2, return_sequences=True, name="rnn")], x)
    found = handed_over(answer, call := answer.layer("rnn"))
    assert_same(found, call)
    assert (found.setup.source, found.setup.vocabulary_size) == ("typed", 801)
    assert all(len(value) <= LONGEST_TEXT for value in found.query.values())


@pytest.mark.parametrize("backwards", [False, True])
def test_long_sentences_are_cut_where_the_layer_comes_last(backwards: bool) -> None:
    x = np.random.default_rng(1).normal(size=(2, 130, 2)).astype("float32")
    answer = explained(lambda k: [k.GRU(2, go_backwards=backwards, name="rnn")], x)
    found = handed_over(answer, answer.layer("rnn"))
    setup, source = opened(found)
    before = answer.layer("rnn").trace
    assert before is not None
    result = run(setup.settings, source.weights(setup.settings))
    np.testing.assert_array_equal(result.trace.hidden, before.hidden[:, :100])
    assert [note.name for note in found.notes] == ["handed_cut" + "_backwards" * backwards]


def test_the_cells_of_one_layer_are_handed_over_one_by_one() -> None:
    def make(k: Any) -> list[Any]:
        return [k.RNN([k.LSTMCell(3), k.GRUCell(2)], go_backwards=True, name="rnn")]

    answer = explained(make, X)
    call = answer.layer("rnn")
    for cell in range(2):
        found = handed_over(answer, call, cell)
        setup, source = opened(found)
        result = run(setup.settings, source.weights(setup.settings))
        np.testing.assert_allclose(
            result.trace.hidden, call.cells[cell].trace.hidden, rtol=0, atol=1e-6
        )


def test_only_the_sentences_that_were_typed_are_handed_over() -> None:
    answer = explained(LAYERS["LSTM"], X)
    found = handed_over(answer, call := answer.layer("rnn"), count=2)
    assert_same(found, call)
    assert found.sentences == (0, 1)


def test_states_to_begin_with_are_said_not_to_be_there() -> None:
    with engine.use_keras() as (keras, _):
        k = keras.layers
        x = keras.Input(X.shape[1:])
        _, *states = k.LSTM(3, return_state=True, name="encoder")(x)
        outputs = k.LSTM(3, return_sequences=True, name="rnn")(x, initial_state=states)
        answer = explain(keras.Model(x, outputs), X)
    found = handed_over(answer, answer.layer("rnn"))
    assert isinstance(found, HandedOver)
    assert [note.name for note in found.notes] == ["handed_states"]


REFUSED: dict[str, tuple[Make, np.ndarray, str]] = {
    "units": (lambda k: [k.SimpleRNN(513, name="rnn")], X, "handed_setting"),
    "features": (lambda k: [k.Dense(513), k.LSTM(2, name="rnn")], X, "handed_setting"),
    "activation": (lambda k: [k.LSTM(2, activation="softplus", name="rnn")], X, "handed_setting"),
    "mask": (
        lambda k: [k.Embedding(20, 4, mask_zero=True), k.LSTM(2, name="rnn")],
        0 * IDS,
        "handed_all_masked",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_opened_says_why(name: str) -> None:
    make, x, wanted = REFUSED[name]
    answer = explained(make, x)
    call = answer.layer("rnn")
    for told in (handed_over(answer, call), handed_to_padding(answer, call)):
        assert isinstance(told, Message)
        assert told.name.startswith(wanted)
        for language in LANGUAGES:
            with speaking(language):
                assert str(told)
