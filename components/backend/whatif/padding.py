"""What if sentences of different lengths are padded with zeros, masked or not?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import InstanceOf, model_validator

from components.backend.question.linked import (
    FieldRule,
    Flag,
    Linked,
    Message,
    Problem,
    SettingsError,
    from_text,
    refusal,
)
from components.backend.question.numbers import LARGEST
from components.backend.question.sentences import (
    LIMITS,
    MAX_FEATURES,
    PADDING,
    Sentences,
    Tokens,
    Values,
    ids_field,
    refused_length,
    values_field,
    wrong_ids,
    wrong_values,
)
from components.backend.question.settings import NOTEBOOK_TEN, Settings
from components.backend.question.weights import frozen
from components.backend.running.facts import EQUAL, Fact, stated
from components.backend.running.model import INITIAL, Model, Recurrent
from components.backend.running.model_run import ModelRun, first_traces
from components.backend.running.replay import apart, slack
from components.backend.running.results import Run, model_answer, run_of
from components.backend.scripts.code import padded_code
from components.backend.scripts.script import constructor, model_script
from components.texts import text

_ANY = Message("sentences", LIMITS)
_ANY_SERIES = Message("series", LIMITS | {"features": MAX_FEATURES, "largest": LARGEST})
_ORDINARY = (NOTEBOOK_TEN[:7], NOTEBOOK_TEN[7:])
_SERIES: Values = (
    ((0.1,), (0.5,), (0.9,), (1.0,), (0.8,), (0.4,), (-0.1,)),
    ((-0.6,), (-0.9,), (-0.4,)),
)

_ALIKE = 0.01  # h that differ by no more are nearly the same, if a mask leaves them
_TIMES = 10  # that many times as far apart

Side = Literal["post", "pre"]


class Choice(Linked):
    """Sentences of any length, of ids or of numbers, how they are padded, and whether the padding
    is masked."""

    texts = "padding_view"

    sentences: Annotated[Tokens, *ids_field("sentences", _ANY)] = _ORDINARY
    series: Annotated[Values, *values_field("series", _ANY_SERIES)] = _SERIES
    side: Side = "post"
    mask_zero: Flag = True
    initial_state: Flag = False  # pass states: zeros, which change nothing but the mask, or others
    other_states: Annotated[Flag, FieldRule(applies=lambda q: q.initial_state)] = False
    """Whether the states passed are those of INITIAL in place of zeros."""
    pass_mask: Annotated[  # pass mask= by hand
        Flag, FieldRule(applies=lambda q: q.initial_state or not q.mask_zero)
    ] = False
    bidirectional: Flag = False  # Bidirectional sets zero_output_for_mask itself
    zero_output_for_mask: Annotated[
        Flag, FieldRule(applies=lambda q: q.masked and not q.bidirectional)
    ] = False

    @model_validator(mode="after")
    def _series_fit(self) -> Self:
        if got := wrong_values(self.series, ragged=True):
            raise refusal(Problem("series", got, _ANY_SERIES))
        if refused := refused_length("series", self.series):
            raise refused
        return self

    @property
    def begun(self) -> bool:
        """Whether the layer begins with other states than zeros."""
        return self.initial_state and self.other_states

    @property
    def masked(self) -> bool:
        """Whether a mask reaches the layer: it is passed by hand; or it comes from the layer
        before, and initial_state is not passed, with which Keras drops such a mask."""
        return self.pass_mask or (self.mask_zero and not self.initial_state)


class Question(Choice):
    """A layer that reads the sentences in place of the settings' tokens, or the series in place of
    their values.

    If no sentences are given, the ordinary ones are used, with their ids wrapped round to fit the
    vocabulary.
    """

    settings: Annotated[InstanceOf[Settings], Message("settings")] = Settings()

    @model_validator(mode="before")
    @classmethod
    def _ordinary_ids_fit(cls, values: dict[str, Any]) -> dict[str, Any]:
        settings = values.get("settings")
        if "sentences" in values or not isinstance(settings, Settings):
            return values
        highest = settings.vocabulary_size - 1
        rows = tuple(tuple(1 + (i - 1) % highest for i in row) for row in _ORDINARY)
        return {"sentences": rows} | values

    @model_validator(mode="after")
    def _ids_fit(self) -> Self:
        size = self.settings.vocabulary_size
        if self.settings.reads_ids and (got := wrong_ids(self.sentences, size, ragged=True)):
            allowed = Message("sentences_below", {**LIMITS, "top": size - 1})
            raise refusal(Problem("sentences", got, allowed))
        return self

    @property
    def rows(self) -> Sentences:
        """The rows that are padded: the sentences or, if the settings read numbers, the series."""
        return self.sentences if self.settings.reads_ids else self.series

    @property
    def filled(self) -> Settings:
        """The settings of the run, which read all rows padded to the length of the longest."""
        zero = PADDING if self.settings.reads_ids else (float(PADDING),) * len(self.series[0][0])
        longest = max(map(len, self.rows))
        pairs = [(row, (zero,) * (longest - len(row))) for row in self.rows]
        return self.settings.reading(
            tuple(row + fill if self.side == "post" else fill + row for row, fill in pairs)
        )

    @property
    def model(self) -> Model:
        """The model that it asks for."""
        settings = self.filled
        layer = Recurrent(
            settings,
            both_ways=self.bidirectional,
            zero_output_for_mask=self.zero_output_for_mask and not self.bidirectional,
        )
        if self.initial_state:
            values = (INITIAL,) if self.begun else ()
            layer = replace(layer, initial=layer.states_of(len(self.rows), *values))
        masks = {"mask_zero": self.mask_zero, "pass_mask": self.pass_mask}
        return Model(settings, (layer,), **masks)


def ragged_field(typed: str, settings: Settings) -> str | None:
    """The field of `Choice` that a typed text belongs to, if it has sentences of different lengths
    of the kind that these settings read. None if it has not, or anything else is wrong with it."""
    name = "sentences" if settings.reads_ids else "series"
    try:
        question = Question(settings=settings, **{name: from_text(Choice, name, typed)})
    except SettingsError:
        return None
    return name if len({*map(len, question.rows)}) > 1 else None


@dataclass(frozen=True, eq=False)
class Answer(ModelRun):
    """What the layer returned and computed for the padded sentences. All arrays are read-only."""

    question: Question

    @cached_property
    def run(self) -> Run:
        """The layer's `Run`; with Bidirectional its trace is the forward layer's."""
        return run_of(self.question.filled, self)

    @property
    def mask(self) -> np.ndarray:
        """(sentence, step), in the order of the sentence: False where the layer skips a step, which
        it also does where a sentence has a real zero."""
        counts = self.layer.counts
        return frozen(counts[:, ::-1] if self.layer.layer.go_backwards else counts)

    @property
    def padding(self) -> np.ndarray:
        """(sentence, step): True where the sentence was padded."""
        count = np.array([[len(row)] for row in self.question.rows])
        step = np.arange(count.max())
        post = self.question.side == "post"
        return frozen(step >= count if post else step < count.max() - count)


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Pad the sentences and run them, as `model_answer` does."""
    return model_answer(Answer, question, weights)


def script(question: Question, weights: Mapping[str, Any] | None = None) -> str:
    """A Python script that needs only Keras and prints what the layer returns; weights as `answer`
    takes them."""
    asked = question.model
    return model_script(
        asked,
        weights,
        title=text("scripts.padding.title"),
        note=text("scripts.padding.note", layer=constructor(asked.layers[0])),
        rows=padded_code(question.settings, question.rows, question.side),
    )


def facts(given: Answer) -> tuple[Fact, ...]:
    """All that can be said about an answer; also runs the layer with the mask, or without it."""
    padded = given.padding.any()
    return stated(
        None if padded else Fact("no_padding", None),
        _real_zeros(given),
        _some_zeros(given),
        _repeats(given),
        _before_the_first(given),
        _last_state(given),
        _states_count(given),
        _moved(given) if padded else None,
        _alike(given) if padded else None,
        _other_side(given) if padded else None,
        _dropped(given),
        _output_zero(given),
    )


# In the facts a "row" is one sentence as one layer reads it. Bidirectional has twice as many rows
# as sentences: first those of its forward layer, then those of its backward layer.


def _hidden(given: Answer) -> np.ndarray:
    """h after every step, (row, step, unit), in the order of reading: returned by Keras, or else
    replayed."""
    node = given.layer.recurrent
    if node.layer.return_sequences and not node.zeros_masked:
        return given.layer.tensor("outputs")
    return np.concatenate([trace.hidden for trace in given.layer.traces])


def _last_h(given: Answer) -> np.ndarray:
    """The last h, (row, unit): returned by Keras, or else replayed."""
    return np.concatenate(given.layer.last_h)


def _counts(given: Answer) -> np.ndarray:
    """The mask, (row, step), in the order of reading."""
    return np.concatenate([trace.counts for trace in given.layer.traces])


def _begun(given: Answer) -> np.ndarray:
    """(row, step) in the order of reading: whether this step or one before it is unmasked."""
    return np.logical_or.accumulate(_counts(given), axis=1)


def _other(given: Answer, *, mask_zero: bool) -> Question:
    """The question with the same sentences, with or without a mask. It comes from the layer before
    or, if the layer begins with other states than zeros, it is passed by hand."""
    begun = given.question.begun
    return given.question.but(
        mask_zero=mask_zero, initial_state=begun, pass_mask=mask_zero and begun
    )


def _again(given: Answer, *, mask_zero: bool) -> Answer:
    """The answer to `_other`, with the same weights."""
    weights = None if given.run.seeded else given.weights
    return answer(_other(given, mask_zero=mask_zero), weights)


def _real_zeros(given: Answer) -> Fact | None:
    """How many steps are masked though they are no padding: their id, or every number, is 0."""
    count = int((~given.mask & ~given.padding).sum())
    name = "real_zeros" if given.question.settings.reads_ids else "real_zero_steps"
    return Fact(name, None, {"count": count}) if count else None


def _some_zeros(given: Answer) -> Fact | None:
    """That the mask skips no step at which one number is 0 and another one is not."""
    zero = np.array(given.question.filled.values) == 0
    if not given.question.masked or zero.ndim < 3:
        return None
    some = zero.any(axis=-1) & ~zero.all(axis=-1)
    if not some.any():
        return None
    return Fact("some_zeros", bool(given.mask[some].all()), {"count": int(some.sum())})


def _repeats(given: Answer) -> Fact | None:
    """That a masked step repeats h and, if it is to return zeros, that outputs are 0 there."""
    held = (~_counts(given) & _begun(given))[:, 1:]
    if not held.any():
        return None
    hidden, node = _hidden(given), given.layer.recurrent
    difference = float(np.abs(hidden[:, 1:] - hidden[:, :-1])[held].max())
    values = {"difference": difference}
    if not (node.zeros_masked and node.layer.return_sequences):
        return Fact("repeats", difference == 0, values)
    largest = given.layer.masked_output
    name = "zeroed_both" if node.both_ways else "zeroed"
    return Fact(name, largest == difference == 0, values | {"largest": largest})


def _before_the_first(given: Answer) -> Fact | None:
    """That h is 0 at masked steps before the first unmasked one; with other states to begin with,
    that outputs are, while the states stay as they were."""
    before = ~_begun(given)
    if not before.any():
        return None
    if given.question.begun:
        return _held_before(given, before)
    largest = float(np.abs(_hidden(given)[before]).max())
    return Fact("nothing_to_repeat", largest == 0, {"largest": largest})


def _held_before(given: Answer, before: np.ndarray) -> Fact | None:
    """That a layer's first states are held at the steps `before` the first unmasked one, while its
    outputs are 0 there; None if it returns only the last ones."""
    node, traces = given.layer.recurrent, given.layer.traces
    if not node.layer.return_sequences:
        return None
    held = [np.abs(t.hidden - t.initial["state_h"][:, np.newaxis]).max(axis=-1) for t in traces]
    difference = float(np.concatenate(held)[before].max())
    zeroed = given.layer.masked_output if node.zeros_masked else _hidden(given)[before]
    values = {"difference": difference, "largest": float(np.abs(zeroed).max())}
    return Fact("held_before", not any(values.values()), values)


def _states_count(given: Answer) -> Fact | None:
    """How far the last h is from where zeros to begin with would have led."""
    question = given.question
    if not question.begun:
        return None
    zeros = question.but(other_states=False)
    other = answer(zeros, None if given.run.seeded else given.weights)
    return Fact("states_count", None, {"difference": apart(_last_h(given), _last_h(other))})


def _last_state(given: Answer) -> Fact | None:
    """Whether rows that end masked end with the state of their last unmasked step. For
    Bidirectional whose forward layer reads forwards, the fact is about all rows."""
    ends, last = _ends_masked(given)
    if not ends.any():
        return None
    asked = given.question
    both = asked.bidirectional and not asked.settings.go_backwards
    rows = _counts(given).any(axis=1) if both else ends
    then = _hidden(given)[rows, last[rows]]
    difference = apart(_last_h(given)[rows], then)
    name = "last_state_both" if both else "last_state"
    return Fact(name, difference <= slack(then), {"difference": difference})


def _ends_masked(given: Answer) -> tuple[np.ndarray, np.ndarray]:
    """Which rows end masked after an unmasked step, and each one's last unmasked step."""
    counts = _counts(given)
    last = np.concatenate([trace.last_counted for trace in given.layer.traces])
    return counts.any(axis=1) & ~counts[:, -1], last


def _moved(given: Answer) -> Fact:
    """How far the padding moves the last h if it is not masked."""
    masked = given.question.masked
    other = _again(given, mask_zero=not masked)
    difference = apart(_last_h(given), _last_h(other))
    values = {"difference": difference, "count": int(given.padding.sum())}
    if difference <= EQUAL:
        return Fact("no_move", None, values)
    return Fact("would_move" if masked else "moved", None, values)


def _alike(given: Answer) -> Fact | None:
    """That sentences which differ end in nearly the same h after padding that no mask skips, or
    that the mask keeps them from it; None if they do not, or would with a mask, too."""
    padded = given.padding.any(axis=1)
    if padded.sum() < 2:
        return None
    other = _again(given, mask_zero=not given.question.masked)
    plain, masked = (other, given) if given.question.masked else (given, other)
    difference, kept = (
        max(float(np.ptp(h[padded], axis=0).max()) for h in each.layer.last_h)
        for each in (plain, masked)
    )
    if difference > _ALIKE or max(_TIMES * difference, EQUAL) >= kept:
        return None
    values = {"count": int(padded.sum()), "difference": difference, "masked": kept}
    return Fact("kept_apart" if given is masked else "alike", None, values)


def _other_side(given: Answer) -> Fact | None:
    """How the padding's side changes the last h, with the mask and without it."""
    sides: tuple[Side, Side] = ("post", "pre")
    post, pre = (_last_replayed(given, side, masked=True) for side in sides)
    if given.question.masked:
        difference = apart(post, pre)
        return Fact("side_free", difference <= slack(post), {"difference": difference})
    last, first = reversed(sides) if given.question.settings.go_backwards else sides
    moved = {
        name: apart(_last_replayed(given, side, masked=False), post)
        for name, side in (("last", last), ("first", first))
    }
    if max(moved.values()) <= EQUAL:
        return None
    name = "side_counts_both" if given.question.bidirectional else "side_counts"
    return Fact(name, None, {"side": last, "other": first} | moved)


def _last_replayed(given: Answer, side: Side, *, masked: bool) -> np.ndarray:
    """The last h of the same sentences padded on a side, (row, unit)."""
    asked = _other(given, mask_zero=masked).but(side=side).model
    dropouts = [trace.dropout for trace in given.layer.traces]
    traces = first_traces(asked, given.weights, dropouts)
    return np.concatenate([trace.hidden[:, -1] for trace in traces])


def _dropped(given: Answer) -> Fact | None:
    """That Keras drops the mask if initial_state is passed, unless the mask is passed as well."""
    question = given.question
    if not question.initial_state or not (question.mask_zero or question.pass_mask):
        return None
    if question.begun and question.pass_mask:
        return None  # no mask reaches such a layer in another way
    other = _again(given, mask_zero=question.pass_mask)
    pairs = zip(given.run.returned, other.run.returned, strict=True)
    difference = max(apart(one.values, two.values) for one, two in pairs)
    name = "mask_passed" if question.pass_mask else "mask_dropped"
    return Fact(name, difference == 0, {"difference": difference})


def _output_zero(given: Answer) -> Fact | None:
    """That the one output of a row that ends masked is 0 if masked steps return zeros, while its
    last state is not."""
    ends, node = _ends_masked(given)[0], given.layer.recurrent
    if not ends.any() or not node.zero_output_for_mask or node.layer.return_sequences:
        return None
    outputs, state_h = (
        float(np.abs(each[ends]).max()) for each in (given.run.last_output, _last_h(given))
    )
    if not state_h:
        return None
    return Fact("output_zero", outputs == 0, {"outputs": outputs, "state_h": state_h})
