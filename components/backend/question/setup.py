"""What a visitor sets up: a layer and its input, as in `settings`, and where its sentences come
from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from components.backend.question.layout import features
from components.backend.question.linked import (
    FieldRule,
    Int,
    Linked,
    SettingsError,
    Slider,
    as_python,
    beyond,
    refusal,
)
from components.backend.question.numbers import SERIES, WEATHER
from components.backend.question.sentences import (
    MAX_FEATURES,
    MAX_SENTENCES,
    MAX_STEPS,
    Sentences,
    Tokens,
    Values,
    refused_length,
)
from components.backend.question.settings import (
    NOTEBOOK_SEVEN,
    NOTEBOOK_TEN,
    QUOTES,
    IdsField,
    Input,
    Layer,
    Settings,
    ValuesField,
    refused_ids,
    refused_values,
    vocabulary_problem,
)

MOST_MADE = MAX_STEPS * MAX_FEATURES
"""The most numbers in series that are made here: one of the largest, or several smaller ones."""


_GIVEN = {"tokens": "typed", "values": "pasted"}
"""The source of the rows that a field gives."""


def _sized(sentence: Sentence) -> bool:
    """Whether its length and its number of sentences can be chosen."""
    return sentence.source != "pasted"


class Sentence(Linked):
    """Where the ids, or the numbers, come from, how many steps and how many sentences.

    A source given without a length has its own length. Ids given without a source make it "typed",
    numbers "pasted".
    """

    source: Annotated[
        Literal[("ten", "seven", "quotes", "random", "typed", *SERIES, "pasted")],
        FieldRule("sentence"),
    ] = "ten"
    tokens: Annotated[IdsField, FieldRule("sentence", applies=lambda s: s.source == "typed")] = (
        NOTEBOOK_TEN,
    )
    values: Annotated[
        ValuesField, FieldRule("sentence", applies=lambda s: s.source == "pasted")
    ] = (WEATHER,)
    length: Annotated[Int, Field(ge=1, le=MAX_STEPS), FieldRule("sentence", applies=_sized)] = len(
        NOTEBOOK_TEN
    )
    features: Annotated[
        Int,
        Field(ge=1, le=MAX_FEATURES),
        Slider(16),
        FieldRule("sentence", applies=lambda s: s.source in SERIES),
    ] = 1
    sentences: Annotated[
        Int, Field(ge=1, le=MAX_SENTENCES), FieldRule("sentence", applies=_sized)
    ] = 1

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

    def own_rows(self) -> Sentences:
        """The ids, or the numbers, of the source itself, before they are cut or extended."""
        own = {"typed": self.tokens, "pasted": self.values}
        return own.get(self.source) or _SOURCES.get(self.source, ())


class Setup(Sentence, Input, Layer):
    """All that a visitor sets up: a layer, its input, and a sentence in place of bare tokens."""

    implied: ClassVar = {name: {"source": source} for name, source in _GIVEN.items()}

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        refused = None
        if self.source == "typed":
            refused = refused_ids(self.tokens, self.vocabulary_size)
        elif self.source == "pasted":
            refused = refused_values(self.values) or refused_length("values", self.values)
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
            raise refusal(vocabulary_problem(self.vocabulary_size, largest))
        return self

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

    def switched(self, source: str, fits: Callable[[Self], bool]) -> dict[str, Any]:
        """What to change to read from another source; nothing if that does not fit.

        Ids that are typed begin with those typed before, numbers with those pasted before. If these
        do not fit, they begin with what is read now.

        Args:
            fits: whether whoever shows a setup can show that one.
        """
        for beginning in self._beginnings(source):
            changes = {"source": source, **beginning}
            with suppress(SettingsError):
                if fits(self.but(**changes)):
                    return changes
        return {}

    def _beginnings(self, source: str) -> Iterator[dict[str, Any]]:
        """The fields with which a source can begin, the best choice first."""
        if source == "typed":
            if self.tokens != Setup.model_fields["tokens"].default:
                yield {"tokens": self.tokens, **_own_size(self.tokens)}
            drawn = random_ids(self.seed, self.vocabulary_size, self.sentences)
            now = self.ids if self.reads_ids else tuple(row[: self.length] for row in drawn)
            yield {"tokens": now, **_own_size(now)}
            return
        yield _own_size(_SOURCES.get(source))
        read = features(self.settings)
        if source in SERIES:
            yield {"features": read}
            yield {"features": read, "sentences": 1, "length": min(self.length, MOST_MADE // read)}
        elif source == "pasted":
            sine = _made("sine", self.seed, 1, self.length, read) if self.reads_ids else ()
            yield {"values": sine or self.numbers}

    @property
    def settings(self) -> Settings:
        """The settings from which the model is built."""
        shared = {name: value for name, value in self if name in Settings.model_fields}
        read: dict[str, Any] = {"tokens": (NOTEBOOK_TEN,), "values": ()}
        read |= {"tokens": self.ids} if self.reads_ids else {"values": self.numbers}
        return Settings(**shared | read)


_NUMBERS = (*SERIES, "pasted")
"""The sources of numbers."""


def _own_size(rows: Any) -> dict[str, int]:
    """The length and the number of these sentences; nothing if they are no sentences."""
    if not (isinstance(rows, tuple) and rows and isinstance(rows[0], tuple) and rows[0]):
        return {}
    return {"length": min(len(rows[0]), MAX_STEPS), "sentences": min(len(rows), MAX_SENTENCES)}


_SOURCES: Mapping[str, Tokens] = {
    "ten": (NOTEBOOK_TEN,),
    "seven": (NOTEBOOK_SEVEN,),
    "quotes": (QUOTES,),
}


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
