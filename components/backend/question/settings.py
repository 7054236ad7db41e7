"""The settings of a layer and of its input, each stated once: type, bounds, default, place.

Widgets, links and messages follow from them. Where the sentences come from is in `setup`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, InstanceOf, model_validator
from pydantic_core import PydanticCustomError

from components.backend.cells import ACTIVATIONS, CELLS, RECURRENT_ACTIVATIONS
from components.backend.cells.cell import NOT_DROPPED
from components.backend.question.linked import (
    FieldRule,
    Flag,
    Int,
    Linked,
    Message,
    Problem,
    Slider,
    TextCodec,
    as_python,
    bounds,
    number,
    refusal,
)
from components.backend.question.sentences import (
    ANY_IDS,
    ANY_VALUES,
    MAX_FEATURES,
    Sentences,
    Tokens,
    Values,
    ids_below,
    ids_field,
    values_field,
    wrong_ids,
    wrong_values,
)

NOTEBOOK_TEN = (4, 21, 64, 13, 77, 66, 54, 30, 81, 87)
NOTEBOOK_SEVEN = (24, 52, 11, 40, 46, 59, 85)
QUOTES = (1, 2, 0, 1, 2, 0, 2, 1, 0, 1, 2, 2, 0, 1, 1, 2)
"""a b " a b " b a " a b b " a a b, by the ids of the task of quotation marks."""
MAX_UNITS = 512

IdsField = Annotated[Tokens, *ids_field("tokens", ANY_IDS)]
ValuesField = Annotated[Values, *values_field("values", ANY_VALUES)]


def takes(argument: str) -> Callable[[Any], bool]:
    """For a `FieldRule`: the field has an effect if the question's cell takes this argument."""
    return lambda question: argument in CELLS[question.cell].arguments


def _takes_with_bias(argument: str) -> Callable[[Any], bool]:
    """For a `FieldRule`: `takes(argument)`, but only while use_bias is on."""
    return lambda question: question.use_bias and takes(argument)(question)


def _reads_ids(setting: Input) -> bool:
    return setting.reads_ids


_LAYER, _INPUT, _ADVANCED = FieldRule("layer"), FieldRule("input"), FieldRule("advanced")
_Rate = Annotated[
    Literal[tuple(share / 20 for share in range(19))],
    BeforeValidator(as_python),
    TextCodec("{:g}".format, number),
]
"""0, 0.05, … 0.9."""


class Layer(Linked):
    """A recurrent layer: its cell, its size, and Keras's keyword arguments."""

    texts = "settings"

    cell: Annotated[Literal[tuple(CELLS)], FieldRule("cell")] = "LSTM"
    units: Annotated[Int, Field(ge=1, le=MAX_UNITS), Slider(64), _LAYER] = 3
    return_sequences: Annotated[Flag, _LAYER] = True
    return_state: Annotated[Flag, _LAYER] = True

    activation: Annotated[
        Literal[tuple(ACTIVATIONS)],
        FieldRule("advanced", applies=takes("activation")),
    ] = "tanh"
    recurrent_activation: Annotated[
        Literal[tuple(RECURRENT_ACTIVATIONS)],
        FieldRule("advanced", applies=takes("recurrent_activation")),
    ] = "sigmoid"
    reset_after: Annotated[Flag, FieldRule("advanced", applies=takes("reset_after"))] = True
    use_bias: Annotated[Flag, _ADVANCED] = True
    unit_forget_bias: Annotated[
        Flag,
        FieldRule(
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
        FieldRule(
            "advanced",
            applies=_takes_with_bias("bias_initializer"),
        ),
    ] = "zeros"
    dropout: Annotated[_Rate, FieldRule("advanced", applies=takes("dropout"))] = 0.0
    recurrent_dropout: Annotated[
        _Rate, FieldRule("advanced", applies=takes("recurrent_dropout"))
    ] = 0.0

    @property
    def drops(self) -> bool:
        """Whether it drops anything in training. Keras is then called with training=True."""
        return any(getattr(self, name) and self.applies(name) for name in NOT_DROPPED)

    @property
    def reset_timing(self) -> Literal["", "before", "after"]:
        """When a gate resets h for the candidate: before or after the product of h and its weights;
        nothing where no gate does."""
        if not CELLS[self.cell].reset_gate:
            return ""
        return "after" if self.reset_after and self.applies("reset_after") else "before"


class Input(Linked):
    """How ids become what the layer reads, and the seed of all random numbers."""

    texts = "settings"

    embedding: Annotated[Flag, FieldRule("input", applies=_reads_ids)] = True
    embedding_dim: Annotated[
        Int,
        Field(ge=1, le=MAX_FEATURES),
        Slider(16),
        FieldRule("input", applies=lambda s: s.has_embedding),
    ] = 2
    embeddings_initializer: Annotated[
        Literal["uniform", "standard_normal"],
        FieldRule("advanced", applies=lambda s: s.has_embedding),
    ] = "standard_normal"
    input_scaling: Annotated[
        Literal["raw", "unit"],
        FieldRule("input", applies=lambda s: s.reads_ids and not s.embedding),
    ] = "raw"
    vocabulary_size: Annotated[
        Int, Field(ge=2, le=1000), FieldRule("advanced", applies=_reads_ids)
    ] = 100
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
        """`Linked.mend`. Beside that, a problem of ids that could not be read says which ids the
        vocabulary has."""
        found, told = super().mend(values, good, problems)
        below = ids_below(found.vocabulary_size)
        return found, tuple(p._replace(allowed=below) if p.allowed == ANY_IDS else p for p in told)


class Settings(Input, Layer):
    """A layer, and the ids or numbers that it reads, such as Settings(cell="GRU", units=8).

    A value that is not allowed raises SettingsError, which says what it got and what is allowed.

    The defaults are Keras's wherever Keras has one, with two exceptions: return_sequences,
    return_state and embedding are on, and the Embedding starts from a standard normal, which is as
    large as trained tables are. With Keras's own ±0.05 hardly anything happens in the cell.

    Where there are values, the layer reads these numbers as they are, (sentence, step, feature), in
    place of ids: what is said of an Embedding, and of all else that belongs to ids, has no effect.
    """

    most_features: ClassVar[int] = MAX_FEATURES

    tokens: Annotated[IdsField, _INPUT] = (NOTEBOOK_TEN,)
    values: Annotated[ValuesField, _INPUT] = ()

    @model_validator(mode="after")
    def _rows_fit(self) -> Self:
        if self.values:
            refused = refused_values(self.values, self.most_features)
        else:
            refused = refused_ids(self.tokens, self.vocabulary_size)
        if refused:
            raise refused
        return self

    @property
    def reads_ids(self) -> bool:
        """Whether ids are read, and not numbers."""
        return not self.values

    @property
    def rows(self) -> Sentences:
        """The sentences that are read: at each step an id, or the features."""
        return self.values or self.tokens

    @property
    def rows_field(self) -> Literal["tokens", "values"]:
        """The name of the field that `rows` come from."""
        return "values" if self.values else "tokens"

    def reading(self, rows: Sentences) -> Self:
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
    InstanceOf[Settings], AfterValidator(lambda s: s.at_inference), Message("settings")
]
"""The settings of a question that calls a layer several times, or takes gradients: as each call
would draw other masks, nothing is dropped."""


def refused_ids(tokens: Tokens, vocabulary_size: int) -> PydanticCustomError | None:
    """The error for ids that are refused; None if they are good."""
    got = wrong_ids(tokens, vocabulary_size)
    if got is None:
        return None
    otherwise = None
    if got.name == "id":
        otherwise = vocabulary_problem(vocabulary_size, max(map(max, tokens)))
    return refusal(Problem("tokens", got, ids_below(vocabulary_size), otherwise))


def refused_values(values: Values, most: int = MAX_FEATURES) -> PydanticCustomError | None:
    """The error for numbers that are refused, as those of more features than that; None if they are
    good."""
    got = wrong_values(values, most=most)
    allowed = Message("values", {**ANY_VALUES.values, "features": most})
    return refusal(Problem("values", got, allowed)) if got else None


def vocabulary_problem(size: int, largest: int) -> Problem:
    """The problem of a vocabulary that is too small for the largest id."""
    got, least = Message("value", {"shown": size}), largest + 1
    nearest = least if least <= bounds(Settings, "vocabulary_size")[1] else None
    return Problem("vocabulary_size", got, Message("vocabulary", {"least": least}), nearest=nearest)
