"""Vocabularies that visitors bring, and the arrays that a model reads of what they type."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend.question.linked import LONGEST_TEXT, SettingsError
from components.backend.your_model.answer import answer
from components.backend.your_model.opened import GoneError, ModelInput, Opened, open_model
from components.backend.your_model.question import Question
from components.backend.your_model.typed import words
from components.backend.your_model.typed.feed import feed
from components.texts import LANGUAGES, speaking
from tests.architectures import keras, layers, tensorflow

TOKENIZER = {
    "class_name": "Tokenizer",
    "config": {
        "num_words": 4,
        "filters": '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n',
        "lower": True,
        "split": " ",
        "char_level": False,
        "oov_token": "<OOV>",
        "document_count": 2,
        "word_counts": '{"the": 3, "film": 2, "don\'t": 1}',
        "word_index": '{"<OOV>": 1, "the": 2, "film": 3, "don\'t": 4}',
    },
}
WORDS = ["", "[UNK]", "the", "film", "영화"]


def saved(folder: Path, model: Any) -> Opened:
    """The model, saved and opened."""
    path = folder / "model.keras"
    model.save(path)
    return open_model({path.name: path.read_bytes()}, "a visitor")


def of_inputs(*inputs: ModelInput, batch: int | None = None) -> Opened:
    """What is known of a model with these inputs."""
    return Opened(key="", name="model", kind="Functional", inputs=inputs, batch=batch)


def refused(error: SettingsError) -> tuple[str, str, str]:
    """The field, and by name what was got and what is allowed; all are said in every language."""
    (problem,) = error.problems
    for language in LANGUAGES:
        with speaking(language):
            assert str(problem)
    return problem.field, problem.got.name, problem.allowed.name


# Vocabularies


@pytest.mark.parametrize("dumped", [False, True], ids=["as it is", "as a JSON string"])
def test_the_json_of_a_tokenizer(dumped: bool) -> None:
    text = json.dumps(TOKENIZER)
    found = words.read_vocabulary(json.dumps(text) if dumped else text)
    assert found.ids == {"<OOV>": 1, "the": 2, "film": 3, "don't": 4}
    assert (found.padding, found.unknown, found.below) == (0, 1, 4)
    assert found.split("The well-known FILM; don't!") == ("the", "well", "known", "film", "don't")
    assert found.id_of("film") == 3
    assert found.id_of("film", below=3) is None  # the Embedding has fewer ids
    assert found.id_of("don't") is None  # num_words


@pytest.mark.parametrize(
    "given", ['{" ": 1, "a": 2, "B": 3, "!": 4, "<UNK>": 5}', "\n \na\nB\n!\n[UNK]"]
)
def test_a_vocabulary_of_characters_splits_into_them(given: str) -> None:
    """It has a blank among them: a list of words has none."""
    found = words.read_vocabulary(given)
    assert [found.id_of(each) for each in found.split("a B!")] == [2, 1, 3, 4]
    assert words.read_vocabulary('{"a": 1, "b": 2}').split("a b") == ("a", "b")


def test_a_tokenizer_of_characters_that_leaves_unknown_ones_out() -> None:
    config = {"word_index": '{"a": 1, " ": 2, "b": 3}', "char_level": True, "lower": False}
    found = words.read_vocabulary(json.dumps({"class_name": "Tokenizer", "config": config}))
    assert found.unknown is None
    assert found.split("A b") == ("A", " ", "b")


@pytest.mark.parametrize(
    ("said", "padding", "unknown"),
    [
        ('{"the": 1, "film": 2}', 0, None),
        ('{"<PAD>": 3, "<UNK>": 2, "the": 4}', 3, 2),
        (json.dumps({"class_name": 1, "config": 2}), 0, None),  # words like any others
    ],
)
def test_a_json_object_of_words_and_ids(said: str, padding: int, unknown: int | None) -> None:
    found = words.read_vocabulary(said)
    assert found.ids == json.loads(said)
    assert (found.padding, found.unknown) == (padding, unknown)
    assert found.split("a-b") == ("a", "b")  # as a Tokenizer splits, which gives such objects


@pytest.mark.parametrize(
    "said",
    [
        json.dumps(WORDS),
        "\n".join(WORDS),
        "\r\n".join(WORDS) + "\r\n",
        "\ufeff" + json.dumps(WORDS, ensure_ascii=False),
        ("\n".join(WORDS) + "\n").encode(),
    ],
)
def test_words_in_the_order_of_their_ids(said: str | bytes) -> None:
    found = words.read_vocabulary(said)
    assert found.ids == {word: number for number, word in enumerate(WORDS)}
    assert (found.padding, found.unknown) == (0, 1)
    assert found.words_of([3, 4, 9]) == {3: "film", 4: "영화"}
    assert found.split("That  영화, don't well-known!") == ("that", "영화", "dont", "wellknown")


def test_lines_that_begin_with_the_unknown_word() -> None:
    assert words.read_vocabulary("[UNK]\nthe").ids == {"[UNK]": 0, "the": 1}


def test_sentences_are_split_as_keras_does() -> None:
    sentences = ["It's GOOD, really-good: 3.5/5!", "  영화는 (정말) 좋았다~ ", "#a_b\tc"]
    split = [words.AS_VECTORIZED.split(sentence) for sentence in sentences]
    known = list(dict.fromkeys(word for row in split for word in row))
    ids = layers.TextVectorization(vocabulary=known)(tensorflow.constant(sentences)).numpy()
    for row, expected in zip(split, ids, strict=True):
        assert [2 + known.index(word) for word in row] == expected[: len(row)].tolist()
        assert not expected[len(row) :].any()


@pytest.mark.parametrize(
    ("said", "got"),
    [
        ("", "none"),
        (" \n ", "none"),
        ("{}", "none"),
        (b"\xff\xfe", "no_utf8"),
        ("[1, 2]", "no_word"),
        ('["a", "b", "a"]', "word_twice"),
        ("a\nb\na", "word_twice"),
        ('{"a": 1.5}', "word_id"),
        ('{"a": true}', "word_id"),
        ('{"a": -1}', "word_id"),
        ('{"a": 1', "no_json"),
        ('"the"', "no_json"),
        ("['a', 'b']", "no_json"),  # as Python prints a list
        ("[" * 100_000, "no_file"),
        ('{"a": ' + "9" * 5_000 + "}", "no_file"),
        (json.dumps({"config": {"num_words": 3}}), "no_word_index"),
        (json.dumps({"config": {"word_index": "[]"}}), "no_word_index"),
        (json.dumps({"config": {"word_index": '{"a": 1}', "num_words": "3"}}), "config_entry"),
        (json.dumps({"config": {"word_index": '{"a": 1}', "split": "-" * 101}}), "config_entry"),
        ("a" * (words.MOST_BYTES + 1), "file_size"),
        ("\n".join(map(str, range(words.MOST_WORDS + 1))), "word_count"),
        (json.dumps({str(i): i for i in range(words.MOST_WORDS + 1)}), "word_count"),
    ],
    ids=range(22),
)
def test_what_is_no_vocabulary_is_refused(said: str | bytes, got: str) -> None:
    with pytest.raises(SettingsError) as caught:
        words.read_vocabulary(said)
    assert refused(caught.value) == ("vocabulary", got, "vocabulary_file")


@given(st.one_of(st.text(), st.binary()))
def test_whatever_is_pasted_is_read_or_refused(said: str | bytes) -> None:
    if isinstance(said, str):
        said = said.encode(errors="surrogatepass")
    try:
        found = words.read_vocabulary(said)
    except SettingsError as error:
        refused(error)
    else:
        assert found.ids


def test_a_vocabulary_is_found_by_its_name_until_its_visitor_brings_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = words.register('{"a": 1}', "visitor")
    assert words.find(first.name) is first
    assert words.register('{"a": 1}', "visitor").name == first.name
    store = words._store
    monkeypatch.setattr(store, "most_a_visitor", 100_000)
    for letter in "abc":
        words.register("\n".join(f"{letter}{i}" for i in range(500)), "another")
    assert words.find(first.name).ids == first.ids
    for letter in "def":
        words.register("\n".join(f"{letter}{i}" for i in range(500)), "visitor")
    with pytest.raises(GoneError):
        words.find(first.name)


def test_the_largest_vocabulary_is_kept() -> None:
    found = words.register("\n".join(map(str, range(words.MOST_WORDS))), "visitor")
    assert words.find(found.name) is found


# The question


@given(
    st.text("ab 영\n", max_size=9),
    st.dictionaries(st.text("a_1", max_size=3), st.text("1 2\n", max_size=4), max_size=3),
)
def test_a_question_fits_into_a_link(sentences: str, others: dict[str, str]) -> None:
    question = Question(model="0a", sentences=sentences, others=others, pad="post", without=3)
    query = {name: [value] for name, value in question.to_query().items()}
    assert Question.from_query(query) == (question, ())
    assert hash(question) == hash(Question(**dict(question)))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "../x"),
        ("vocabulary", "X"),
        ("sentences", "a" * (LONGEST_TEXT + 1)),
        ("others", "[]"),
        ("others", '{"a": 1}'),
        ("others", "[" * 9_000),
        ("others", json.dumps(dict.fromkeys("abcdefghi", "1"))),
        ("steps", "1001"),
        ("sentence", "9"),
        ("layer", "a" * 301),
        ("reads", "sounds"),
    ],
)
def test_what_no_field_allows_is_said(name: str, value: str) -> None:
    question, (problem,) = Question.from_query({name: [value]})
    assert problem.field == name
    assert str(problem)
    assert getattr(question, name) == problem.nearest or question == Question()


# What is fed

IDS = ModelInput("ids", "ids", (None,), 50)
rows = st.lists(st.lists(st.integers(1, 49), min_size=1, max_size=12), min_size=1, max_size=8)
sides = st.sampled_from(["pre", "post"])


def ids_of(*sentences: list[int]) -> str:
    return "\n".join(" ".join(map(str, row)) for row in sentences)


@given(rows, sides, st.integers(0, 15), st.none() | st.integers(1, 15))
def test_ids_are_padded_and_cut_as_keras_does(
    typed: list[list[int]], side: Any, steps: int, fixed: int | None
) -> None:
    opened = of_inputs(IDS._replace(shape=(fixed,)))
    fed = feed(opened, Question(sentences=ids_of(*typed), pad=side, steps=steps))
    length = fixed or steps or None
    expected = keras.utils.pad_sequences(typed, length, padding=side, truncating=side)
    np.testing.assert_array_equal(fed.inputs["ids"], expected)
    assert fed.inputs["ids"].dtype == np.int32
    for at, row in enumerate(typed):
        steps_read = [place for place in fed.places[at] if place is not None]
        assert len(row) - fed.cut[at] == len(steps_read) == expected.shape[1] - fed.padded[at]
        for place, number in zip(fed.places[at], row, strict=True):
            assert place is None or expected[at][place] == number
            assert place is None or fed.labels[at][place] == str(number)
        assert fed.labels[at].count("") == fed.padded[at]


def test_words_become_ids_by_the_visitors_vocabulary() -> None:
    known = words.register(json.dumps(WORDS), "visitor")
    question = Question(vocabulary=known.name, sentences="The old film!\n영화")
    fed = feed(of_inputs(IDS), question)
    assert fed.reads == "words"
    np.testing.assert_array_equal(fed.inputs["ids"], [[2, 1, 3], [0, 0, 4]])
    assert fed.labels == (("the", "old", "film"), ("", "", "영화"))
    assert fed.unknown == ((1,), ())
    assert fed.dropped == ((), ())
    few = feed(of_inputs(IDS._replace(ids=3)), question.but(sentences="the film"))
    assert few.inputs["ids"].tolist() == [[2, 1]]  # the Embedding has no id 3


def test_ids_have_the_names_of_the_vocabulary() -> None:
    known = words.register(json.dumps(WORDS), "visitor")
    question = Question(vocabulary=known.name, sentences="2 3 30", reads="ids")
    assert feed(of_inputs(IDS), question).labels == (("the", "film", "30"),)


def test_unknown_words_without_an_id_are_left_out_as_a_tokenizer_does() -> None:
    known = words.register('{"the": 1, "film": 2}', "visitor")
    fed = feed(of_inputs(IDS), Question(vocabulary=known.name, sentences="the old film\nold"))
    assert fed.inputs["ids"].tolist() == [[1, 2], [0, 0]]
    assert fed.dropped == (("old",), ("old",))
    assert fed.padded == (0, 2)


def test_strings_go_in_as_they_are() -> None:
    whole = of_inputs(ModelInput("text", "words", (1,)))
    fed = feed(whole, Question(sentences="The  film!\n영화 -- good"))
    assert fed.inputs["text"].tolist() == [["The film!"], ["영화 -- good"]]
    assert fed.labels == (("The", "film!"), ("영화 --", "good"))
    split = of_inputs(ModelInput("text", "words", (None,)))
    fed = feed(split, Question(sentences="The film !\n영화", pad="post"))
    assert fed.inputs["text"].tolist() == [["The", "film", "!"], ["영화", "", ""]]


def numbers(*shape: int | None) -> Opened:
    return of_inputs(ModelInput("x", "numbers", shape))


def test_numbers_are_read_step_by_step() -> None:
    fed = feed(numbers(None, 2), Question(sentences="a;b\n1,5;2\n3;4\n\n5;6"))
    assert fed.inputs["x"].tolist() == [[[1.5, 2], [3, 4]], [[0, 0], [5, 6]]]
    assert fed.labels == (("1", "2"), ("", "1"))
    fed = feed(numbers(3, 1), Question(sentences="1\n2\n\n7", pad="post"))
    assert fed.inputs["x"].tolist() == [[[1], [2], [0]], [[7], [0], [0]]]
    assert feed(numbers(1, 2, 2), Question(sentences="1,2,3,4")).inputs["x"].shape == (1, 1, 2, 2)


def test_a_line_is_a_sentence_if_the_model_reads_no_steps() -> None:
    fed = feed(numbers(3), Question(sentences="1 , 2 , 3\n4,5,6"))
    assert fed.inputs["x"].tolist() == [[1, 2, 3], [4, 5, 6]]
    fed = feed(numbers(3), Question(sentences="0\n1\n2\n\n4\n5\n6"))  # a column for each
    assert fed.inputs["x"].tolist() == [[0, 1, 2], [4, 5, 6]]
    assert feed(numbers(), Question(sentences="1\n2")).inputs["x"].tolist() == [1, 2]


TWO = of_inputs(ModelInput("meta", "numbers", (2,)), IDS, ModelInput("more", "ids", (None,), 50))


def test_each_further_input_has_a_text_of_its_own() -> None:
    question = Question(sentences="1 2\n3", others={"meta": "5, 6", "more": "7 8 9\n4"}, pad="post")
    fed = feed(TWO, question)
    assert fed.main == "ids"
    assert fed.inputs["ids"].tolist() == [[1, 2], [3, 0]]
    assert fed.inputs["meta"].tolist() == [[5, 6], [5, 6]]  # one for all
    assert fed.inputs["more"].tolist() == [[7, 8, 9], [4, 0, 0]]
    assert not fed.filled


def test_what_is_not_typed_is_filled_and_said() -> None:
    fed = feed(TWO, Question(sentences="1 2 3"))
    assert fed.inputs["meta"].tolist() == [[0, 0]]
    assert fed.inputs["more"].tolist() == [[1, 1, 1]]
    assert {name: said.name for name, said in fed.filled.items()} == {
        "meta": "filled_zeros",
        "more": "filled_ids",
    }
    assert all(map(str, fed.filled.values()))
    texts = of_inputs(ModelInput("a", "words", (1,)), ModelInput("b", "words", ()))
    fed = feed(texts, Question(sentences="the film"))
    assert fed.inputs["b"].tolist() == ["the film"]


def test_sentences_are_repeated_to_fill_a_fixed_batch() -> None:
    fed = feed(of_inputs(IDS, batch=5), Question(sentences="1\n2"))
    assert fed.inputs["ids"].tolist() == [[1], [2], [1], [2], [1]]
    assert (fed.count, fed.repeated) == (2, 3)


@pytest.mark.parametrize(
    ("opened", "asked", "problem"),
    [
        (of_inputs(IDS), {"sentences": "1 50"}, ("sentences", "id", "ids_typed")),
        (of_inputs(IDS), {"sentences": "1 a"}, ("sentences", "value", "ids_typed")),
        (of_inputs(IDS), {"sentences": "1\n" * 9}, ("sentences", "sentence_count", "ids_typed")),
        (of_inputs(IDS), {"sentences": "1 " * 1001}, ("sentences", "step_count", "ids_typed")),
        (of_inputs(IDS), {"reads": "words"}, ("reads", "value", "reads_ids")),
        (of_inputs(IDS), {"reads": "numbers"}, ("reads", "value", "reads_ids")),
        (
            of_inputs(IDS._replace(shape=(3, 4))),
            {"sentences": "1"},
            ("sentences", "value", "shape_typed"),
        ),
        (
            of_inputs(IDS, batch=1),
            {"sentences": "1\n2"},
            ("sentences", "sentence_count", "batch_typed"),
        ),
        (numbers(None, 2), {"sentences": "1\n2"}, ("sentences", "feature_count", "numbers_typed")),
        (numbers(None, 2), {"sentences": "1,x"}, ("sentences", "cell", "numbers_typed")),
        (numbers(3), {"sentences": "1,2"}, ("sentences", "feature_count", "vectors_typed")),
        (numbers(3), {"sentences": "1\n2"}, ("sentences", "feature_count", "vectors_typed")),
        (numbers(3), {"reads": "ids"}, ("reads", "value", "reads_numbers")),
        (numbers(2**22), {}, ("model", "got_shape", "input_size")),
        (of_inputs(IDS, batch=10_000), {"steps": 1000}, ("model", "got_shape", "input_size")),
        (
            of_inputs(IDS, ModelInput("more", "numbers", (None, 2**15))),
            {"steps": 1000},
            ("model", "got_shape", "input_size"),
        ),
        (of_inputs(), {}, ("model", "no_part_runs", "part_runs")),
        (TWO, {"others": {"none": "1"}}, ("others", "value", "other_name")),
        (TWO, {"others": {"more": "1\n2"}}, ("others", "sentence_count", "one_or_as_many")),
        (TWO, {"others": {"meta": "1"}}, ("others", "feature_count", "vectors_typed")),
        (
            of_inputs(ModelInput("a", "words", (1,))),
            {"reads": "ids"},
            ("reads", "value", "reads_words"),
        ),
    ],
    ids=range(21),
)
def test_what_does_not_fit_the_model_is_refused(
    opened: Opened, asked: dict[str, Any], problem: tuple[str, str, str]
) -> None:
    with pytest.raises(SettingsError) as caught:
        feed(opened, Question(**asked))
    assert refused(caught.value) == problem


def test_a_vocabulary_that_is_not_kept_is_said() -> None:
    with pytest.raises(GoneError):
        feed(of_inputs(IDS), Question(vocabulary="0123"))


@pytest.mark.parametrize(
    "given_input",
    [
        IDS,
        IDS._replace(shape=(20,), ids=3),
        IDS._replace(shape=(1,), ids=1),
        ModelInput("x", "numbers", (None, 2)),
        ModelInput("x", "numbers", (30, 1)),
        ModelInput("x", "numbers", (4,)),
        ModelInput("x", "numbers", (None,)),
        ModelInput("x", "numbers", ()),
        ModelInput("x", "words", (1,), None, ("", "[UNK]", "the", "film")),
        ModelInput("x", "words", (None,)),
    ],
    ids=range(10),
)
def test_every_input_has_an_example(given_input: ModelInput) -> None:
    fed = feed(of_inputs(given_input), Question())
    (array,) = fed.inputs.values()
    assert fed.example
    assert array.shape[0] == 1
    fits = zip(array.shape[1:], given_input.shape, strict=True)
    assert all(size == wanted or wanted is None for size, wanted in fits)
    if given_input.ids:
        assert array.max() < given_input.ids


# Answers of real models


def vectorized(**arguments: Any) -> Any:
    known = ["good", "bad", "film", "was", "the"]
    return layers.TextVectorization(vocabulary=known, **arguments)


def test_a_model_that_reads_strings(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            vectorized(output_sequence_length=5),
            layers.Embedding(7, 4, mask_zero=True),
            layers.LSTM(3, name="reader"),
            layers.Dense(1, "sigmoid", name="answer"),
        ]
    )
    opened = saved(tmp_path, model)
    sentences = ["The film was GOOD!", "a strange film - was it bad"]
    found = answer(Question(model=opened.key, sentences="\n".join(sentences)))
    (result,) = found.results
    assert (result.name, result.kind, result.why.name) == ("answer", "probability", "by_sigmoid")
    expected = model.predict(tensorflow.constant([[each] for each in sentences]), verbose=0)
    np.testing.assert_allclose(result.values, expected, atol=1e-6)
    assert found.labels == (
        ("The", "film", "was", "GOOD!", ""),
        ("a", "strange", "film -", "was", "it"),
    )
    assert found.unknown == ((), (0, 1, 4))
    assert found.layer is found.explained.layer("reader")


def test_of_two_texts_the_labels_are_those_of_the_sentences(tmp_path: Path) -> None:
    title, review = (keras.Input((1,), dtype="string", name=n) for n in ("title", "review"))
    read = [
        layers.Embedding(7, 2)(vectorized(output_sequence_length=3)(each))
        for each in (review, title)
    ]
    read[0] = layers.Identity()(read[0])  # so Keras calls what reads it first
    model = keras.Model([title, review], layers.Dense(1)(layers.Concatenate()(read)))
    opened = saved(tmp_path, model)
    found = answer(
        Question(model=opened.key, sentences="good odd", others={"review": "bad film was"})
    )
    assert found.labels == (("good", "odd", ""),)
    assert found.unknown == ((1,),)


def test_classes_by_a_vocabulary(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(9, 4),
            layers.GRU(3, return_sequences=True, name="lower"),
            layers.GRU(3, name="upper"),
            layers.Dense(4, name="sums"),
            layers.Softmax(name="shares"),
        ]
    )
    opened = saved(tmp_path, model)
    known = words.register('{"the": 1, "film": 2, "<OOV>": 3}', "visitor")
    question = Question(
        model=opened.key, vocabulary=known.name, sentences="the old film", layer="upper"
    )
    found = answer(question)
    (result,) = found.results
    assert (result.name, result.kind) == ("shares", "classes")
    np.testing.assert_allclose(
        result.values, model.predict(np.array([[0, 0, 0, 1, 3, 2]]), verbose=0), atol=1e-6
    )
    assert found.unknown == ((4,),)
    assert found.layer is found.explained.layer("upper")
    assert answer(question.but(layer="other")).layer is None


@pytest.mark.parametrize(
    ("ending", "units", "kind"),
    [
        (lambda: [layers.Dense(1), layers.Activation("sigmoid")], 1, "probability"),
        (lambda: [layers.Dense(3), layers.Activation("softmax")], 3, "classes"),
        (lambda: [layers.Dense(3), layers.Activation("tanh")], 3, "numbers"),
        (lambda: [layers.Dense(3, "softmax"), layers.Dropout(0.5)], 3, "classes"),
        (lambda: [layers.Dense(1, "softmax")], 1, "numbers"),  # always 1
        (lambda: [layers.Dense(2, "sigmoid")], 2, "probability"),
        (lambda: [layers.Dense(1, "relu")], 1, "numbers"),
        (lambda: [layers.Dense(1)], 1, "numbers"),
        (lambda: [], 2, "numbers"),
    ],
    ids=range(9),
)
def test_what_an_answer_is_follows_from_the_last_activation(
    tmp_path: Path, ending: Any, units: int, kind: str
) -> None:
    begins = [keras.Input((None,), dtype="int32"), layers.Embedding(9, 2), layers.GRU(2)]
    opened = saved(tmp_path, keras.Sequential([*begins, *ending()]))
    (result,) = answer(Question(model=opened.key, sentences="1 2\n3")).results
    assert (result.kind, result.values.shape) == (kind, (2, units))
    assert str(result.why)


def test_two_calls_go_on_from_one_another(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((None,), 1, dtype="int32"),
            layers.Embedding(9, 2),
            layers.GRU(2, stateful=True, name="kept"),
        ]
    )
    opened = saved(tmp_path, model)
    found = answer(Question(model=opened.key, sentences="1 2", calls=2))
    first, second = (model.predict(np.array([[1, 2]]), verbose=0) for _ in range(2))
    np.testing.assert_allclose(found.calls[0].tensor("outputs"), first, atol=1e-6)
    np.testing.assert_allclose(found.results[0].values, second, atol=1e-6)


def test_the_same_input_is_run_once(tmp_path: Path) -> None:
    model = keras.Sequential(
        [
            keras.Input((None,), dtype="int32"),
            layers.Embedding(9, 2),
            layers.GRU(2),
            layers.Dense(2),
        ]
    )
    opened = saved(tmp_path, model)
    question = Question(model=opened.key, sentences="1 2")
    first, again = answer(question), answer(question.but(without=1, layer="gru"))
    assert first.explained is again.explained
    assert first.results[0].kind == "numbers"
    assert answer(question.but(sentences="2 1")).explained is not first.explained


def test_two_outputs_and_a_fixed_batch(tmp_path: Path) -> None:
    ids = keras.Input((None,), 3, dtype="int32", name="ids")
    read = layers.LSTM(3, stateful=True, name="kept")(layers.Embedding(9, 2)(ids))
    outputs = [
        layers.Dense(2, "relu", name="sizes")(read),
        layers.Dense(2, "sigmoid", name="yes")(read),
    ]
    opened = saved(tmp_path, keras.Model(ids, outputs))
    found = answer(Question(model=opened.key, sentences="1 2\n3"))
    assert [each.kind for each in found.results] == ["numbers", "probability"]
    assert [each.values.shape for each in found.results] == [(2, 2), (2, 2)]
    assert found.fed.repeated == 1
    assert all(str(each.why) for each in found.results)


def test_a_model_that_is_not_kept_is_said() -> None:
    with pytest.raises(GoneError):
        answer(Question(model="0123"))
