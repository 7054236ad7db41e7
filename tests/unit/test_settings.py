"""Settings: what is taken, what is refused and in which words, links, and ids as text."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from components.backend import Settings, SettingsError, Setup
from components.backend.question.linked import (
    allowed_values,
    bounds,
    defaults,
    from_text,
    rule_of,
    to_text,
)
from components.backend.question.sentences import (
    Tokens,
    Values,
    read_ids,
    read_values,
    tokens_text,
    values_text,
)
from tests.refused import refusal
from tests.strategies import (
    ANYTHING,
    any_settings,
    any_values,
    bad_values,
    examples,
    plain_fields,
)

DEFAULTS = defaults(Settings)
NUMBERS = {"values": (((0.5, -1.0),) * 3,)}
NAMES = st.sampled_from(list(DEFAULTS))


# What is taken


def test_defaults_are_those_of_the_design() -> None:
    design = {
        "cell": "LSTM",
        "units": 3,
        "return_sequences": True,
        "return_state": True,
        "values": (),
        "tokens": ((4, 21, 64, 13, 77, 66, 54, 30, 81, 87),),
        "embedding": True,
        "embedding_dim": 2,
        "embeddings_initializer": "standard_normal",
        "input_scaling": "raw",
        "activation": "tanh",
        "recurrent_activation": "sigmoid",
        "reset_after": True,
        "use_bias": True,
        "unit_forget_bias": True,
        "go_backwards": False,
        "kernel_initializer": "glorot_uniform",
        "recurrent_initializer": "orthogonal",
        "bias_initializer": "zeros",
        "dropout": 0.0,
        "recurrent_dropout": 0.0,
        "vocabulary_size": 100,
        "seed": 10,
    }
    assert {name: DEFAULTS[name] for name in design} == design


@given(any_settings())
def test_valid_values_are_kept_as_they_are(settings: Settings) -> None:
    assert Settings(**dict(settings)) == settings
    assert settings.steps == len((settings.values or settings.tokens)[0])


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("units", 1, 512),
        ("embedding_dim", 1, 512),
        ("vocabulary_size", 2, 1000),
        ("seed", 0, 2**31 - 1),
    ],
)
def test_bounds(name: str, low: int, high: int) -> None:
    assert bounds(Settings, name) == (low, high)
    for value in (low, high):
        assert getattr(Settings(tokens=((0,),), **{name: value}), name) == value
    for value in (low - 1, high + 1):
        assert refusal(Settings, tokens=((0,),), **{name: value}).problems[0].field == name


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("cell", np.str_("GRU"), "GRU"),
        ("units", np.int64(7), 7),
        ("units", np.uint8(7), 7),
        ("units", np.array(7), 7),
        ("return_state", np.bool_(False), False),
        ("return_state", np.array(False), False),
        ("tokens", np.array([[1, 2], [3, 4]], dtype="uint16"), ((1, 2), (3, 4))),
        ("tokens", [np.array([1, 2]), np.array([3, 4])], ((1, 2), (3, 4))),
        ("tokens", ((np.int32(1), np.int64(2)),), ((1, 2),)),
        ("tokens", [[1, 2], [3, 4]], ((1, 2), (3, 4))),
    ],
)
def test_numpy_and_lists_are_taken(name: str, value: Any, expected: Any) -> None:
    settings = Settings(**{name: value})
    assert settings == Settings(**{name: expected})
    assert hash(settings) == hash(Settings(**{name: expected}))
    assert repr(settings) == repr(Settings(**{name: expected}))


def test_frozen() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings().units = 5
    said = "units: got 5; allowed: no change in place, but a changed copy: .but(units=5)"
    assert str(caught.value) == said
    assert Settings() == Settings().but(units=3)


@given(any_settings())
def test_equal_settings_are_one_key(settings: Settings) -> None:
    twin = Settings(**dict(settings))
    assert len({settings, twin, copy.deepcopy(settings), pickle.loads(pickle.dumps(settings))}) == 1
    assert settings.but(seed=(settings.seed + 1) % 2**31) not in {settings}


def test_but_changes_and_checks() -> None:
    assert Settings(units=8).but(cell="GRU") == Settings(units=8, cell="GRU")
    with pytest.raises(SettingsError, match="^units: got 0"):
        Settings().but(units=0)


# What is refused


@pytest.mark.parametrize("name", plain_fields(Settings))
@given(data=st.data())
def test_bad_values_are_refused_by_name(name: str, data: st.DataObject) -> None:
    value = data.draw(bad_values(Settings, name))
    error = refusal(Settings, **{name: value})
    (problem,) = error.problems
    assert problem.field == name
    if len(repr(value)) <= 40:
        assert str(problem.got) == repr(value)
    else:
        assert str(problem.got).startswith(f"{repr(value)[:30]}… (")
    assert problem.allowed == allowed_values(Settings, name)
    assert str(error) == f"{name}: got {problem.got}; allowed: {problem.allowed.in_python}"


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("input_scaling", "Raw", "input_scaling: got 'Raw'; allowed: one of 'raw', 'unit'"),
        ("units", 513, "units: got 513; allowed: an int from 1 to 512"),
        ("units", 4.0, "units: got 4.0; allowed: an int from 1 to 512"),
        (
            "units",
            np.float32(4),
            "units: got 4.0; allowed: an int from 1 to 512",
        ),
        ("units", float("nan"), "units: got nan; allowed: an int from 1 to 512"),
        ("units", True, "units: got True; allowed: an int from 1 to 512"),
        ("use_bias", 1, "use_bias: got 1; allowed: True or False"),
    ],
)
def test_words_of_a_refusal(name: str, value: Any, message: str) -> None:
    assert str(refusal(Settings, **{name: value})) == message


def test_every_bad_field_is_named() -> None:
    error = refusal(Settings, units=0, cell="RNN", seed=-1, layers=2)
    assert {problem.field for problem in error.problems} == {"units", "cell", "seed", "layers"}


def test_a_field_that_is_none_of_the_settings() -> None:
    (problem,) = refusal(Settings, hidden_size=4).problems
    assert (problem.field, str(problem.got)) == ("hidden_size", "4")
    for name in DEFAULTS:
        assert name in str(problem.allowed)


@pytest.mark.parametrize(
    ("tokens", "got"),
    [
        ((), "nothing"),
        (((1,),) * 9, "9 sentences"),
        (((),), "a sentence of 0 ids"),
        (((1,) * 101,), "a sentence of 101 ids"),
        ((tuple(range(100)) * 100,), "a sentence of 10,000 ids"),
        (((1,),) * 10_000, "10,000 sentences"),
        (((1, 2), (3,)), "sentences of 1 and 2 ids"),
        (((1,), ()), "sentences of 0 and 1 ids"),
        (((0, 100),), "the id 100"),
        (((0, -1),), "the id -1"),
        (((0, 10**400),), "(401 characters)"),
        (((0, 1.0),), "1.0"),
        (((0, float("nan")),), "nan"),
        (((0, True),), "True"),
        (((0, "1"),), "'1'"),
        (((0, None),), "None"),
        ((((0,),),), "(0,)"),
        ((1, 2), "1"),
        ("4, 21", "'4, 21'"),
        (3, "3"),
        (None, "None"),
        ({4, 21}, "{"),
        (np.array([1, 2]), "1"),
        (np.array([[1.0, 2.0]]), "1.0"),
    ],
)
def test_tokens_that_are_refused(tokens: Any, got: str) -> None:
    (problem,) = refusal(Settings, tokens=tokens).problems
    assert problem.field == "tokens"
    assert got in str(problem.got)
    assert "1 to 8 sentences of one length, 1 to 100 ids each" in str(problem.allowed)


@pytest.mark.parametrize("tokens", [[1, 2], (1, 2), np.array([1, 2])])
def test_a_flat_list_of_ids_is_told_to_be_a_list_of_sentences(tokens: Any) -> None:
    error = refusal(Settings, tokens=tokens)
    said = "tokens: got (1, 2), a flat list; allowed: a list of sentences, such as [[1, 2]]: 1 to 8"
    assert str(error).startswith(said)


@pytest.mark.parametrize("values", [[[0.5, 2.0], [1, 3]], np.array([[0.5, 2], [1, 3]])])
def test_a_table_is_told_to_be_a_list_of_tables(values: Any) -> None:
    said = "a single table: put it in a list, as (sentence, step, feature)"
    assert said in str(refusal(Settings, values=values))


@pytest.mark.parametrize(
    ("values", "got"),
    [
        (np.zeros((9, 2, 1)), "9 sentences"),
        (np.zeros((1, 101, 1)), "a sentence of 101 steps"),
        (np.zeros((1, 2, 513)), "steps of 513 features"),
        (np.zeros((1, 0, 2)), "a sentence of 0 steps"),
        (((),), "a sentence of 0 steps"),
        ((((1.0,),), ((1.0,), (2.0,))), "sentences of 1 and 2 steps"),
        ((((1.0, 2.0), (3.0,)),), "steps of 1 and 2 features"),
        ((((),),), "steps of 0 features"),
        ((((float("nan"),),),), "nan"),
        ((((float("inf"),),),), "inf"),
        ((((-1.1e6,),),), "-1100000.0"),
        ((((True,),),), "True"),
        ((((1.0, "2"),),), "'2'"),
        (
            ((1.0, 2.0),),
            "((1.0, 2.0),), a single table: put it in a list, as (sentence, step, feature)",
        ),
        ("1, 2", "'1, 2'"),
        (None, "None"),
    ],
)
def test_numbers_that_are_refused(values: Any, got: str) -> None:
    (problem,) = refusal(Settings, values=values).problems
    assert problem.field == "values"
    assert str(problem.got) == got
    assert "1 to 512 numbers, none larger than 1,000,000" in str(problem.allowed)


def test_numbers_are_read_in_place_of_ids() -> None:
    settings = Settings(values=[[[1, 2.5], [3, 4]]], vocabulary_size=7)
    assert settings == Settings(values=np.array([[[1, 2.5], [3, 4]]]), vocabulary_size=7)
    assert settings.rows == (((1.0, 2.5), (3.0, 4.0)),)
    assert (settings.reads_ids, settings.has_embedding, settings.steps) == (False, False, 2)
    other = (((1.0, 2.0),),)
    assert settings.reading(other) == Settings(values=other, vocabulary_size=7)
    assert Settings().reading(((1, 2),)) == Settings(tokens=((1, 2),))


@given(any_values())
def test_numbers_as_text_and_back(values: Values) -> None:
    assert read_values(values_text(values)) == values


@pytest.mark.parametrize(
    ("said", "values"),
    [
        ("1\n2", (((1.0,), (2.0,)),)),
        ("x,y\n1,2\n3,4\n", (((1.0, 2.0), (3.0, 4.0)),)),
        ("1;2\n\n \n3;4\n", (((1.0, 2.0),), ((3.0, 4.0),))),
        ("x\n\n1\r\n-.5\r\n", (((1.0,), (-0.5,)),)),
        (" \n", ()),
    ],
)
def test_text_to_numbers(said: str, values: Values) -> None:
    assert read_values(said) == values


def test_text_that_is_no_numbers_names_the_cell() -> None:
    with pytest.raises(SettingsError, match="values: got 'x' in line 4, cell 2; allowed: 1 to 8"):
        read_values("1, 2\n\n3, 4\n5, x")


def test_the_largest_id_depends_on_the_vocabulary() -> None:
    assert Settings(tokens=((6,),), vocabulary_size=7).tokens == ((6,),)
    (problem,) = refusal(Settings, tokens=((7,),), vocabulary_size=7).problems
    assert (problem.field, str(problem.got)) == ("tokens", "the id 7")
    assert str(problem.allowed).endswith("from 0 to 6")


@pytest.mark.parametrize("values", [{"units": 10**5000}, {"tokens": ((10**5000,),)}])
def test_numbers_that_python_will_not_print(values: dict[str, Any]) -> None:
    """Python turns no more than 4300 digits to text; that must not hide which field it was."""
    assert [problem.field for problem in refusal(Settings, **values).problems] == list(values)


@given(ANYTHING)
def test_tokens_are_rows_of_ids_or_refused(value: Any) -> None:
    try:
        tokens = Settings(tokens=value).tokens
    except SettingsError as error:
        assert [problem.field for problem in error.problems] == ["tokens"]
    else:
        assert {type(token) for row in tokens for token in row} == {int}
        assert type(tokens) is tuple
        assert {type(row) for row in tokens} == {tuple}


@given(st.dictionaries(NAMES | st.text(), ANYTHING, max_size=4))
def test_any_values_are_taken_or_refused(values: dict[str, Any]) -> None:
    try:
        settings = Settings(**values)
    except SettingsError as error:
        assert {problem.field for problem in error.problems} <= set(values) | {"tokens"}
        assert str(error)
    else:
        assert set(values) <= set(dict(settings))


# In words and in place


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("units", "a whole number from 1 to 512"),
        ("kernel_initializer", "glorot_uniform, zeros or constant"),
        ("input_scaling", "raw or unit"),
        ("use_bias", "true or false"),
    ],
)
def test_allowed_values(name: str, words: str) -> None:
    assert str(allowed_values(Settings, name)) == words


def test_allowed_ids() -> None:
    assert str(allowed_values(Settings, "tokens")).endswith("from 0 to vocabulary_size − 1")
    (problem,) = refusal(Settings, tokens=((50,),), vocabulary_size=50).problems
    assert str(problem.allowed).endswith("from 0 to 49")


@pytest.mark.parametrize("name", DEFAULTS)
def test_every_setting_has_a_place(name: str) -> None:
    assert rule_of(Settings, name).group in ("cell", "layer", "input", "advanced")


@pytest.mark.parametrize(
    ("name", "where", "elsewhere"),
    [
        ("embedding_dim", {"embedding": True}, {"embedding": False}),
        ("embeddings_initializer", {"embedding": True}, {"embedding": False}),
        ("input_scaling", {"embedding": False}, {"embedding": True}),
        ("input_scaling", {"embedding": False}, NUMBERS),
        ("embedding", {}, NUMBERS),
        ("embedding_dim", {}, NUMBERS),
        ("vocabulary_size", {}, NUMBERS),
        ("recurrent_activation", {"cell": "GRU"}, {"cell": "SimpleRNN"}),
        ("reset_after", {"cell": "GRU"}, {"cell": "LSTM"}),
        ("unit_forget_bias", {"cell": "LSTM"}, {"cell": "GRU"}),
        ("unit_forget_bias", {"use_bias": True}, {"use_bias": False}),
    ],
)
def test_where_a_setting_applies(name: str, where: dict, elsewhere: dict) -> None:
    assert Settings(**where).applies(name)
    assert not Settings(**elsewhere).applies(name)


@pytest.mark.parametrize(
    ("options", "reset_timing"),
    [
        ({"cell": "GRU"}, "after"),
        ({"cell": "GRU", "reset_after": False}, "before"),
        ({"cell": "LSTM"}, ""),
        ({"cell": "SimpleRNN", "reset_after": False}, ""),
    ],
)
def test_when_a_reset_gate_is_applied(options: dict[str, Any], reset_timing: str) -> None:
    assert Settings(**options).reset_timing == reset_timing


# Links


def test_a_link_names_what_differs_and_applies() -> None:
    assert Settings().to_query() == {}
    settings = Settings(
        cell="GRU", unit_forget_bias=False, return_state=False, tokens=((1, 2), (3, 4))
    )
    assert settings.to_query() == {"cell": "GRU", "return_state": "false", "tokens": "1, 2; 3, 4"}


@pytest.mark.parametrize(
    ("name", "texts", "got"),
    [
        ("units", ["513"], "513"),
        ("units", ["four"], "'four'"),
        ("units", ["4.0"], "'4.0'"),
        ("units", [" "], "' '"),
        ("units", ["4", "5"], "'4' and '5'"),
        ("units", [], "nothing"),
        ("units", ["٤"], "'٤'"),
        ("units", ["9" * 5000], "(5,002 characters)"),
        ("cell", ["gru"], "'gru'"),
        ("use_bias", ["yes"], "'yes'"),
        ("seed", ["-1"], "-1"),
        ("tokens", ["1, x"], "'x'"),
        ("tokens", [""], "nothing"),
        ("tokens", ["1, 100"], "the id 100"),
        ("tokens", ["1, 2; 3"], "sentences of 1 and 2 ids"),
    ],
)
def test_a_bad_parameter_is_reported_and_replaced(name: str, texts: list[str], got: str) -> None:
    settings, (problem,) = Settings.from_query({name: texts, "go_backwards": ["true"]})
    nearest = {"units": 512, "seed": 0}.get(name) if problem.nearest is not None else None
    assert problem.nearest == nearest
    given = {} if nearest is None else {name: nearest}
    assert settings == Settings(go_backwards=True, **given)
    assert problem.field == name
    assert got in str(problem.got)
    assert str(problem.allowed)


@pytest.mark.parametrize("said", ["", "x", "1.5", "9" * 13, "1, 100", "-1", "1; 2, 3"])
@pytest.mark.parametrize("model", [Settings, Setup])
def test_whatever_is_wrong_with_ids_the_largest_is_named(
    model: type[Settings | Setup], said: str
) -> None:
    for size in ("100", "88"):
        query = {"tokens": [said], "vocabulary_size": [size]}
        _, (problem,) = model.from_query(query)
        assert problem.field == "tokens"
        assert str(problem.allowed).endswith(f"each id a whole number from 0 to {int(size) - 1}")


def test_a_vocabulary_that_the_tokens_do_not_fit() -> None:
    settings, (problem,) = Settings.from_query({"vocabulary_size": ["50"], "units": ["8"]})
    assert settings == Settings(units=8, vocabulary_size=88)
    assert str(problem) == "vocabulary_size: got 50; allowed: at least 88 with this sentence"
    settings, problems = Settings.from_query({"vocabulary_size": ["50"], "tokens": ["49"]})
    assert settings == Settings(vocabulary_size=50, tokens=((49,),))
    assert problems == ()


def test_names_that_are_no_settings_are_passed_over() -> None:
    assert Settings.from_query({"utm_source": ["x"], "units": ["8"]}) == (Settings(units=8), ())


# Ids as text


@examples(4)
@given(st.text() | st.text("0123456789,; \n\t-x"))
def test_text_is_rows_of_ids_or_refused(text: str) -> None:
    try:
        rows = read_ids(text)
    except SettingsError as error:
        assert [problem.field for problem in error.problems] == ["tokens"]
    else:
        assert {type(token) for row in rows for token in row} <= {int}
        if all(rows):
            assert read_ids(tokens_text(rows)) == rows


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("4, 21, 64", ((4, 21, 64),)),
        ("4 21\t64", ((4, 21, 64),)),
        ("4,21;64,13", ((4, 21), (64, 13))),
        ("4, 21\n64, 13\n", ((4, 21), (64, 13))),
        ("4, 21\r\n64, 13", ((4, 21), (64, 13))),
        ("-1", ((-1,),)),
        ("1;2, 3", ((1,), (2, 3))),
        ("", ()),
        (" \n", ()),
        ("4;\n5;\n", ((4,), (5,))),
        ("4\n\n5", ((4,), (5,))),
        # An empty sentence is none that could be left out without a word.
        ("4, 21; ; 5", ((4, 21), (), (5,))),
        ("; 5", ((), (5,))),
        (" ; \n", ((),)),
    ],
)
def test_text_to_ids(text: str, rows: Tokens) -> None:
    assert read_ids(text) == rows


@pytest.mark.parametrize(
    "text", ["4, x", "4.0", "1e3", "--1", "-", "+1", "²", "٣", "0x10", "1_000"]
)
def test_text_that_is_no_ids(text: str) -> None:
    with pytest.raises(SettingsError, match="^tokens: got "):
        read_ids(text)


@pytest.mark.parametrize("digits", [13, 5000])
def test_numbers_of_too_many_digits(digits: int) -> None:
    with pytest.raises(SettingsError, match=f"^tokens: got a number of {digits:,} digits"):
        read_ids("1, " + "9" * digits)


@given(arrays("int64", array_shapes(min_dims=2, max_dims=2), elements=st.integers(0, 999)))
def test_ids_as_text_and_back(ids: np.ndarray) -> None:
    tokens = tuple(map(tuple, ids.tolist()))
    assert read_ids(tokens_text(tokens)) == tokens
    assert from_text(Settings, "tokens", to_text(Settings, "tokens", tokens)) == read_ids(
        tokens_text(tokens)
    )
