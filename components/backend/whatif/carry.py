"""What if a sentence is read in two calls, the second beginning with the states of the first?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, Self

import numpy as np
from pydantic import BeforeValidator, Field, InstanceOf, model_validator

from components.backend import answers, engine
from components.backend.cells import CELLS
from components.backend.code import array_literal, rendered
from components.backend.facts import EQUAL, Fact, fading, sizes
from components.backend.layout import STATES, returned_layout, weight_layout
from components.backend.linked import (
    Flag,
    Int,
    Linked,
    Place,
    Problem,
    Spelling,
    Words,
    as_python,
    listed,
    number,
    refusal,
    shown,
)
from components.backend.results import Run, from_raw, origin_of, run
from components.backend.settings import MAX_STEPS, MAX_UNITS, Settings, Tokens
from components.backend.weights import Weights, frozen, given_weights

_LARGEST = 10.0
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")  # TensorFlow writes its errors for a terminal

Floats = tuple[float, ...]
Initial = Mapping[str, np.ndarray] | None


def floats_text(values: Floats) -> str:
    """Numbers as text, with commas between them."""
    return ", ".join(repr(value).removesuffix(".0") for value in values)


def parse_floats(said: str) -> Floats:
    """Numbers out of text, with commas or blanks between them.

    Raises:
        ValueError: if anything in the text is not a number.
    """
    return tuple(map(number, said.replace(",", " ").split()))


_State = Annotated[
    tuple[Annotated[float, Field(ge=-_LARGEST, le=_LARGEST)], ...],
    BeforeValidator(as_python),
    Field(max_length=MAX_UNITS),
    Spelling(floats_text, parse_floats),
    Words("state", {"low": int(-_LARGEST), "high": int(_LARGEST)}),
    Place("carry"),
]


class Choice(Linked):
    """Where to cut, and how the second call gets the states of the first.

    state_h, state_c: what the first call begins with: nothing for zeros, one number for all
    units, or a number for each.
    """

    cut: Annotated[Int, Field(ge=1, le=MAX_STEPS - 1), Place("carry")] = 4
    how: Annotated[Literal["initial_state", "stateful", "encoder_decoder"], Place("carry")] = (
        "initial_state"
    )
    hand_over: Annotated[Flag, Place("carry")] = True
    decoder: Annotated[
        Literal["same", "larger"],
        Place("carry", applies=lambda q: q.how == "encoder_decoder" and q.hand_over),
    ] = "same"
    state_h: _State = ()
    state_c: _State = ()


class Question(Choice):
    """A sentence read in two calls.

    cut counts steps in the order of reading: with go_backwards the first call gets the end of the
    sentence. Where it is not given, it is as far as the sentence allows. return_state is on for
    all calls, as nothing could be handed over without it; all other settings are as they are.
    """

    settings: Annotated[InstanceOf[Settings], Words("settings")] = Settings()

    @model_validator(mode="before")
    @classmethod
    def _cut_short_sentences(cls, values: dict[str, Any]) -> dict[str, Any]:
        settings = values.get("settings")
        if "cut" in values or not isinstance(settings, Settings):
            return values
        ordinary = Choice.model_fields["cut"].default
        return {"cut": max(1, min(ordinary, settings.steps - 1))} | values

    @model_validator(mode="after")
    def _fits(self) -> Self:
        steps = self.settings.steps
        if steps < 2:
            raise refusal(Problem("settings", Words("one_step"), Words("two_steps")))
        if self.cut >= steps:
            allowed = Words("whole", {"low": 1, "high": steps - 1})
            got = Words("value", {"shown": self.cut})
            raise refusal(Problem("cut", got, allowed, nearest=steps - 1))
        for problem in filter(None, map(self._state_problem, STATES)):
            raise refusal(problem)
        return self

    def _state_problem(self, name: str) -> Problem | None:
        """What is wrong with a state to begin with, if anything is."""
        values, units = getattr(self, name), self.settings.units
        if values and name not in CELLS[self.settings.cell].states:
            return Problem(name, Words("value", {"shown": shown(values)}), Words("none"))
        if len(values) in (0, 1, units):
            return None
        got = Words("state_count", {"count": len(values)})
        return Problem(name, got, Words("state_units", {"units": units}))

    @property
    def larger(self) -> bool:
        """Whether the decoder is given states of another size than its own."""
        return self.decoder == "larger" and self.applies("decoder")

    @property
    def whole(self) -> Settings:
        """The uncut run's."""
        return self.settings.but(return_state=True)

    @property
    def halves(self) -> tuple[Settings, Settings]:
        """The first call's and the second's."""
        first, second = zip(*map(self._cut_row, self.settings.tokens), strict=True)
        return self.whole.but(tokens=first), self.whole.but(tokens=second)

    def _cut_row(self, row: tuple[int, ...]) -> Tokens:
        if self.settings.go_backwards:
            return row[-self.cut :], row[: -self.cut]
        return row[: self.cut], row[self.cut :]

    @property
    def initial(self) -> dict[str, np.ndarray] | None:
        """The edited states, each (sentence, unit); None where nothing was edited."""
        if not (self.state_h or self.state_c):
            return None
        shape = (len(self.settings.tokens), self.settings.units)
        names = CELLS[self.settings.cell].states
        return {n: np.full(shape, getattr(self, n) or 0, "float32") for n in names}


@dataclass(frozen=True, eq=False)
class Answer:
    """The two calls, and the whole sentence in one. All arrays are read-only.

    second is None where Keras refused the states, and error is then what it said.
    difference: (sentence, step) in the order of reading, how far h of the two calls is from h of
    the whole, the largest over the units; NaN where there is no second call.
    influence: the same of the whole against one that begins with zeros; 0 where nothing was edited.
    """

    question: Question
    first: Run
    second: Run | None
    whole: Run
    difference: np.ndarray
    influence: np.ndarray
    error: str | None = None

    @property
    def nbytes(self) -> int:
        """Of all its arrays."""
        runs = filter(None, (self.first, self.second, self.whole))
        return sum(each.nbytes for each in (*runs, self.difference, self.influence))


class _Parts(NamedTuple):
    first: Run
    second: Run | None
    error: str | None = None


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Read the sentence in two calls and in one. The same question gives the same object.

    Args:
        weights: as `run` takes them.

    Raises:
        SettingsError, EngineError, MismatchError: as `run` does.
    """
    return answers.reply(question, given_weights(weights, question.settings), _compute)


def _compute(question: Question, weights: Weights | None) -> Answer:
    whole = run(question.whole, weights, initial=question.initial)
    zeros = run(question.whole, weights)
    if question.how == "initial_state":
        parts = _two_runs(question, weights)
    elif question.larger:
        parts = _refused(question, weights)
    else:
        with engine.alone():  # those who wait here with the same question find it answered
            if found := answers.recall(answers.key_of(question, weights)):
                return found
            way = _stateful if question.how == "stateful" else _encoder_decoder
            parts = way(question, weights)
    return Answer(
        question=question,
        first=parts.first,
        second=parts.second,
        whole=whole,
        difference=frozen(_apart(_joined(parts, whole), whole.trace.hidden)),
        influence=frozen(_apart(whole.trace.hidden, zeros.trace.hidden)),
        error=parts.error,
    )


def _joined(parts: _Parts, whole: Run) -> np.ndarray:
    """h of the two calls one after the other, (sentence, step, unit); NaN where there is none."""
    hidden = np.full_like(whole.trace.hidden, np.nan)
    cut = parts.first.settings.steps
    hidden[:, :cut] = parts.first.trace.hidden
    if parts.second:
        hidden[:, cut:] = parts.second.trace.hidden
    return hidden


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(one - other).max(axis=-1)


def _handed(question: Question, first: Run) -> dict[str, np.ndarray] | None:
    """What the second call begins with: the states that the first one returned, or zeros."""
    if not question.hand_over:
        return None
    return {name: first.tensor(name) for name in CELLS[question.settings.cell].states}


def _two_runs(question: Question, weights: Weights | None) -> _Parts:
    """Two calls, the second given initial_state."""
    before, after = question.halves
    first = run(before, weights, initial=question.initial)
    return _Parts(first, run(after, weights, initial=_handed(question, first)))


def _stateful(question: Question, weights: Weights | None) -> _Parts:
    """Two calls of a layer that keeps its states, or has them reset in between."""
    before, after = question.halves
    with engine.door() as (keras, tensorflow):
        inputs, sequence = engine.build_input(keras, before, any_length=True, fixed_batch=True)
        layer = engine.build_layer(keras, before, before.seed, stateful=True)
        model = keras.Model(inputs, layer(sequence))
        if question.initial:
            for kept, value in zip(layer.states, question.initial.values(), strict=True):
                kept.assign(value)
        raw_first = engine.run_model(tensorflow, model, before, weights)
        if not question.hand_over:
            layer.reset_state()
        raw_second = engine.run_model(tensorflow, model, after, weights)
    return _checked(question, weights, raw_first, raw_second)


def _encoder_decoder(question: Question, weights: Weights | None) -> _Parts:
    """A layer that reads the first part, and a second one that begins with its states.

    The decoder has the encoder's weights, so that nothing but the hand-over makes a difference.
    """
    before, after = question.halves
    names = [layout.name for layout in weight_layout(before)]
    with engine.door() as (keras, tensorflow):
        encode, decoder, both = _seq2seq(keras, question)
        if weights is not None:
            encode.set_weights([weights[name] for name in names])
        decoder.set_weights(encode.get_layer("encoder").get_weights())
        steps = max(before.steps, after.steps)
        outputs = engine.call(tensorflow, both, *_fed(question), steps=steps)
        held = dict(zip(names, encode.get_weights(), strict=True))
        count = encode.count_params()
    half = len(outputs) // 2
    raws = (engine.Raw(part, held, count) for part in (outputs[:half], outputs[half:]))
    return _checked(question, weights, *raws)


def _refused(question: Question, weights: Weights | None) -> _Parts:
    """A decoder that is given states of another size than its own, and what Keras says to that."""
    first = run(question.halves[0], weights, initial=question.initial)
    with engine.door() as (keras, tensorflow):
        *_, both = _seq2seq(keras, question)
        try:
            engine.call(tensorflow, both, *_fed(question), steps=1)  # it gets no further
        except (ValueError, tensorflow.errors.InvalidArgumentError) as error:
            return _Parts(first, None, _COLOURS.sub("", f"{type(error).__name__}: {error}"))
    raise engine.EngineError("Keras took states of another size than the decoder's own")


def _seq2seq(keras: Any, question: Question) -> tuple[Any, Any, Any]:
    """The encoder as a model of its own, the decoder, and the model of both.

    The latter has two inputs, a part of the sentence each, and more for states to begin with.
    """
    before, _ = question.halves
    inputs, sequence = engine.build_input(keras, before, any_length=True)
    read = keras.Model(inputs, sequence, name="read")
    rest = keras.Input(batch_shape=inputs.shape, dtype=inputs.dtype, name="rest")
    states = engine.build_states(keras, before) if question.initial else []
    encoder = engine.build_layer(keras, before, before.seed, name="encoder")
    encoded = encoder(sequence, initial_state=states or None)

    units = before.units + question.larger  # one more than a setting may have
    layer = before.model_copy(update={"units": units})
    decoder = engine.build_layer(keras, layer, before.seed, name="decoder")
    handed = list(encoded[1:]) if question.hand_over else None
    decoded = decoder(read(rest), initial_state=handed)

    both = keras.Model([inputs, rest, *states], [*encoded, *decoded])
    return keras.Model([inputs, *states], encoded), decoder, both


def _fed(question: Question) -> list[np.ndarray]:
    """What the model of both is given."""
    return [*map(engine.model_input, question.halves), *(question.initial or {}).values()]


def _checked(
    question: Question, weights: Weights | None, first: engine.Raw, second: engine.Raw
) -> _Parts:
    """What Keras gave in the two calls, each replayed and checked.

    Raises:
        MismatchError: the replay and Keras disagree, on what the second call began with too.
    """
    before, after = question.halves
    origin = origin_of(question.settings, weights)
    began = from_raw(before, first, origin, question.initial)
    return _Parts(began, from_raw(after, second, origin, _handed(question, began)))


def script(question: Question, weights: Mapping[str, np.ndarray] | None = None) -> str:
    """A Python script that needs Keras alone and prints what each of the three calls returns.

    Args:
        weights: in place of those that the seed gives, as `answer` takes them.
    """
    initial = question.initial or {}
    return rendered(
        "carry",
        question.whole,
        weights,
        q=question,
        names=[layout.name for layout in returned_layout(question.whole)],
        start={name: array_literal(state[:1], name) for name, state in initial.items()},
    )


def facts(answer: Answer) -> tuple[Fact, ...]:
    """All that can be said of an answer: of the hand-over, and of an edited start."""
    found = () if answer.second is None else _hand_over_facts(answer)
    return found if answer.question.initial is None else (*found, *_start_facts(answer))


def _hand_over_facts(answer: Answer) -> tuple[Fact, ...]:
    question = answer.question
    cut, how = question.cut, question.how
    after = answer.difference[:, cut:].max(axis=0)
    if not question.hand_over:
        zeros = not any(state.any() for state in answer.second.trace.initial.values())
        return (Fact(f"apart_{how}", zeros, sizes(after, cut)), fading("cut", after, cut))
    states = [tensor for tensor in answer.first.returned if tensor.name != "outputs"]
    count = sum(tensor.values.shape[-1] for tensor in states)
    names = listed(tensor.name for tensor in states)
    largest = float(answer.difference.max())
    return (
        Fact(f"same_{how}", largest <= EQUAL, {"largest": largest}),
        Fact("handed", None, {"names": names, "count": count, "steps": cut}),
    )


def _start_facts(answer: Answer) -> tuple[Fact, ...]:
    felt = answer.influence.max(axis=0)
    edited = [name for name in answer.question.initial if getattr(answer.question, name)]
    names = listed(edited)
    return (Fact("start", None, sizes(felt, 0) | {"names": names}), fading("start", felt, 0))
