"""How is a time series cut into samples? One long table, cut into windows for a recurrent layer."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np
from pydantic import BeforeValidator, Field, InstanceOf, model_validator

from components.backend.question.linked import (
    FieldRule,
    Int,
    Linked,
    Message,
    Problem,
    TextCodec,
    bounds,
    refusal,
)
from components.backend.question.numbers import MOST_FEATURES, SERIES, WEATHER, notes_on
from components.backend.question.sentences import Values
from components.backend.question.table import (
    LEAST_ROWS,
    MOST_NUMBERS,
    MOST_ROWS,
    PASTED_ALLOWED,
    Pasted,
    checked_table,
    pasted_text,
    read_pasted,
)
from components.backend.question.weights import Sized, Weights, frozen
from components.backend.running import answers, engine
from components.backend.running.facts import Fact, stated
from components.backend.running.replay import MismatchError
from components.backend.scripts import code
from components.texts import text

MOST_WINDOW = 100
_MOST_LISTED = 6  # rows, or ranges of them, that a sentence lists
_UNITS = 4  # of the layer that is given the table itself
_WEATHER = Pasted(WEATHER, ("temperature", "humidity"))


def _made(choice: Any) -> bool:
    return choice.kind != "pasted"


class Question(Linked):
    """A table of rows and features, and how it is cut into samples.

    If `pasted` is given and the kind is not, the kind is "pasted".
    """

    texts = "series_view"
    implied: ClassVar = {"pasted": {"kind": "pasted"}}

    kind: Literal[(*SERIES, "pasted")] = "sine"
    pasted: Annotated[
        InstanceOf[Pasted],
        BeforeValidator(checked_table),
        TextCodec(pasted_text, read_pasted, notes_on),
        PASTED_ALLOWED,
        FieldRule(applies=lambda q: q.kind == "pasted"),
    ] = _WEATHER
    rows: Annotated[Int, Field(ge=LEAST_ROWS, le=MOST_ROWS), FieldRule(applies=_made)] = 24
    features: Annotated[Int, Field(ge=1, le=MOST_FEATURES), FieldRule(applies=_made)] = 2
    seed: Annotated[Int, Field(ge=0, le=2**31 - 1), FieldRule(applies=_made)] = 0
    window: Annotated[Int, Field(ge=1, le=MOST_WINDOW)] = 4  # steps of a sample
    stride: Annotated[Int, Field(ge=1, le=MOST_WINDOW)] = 1  # rows between samples' starts
    horizon: Annotated[Int, Field(ge=0, le=MOST_WINDOW)] = 1
    """How many rows after the last row of a sample its target lies."""
    target: Annotated[Int, Field(ge=0, le=MOST_FEATURES - 1)] = 0  # the target's column

    @model_validator(mode="before")
    @classmethod
    def _follow_table(cls, values: dict[str, Any]) -> dict[str, Any]:
        return {"kind": "pasted"} | values if "pasted" in values else values

    @model_validator(mode="after")
    def _fits(self) -> Self:
        rows, features = self.shape
        if rows * features > MOST_NUMBERS:
            raise refusal(_too_large(self))
        if self.window + self.horizon > rows:
            late = _most("horizon", self, rows - self.window, _few_rows(self))
            raise refusal(_most("window", self, rows - self.horizon, late))
        if self.stride >= rows:  # Keras refuses it
            raise refusal(_most("stride", self, rows - 1, _few_rows(self)))
        if self.target >= features:
            raise refusal(_no_column(self, features))
        return self

    @property
    def shape(self) -> tuple[int, int]:
        """The table's: rows, features."""
        if _made(self):
            return self.rows, self.features
        return len(self.pasted.rows), len(self.pasted.rows[0])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the table's columns; empty if they have none."""
        return () if _made(self) else self.pasted.names

    @property
    def table(self) -> np.ndarray:
        """The numbers, (row, feature). Those that are made here have two decimals."""
        if _made(self):
            made = SERIES[self.kind](np.random.default_rng(self.seed), *self.shape)
            return np.asarray(np.round(made, 2), np.float32)
        return np.asarray(self.pasted.rows, np.float32)

    @property
    def starts(self) -> np.ndarray:
        """The row of the table at which each sample begins."""
        return np.arange(0, self.shape[0] - self.window + 1 - self.horizon, self.stride)

    @property
    def first_target(self) -> int:
        """The row in which the target of the first sample is."""
        return self.window - 1 + self.horizon

    @property
    def targets_at(self) -> np.ndarray:
        """The row of the table in which the target of each sample is, (sample,)."""
        return self.starts + self.first_target

    def file_name(self, suffix: str, what: str = "") -> str:
        """A name for a file that belongs to the question, such as
        rnn_lens_series_sine_24x2_window-6.py."""
        rows, features = self.shape
        words = ["rnn_lens_series", self.kind, f"{rows}x{features}"]
        shaped = ("kind", "rows", "features", "pasted")
        cut = code.in_name({k: v for k, v in self.to_query().items() if k not in shaped})
        return f"{'_'.join(filter(None, (*words, cut, what)))}.{suffix}"


def _too_large(question: Question) -> Problem:
    """The problem of a table with more numbers than can be drawn."""
    rows, features = question.shape
    few = _at_most("rows", rows, MOST_NUMBERS // features)
    return _at_most("features", features, MOST_NUMBERS // rows)._replace(otherwise=few)


def _at_most(name: str, got: int, high: int) -> Problem:
    low, _ = bounds(Question, name)
    allowed = Message("table_numbers", {"low": low, "high": high, "numbers": MOST_NUMBERS})
    return Problem(name, Message("value", {"shown": got}), allowed, nearest=high)


def _no_column(question: Question, features: int) -> Problem:
    """The problem of a target in a column that the table does not have."""
    least, few = question.target + 1, None
    if _made(question):
        got = Message("value", {"shown": features})
        few = Problem("features", got, Message("columns_least", {"least": least}), nearest=least)
    return _most("target", question, features - 1, few)


def _most(name: str, question: Question, high: int, otherwise: Problem | None) -> Problem:
    """The problem of a number that is too large for the table.

    Args:
        high: the largest that the table allows. If the field allows none so small, no number would
            do.
    """
    low, _ = bounds(Question, name)
    rows, features = question.shape
    limits = {"low": low, "high": max(low, high), "rows": rows, "features": features}
    got = Message("value", {"shown": getattr(question, name)})
    nearest = high if high >= low else None
    return Problem(name, got, Message("table_fits", limits), otherwise, nearest)


def _few_rows(question: Question) -> Problem:
    """The problem of a table with fewer rows than a sample, its target and the stride take."""
    rows, _ = question.shape
    least = max(question.window + question.horizon, question.stride + 1)
    allowed = Message("rows_least", {"least": least})
    if not _made(question):
        return Problem("pasted", Message("row_count", {"count": rows}), allowed)
    nearest = least if least <= MOST_ROWS else None
    return Problem("rows", Message("value", {"shown": rows}), allowed, nearest=nearest)


# The answer


@dataclass(frozen=True, eq=False)
class Answer(Sized):
    """The table, and the samples that Keras cut from it. All arrays are read-only."""

    question: Question
    table: np.ndarray  # (row, feature)
    samples: np.ndarray  # (sample, step, feature), as Keras's dataset has them
    targets: np.ndarray  # (sample,), as Keras's dataset has them
    unshifted: np.ndarray
    """(2, sample): for targets whose column was not shifted, the number in the target's column at
    the first step of each of Keras's samples, and the target that Keras gives that sample."""
    error: str  # Keras's error for an LSTM given the table itself, which has no axis of samples
    landed: np.ndarray
    """(feature, step): where each number of the first sample lands after `reshape`. A value is the
    number's index in the sample, whose numbers are counted step by step."""
    recurrent: np.ndarray | None = None
    """(2,): by how much, at most, the last h of Keras's LSTM moves if its recurrent kernel is
    multiplied by -1, for windows of 1 row and of 2 rows; None if the question's are longer."""

    @property
    def transposed(self) -> np.ndarray:
        """`landed` for a true transpose."""
        features, steps = self.landed.shape
        return np.arange(self.landed.size).reshape(steps, features).T

    @property
    def misplaced(self) -> np.ndarray:
        """(feature, step): True where `reshape` puts another number than a transpose does."""
        return self.landed != self.transposed

    def readable(self, sample: int) -> Values:
        """A sample as the numbers of one sentence, each as short as the table has it."""
        return (tuple(tuple(float(str(value)) for value in row) for row in self.samples[sample]),)


def answer(question: Question) -> Answer:
    """Cut the table into samples with Keras's timeseries_dataset_from_array, and compare them with
    windows of our own. The same question gives the same object.

    Raises:
        SettingsError: it is no question.
        EngineError: Keras failed to import or raised.
        MismatchError: a number of the two differs.
    """
    return answers.answer(question, None, (), _compute)


def windows(question: Question) -> tuple[np.ndarray, np.ndarray]:
    """The samples (sample, step, feature) and their targets (sample,): step j of sample i is row
    i * stride + j of the table."""
    table = question.table
    rows = question.starts[:, np.newaxis] + np.arange(question.window)
    return table[rows], table[question.targets_at, question.target]


def _compute(question: Question, _: Weights | None) -> Answer:
    samples, targets = _by_keras(question, question.first_target)
    others, unshifted = _by_keras(question, 0)
    first_steps = others[:, 0, question.target]
    if not _as_windows(question, samples, targets):
        raise MismatchError(text("problems.mismatch_windows"))
    numbers = np.arange(question.window * question.shape[1])
    return Answer(
        question=question,
        table=frozen(question.table),
        samples=frozen(samples),
        targets=frozen(targets),
        unshifted=frozen(np.stack([first_steps, unshifted])),
        error=_error_on(question.table),
        landed=frozen(numbers.reshape(question.shape[1], question.window)),
        recurrent=_moved_by_recurrence(question.table) if question.window == 1 else None,
    )


def _as_windows(question: Question, samples: np.ndarray, targets: np.ndarray) -> bool:
    """Whether these are the same samples and targets as `windows`."""
    return all(map(np.array_equal, (samples, targets), windows(question)))


def _by_keras(question: Question, shift: int) -> tuple[np.ndarray, np.ndarray]:
    """Keras's samples and targets, with the column of the targets shifted by so many rows."""
    table = question.table
    with engine.use_keras() as (keras, _):
        dataset = keras.utils.timeseries_dataset_from_array(
            table,
            targets=table[shift:, question.target],
            sequence_length=question.window,
            sequence_stride=question.stride,
            batch_size=len(table),
        )
        ((samples, targets),) = dataset
        return samples.numpy(), targets.numpy()


def _error_on(table: np.ndarray) -> str:
    """Keras's error for an LSTM that is given the table itself; "" if there is none."""
    with engine.use_keras() as (keras, _):
        try:
            keras.layers.LSTM(_UNITS, name="lstm")(table)
        except ValueError as error:
            return str(error)
    return ""


def _moved_by_recurrence(table: np.ndarray) -> np.ndarray:
    """`Answer.recurrent` of this table."""
    pairs = np.stack([table[:-1], table[1:]], axis=1)
    with engine.use_keras() as (keras, _):
        initializers = {
            "kernel_initializer": keras.initializers.GlorotUniform(seed=0),
            "recurrent_initializer": keras.initializers.Orthogonal(seed=1),
        }
        layer = keras.layers.LSTM(_UNITS, name="lstm", **initializers)
        layer.build(pairs.shape)
        kernel, recurrent, bias = layer.get_weights()

        def last_h(samples: np.ndarray, sign: int) -> np.ndarray:
            layer.set_weights([kernel, sign * recurrent, bias])
            return layer(samples).numpy()

        both = (pairs[:, :1], pairs)
        moved = [np.abs(last_h(each, -1) - last_h(each, 1)).max() for each in both]
    return frozen(np.array(moved))


def script(question: Question) -> str:
    """A Python script that needs only Keras and prints the shapes, and the first and last sample
    with their targets."""
    samples = len(question.starts)
    return code.filled("series", q=question, samples=samples, **table_values(question))


def table_values(question: Question) -> dict[str, Any]:
    """The values with which a template makes the table."""
    make = SERIES.get(question.kind)
    return {
        "table": question,
        "shape": question.shape,
        "source": inspect.getsource(make).rstrip() if make else "",
        "literal": "" if make else code.array_literal(question.table, "data"),
    }


# Facts


def facts(given: Answer) -> tuple[Fact, ...]:
    """Facts about the samples, measured on their numbers."""
    return stated(
        _same(given),
        _count(given),
        *_unread(given),
        _shared(given),
        _target(given),
        _seen(given),
        _one_step(given),
    )


def _one_step(given: Answer) -> Fact | None:
    """That with a window of 1 the recurrent kernel, which reads h of the step before, does
    nothing."""
    if given.recurrent is None:
        return None
    one, two = given.recurrent.tolist()
    values = {"units": _UNITS, "count": 4 * _UNITS**2, "one": one, "two": two}
    return Fact("one_step", one == 0, values)


def _numbers(given: Answer) -> dict[str, Any]:
    """The values in most facts: the table's size, how it is cut, and where the targets are."""
    question = given.question
    rows, features = question.shape
    cut = {"window": question.window, "stride": question.stride, "horizon": question.horizon}
    cut |= {"column": question.target, "first": question.first_target}
    return cut | {"rows": rows, "features": features, "samples": len(given.samples)}


def _same(given: Answer) -> Fact:
    name = "same" if given.question.stride == 1 else "same_stride"
    values = _numbers(given) | {"count": given.samples.size}
    return Fact(name, _as_windows(given.question, given.samples, given.targets), values)


def _count(given: Answer) -> Fact:
    """Why there are fewer samples than rows."""
    question = given.question
    short, late = question.window - 1, question.horizon
    left = question.shape[0] - short - late
    values = _numbers(given) | {"short": short, "late": late, "left": left}
    name = "samples" if question.stride == 1 else "samples_stride"
    return Fact(name, values["samples"] == -(-left // question.stride), values)


def _unread(given: Answer) -> Iterator[Fact]:
    """Which rows no sample reads: the targets among them, and those that are not used at all."""
    question = given.question
    unread = ~read_by(question).any(axis=0)
    aims = np.isin(np.arange(question.shape[0]), question.targets_at)
    for name, where in {"only_target": unread & aims, "unused": unread & ~aims}.items():
        if where.any():
            rows = np.flatnonzero(where).tolist()
            yield Fact(name, None, {"count": len(rows), "rows": _ranges(rows)})
    if not unread.any():
        yield Fact("all_read", None)


def read_by(question: Question) -> np.ndarray:
    """Which rows each sample reads, (sample, row)."""
    row, starts = np.arange(question.shape[0]), question.starts[:, np.newaxis]
    return (starts <= row) & (row < starts + question.window)


def _ranges(rows: list[int]) -> str:
    """Row numbers in words: "3, 7 to 9"; of many the first."""
    found: list[list[int]] = []
    for row in rows:
        if found and row == found[-1][-1] + 1:
            found[-1] = [found[-1][0], row]
        else:
            found.append([row])
    to = text("series.to")
    listed = [to.join(map(str, ends)) for ends in found[:_MOST_LISTED]]
    return ", ".join(listed + ["…"] * (len(found) > _MOST_LISTED))


def _shared(given: Answer) -> Fact | None:
    """How many rows neighbouring samples share, or leave out between them."""
    question, values = given.question, _numbers(given)
    if len(given.samples) == 1:
        return Fact("single", None, values)
    shared = int(read_by(question)[:2].all(axis=0).sum())
    values |= {"shared": shared, "gap": question.stride - question.window}
    values |= {"table": given.table.size, "tensor": given.samples.size}
    if shared:
        same = np.array_equal(given.samples[0, -shared:], given.samples[1, :shared])
        return Fact("shared", same, values)
    return Fact("gaps" if values["gap"] else "side_by_side", None, values)


def _target(given: Answer) -> Fact:
    """Where the targets lie, and whether a sample has its own target among its input."""
    question, samples = given.question, given.samples
    values = _numbers(given) | {"row": question.first_target}
    if question.horizon:
        own = read_by(question)[np.arange(len(samples)), question.targets_at]
        return Fact("ahead", not own.any(), values | {"last": question.window - 1})
    equal = samples[:, -1, question.target] == given.targets
    return Fact("inside", bool(equal.all()), values | {"count": int(equal.sum())})


def _seen(given: Answer) -> Fact | None:
    """How many samples have the target's spike among their steps."""
    question = given.question
    if question.kind != "spike":
        return None
    row = int(given.table[:, question.target].argmax())
    count = int(read_by(question)[:, row].sum())
    return Fact("spike", None, _numbers(given) | {"row": row, "count": count})


def forecasts(given: Answer) -> tuple[Fact, ...]:
    """Facts about two forecasts that need no layer, the last step's number and the mean: how far
    off they are, how to compare a layer with them, and whether one of them is the best possible.
    None where there is nothing to forecast: with a horizon of 0, or with a single target."""
    question = given.question
    if not question.horizon or len(given.targets) == 1:
        return ()
    targets, last = given.targets.astype(float), given.samples[:, -1, question.target]
    guesses = {"last": last, "mean": targets.mean()}
    errors = {name: float(np.mean((guess - targets) ** 2)) for name, guess in guesses.items()}
    late = given.table[question.targets_at - question.horizon, question.target]
    told = [
        Fact("forecasts", np.array_equal(last, late), {"horizon": question.horizon, **errors}),
        Fact("compare", None),
    ]
    if question.kind in ("walk", "noise"):
        told.append(Fact(f"best_{question.kind}", None))
    return tuple(told)


def mistakes(given: Answer) -> tuple[Fact, ...]:
    """Facts about three common mistakes: a missing axis, targets that are not shifted, and a
    reshape in place of a transpose."""
    shape = _numbers(given)
    refused = "expected ndim=3, found ndim=2" in given.error
    wrong = int(given.misplaced.sum())
    name = "reshape" if wrong else "reshape_same"
    reshaped = Fact(name, None, shape | {"count": wrong, "of": given.misplaced.size})
    first_steps, targets = given.unshifted
    equal = first_steps == targets
    values = shape | {"count": int(equal.sum()), "samples": len(equal)}
    unshifted = Fact("unshifted", bool(equal.all()), values) if shape["window"] > 1 else None
    return stated(Fact("two_dims", refused, shape), unshifted, reshaped)
