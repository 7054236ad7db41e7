"""What Hypothesis draws: values a field takes or refuses, and questions of each kind."""

from typing import Any

from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.backend import Settings, Setup
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import Linked, as_python, bounds, choices, defaults
from components.backend.question.numbers import LARGEST, SERIES
from components.backend.question.sentences import MAX_SENTENCES, MAX_STEPS, Tokens, Values
from components.backend.question.setup import MOST_MADE


def examples(share: float) -> profile:
    """A share of the examples that the profile in force asks for."""
    return profile(max_examples=max(5, round(share * profile().max_examples)))


NOT_NUMBERS = (
    st.none() | st.booleans() | st.floats() | st.text() | st.binary() | st.complex_numbers()
)
ANYTHING = st.recursive(
    NOT_NUMBERS | st.integers(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def valid_values(model: type[Linked], name: str) -> st.SearchStrategy:
    """Those of a flag, a choice or a whole number."""
    if isinstance(defaults(model)[name], bool):
        return st.booleans()
    if options := choices(model, name):
        return st.sampled_from(options)
    return st.integers(*bounds(model, name))


def bad_values(model: type[Linked], name: str) -> st.SearchStrategy:
    """Of a wrong type, out of bounds, no such choice."""
    if isinstance(defaults(model)[name], bool):
        return (NOT_NUMBERS | st.integers()).filter(lambda value: type(value) is not bool)
    if options := choices(model, name):
        return (NOT_NUMBERS | st.integers()).filter(lambda value: value not in options)
    low, high = bounds(model, name)
    return NOT_NUMBERS | st.integers(max_value=low - 1) | st.integers(min_value=high + 1)


def plain_fields(model: type[Linked]) -> list[str]:
    """The flags, choices and whole numbers of a model."""
    plain = bool | str | int | float
    return [n for n, default in defaults(model).items() if isinstance(default, plain)]


def any_tokens(vocabulary_size: int) -> st.SearchStrategy[Tokens]:
    """1 to 8 sentences of one length, 1 to 100 ids each."""
    shapes = st.tuples(st.integers(1, 8), st.integers(1, 100))
    ids = arrays("int64", shapes, elements=st.integers(0, vocabulary_size - 1))
    return ids.map(lambda rows: tuple(map(tuple, rows.tolist())))


def any_values() -> st.SearchStrategy[Values]:
    """1 to 8 sentences, 1 to 16 features; few steps, so that a link can carry them."""
    shapes = st.tuples(st.integers(1, 8), st.integers(1, 3), st.integers(1, 16))
    numbers = arrays("float64", shapes, elements=st.floats(-LARGEST, LARGEST, width=32))
    return numbers.map(lambda array: as_python(array + 0.0))  # which makes -0.0 a 0.0


@st.composite
def any_settings(draw: st.DrawFn) -> Settings:
    """Any settings there are."""
    values: dict[str, Any] = {n: draw(valid_values(Settings, n)) for n in plain_fields(Settings)}
    if draw(st.booleans()):
        return Settings(values=draw(any_values()), **values)
    return Settings(tokens=draw(any_tokens(values["vocabulary_size"])), **values)


@st.composite
def any_setup(draw: st.DrawFn) -> Setup:
    """Any setup there is; often one that does not name its length or its number of sentences."""
    values: dict[str, Any] = {n: draw(valid_values(Setup, n)) for n in plain_fields(Setup)}
    if values["source"] == "pasted":
        values["values"] = draw(any_values())
    if values["source"] == "typed" or draw(st.booleans()):
        values["tokens"] = draw(any_tokens(values["vocabulary_size"]))
    if values["source"] in ("ten", "seven", "quotes"):
        values["vocabulary_size"] = draw(st.integers(88, 1000))
    if values["source"] in SERIES:  # of any length and number
        values["features"] = draw(st.integers(1, MOST_MADE // (MAX_STEPS * MAX_SENTENCES)))
    for name in ("length", "sentences"):
        if draw(st.booleans()):
            del values[name]
    return Setup(**values)


def any_start() -> st.SearchStrategy[WeightSource]:
    """Any notebook case's weights, or the seed's."""
    return st.builds(WeightSource, case=st.sampled_from(choices(WeightSource, "case")))
