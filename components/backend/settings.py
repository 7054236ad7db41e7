"""Every setting, stated once: type, bounds, default, place. All else is derived from here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import AfterValidator, BeforeValidator, Field, InstanceOf, model_validator
from pydantic_core import PydanticCustomError

from components.backend.cells import ACTIVATIONS, CELLS, RECURRENT_ACTIVATIONS
from components.backend.cells.cell import NOT_DROPPED
from components.backend.linked import (
    LONGEST_TEXT,
    Flag,
    Int,
    Linked,
    Place,
    Problem,
    Query,
    SettingsError,
    Slider,
    Spelling,
    Words,
    allowed_values,
    as_python,
    beyond,
    bounds,
    listed,
    number,
    refusal,
    shown,
    whole,
)
from components.backend.numbers import (
    LARGEST,
    SERIES,
    WEATHER,
    Rows,
    read_table,
    rows_text,
)

NOTEBOOK_TEN = (4, 21, 64, 13, 77, 66, 54, 30, 81, 87)
NOTEBOOK_SEVEN = (24, 52, 11, 40, 46, 59, 85)
MAX_SENTENCES, MAX_STEPS, MAX_UNITS, MAX_FEATURES = 8, 100, 512, 512
MOST_MADE = MAX_STEPS * MAX_FEATURES
"""The most numbers in series that are made here: one of the largest, or several smaller ones."""
PADDING = 0
"""The id, or number, that pads short sentences, and that a mask skips."""

Tokens = tuple[tuple[int, ...], ...]
Values = tuple[Rows, ...]
"""Numbers that are read in place of ids: of each sentence, at each step, each feature."""


def tokens_text(tokens: Tokens) -> str:
    """Ids as text: commas between ids, semicolons between sentences."""
    return "; ".join(", ".join(map(str, sentence)) for sentence in tokens)


def parse_tokens(said: str) -> Tokens:
    """Ids from text: commas or blanks between ids, semicolons or new lines between sentences.

    Raises:
        SettingsError: if anything in the text is not a whole number.
    """
    return read_ids(said, "tokens", allowed_values(Settings, "tokens"))


def read_ids(said: str, field: str, allowed: Words) -> Tokens:
    """Ids from text, for a field of that name.

    "1; ; 2" has an empty sentence, which no field allows. A semicolon or a new line at the very end
    is ignored.

    Raises:
        SettingsError: as `parse_tokens` does.
    """
    rows = re.split(r"\s*[;\n]\s*", said.strip())
    if rows[-1] == "":
        del rows[-1]
    try:
        return tuple(tuple(map(whole, row.replace(",", " ").split())) for row in rows)
    except ValueError as error:
        got = Words("value", {"shown": error.args[0]})
        raise SettingsError(Problem(field, got, allowed)) from None


def _rows(value: Any) -> Any:
    """Ids as tuples.

    Raises:
        PydanticCustomError: they are in no sentences.
    """
    ids = as_python(value)
    if isinstance(ids, tuple) and ids and all(isinstance(token, int) for token in ids):
        raise refusal(Problem("tokens", Words("flat", {"shown": shown(ids)}), _ANY_IDS))
    return ids


def values_text(values: Values) -> str:
    """Numbers as text: a line a step, a tab between features, a blank line between sentences."""
    return "\n\n".join(map(rows_text, values))


def parse_values(said: str) -> Values:
    """Numbers from text, as `read_table` reads it: a block of lines for each sentence. Names in the
    first line are passed over.

    Raises:
        SettingsError: naming the line and the cell that is wrong.
    """
    return read_values(said, "values", _ANY_VALUES)


def read_values(said: str, field: str, allowed: Words) -> Values:
    """Numbers from text, for a field of that name.

    Raises:
        SettingsError: as `parse_values` does.
    """
    return read_table(said, lambda got: SettingsError(Problem(field, got, allowed)), MAX_FEATURES)[
        1
    ]


LIMITS = {"sentences": MAX_SENTENCES, "steps": MAX_STEPS}
"""The most sentences, and the most steps of each, as the texts name them."""

_ANY_IDS = Words("tokens", LIMITS)
_ANY_VALUES = Words("values", LIMITS | {"features": MAX_FEATURES, "largest": LARGEST})


def ids_field(name: str, allowed: Words) -> tuple[Any, ...]:
    """What a field of that name is annotated with, beside Tokens, to be given as ids or as text."""
    spelling = Spelling(tokens_text, lambda said: read_ids(said, name, allowed))
    return BeforeValidator(as_python), spelling, allowed


def values_field(name: str, allowed: Words) -> tuple[Any, ...]:
    """The same beside Values."""
    spelling = Spelling(values_text, lambda said: read_values(said, name, allowed))
    return BeforeValidator(as_python), spelling, allowed


_Tokens = Annotated[Tokens, BeforeValidator(_rows), Spelling(tokens_text, parse_tokens), _ANY_IDS]
_Values = Annotated[Values, *values_field("values", _ANY_VALUES)]


def takes(argument: str) -> Callable[[Any], bool]:
    """Whether the cell of what has a field takes that argument; the field applies where it does."""
    return lambda asked: argument in CELLS[asked.cell].arguments


def _takes_with_bias(argument: str) -> Callable[[Any], bool]:
    """The same of an argument that has no effect without a bias."""
    return lambda asked: asked.use_bias and takes(argument)(asked)


def _reads_ids(setting: Input) -> bool:
    return setting.reads_ids


def _sized(sentence: Sentence) -> bool:
    """Whether its length and its number of sentences can be chosen."""
    return sentence.source != "pasted"


_LAYER, _INPUT, _ADVANCED = Place("layer"), Place("input"), Place("advanced")
_Rate = Annotated[
    Literal[tuple(share / 20 for share in range(19))],
    BeforeValidator(as_python),
    Spelling("{:g}".format, number),
]
"""0, 0.05, … 0.9."""


class Layer(Linked):
    """A recurrent layer: its cell, its size, and Keras's keyword arguments."""

    texts = "settings"

    cell: Annotated[Literal[tuple(CELLS)], Place("cell")] = "LSTM"
    units: Annotated[Int, Field(ge=1, le=MAX_UNITS), Slider(64), _LAYER] = 3
    return_sequences: Annotated[Flag, _LAYER] = True
    return_state: Annotated[Flag, _LAYER] = True

    activation: Annotated[
        Literal[tuple(ACTIVATIONS)],
        Place("advanced", applies=takes("activation")),
    ] = "tanh"
    recurrent_activation: Annotated[
        Literal[tuple(RECURRENT_ACTIVATIONS)],
        Place("advanced", applies=takes("recurrent_activation")),
    ] = "sigmoid"
    reset_after: Annotated[Flag, Place("advanced", applies=takes("reset_after"))] = True
    use_bias: Annotated[Flag, _ADVANCED] = True
    unit_forget_bias: Annotated[
        Flag,
        Place(
            "advanced",
            applies=_takes_with_bias("unit_forget_bias"),
        ),
    ] = True
    go_backwards: Annotated[Flag, _ADVANCED] = False
    kernel_initializer: Annotated[Literal["glorot_uniform", "zeros", "constant"], _ADVANCED] = (
        "glorot_uniform"
    )
    recurrent_initializer: Annotated[
        Literal["orthogonal", "glorot_uniform", "zeros", "constant"], _ADVANCED
    ] = "orthogonal"
    bias_initializer: Annotated[
        Literal["zeros", "glorot_uniform"],
        Place(
            "advanced",
            applies=_takes_with_bias("bias_initializer"),
        ),
    ] = "zeros"
    dropout: Annotated[_Rate, Place("advanced", applies=takes("dropout"))] = 0.0
    recurrent_dropout: Annotated[_Rate, Place("advanced", applies=takes("recurrent_dropout"))] = 0.0

    @property
    def drops(self) -> bool:
        """Whether it drops anything in training. Keras is then called with training=True."""
        return any(getattr(self, name) and self.applies(name) for name in NOT_DROPPED)

    @property
    def resets(self) -> Literal["", "before", "after"]:
        """When a gate resets h for the candidate: before or after the product of h and its weights;
        nothing where no gate does."""
        if not CELLS[self.cell].resets:
            return ""
        return "after" if self.reset_after and self.applies("reset_after") else "before"


class Input(Linked):
    """How ids become what the layer reads, and the seed of all random numbers."""

    texts = "settings"

    embedding: Annotated[Flag, Place("input", applies=_reads_ids)] = True
    embedding_dim: Annotated[
        Int,
        Field(ge=1, le=MAX_FEATURES),
        Slider(16),
        Place("input", applies=lambda s: s.has_embedding),
    ] = 2
    embeddings_initializer: Annotated[
        Literal["uniform", "standard_normal"], Place("advanced", applies=lambda s: s.has_embedding)
    ] = "standard_normal"
    input_scaling: Annotated[
        Literal["raw", "unit"],
        Place("input", applies=lambda s: s.reads_ids and not s.embedding),
    ] = "raw"
    vocabulary_size: Annotated[Int, Field(ge=2, le=1000), Place("advanced", applies=_reads_ids)] = (
        100
    )
    seed: Annotated[Int, Field(ge=0, le=2**31 - 1), _ADVANCED] = 10

    @property
    def reads_ids(self) -> bool:
        """Whether ids are read, and not numbers."""
        return True

    @property
    def has_embedding(self) -> bool:
        """Whether there is an Embedding."""
        return self.reads_ids and self.embedding

    @property
    def scaled(self) -> bool:
        """Whether the layer reads ids that are divided by the size of the vocabulary."""
        return self.applies("input_scaling") and self.input_scaling == "unit"

    @classmethod
    def mend(
        cls, values: Mapping[str, Any], good: Self | None = None, problems: Sequence[Problem] = ()
    ) -> tuple[Self, tuple[Problem, ...]]:
        """As for any question, but a problem of ids that could not even be read also says which ids
        the vocabulary has."""
        found, told = super().mend(values, good, problems)
        below = _ids_below(found.vocabulary_size)
        return found, tuple(p._replace(allowed=below) if p.allowed == _ANY_IDS else p for p in told)


class Settings(Input, Layer):
    """What to build and what to run it on, such as Settings(cell="GRU", units=8).

    A value that is not allowed raises SettingsError, which says what it got and what is allowed.

    The defaults are Keras's wherever Keras has one, with two exceptions: return_sequences,
    return_state and embedding are on, and the Embedding starts from a standard normal, which is as
    large as trained tables are. With Keras's own ±0.05 hardly anything happens in the cell.

    Where there are values, the layer reads these numbers as they are, (sentence, step, feature), in
    place of ids: what is said of an Embedding, and of all else that belongs to ids, has no effect.
    """

    tokens: Annotated[_Tokens, _INPUT] = (NOTEBOOK_TEN,)
    values: Annotated[_Values, _INPUT] = ()

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        if self.values:
            refused = _refused_values(self.values)
        else:
            refused = _refused_tokens(self.tokens, self.vocabulary_size)
        if refused:
            raise refused
        return self

    @property
    def reads_ids(self) -> bool:
        """Whether ids are read, and not numbers."""
        return not self.values

    @property
    def rows(self) -> Tokens | Values:
        """What is read: of each sentence, at each step, an id, or the features."""
        return self.values or self.tokens

    @property
    def rows_field(self) -> Literal["tokens", "values"]:
        """The field that has them."""
        return "values" if self.values else "tokens"

    def reading(self, rows: Tokens | Values) -> Self:
        """These settings, but other rows of the same kind are read."""
        return self.but(**{self.rows_field: rows})

    def blank(self, steps: int) -> Self:
        """These settings, but a single sentence of so many zeros is read."""
        zero = (0.0,) * len(self.values[0][0]) if self.values else 0
        return self.reading(((zero,) * steps,))

    @property
    def steps(self) -> int:
        """How many timesteps each sentence has."""
        return len(self.rows[0])

    @property
    def at_inference(self) -> Settings:
        """These settings, but that nothing is dropped."""
        return self.but(**NOT_DROPPED) if self.drops else self


AtInference = Annotated[
    InstanceOf[Settings], AfterValidator(lambda s: s.at_inference), Words("settings")
]
"""The settings of a question that calls a layer several times, or takes gradients: as each call
would draw other masks, nothing is dropped."""


class Sentence(Linked):
    """Where the ids, or the numbers, come from, how many steps and how many sentences.

    A source given without a length has its own length. Ids given without a source make it "typed",
    numbers "pasted".
    """

    source: Annotated[
        Literal[("ten", "seven", "random", "typed", *SERIES, "pasted")], Place("sentence")
    ] = "ten"
    tokens: Annotated[_Tokens, Place("sentence", applies=lambda s: s.source == "typed")] = (
        NOTEBOOK_TEN,
    )
    values: Annotated[_Values, Place("sentence", applies=lambda s: s.source == "pasted")] = (
        WEATHER,
    )
    length: Annotated[Int, Field(ge=1, le=MAX_STEPS), Place("sentence", applies=_sized)] = len(
        NOTEBOOK_TEN
    )
    features: Annotated[
        Int,
        Field(ge=1, le=MAX_FEATURES),
        Slider(16),
        Place("sentence", applies=lambda s: s.source in SERIES),
    ] = 1
    sentences: Annotated[Int, Field(ge=1, le=MAX_SENTENCES), Place("sentence", applies=_sized)] = 1

    @model_validator(mode="before")
    @classmethod
    def _follow_source(cls, values: dict[str, Any]) -> dict[str, Any]:
        given = next((source for name, source in _GIVEN.items() if name in values), "ten")
        source = as_python(values.get("source", given))
        if not isinstance(source, str):  # the field's own validation refuses it
            return values
        own = next((name for name, given in _GIVEN.items() if given == source), None)
        rows = as_python(values.get(own)) if own else _SOURCES.get(source)
        return {"source": source} | _own_size(rows) | values

    def ordinary(self, name: str) -> Any:
        """The source's own length and number of sentences, if it has them."""
        return _own_size(self.own_rows()).get(name, super().ordinary(name))

    def own_rows(self) -> Tokens | Values:
        """The ids, or the numbers, of the source itself, before they are cut or extended."""
        own = {"typed": self.tokens, "pasted": self.values}
        return own.get(self.source) or _SOURCES.get(self.source, ())


class Setup(Sentence, Input, Layer):
    """All that a visitor sets up: a layer, its input, and a sentence in place of bare tokens."""

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        refused = None
        if self.source == "typed":
            refused = _refused_tokens(self.tokens, self.vocabulary_size)
        elif self.source == "pasted":
            refused = _refused_values(self.values) or refused_length("values", self.values)
        elif self.source in SERIES:
            most = min(MAX_FEATURES, MOST_MADE // (self.length * self.sentences))
            problem = beyond("features", self.features, 1, most)
            refused = problem and refusal(problem)
        if refused:
            raise refused
        if not self.reads_ids:
            return self
        largest = max(map(max, self.ids))
        if largest >= self.vocabulary_size:
            raise refusal(_vocabulary_problem(self.vocabulary_size, largest))
        return self

    @classmethod
    def from_query(
        cls, query: Query, *, prefix: str = "", base: Self | None = None
    ) -> tuple[Self, tuple[Problem, ...]]:
        """As for any question; `?tokens=` alone makes the source "typed", even with bad ids, and
        `?values=` alone makes it "pasted"."""
        given = next((source for name, source in _GIVEN.items() if prefix + name in query), None)
        if given and prefix + "source" not in query:
            query = {**query, prefix + "source": [given]}
        return super().from_query(query, prefix=prefix, base=base)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The setup that gives these settings."""
        given = dict(settings)
        del given["tokens" if settings.values else "values"]
        source = next((name for name, ids in _SOURCES.items() if ids == settings.rows), None)
        if source:
            given |= {"source": source, "length": settings.steps, "sentences": 1}
            del given["tokens"]
        return cls(**given)

    @property
    def reads_ids(self) -> bool:
        """Whether ids are read, and not numbers."""
        return self.source not in _NUMBERS

    @property
    def ids(self) -> Tokens:
        """The source's ids, cut to the length or extended to it with random ids.

        A random id depends only on the seed, its sentence and its step: a sentence that is cut and
        extended again has the same ids as before.
        """
        own = self.own_rows() if self.reads_ids else ()
        filler = random_ids(self.seed, self.vocabulary_size, self.sentences)
        rows = (*own, *[()] * self.sentences)
        return tuple(
            (*row, *more[len(row) :])[: self.length]
            for row, more in zip(rows, filler, strict=False)
        )

    @property
    def numbers(self) -> Values:
        """The source's numbers."""
        if self.source not in SERIES:
            return self.values
        return _made(self.source, self.seed, self.sentences, self.length, self.features)

    @property
    def settings(self) -> Settings:
        """What the model is built from."""
        shared = {name: value for name, value in self if name in Settings.model_fields}
        read = {"tokens": (NOTEBOOK_TEN,), "values": ()}
        read |= {"tokens": self.ids} if self.reads_ids else {"values": self.numbers}
        return Settings(**shared | read)


_GIVEN = {"tokens": "typed", "values": "pasted"}
"""The source of the rows that a field gives."""

_NUMBERS = (*SERIES, "pasted")
"""The sources of numbers."""


def _own_size(rows: Any) -> dict[str, int]:
    """The length and the number of these sentences; nothing if they are no sentences."""
    if not (isinstance(rows, tuple) and rows and isinstance(rows[0], tuple) and rows[0]):
        return {}
    return {"length": min(len(rows[0]), MAX_STEPS), "sentences": min(len(rows), MAX_SENTENCES)}


_SOURCES: Mapping[str, Tokens] = {"ten": (NOTEBOOK_TEN,), "seven": (NOTEBOOK_SEVEN,)}


@lru_cache(16)
def _made(kind: str, seed: int, sentences: int, steps: int, features: int) -> Values:
    """As many series of that kind, drawn by the seed alone, with two decimals."""
    made = (
        SERIES[kind](np.random.default_rng((seed, sentence)), steps, features)
        for sentence in range(sentences)
    )
    return as_python([np.round(series, 2) + 0.0 for series in made])  # which makes -0.0 a 0.0


@lru_cache(64)
def random_ids(seed: int, vocabulary_size: int, sentences: int) -> Tokens:
    """As many sentences of MAX_STEPS ids, drawn from the vocabulary by the seed alone."""
    return tuple(
        tuple(
            np.random.default_rng((seed, sentence)).integers(0, vocabulary_size, MAX_STEPS).tolist()
        )
        for sentence in range(sentences)
    )


def _refused_tokens(tokens: Tokens, vocabulary_size: int) -> PydanticCustomError | None:
    """The error for ids that are refused; None if they are good."""
    got = wrong_ids(tokens, vocabulary_size)
    if got is None:
        return None
    otherwise = None
    if got.name == "id":
        otherwise = _vocabulary_problem(vocabulary_size, max(map(max, tokens)))
    return refusal(Problem("tokens", got, _ids_below(vocabulary_size), otherwise))


def _refused_values(values: Values) -> PydanticCustomError | None:
    """The error for numbers that are refused; None if they are good."""
    got = wrong_values(values)
    return refusal(Problem("values", got, _ANY_VALUES)) if got else None


def refused_length(field: str, values: Values) -> PydanticCustomError | None:
    """The error for more numbers in a field than a link carries; None if it carries them."""
    if (length := len(values_text(values))) <= LONGEST_TEXT:
        return None
    got = Words("characters", {"count": length})
    return refusal(Problem(field, got, Words("values_text", {"characters": LONGEST_TEXT})))


def wrong_values(values: Values, *, ragged: bool = False) -> Words | None:
    """What is wrong with numbers, in words; None if nothing is.

    Args:
        ragged: whether sentences may differ in their length.
    """
    if sizes := _wrong_sizes(values, ids=False, ragged=ragged):
        return sizes
    features = sorted({len(row) for sentence in values for row in sentence})
    if len(features) > 1:
        return Words("feature_counts", {"counts": listed(map(str, features))})
    if not 1 <= features[0] <= MAX_FEATURES:
        return Words("feature_count", {"count": features[0]})
    flat = (value for sentence in values for row in sentence for value in row)
    wrong = next((value for value in flat if not abs(value) <= LARGEST), None)  # or if it is NaN
    return None if wrong is None else Words("value", {"shown": shown(wrong)})


def wrong_ids(tokens: Tokens, vocabulary_size: int, *, ragged: bool = False) -> Words | None:
    """What is wrong with ids, in words; None if nothing is.

    Args:
        ragged: whether sentences may differ in their length.
    """
    if sizes := _wrong_sizes(tokens, ids=True, ragged=ragged):
        return sizes
    outside = (t for sentence in tokens for t in sentence if not 0 <= t < vocabulary_size)
    wrong = next(outside, None)
    return None if wrong is None else Words("id", {"shown": shown(wrong)})


def _wrong_sizes(rows: Tokens | Values, *, ids: bool, ragged: bool) -> Words | None:
    """What is wrong with the number of sentences, or with how many ids, or steps, they have."""
    counts = sorted(set(map(len, rows)))
    if not rows:
        return Words("none")
    if len(rows) > MAX_SENTENCES:
        return Words("sentence_count", {"count": len(rows)})
    if len(counts) > 1 and not ragged:
        return Words("id_counts" if ids else "step_counts", {"counts": listed(map(str, counts))})
    wrong = next((count for count in counts if not 1 <= count <= MAX_STEPS), None)
    return None if wrong is None else Words("id_count" if ids else "step_count", {"count": wrong})


def _ids_below(vocabulary_size: int) -> Words:
    """The ids of a vocabulary of that size, in words."""
    return Words("tokens_below", {**LIMITS, "top": vocabulary_size - 1})


def _vocabulary_problem(size: int, largest: int) -> Problem:
    """The problem of a vocabulary that is too small for the largest id."""
    got, least = Words("value", {"shown": size}), largest + 1
    nearest = least if least <= bounds(Settings, "vocabulary_size")[1] else None
    return Problem("vocabulary_size", got, Words("vocabulary", {"least": least}), nearest=nearest)
