"""Every setting once: its type, bounds, default and place. All else is derived from here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, get_args

import numpy as np
from annotated_types import Ge, Le
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

NOTEBOOK_TEN = (4, 21, 64, 13, 77, 66, 54, 30, 81, 87)
NOTEBOOK_SEVEN = (24, 52, 11, 40, 46, 59, 85)
MAX_SENTENCES, MAX_STEPS = 8, 100

Tokens = tuple[tuple[int, ...], ...]


class Problem(NamedTuple):
    """One value that was refused: the field, what it got and what it allows."""

    field: str
    got: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.field}: got {self.got}; allowed: {self.allowed}"


class SettingsError(ValueError):
    """Settings, or weights given with them, that are out of range, of a wrong type or shape."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Place:
    """Where a setting belongs on the page, and the settings under which it has an effect."""

    group: Literal["cell", "layer", "input", "advanced"]
    applies: Callable[[Settings], bool] = lambda _: True


def _plain(value: Any) -> Any:
    """NumPy scalars and arrays as the Python values they stand for; lists as tuples."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


_LAYER, _INPUT, _ADVANCED = Place("layer"), Place("input"), Place("advanced")
_Flag = Annotated[bool, BeforeValidator(_plain)]
_Int = Annotated[int, BeforeValidator(_plain)]


class Settings(BaseModel):
    """What to build and what to feed it. Frozen and hashable.

    The defaults are those of Keras wherever Keras has one, but that return_sequences,
    return_state and embedding are on.

    Raises:
        SettingsError: naming each field that was refused, what it got and what it allows.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    cell: Annotated[Literal["LSTM", "GRU", "SimpleRNN"], Place("cell")] = "LSTM"
    units: Annotated[_Int, Field(ge=1, le=64), _LAYER] = 4
    return_sequences: Annotated[_Flag, _LAYER] = True
    return_state: Annotated[_Flag, _LAYER] = True

    tokens: Annotated[Tokens, BeforeValidator(_plain), _INPUT] = (NOTEBOOK_TEN,)
    embedding: Annotated[_Flag, _INPUT] = True
    embedding_dim: Annotated[
        _Int, Field(ge=1, le=16), Place("input", applies=lambda s: s.embedding)
    ] = 1
    input_scaling: Annotated[
        Literal["raw", "unit"], Place("input", applies=lambda s: not s.embedding)
    ] = "raw"

    recurrent_activation: Annotated[
        Literal["sigmoid", "hard_sigmoid", "hard_sigmoid_keras2"],
        Place("advanced", applies=lambda s: s.cell != "SimpleRNN"),
    ] = "sigmoid"
    reset_after: Annotated[_Flag, Place("advanced", applies=lambda s: s.cell == "GRU")] = True
    use_bias: Annotated[_Flag, _ADVANCED] = True
    unit_forget_bias: Annotated[
        _Flag, Place("advanced", applies=lambda s: s.cell == "LSTM" and s.use_bias)
    ] = True
    go_backwards: Annotated[_Flag, _ADVANCED] = False
    vocabulary_size: Annotated[_Int, Field(ge=2, le=1000), _ADVANCED] = 100
    seed: Annotated[_Int, Field(ge=0, le=2**31 - 1), _ADVANCED] = 0

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as error:
            raise SettingsError(*_problems(error)) from None

    @model_validator(mode="after")
    def _tokens_fit(self) -> Settings:
        allowed = allowed_values("tokens", self.vocabulary_size)
        lengths = {len(sentence) for sentence in self.tokens}
        if not 1 <= len(self.tokens) <= MAX_SENTENCES:
            raise _refused("tokens", f"{len(self.tokens)} sentences", allowed)
        if len(lengths) > 1:
            got = f"sentences of {' and '.join(map(str, sorted(lengths)))} ids"
            raise _refused("tokens", got, allowed)
        if not 1 <= max(lengths) <= MAX_STEPS:
            raise _refused("tokens", f"a sentence of {max(lengths)} ids", allowed)
        for token in (token for sentence in self.tokens for token in sentence):
            if not 0 <= token < self.vocabulary_size:
                raise _refused("tokens", f"the id {_shown(token)}", allowed)
        return self

    def but(self, **changes: Any) -> Settings:
        """These settings with some of them changed, validated again."""
        return Settings(**dict(self) | changes)

    @property
    def steps(self) -> int:
        """How many timesteps each sentence has."""
        return len(self.tokens[0])

    def to_query(self) -> dict[str, str]:
        """What differs from the defaults, as the parameters of a link."""
        return {
            name: to_text(value)
            for name, value in self
            if value != Settings.model_fields[name].default and applies(name, self)
        }

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> tuple[Settings, tuple[Problem, ...]]:
        """Settings of a link, defaults where it names none or a bad one, and what was bad.

        Args:
            query: every value given for each parameter; names that are no setting are passed over.
        """
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for name in (name for name in cls.model_fields if name in query):
            try:
                values[name] = from_text(name, query[name])
            except SettingsError as error:
                problems.extend(error.problems)
        while True:
            try:
                return cls(**values), tuple({p.field: p for p in reversed(problems)}.values())[::-1]
            except SettingsError as error:
                for problem in error.problems:
                    if values.pop(problem.field, None) is None:  # the default tokens do not fit
                        size = values.pop("vocabulary_size")
                        needed = max(map(max, cls.model_fields["tokens"].default)) + 1
                        allowed = f"at least {needed} with the default tokens"
                        problem = Problem("vocabulary_size", str(size), allowed)
                    problems.append(problem)


def place(name: str) -> Place:
    """Where the setting of that name belongs."""
    return next(m for m in Settings.model_fields[name].metadata if isinstance(m, Place))


def applies(name: str, settings: Settings) -> bool:
    """Whether the setting of that name changes anything under these settings."""
    return place(name).applies(settings)


def bounds(name: str) -> tuple[int, int]:
    """The smallest and the largest value of a whole-number setting."""
    metadata = Settings.model_fields[name].metadata
    low = next(m.ge for m in metadata if isinstance(m, Ge))
    high = next(m.le for m in metadata if isinstance(m, Le))
    return low, high


def choices(name: str) -> tuple[str, ...]:
    """The values that a setting can be chosen from; empty where it is no choice."""
    return get_args(Settings.model_fields[name].annotation) if _kind(name) is str else ()


def allowed_values(name: str, vocabulary_size: int | None = None) -> str:
    """In words, what the setting of that name allows."""
    kind = _kind(name)
    if name == "tokens":
        top = "vocabulary_size - 1" if vocabulary_size is None else vocabulary_size - 1
        return (
            f"1 to {MAX_SENTENCES} sentences of one length, 1 to {MAX_STEPS} ids each, "
            f"every id a whole number from 0 to {top}"
        )
    if kind is bool:
        return "true or false"
    if kind is str:
        *others, last = choices(name)
        return f"{', '.join(others)} or {last}"
    return "a whole number from {} to {}".format(*bounds(name))


def to_text(value: Any) -> str:
    """A setting's value as a link or a text field writes it."""
    if isinstance(value, tuple):
        return "; ".join(", ".join(map(str, sentence)) for sentence in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def from_text(name: str, texts: Sequence[str]) -> Any:
    """A setting's value read from what a link gives for it; one text is allowed, not several.

    Raises:
        SettingsError: if the text does not parse. Bounds are checked by Settings itself.
    """
    texts = [texts] if isinstance(texts, str) else texts
    refused = SettingsError(
        Problem(name, " and ".join(map(_shown, texts)) or "nothing", allowed_values(name))
    )
    if len(texts) != 1:
        raise refused
    text = texts[0].strip()
    kind = _kind(name)
    try:
        if name == "tokens":
            return parse_tokens(text)
        if kind is bool:
            return {"true": True, "false": False}[text.lower()]
        return _whole(text) if kind is int else text
    except (KeyError, ValueError):
        raise refused from None


def parse_tokens(text: str) -> Tokens:
    """Ids out of text: commas or blanks between ids, semicolons or new lines between sentences.

    Raises:
        SettingsError: if anything in the text is not a whole number.
    """
    rows = [row for row in text.replace("\n", ";").split(";") if row.strip()]
    try:
        return tuple(tuple(map(_whole, row.replace(",", " ").split())) for row in rows)
    except ValueError as error:
        raise SettingsError(Problem("tokens", str(error), allowed_values("tokens"))) from None


def extend_tokens(tokens: Tokens, settings: Settings, sentences: int, steps: int) -> Tokens:
    """The tokens cut, or filled up with random ids, to that many sentences and steps.

    An id depends only on the seed, its sentence and its step, so that cutting a sentence and
    extending it again brings the same ids back.
    """
    return tuple(
        (*row, *filler[len(row) :])[:steps]
        for row, filler in zip(
            (*tokens, *[()] * sentences),
            random_tokens(settings, sentences, MAX_STEPS),
            strict=False,
        )
    )


def random_tokens(settings: Settings, sentences: int, steps: int) -> Tokens:
    """Ids drawn from the vocabulary by the seed alone."""
    return tuple(
        tuple(
            np.random.default_rng((settings.seed, sentence))
            .integers(0, settings.vocabulary_size, MAX_STEPS)[:steps]
            .tolist()
        )
        for sentence in range(sentences)
    )


def _kind(name: str) -> type:
    return type(Settings.model_fields[name].default)


def _whole(text: str) -> int:
    if not (text.removeprefix("-").isascii() and text.removeprefix("-").isdigit()):
        raise ValueError(_shown(text))
    if len(text) > 12:
        raise ValueError(f"a number of {len(text)} digits")
    return int(text)


def _shown(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python does not write out numbers of more than some thousand digits
        return "a number of thousands of digits"
    return text if len(text) <= 40 else f"{text[:30]}… ({len(text)} characters)"


def _refused(field: str, got: str, allowed: str) -> PydanticCustomError:
    context = {"problem": Problem(field, got, allowed)}
    return PydanticCustomError("refused", "refused", context)


def _problems(error: ValidationError) -> list[Problem]:
    """pydantic's errors in the house's words, one a field."""
    found: dict[str, Problem] = {}
    for item in error.errors(include_url=False):
        if item["type"] == "refused":
            problem = item["ctx"]["problem"]
        else:
            name = str(item["loc"][0])
            known = name in Settings.model_fields
            allowed = allowed_values(name) if known else f"only {', '.join(Settings.model_fields)}"
            problem = Problem(name, _shown(item["input"]), allowed)
        found.setdefault(problem.field, problem)
    return list(found.values())
