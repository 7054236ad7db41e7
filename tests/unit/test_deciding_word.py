"""Which word decided: the answer of a real model with each word taken out of what it reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend.question.linked import SettingsError
from components.backend.running.facts import EQUAL
from components.backend.your_model.deciding_facts import facts
from components.backend.your_model.deciding_word import Decided, beside, decided
from components.backend.your_model.opened import Opened, open_model
from components.backend.your_model.question import Question
from components.backend.your_model.typed import words
from tests import architectures
from tests.architectures import MODELS, keras, layers, tensorflow
from tests.architectures import made as made_of
from tests.facts import assert_sentences
from tests.unit.test_words import saved, vectorized

Made = tuple[Opened, Any]
"""A model as it was opened, and Keras's."""


def made(folder: Path, *parts: Any, size: int | None = None, batch: int | None = None) -> Made:
    model = keras.Sequential([keras.Input((size,), batch, dtype="int32"), *parts])
    return saved(folder, model), model


def moves(found: Decided) -> dict[int, float]:
    """How far each word moves the first output."""
    return {one.word: one.change for one in found.outputs[0].words}


def names(found: Decided) -> set[str]:
    return {fact.name for fact in facts(found)}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Reads ids, any number of steps, without a mask."""
    return made(
        tmp_path_factory.mktemp("plain"),
        layers.Embedding(9, 4, embeddings_initializer="glorot_normal"),
        layers.LSTM(3, return_sequences=True, name="lower"),
        layers.Bidirectional(layers.GRU(3), name="both"),
        layers.Dense(1, "sigmoid", name="answer"),
    )


@pytest.fixture(scope="module")
def fixed(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Reads eight ids, with a mask."""
    return made(
        tmp_path_factory.mktemp("fixed"),
        layers.Embedding(9, 4, mask_zero=True, embeddings_initializer="glorot_normal"),
        layers.LSTM(3, return_sequences=True, name="lower"),
        layers.LSTM(3, name="upper"),
        layers.Dense(3, "softmax", name="answer"),
        size=8,
    )


def predicted(model: Any, *ids: int) -> np.ndarray:
    return model.predict(np.array([ids]), verbose=0)[0]


@pytest.mark.parametrize("shown", [1, 2])
def test_each_word_is_left_out_once(plain: Made, shown: int) -> None:
    opened, model = plain
    asked = Question(model=opened.key, sentences="4 2 7 7\n1 5 3 8", sentence=shown)
    found, row = decided(opened, asked), [(4, 2, 7, 7), (1, 5, 3, 8)][shown - 1]
    before = predicted(model, *row)
    for word, change in moves(found).items():
        after = predicted(model, *row[: word - 1], *row[word:])  # a step less: no padding
        assert change == pytest.approx((after - before).item(), abs=1e-6)
    sizes = [abs(one.change) for one in found.outputs[0].words]
    assert sizes == sorted(sizes, reverse=True)
    assert found.other_side is None
    assert [one.label for one in sorted(found.outputs[0].words)] == list(map(str, row))


def test_a_fixed_number_of_steps_is_padded_again(fixed: Made) -> None:
    opened, model = fixed
    for side in ("pre", "post"):
        found = decided(opened, Question(model=opened.key, sentences="4 2 7", pad=side))
        row = [4, 2, 7]
        filled = np.zeros(8, int)
        place = slice(5, None) if side == "pre" else slice(0, 3)
        filled[place] = row
        before = predicted(model, *filled)
        won = before.argmax()
        for word, change in moves(found).items():
            left = [one for at, one in enumerate(row, 1) if at != word]
            other = [*[0] * 6, *left] if side == "pre" else [*left, *[0] * 6]
            after = predicted(model, *other)
            assert change == pytest.approx(after[won] - before[won], abs=1e-6)
        assert found.other_side is not None
        assert found.other_side <= EQUAL
        assert "padding_free" in names(found)


@pytest.mark.parametrize("masked", [True, False])
def test_of_the_padding_in_a_words_place_it_is_told_where_it_counts(
    fixed: Made, masked: bool
) -> None:
    """The sentence fills all eight steps: only without a word is there any padding."""
    asked = Question(model=fixed[0].key, sentences="4 2 7 1 5 3 8 6", masked=masked)
    assert ("padded_more" in names(decided(fixed[0], asked))) is not masked


def test_padding_without_a_mask_counts(plain: Made) -> None:
    opened, model = plain
    found = decided(opened, Question(model=opened.key, sentences="4 2 7", steps=6))
    pre, post = predicted(model, 0, 0, 0, 4, 2, 7), predicted(model, 4, 2, 7, 0, 0, 0)
    assert found.other_side == pytest.approx(abs(pre - post).item(), abs=1e-6)
    assert "padding_counts" in names(found)
    assert decided(opened, Question(model=opened.key, sentences="4 2 7")).other_side is None


@pytest.mark.parametrize(("away", "instead"), [("unknown", 3), ("padding", 0)])
def test_a_word_is_replaced(plain: Made, away: Any, instead: int) -> None:
    opened, model = plain
    known = words.register('{"the": 1, "film": 2, "<UNK>": 3, "good": 4}', "visitor")
    asked = Question(
        model=opened.key, sentences="the film good", vocabulary=known.name, away=away, without=2
    )
    found, before = decided(opened, asked), predicted(model, 1, 2, 4)
    for word, change in moves(found).items():
        row = [1, 2, 4]
        row[word - 1] = instead
        after = predicted(model, *row)
        assert change == pytest.approx((after - before).item(), abs=1e-6)
    assert found.aligned == (0, 1, 2)
    replaced = decided(opened, asked.but(replace="The"))
    (move,) = [one for one in replaced.layers if one.name == "answer"]
    after = predicted(model, 1, 1, 4)
    assert move.differences == pytest.approx(after - before, abs=1e-6)


def test_every_layer_says_how_far_it_moves(plain: Made) -> None:
    opened, model = plain
    found = decided(opened, Question(model=opened.key, sentences="4 2 7 5", without=2))
    assert found.aligned == (0, None, 1, 2)
    by_name = {one.name: one for one in found.layers}
    lower = keras.Model(model.inputs, model.get_layer("lower").output)
    whole, other = predicted(lower, 4, 2, 7, 5), predicted(lower, 4, 7, 5)
    move = by_name["lower"]
    assert move.aligned
    np.testing.assert_allclose(move.differences[[0, 2, 3]], other - whole[[0, 2, 3]], atol=1e-6)
    assert np.isnan(move.differences[1]).all()
    np.testing.assert_allclose(move.hidden[0], move.differences, atol=1e-6)
    assert not move.differences[0].any()  # before the word nothing moves
    assert move.largest == pytest.approx(np.abs(other - whole[[0, 2, 3]]).max(), abs=1e-6)
    assert move.relative == pytest.approx(move.largest / np.abs(whole).max())
    embedded = by_name["embedding"] if "embedding" in by_name else found.layers[0]
    assert embedded.largest == 0  # each other word has the same row
    both = by_name["both"]
    assert not both.aligned
    assert [each.shape for each in both.hidden] == [(4, 3), (4, 3)]
    assert not both.hidden[0][0].any()  # forward, before the word
    assert both.hidden[1][0].any()


def test_layers_that_read_backwards_are_put_beside_their_words(tmp_path: Path) -> None:
    opened, _ = made(
        tmp_path,
        layers.Embedding(9, 4),
        layers.GRU(3, go_backwards=True, return_sequences=True, name="back"),
        layers.Dense(2, name="answer"),
    )
    found = decided(opened, Question(model=opened.key, sentences="4 2 7 5", without=2))
    (move,) = [one for one in found.layers if one.name == "back"]
    assert not move.differences[:2].any()  # 5 and 7, which it reads first
    assert np.isnan(move.differences[2]).all()
    assert move.differences[3].any()
    np.testing.assert_allclose(move.hidden[0], move.differences[::-1], atol=1e-6)
    both = layers.Bidirectional(layers.GRU(3, return_sequences=True), name="both")
    opened, _ = made(tmp_path, layers.Embedding(9, 4), both)
    found = decided(opened, Question(model=opened.key, sentences="4 2 7 5", without=2))
    (move,) = [one for one in found.layers if one.name == "both"]
    forward, backward = move.hidden
    assert not forward[0].any()
    assert forward[2:].any(axis=1).all()
    assert backward[0].any()
    assert not backward[2:].any()
    merged = np.concatenate(move.hidden, axis=1)  # both in the order of the sentence
    np.testing.assert_allclose(move.differences, merged, atol=1e-6)


def of_two_sentences(folder: Path, source: int | None, target: int | None) -> Made:
    """An encoder and a decoder that asks it: the target's steps are never the source's."""
    words = keras.Input((source,), dtype="int32", name="source")
    asked = keras.Input((target,), dtype="int32", name="target")
    read = layers.Embedding(9, 4, name="source_read", embeddings_initializer="glorot_normal")(words)
    encoded, *states = layers.LSTM(4, return_sequences=True, return_state=True, name="encoder")(
        read
    )
    table = layers.Embedding(9, 4, name="target_read", embeddings_initializer="glorot_normal")
    decoded = layers.LSTM(4, return_sequences=True, name="decoder")(
        table(asked), initial_state=states
    )
    context = layers.Attention(name="asks")([decoded, encoded])
    both = layers.Concatenate(name="both")([decoded, context])
    answer = layers.TimeDistributed(layers.Dense(1), name="answer")(both)
    model = keras.Model([words, asked], answer)
    return saved(folder, model), model


@pytest.mark.parametrize(("source", "target"), [(6, 6), (6, 4), (None, None)])
def test_a_target_as_long_as_the_source_keeps_its_steps(
    tmp_path: Path, source: int | None, target: int | None
) -> None:
    opened, model = of_two_sentences(tmp_path, source, target)
    row, other = [4, 2, 7, 1, 5, 3], [1, 8, 2, 6, 3, 5][: target or 6]
    asked = Question(
        model=opened.key,
        sentences=" ".join(map(str, row)),
        others={"target": " ".join(map(str, other))},
        pad="post",
        without=1,
    )
    found = decided(opened, asked)

    def answered(*ids: int) -> np.ndarray:
        padded = [*ids, *[0] * (source - len(ids))] if source else ids
        return model([np.array([padded]), np.array([other])]).numpy()[0]

    whole = answered(*row)
    expected = {}
    for at in range(len(row)):
        apart = answered(*row[:at], *row[at + 1 :]) - whole
        expected[at + 1] = apart.ravel()[np.abs(apart).argmax()]
    assert moves(found) == {word: pytest.approx(far, abs=1e-6) for word, far in expected.items()}
    order = [one.word for one in found.outputs[0].words]
    assert order == sorted(expected, key=lambda word: -abs(expected[word]))
    by_name = {one.name: one for one in found.layers}
    assert not by_name["target_read"].differences.any()
    assert [name for name, one in by_name.items() if one.aligned] == ["source_read", "encoder"]


def test_a_source_that_no_answer_depends_on_moves_none(tmp_path: Path) -> None:
    _, model = of_two_sentences(tmp_path, None, None)
    for name in ("source_read", "encoder"):
        layer = model.get_layer(name)
        layer.set_weights([np.zeros_like(each) for each in layer.get_weights()])
    opened = saved(tmp_path, model)
    asked = Question(model=opened.key, sentences="4 2 7", others={"target": "1 8 2"})
    found = decided(opened, asked)
    assert max(map(abs, moves(found).values())) <= EQUAL
    assert names(found) == {"none_decided"}


@pytest.mark.parametrize("kind", ["ids", "words", "numbers"])
@pytest.mark.parametrize("size", [None, 5])
def test_a_target_that_is_not_typed_stays_as_it_is(
    tmp_path: Path, kind: str, size: int | None
) -> None:
    """It is filled as long as the whole source, or with its words: no word goes from it."""
    shape, dtype = ((size, 2), "float32") if kind == "numbers" else ((size,), "int32")
    dtype = "string" if kind == "words" else dtype
    source = keras.Input((size,), dtype="string" if kind == "words" else "int32", name="source")
    target = keras.Input(shape, dtype=dtype, name="target")
    look = layers.StringLookup(vocabulary=list("abcdef"))
    read, asked = (look(source), look(target)) if kind == "words" else (source, target)
    none = {"embeddings_initializer": "zeros"}
    encoder = layers.LSTM(4, return_state=True, kernel_initializer="zeros", use_bias=False)
    _, *states = encoder(layers.Embedding(9, 4, **none)(read))
    table = layers.Embedding(9, 4, embeddings_initializer="glorot_normal")
    steps = asked if kind == "numbers" else table(asked)
    decoder = layers.LSTM(4, bias_initializer="ones")
    model = keras.Model([source, target], layers.Dense(1)(decoder(steps, initial_state=states)))
    opened = saved(tmp_path, model)
    typed = "a b c d e" if kind == "words" else "4 2 7 1 5"
    found = decided(opened, Question(model=opened.key, sentences=typed))
    assert max(map(abs, moves(found).values())) <= EQUAL
    assert names(found) == {"none_decided"}


def test_steps_that_are_mixed_are_not_compared(tmp_path: Path) -> None:
    """What a window of two steps returns is of no single word: nothing is said of such an answer,
    and of one that pools it, everything."""
    found = of_windows(tmp_path)
    assert names(found) == {"not_compared"}
    assert {one.name: one.differences is None for one in found.layers}["windows"]
    pooled = of_windows(tmp_path, layers.GlobalMaxPooling1D(), layers.Dense(1))
    assert len(moves(pooled)) == 4


def test_scores_of_attention_are_not_compared_entry_by_entry(tmp_path: Path) -> None:
    """Their second axis has the source's steps, of which one goes."""
    ids = keras.Input((None,), dtype="int32")
    h = layers.GRU(3, return_sequences=True)(layers.Embedding(9, 4)(ids))
    _, scores = layers.Attention()([h, h], return_attention_scores=True)
    opened = saved(tmp_path, keras.Model(ids, scores))
    found = decided(opened, Question(model=opened.key, sentences="4 2 7 5"))
    assert names(found) == {"not_compared"}


def test_a_vocabulary_that_makes_one_vector_has_no_steps(tmp_path: Path) -> None:
    look = layers.StringLookup(vocabulary=list("abcdef"), output_mode="multi_hot")
    model = keras.Sequential([keras.Input((5,), dtype="string"), look, layers.Dense(1)])
    opened = saved(tmp_path, model)
    assert opened.axes[0].returns is None
    assert len(moves(decided(opened, Question(model=opened.key, sentences="a b c")))) == 3


def of_windows(folder: Path, *ending: Any) -> Decided:
    """Of a model that reads two steps at a time."""
    windows = layers.Conv1D(2, 2, name="windows")
    opened, _ = made(folder, layers.Embedding(9, 4), windows, *ending)
    return decided(opened, Question(model=opened.key, sentences="4 2 7 5", without=2))


def test_what_stands_above_a_layer_that_reads_backwards_is_put_beside_its_words(
    tmp_path: Path,
) -> None:
    opened, model = made(
        tmp_path,
        layers.Embedding(9, 4),
        layers.GRU(3, go_backwards=True, return_sequences=True),
        layers.SimpleRNN(2, return_sequences=True, name="above"),
    )
    found = decided(opened, Question(model=opened.key, sentences="4 2 7 5", without=2))
    (move,) = [one for one in found.layers if one.name == "above"]
    whole, other = predicted(model, 4, 2, 7, 5), predicted(model, 4, 7, 5)  # 5, 7, 2, 4 and 5, 7, 4
    np.testing.assert_allclose(move.differences[[0, 1, 3]], other - whole[[0, 1, 3]], atol=1e-6)
    assert np.isnan(move.differences[2]).all()


def test_a_model_that_splits_sentences_itself(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            vectorized(),
            layers.Embedding(7, 4, embeddings_initializer="glorot_normal"),
            layers.LSTM(3, name="reader"),
            layers.Dense(1, "sigmoid"),
        ]
    )
    opened = saved(tmp_path, model)

    def of(sentence: str) -> float:
        return model.predict(tensorflow.constant([[sentence]]), verbose=0).item()

    asked = Question(model=opened.key, sentences="The film was - good!", without=3)
    found = decided(opened, asked)
    whole = of("The film was good")
    left = ("film was good", "The was good", "The film good", "The film was")
    assert moves(found) == {
        word: pytest.approx(of(sentence) - whole, abs=1e-6) for word, sentence in enumerate(left, 1)
    }
    assert found.aligned == (0, 1, None, 2)
    (reader,) = [one for one in found.layers if one.name == "reader"]
    assert not reader.hidden[0][:2].any()
    assert reader.hidden[0][3].any()
    unknown = decided(opened, asked.but(away="unknown"))
    assert moves(unknown)[1] == pytest.approx(of("strange film was good") - whole, abs=1e-6)
    alone = decided(opened, asked.but(sentences="good", without=1))
    assert not alone.outputs[0].words
    assert not alone.layers
    assert names(alone) == {"nothing_left"}


def test_a_model_that_reads_letters_pads_no_sentence_for_another(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            layers.TextVectorization(vocabulary=[*"abcdefg"], split="character"),
            layers.Embedding(9, 4),
            layers.GlobalAveragePooling1D(),
            layers.Dense(1),
        ]
    )
    opened = saved(tmp_path, model)
    found = decided(opened, Question(model=opened.key, sentences="a bcdefg"))
    for one in found.outputs[0].words:
        left = tensorflow.constant([["bcdefg" if one.word == 1 else "a"]])
        np.testing.assert_allclose(one.values, model(left)[0], atol=1e-6)


def test_numbers_are_left_out_or_become_zeros(tmp_path: Path) -> None:
    model = keras.Sequential(
        [keras.Input((None, 2)), layers.SimpleRNN(3), layers.Dense(1, name="next")]
    )
    opened = saved(tmp_path, model)
    asked = Question(model=opened.key, sentences="1,2\n3,4\n5,6", away="padding")
    found = decided(opened, asked)
    x = np.array([[[1, 2], [3, 4], [5, 6]]], "float32")
    for word, change in moves(found).items():
        zeroed = x.copy()
        zeroed[0, word - 1] = 0
        other = model.predict(zeroed, verbose=0) - model.predict(x, verbose=0)
        assert change == pytest.approx(other.item(), abs=1e-6)
    assert found.outputs[0].words[0].flips is None
    x[0, 1] = 0.5
    replaced = decided(opened, asked.but(without=2, replace="0.5"))
    before = model.predict(np.array([[[1, 2], [3, 4], [5, 6]]], "float32"), verbose=0)
    np.testing.assert_allclose(
        replaced.layers[-1].differences, (model.predict(x, verbose=0) - before)[0], atol=1e-6
    )


def test_two_inputs_and_a_fixed_batch(tmp_path: Path) -> None:
    ids = keras.Input((None,), 2, dtype="int32", name="ids")
    meta = keras.Input((2,), 2, name="meta")
    read = layers.GRU(3, stateful=True, name="kept")(layers.Embedding(9, 3)(ids))
    ending = layers.Dense(2, "softmax", name="answer")(layers.Concatenate()([read, meta]))
    model = keras.Model([ids, meta], ending)
    opened = saved(tmp_path, model)
    asked = Question(
        model=opened.key, sentences="4 2 7\n1 1 1", others={"meta": "1, 2\n3, 4"}, sentence=2
    )
    found = decided(opened, asked)
    values = {}
    for row in ([1, 1, 1], [1, 1]):
        model.get_layer("kept").reset_state()
        given = [np.array([row] * 2), np.array([[3.0, 4.0]] * 2, "float32")]
        values[len(row)] = model.predict(given, verbose=0)[0]
    change = (values[2] - values[3])[values[3].argmax()]
    assert all(one == pytest.approx(change, abs=1e-6) for one in moves(found).values())
    assert names(found) & {"several_decided", "none_decided", "hardly_decided"}


def test_a_word_that_is_cut_is_not_taken_out(fixed: Made) -> None:
    opened, _ = fixed
    long = "1 2 3 4 5 6 7 8 1 2"
    found = decided(opened, Question(model=opened.key, sentences=long, without=1))
    assert found.first == 3
    assert sorted(moves(found)) == [*range(3, 11)]
    assert not found.layers
    found = decided(opened, Question(model=opened.key, sentences=long, without=1, pad="post"))
    assert sorted(moves(found)) == [*range(1, 9)]
    assert found.layers


def test_a_long_sentence_is_taken_apart_up_to_a_bound(plain: Made) -> None:
    opened, _ = plain
    found = decided(opened, Question(model=opened.key, sentences="1 2 " * 60))
    assert len(found.outputs[0].words) == 100
    assert found.left_off == 20
    assert "left_off" in names(found)


@given(st.integers(1, 9), st.integers(0, 5), st.data())
def test_steps_stand_beside_those_that_read_the_same(count: int, pad: int, data: Any) -> None:
    at = data.draw(st.integers(0, count - 1))
    shorter = data.draw(st.booleans())  # any number of steps, or a fixed one
    for pre in (True, False):
        row = [f"word {i}" for i in range(count)]
        left = row[:at] + row[at + 1 :]
        more = [""] * (pad if shorter else pad + 1)
        whole = [""] * pad + row if pre else row + [""] * pad
        other = more + left if pre else left + more
        found = beside(len(whole), len(other), count, at, pre=pre)
        for step, its in enumerate(found):
            assert whole[step] == row[at] if its is None else whole[step] == other[its]
        assert found.count(None) == 1
        chosen = [its for its in found if its is not None]
        assert len(set(chosen)) == len(chosen)


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"sentence": 2}, "sentence"),
        ({"without": 4}, "without"),
        ({"away": "unknown"}, "away"),
        ({"without": 1, "replace": "9"}, "replace"),
        ({"without": 1, "replace": "x"}, "replace"),
    ],
)
def test_what_does_not_fit_the_sentence_is_refused(
    plain: Made, asked: dict[str, Any], field: str
) -> None:
    opened, _ = plain
    with pytest.raises(SettingsError) as caught:
        decided(opened, Question(model=opened.key, sentences="1 2 3", **asked))
    (problem,) = caught.value.problems
    assert problem.field == field
    assert str(problem)


def of_sum(folder: Path, sizes: list[float], activation: str | None, units: int = 1) -> Opened:
    """A model whose answer is the sum of what each id weighs, so that it is known what decides."""
    return adding(folder, sizes, 1.0, layers.Dense(units, activation), [1.0, -1.0][:units])


def adding(folder: Path, sizes: list[float], keeps: float, *ending: Any) -> Opened:
    """A model whose h is, at every step, a share of what it was and what the id weighs."""
    rnn, embedding = layers.SimpleRNN(1, "linear"), layers.Embedding(len(sizes), 1)
    *above, kernel = ending or (None,)
    model = keras.Sequential([keras.Input((None,), dtype="int32"), embedding, rnn, *above])
    embedding.set_weights([np.array(sizes)[:, np.newaxis]])
    rnn.set_weights([np.eye(1), np.eye(1) * keeps, np.zeros(1)])
    for layer in above:
        layer.set_weights([np.array([kernel]), np.zeros(len(kernel))])
    return saved(folder, model)


def test_the_facts_are_decided_on_the_numbers(tmp_path: Path) -> None:
    sizes = [0, 1, -0.5, 3, -3]

    def of(sentence: str, activation: str | None = None, units: int = 1, **more: Any) -> Decided:
        opened = of_sum(tmp_path, sizes, activation, units)
        return decided(opened, Question(model=opened.key, sentences=sentence, **more))

    found = of("1 3 2 2 2 2", "sigmoid")
    decided_one, turns = facts(found)
    assert (decided_one.name, turns.name) == ("decided_one", "side_turns")
    assert (decided_one.values["word"], decided_one.values["place"]) == ("3", 2)
    assert decided_one.values["before"] == pytest.approx(1 / (1 + np.exp(-2)))
    assert decided_one.values["after"] == pytest.approx(1 / (1 + np.exp(1)))
    cases = [
        found,
        of("1 3 1", "sigmoid"),
        of("1 3 4 4", "softmax", 2),
        of("4 2", "softmax", 2),
        of("1 3 2"),
        of("1 3 2", None, 2),
        of("3 2 3"),
        of("0 0"),
        of("1"),
        of("1 2", steps=3),
        of("1 " * 101),
    ]
    assert names(cases[1]) == {"decided_one", "no_side_turns"}
    assert names(cases[2]) == {"several_decided", "class_turns"}
    assert names(cases[3]) == {"decided_class", "no_class_turns"}
    assert names(cases[5]) == {"decided_most"}
    assert names(cases[7]) == {"none_decided"}
    assert names(cases[9]) == {"decided_one", "padding_free"}
    turning = of("3 2", "softmax", 2)
    assert names(turning) == {"decided_class", "class_turns"}
    assert names(of("1 3", steps=2)) == {"decided_one"}
    small = of_sum(tmp_path, [0, 0.01, -0.005], "sigmoid")
    little, nearly_even = (
        decided(small, Question(model=small.key, sentences=each)) for each in ("1 1 1", "1 2")
    )
    assert names(little) == {"hardly_decided", "no_side_turns"}
    assert little.outputs[0].scale == 1
    assert names(nearly_even) == {"decided_one", "side_turns"}
    counting = of_counting(tmp_path, steps=4), of_counting(tmp_path, steps=2)
    assert names(counting[0]) == {"decided_one", "padding_counts", "padded_more"}
    assert names(counting[1]) == {"decided_one", "padded_more"}
    assert names(of_counting(tmp_path, steps=2, away="padding")) == {"decided_one"}
    windows = of_windows(tmp_path)
    every = (*cases, turning, little, *counting, windows)
    assert_sentences("deciding_facts", [fact for each in every for fact in facts(each)])


def of_counting(folder: Path, **more: Any) -> Decided:
    """Of a model to which the side of the padding matters, as it halves h at every step."""
    opened = adding(folder, [0, 1, 2], 0.5)
    return decided(opened, Question(model=opened.key, sentences="1 2", **more))


NOT_RUN = {"subclassed", "a layer of one's own", "ConvLSTM2D"}


@pytest.mark.whole
@pytest.mark.parametrize("name", [name for name in MODELS if name not in NOT_RUN])
def test_each_model_that_people_bring_says_what_decided(name: str) -> None:
    opened = open_model(architectures.saved(made_of(name)[0], ".keras"), "a visitor")
    found = decided(opened, Question(model=opened.key, without=1))
    assert len(found.outputs) == len(found.base.explained.returned)
    assert all(len(each.words) == len(found.base.fed.pieces[0]) for each in found.outputs)
    assert len(found.layers) == len(found.base.explained.layers)
    assert len(found.base.labels[0]) == len(found.aligned)
    assert facts(found)
