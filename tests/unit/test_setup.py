"""What a visitor sets up: where the ids come from, how many, and the settings that follow."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend import Settings, SettingsError, Setup
from components.backend.question.linked import LONGEST_TEXT, bounds, defaults, rule_of
from components.backend.question.numbers import SERIES, WEATHER
from components.backend.question.sentences import MAX_SENTENCES, MAX_STEPS, Tokens, values_text
from components.backend.question.settings import NOTEBOOK_SEVEN, NOTEBOOK_TEN
from components.backend.question.setup import random_ids
from tests.strategies import ANYTHING, any_settings, any_setup, examples

FEW = examples(0.4)
TWO = "1\t0.5\n\n2\t-1"  # two sentences of one step
LENGTHS = st.tuples(st.integers(1, 8), st.integers(1, 100))


def test_a_setup_is_settings_but_for_where_the_ids_come_from() -> None:
    own = {
        "source": "ten",
        "tokens": (NOTEBOOK_TEN,),
        "values": (WEATHER,),
        "length": 10,
        "features": 1,
        "sentences": 1,
    }
    assert defaults(Setup) == defaults(Settings) | own
    assert Setup().settings == Settings()
    for name in own:
        assert rule_of(Setup, name).group == "sentence"
    assert bounds(Setup, "length") == (1, MAX_STEPS)
    assert bounds(Setup, "sentences") == (1, MAX_SENTENCES)


@pytest.mark.parametrize(
    ("said", "source", "length", "sentences"),
    [
        ({}, "ten", 10, 1),
        ({"source": "seven"}, "seven", 7, 1),
        ({"source": "random"}, "random", 10, 1),
        ({"source": "typed"}, "typed", 10, 1),
        ({"tokens": ((1, 2, 3),)}, "typed", 3, 1),
        ({"tokens": ((1, 2), (3, 4))}, "typed", 2, 2),
        ({"tokens": [[1, 2], [3, 4]]}, "typed", 2, 2),
        ({"tokens": np.array([[1, 2], [3, 4]])}, "typed", 2, 2),
        ({"source": np.str_("seven")}, "seven", 7, 1),
        ({"source": "seven", "tokens": ((1, 2),)}, "seven", 7, 1),
        ({"source": "seven", "length": 10}, "seven", 10, 1),
        ({"source": "seven", "sentences": 3}, "seven", 7, 3),
        ({"tokens": ((1, 2, 3),), "length": 2, "sentences": 2}, "typed", 2, 2),
    ],
)
def test_a_source_brings_its_own_length(
    said: dict[str, Any], source: str, length: int, sentences: int
) -> None:
    setup = Setup(**said)
    assert (setup.source, setup.length, setup.sentences) == (source, length, sentences)
    assert len(setup.ids) == sentences
    assert {len(row) for row in setup.ids} == {length}


@pytest.mark.parametrize(
    ("said", "ids"),
    [
        ({}, (NOTEBOOK_TEN,)),
        ({"source": "seven"}, (NOTEBOOK_SEVEN,)),
        ({"source": "typed"}, (NOTEBOOK_TEN,)),
        ({"tokens": ((1, 2), (3, 4))}, ((1, 2), (3, 4))),
        ({"tokens": ((1, 2), (3, 4)), "sentences": 1}, ((1, 2),)),
        ({"source": "seven", "length": 3}, (NOTEBOOK_SEVEN[:3],)),
    ],
)
def test_ids_of_a_source(said: dict[str, Any], ids: Tokens) -> None:
    assert Setup(**said).ids == ids


@FEW
@given(any_setup().filter(lambda setup: setup.reads_ids), LENGTHS)
def test_moving_the_length_keeps_the_source_and_its_ids(
    setup: Setup, size: tuple[int, int]
) -> None:
    if setup.source in ("ten", "seven", "quotes"):  # filled up it may need more
        setup = setup.but(vocabulary_size=1000)
    moved = setup.but(sentences=size[0], length=size[1])
    assert (moved.source, moved.tokens) == (setup.source, setup.tokens)
    for row, before in zip(moved.ids, moved.own_rows(), strict=False):
        kept = min(len(row), len(before))
        assert row[:kept] == before[:kept]


@FEW
@given(any_setup().filter(lambda setup: setup.reads_ids), LENGTHS, LENGTHS)
def test_cut_and_extended_again_is_the_same(
    setup: Setup, whole: tuple[int, int], cut: tuple[int, int]
) -> None:
    if setup.source in ("ten", "seven", "quotes"):
        setup = setup.but(vocabulary_size=1000)
    before = setup.but(sentences=whole[0], length=whole[1])
    assert [len(row) for row in before.ids] == [whole[1]] * whole[0]
    shorter = before.but(sentences=cut[0], length=cut[1])
    assert [len(row) for row in shorter.ids] == [cut[1]] * cut[0]
    assert shorter.but(sentences=whole[0], length=whole[1]).ids == before.ids
    both = min(whole[0], cut[0]), min(whole[1], cut[1])
    for row, other in zip(before.ids[: both[0]], shorter.ids[: both[0]], strict=True):
        assert row[: both[1]] == other[: both[1]]


@FEW
@given(any_setup().filter(lambda setup: setup.reads_ids))
def test_what_fills_up_follows_from_the_seed(setup: Setup) -> None:
    own = setup.own_rows()
    filler = random_ids(setup.seed, setup.vocabulary_size, setup.sentences)
    for number, row in enumerate(setup.ids):
        kept = min(len(own[number]) if number < len(own) else 0, setup.length)
        assert row[kept:] == filler[number][kept : setup.length]


@FEW
@given(any_settings())
def test_the_setup_of_settings_gives_them(settings: Settings) -> None:
    """Any settings whose ids do not come from a seed, which these do not."""
    setup = Setup.of(settings)
    assert setup.settings == settings
    assert setup.source == ("pasted" if settings.values else "typed")
    assert (setup.length, setup.sentences) == (settings.steps, len(settings.rows))


@pytest.mark.parametrize(("source", "ids"), [("ten", NOTEBOOK_TEN), ("seven", NOTEBOOK_SEVEN)])
def test_the_setup_of_settings_knows_the_notebooks_sentences(
    source: str, ids: tuple[int, ...]
) -> None:
    settings = Settings(cell="GRU", tokens=(ids,), seed=3)
    setup = Setup.of(settings)
    assert (setup.source, setup.settings) == (source, settings)
    assert "tokens" not in setup.to_query()
    assert Setup.of(settings.but(tokens=(ids, ids))).source == "typed"


@FEW
@given(any_setup())
def test_the_settings_of_a_setup_are_what_it_says(setup: Setup) -> None:
    settings = setup.settings
    if setup.reads_ids:
        assert (settings.tokens, settings.values) == (setup.ids, ())
    else:
        assert settings.values == setup.numbers
    for name, value in settings:
        if name not in ("tokens", "values") and settings.applies(name):
            assert value == getattr(setup, name)
    if len(values_text(settings.values)) <= LONGEST_TEXT:
        assert Setup.of(settings).settings == settings


# Numbers


@pytest.mark.parametrize("source", SERIES)
def test_made_numbers_follow_from_the_seed(source: str) -> None:
    setup = Setup(source=source, features=3, sentences=2, length=20, seed=1)
    made = np.array(setup.settings.values)
    assert made.shape == (2, 20, 3)
    assert (made == made.round(2)).all()
    assert (made[0] != made[1]).any()
    assert setup.but(sentences=1).settings.values == setup.settings.values[:1]
    assert setup.but(seed=2).settings.values != setup.settings.values
    assert np.array(setup.but(length=1, features=16).settings.values).shape == (2, 1, 16)


def test_what_belongs_to_ids_has_no_effect_on_numbers() -> None:
    setup = Setup(source="pasted", length=7, vocabulary_size=2, embedding_dim=9)
    assert setup.settings.to_query() == Setup(source="pasted").settings.to_query()
    assert setup.to_query() == {"source": "pasted"}


# Links


def read(query: dict[str, str]) -> Setup:
    """The setup of a link in which nothing is wrong."""
    setup, problems = Setup.from_query({name: [value] for name, value in query.items()})
    assert problems == ()
    return setup


def test_a_random_sentence_of_100_steps_is_a_short_link() -> None:
    setup = Setup(source="random", length=100, sentences=8, seed=7)
    query = setup.to_query()
    assert query == {"seed": "7", "source": "random", "length": "100", "sentences": "8"}
    assert read(query).ids == setup.ids


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"source": "seven"}, {"source": "seven", "length": 7}),
        ({"source": "seven", "length": "10"}, {"source": "seven", "length": 10}),
        ({"source": "random"}, {"source": "random", "length": 10}),
        ({"tokens": "1, 2, 3"}, {"tokens": ((1, 2, 3),), "length": 3}),
        ({"tokens": "1 2; 3 4"}, {"tokens": ((1, 2), (3, 4)), "sentences": 2}),
        ({"tokens": "1, 2", "length": "10"}, {"tokens": ((1, 2),), "length": 10}),
        ({"source": "typed", "tokens": "1"}, {"tokens": ((1,),)}),
        ({"source": "seven", "tokens": "1"}, {"source": "seven", "tokens": ((1,),)}),
        ({"source": "sine"}, {"source": "sine", "length": 10}),
        ({"values": "1\t2"}, {"values": (((1.0, 2.0),),)}),
        ({"values": "1\n2\n\n3\n4"}, {"source": "pasted", "values": (((1,), (2,)), ((3,), (4,)))}),
    ],
)
def test_a_source_named_alone_brings_its_own_length(
    query: dict[str, str], said: dict[str, Any]
) -> None:
    assert read(query) == Setup(**said)
    prefixed = {f"b.{name}": [value] for name, value in query.items()}
    assert Setup.from_query(prefixed, prefix="b.") == (Setup(**said), ())


@pytest.mark.parametrize(
    ("said", "query"),
    [
        ({"source": "seven"}, {"source": "seven"}),
        ({"source": "seven", "length": 10}, {"source": "seven", "length": "10"}),
        ({"length": 7}, {"length": "7"}),
        ({"tokens": ((1, 2),)}, {"source": "typed", "tokens": "1, 2"}),
        ({"source": "walk", "features": 2}, {"source": "walk", "features": "2"}),
        ({"source": "pasted"}, {"source": "pasted"}),
        ({"values": (((1.0, 0.5),), ((2.0, -1.0),))}, {"source": "pasted", "values": TWO}),
        (
            {"tokens": ((1, 2), (3, 4)), "length": 10, "sentences": 1},
            {"source": "typed", "tokens": "1, 2; 3, 4", "length": "10", "sentences": "1"},
        ),
    ],
)
def test_a_length_that_is_not_the_sources_own_is_in_the_link(
    said: dict[str, Any], query: dict[str, str]
) -> None:
    assert Setup(**said).to_query() == query
    assert read(query) == Setup(**said)


@pytest.mark.parametrize("tokens", ["1, x", "1, 200", "", "1, 2; 3"])
def test_ids_that_are_wrong_open_the_field_in_which_they_are_typed(tokens: str) -> None:
    setup, (problem,) = Setup.from_query({"tokens": [tokens]})
    assert problem.field == "tokens"
    assert setup == Setup(source="typed")


def test_against_a_base_only_what_is_named_differs() -> None:
    base = Setup(source="seven", length=5, units=8)
    found = Setup.from_query({"b.source": ["random"]}, prefix="b.", base=base)
    assert found == (base.but(source="random"), ())


# What is refused


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"source": "eight"},
            "source: got 'eight'; allowed: one of 'ten', 'seven', 'quotes', 'random', 'typed', "
            "'sine', 'walk', 'noise', 'spike', 'pasted'",
        ),
        (
            {"source": ["ten"]},
            "source: got ['ten']; allowed: one of 'ten', 'seven', 'quotes', 'random', 'typed', "
            "'sine', 'walk', 'noise', 'spike', 'pasted'",
        ),
        ({"length": 0}, "length: got 0; allowed: an int from 1 to 100"),
        ({"length": 101}, "length: got 101; allowed: an int from 1 to 100"),
        ({"sentences": 9}, "sentences: got 9; allowed: an int from 1 to 8"),
        ({"tokens": ()}, "tokens: got nothing; "),
        ({"tokens": ((),)}, "tokens: got a sentence of 0 ids; "),
        ({"tokens": ((1,) * 101,)}, "tokens: got a sentence of 101 ids; "),
        ({"tokens": ((1,),) * 9}, "tokens: got 9 sentences; "),
        ({"tokens": ((1, 2), (3,))}, "tokens: got sentences of 1 and 2 ids; "),
        ({"tokens": ((1, 100),)}, "tokens: got the id 100; "),
        ({"tokens": ((1, 100),), "length": 1}, "tokens: got the id 100; "),
        ({"tokens": "1, 2"}, "tokens: got '1, 2'; "),
        ({"source": "pasted", "values": ()}, "values: got nothing; "),
        ({"values": (((1.0,),),) * 9}, "values: got 9 sentences; "),
        ({"values": (((1 / 3,) * 16,) * 100,)}, "values: got 30,399 characters; allowed: at most"),
        ({"features": 513}, "features: got 513; allowed: an int from 1 to 512"),
        ({"vocabulary_size": 87}, "vocabulary_size: got 87; allowed: at least 88 with this"),
    ],
)
def test_what_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Setup(**values)
    assert str(caught.value).startswith(message)
    assert len(caught.value.problems) == 1


def test_a_vocabulary_has_to_hold_what_is_read_alone() -> None:
    assert Setup(vocabulary_size=65, length=3).ids == ((4, 21, 64),)
    assert Setup(vocabulary_size=2, source="random").settings.vocabulary_size == 2


@given(st.dictionaries(st.sampled_from(list(Setup.model_fields)), ANYTHING, max_size=3))
def test_any_values_are_taken_or_refused(values: dict[str, Any]) -> None:
    try:
        setup = Setup(**values)
    except SettingsError as error:
        told = {problem.field for problem in error.problems}
        assert told <= set(values) | {"tokens", "values", "vocabulary_size"}
    else:
        assert setup.settings.rows == (setup.ids if setup.reads_ids else setup.numbers)


# Ids that follow from the seed


@given(st.integers(0, 2**31 - 1), st.integers(2, 1000), st.integers(1, 8))
def test_random_ids_depend_on_the_seed_and_the_vocabulary_alone(
    seed: int, vocabulary_size: int, sentences: int
) -> None:
    random.seed(1)
    np.random.seed(1)
    ids = random_ids(seed, vocabulary_size, sentences)
    assert [len(row) for row in ids] == [MAX_STEPS] * sentences
    assert all(0 <= token < vocabulary_size for row in ids for token in row)
    random.seed(2)
    np.random.seed(2)
    assert random_ids(seed, vocabulary_size, 8)[:sentences] == ids


def test_random_ids_differ_from_seed_to_seed_and_from_sentence_to_sentence() -> None:
    ids = [random_ids(seed, 100, 8) for seed in range(10)]
    assert len({row for rows in ids for row in rows}) == 80
    assert {token for row in ids[0] for token in row} == set(range(100))
