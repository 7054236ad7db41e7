"""What if a sentence is read in two calls, the second beginning with the states of the first?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, NamedTuple, Self

import numpy as np
from pydantic import BeforeValidator, Field, model_validator

from components.backend.cells import CELLS
from components.backend.question.layout import STATES, returned_layout, weight_layout
from components.backend.question.linked import (
    FieldRule,
    Flag,
    Int,
    Linked,
    Message,
    Problem,
    TextCodec,
    as_python,
    beyond,
    listed,
    number,
    refusal,
    shown,
)
from components.backend.question.sentences import MAX_STEPS
from components.backend.question.settings import MAX_UNITS, AtInference, Settings
from components.backend.question.weights import Sized, Weights, frozen
from components.backend.running import answers, engine
from components.backend.running.facts import EQUAL, Fact, fading, sizes
from components.backend.running.keras_error import in_short
from components.backend.running.model import Model, Recurrent, plain
from components.backend.running.model_run import ModelRun, run_calls, run_model
from components.backend.running.replay import apart, slack
from components.backend.running.results import Run, run, run_of
from components.backend.scripts.code import array_literal, recurrent, rendered
from components.backend.scripts.model_code import called_alone
from components.backend.scripts.script import line as model_line

_LARGEST = 10.0

Floats = tuple[float, ...]


def floats_text(values: Floats) -> str:
    """Numbers as text, with commas between them."""
    return ", ".join(repr(value).removesuffix(".0") for value in values)


def parse_floats(said: str) -> Floats:
    """Numbers from text, with commas or blanks between them.

    Raises:
        ValueError: if anything in the text is not a number.
    """
    return tuple(map(number, said.replace(",", " ").split()))


State = Annotated[
    tuple[Annotated[float, Field(ge=-_LARGEST, le=_LARGEST)], ...],
    BeforeValidator(as_python),
    Field(max_length=MAX_UNITS),
    TextCodec(floats_text, parse_floats),
    Message("state", {"low": int(-_LARGEST), "high": int(_LARGEST)}),
]
Cut = Annotated[Int, Field(ge=1, le=MAX_STEPS - 1)]
"""How many steps the first call reads, in the order of reading: with go_backwards they are those at
the end of the sentence."""
How = Literal["initial_state", "stateful", "encoder_decoder"]
Decoder = Literal["same", "larger"]


def has_decoder(choice: Any) -> bool:
    """Whether there is a decoder that is given states."""
    return choice.how == "encoder_decoder" and choice.hand_over


class Choice(Linked):
    """Where to cut, and how the second call gets the states of the first."""

    texts = "calls_view"

    cut: Cut = 4
    how: How = "initial_state"
    hand_over: Flag = True  # pass the first call's states to the second
    decoder: Annotated[Decoder, FieldRule(applies=has_decoder)] = "same"
    # The first call's initial states: () for zeros, one number for all units, or one for each.
    state_h: State = ()
    state_c: State = ()


class Question(Choice):
    """A sentence read in two calls.

    If no cut is given, one is chosen that fits the sentence. All calls have return_state on:
    without it there are no states to pass. The other settings are taken as they are.
    """

    settings: AtInference = Settings()

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
            raise refusal(Problem("settings", Message("one_step"), Message("two_steps")))
        problems = beyond("cut", self.cut, 1, steps - 1), *map(self._state_problem, STATES)
        for problem in filter(None, problems):
            raise refusal(problem)
        return self

    def _state_problem(self, name: str) -> Problem | None:
        """The problem with an initial state; None if there is none."""
        values, units = getattr(self, name), self.settings.units
        if values and name not in CELLS[self.settings.cell].states:
            return Problem(name, Message("value", {"shown": shown(values)}), Message("none"))
        if len(values) in (0, 1, units):
            return None
        got = Message("state_count", {"count": len(values)})
        return Problem(name, got, Message("state_units", {"units": units}))

    @property
    def larger(self) -> bool:
        """Whether the decoder has more units than the states that it is given."""
        return self.decoder == "larger" and self.applies("decoder")

    @property
    def decoder_layer(self) -> Settings:
        """The decoder's layer, with one unit more if it is larger."""
        return self.whole.model_copy(update={"units": self.settings.units + self.larger})

    @property
    def whole(self) -> Settings:
        """The settings of the whole sentence's run."""
        return self.settings.but(return_state=True)

    @property
    def halves(self) -> tuple[Settings, Settings]:
        """The settings of the first call and of the second."""
        first, second = zip(*map(self._cut_row, self.settings.rows), strict=True)
        return self.whole.reading(first), self.whole.reading(second)

    def _cut_row(self, row: tuple[Any, ...]) -> tuple[tuple[Any, ...], ...]:
        if self.settings.go_backwards:
            return row[-self.cut :], row[: -self.cut]
        return row[: self.cut], row[self.cut :]

    @property
    def initial(self) -> Mapping[str, np.ndarray] | None:
        """The edited initial states, each (sentence, unit); None if neither was edited."""
        if not (self.state_h or self.state_c):
            return None
        values = (getattr(self, name) or 0 for name in CELLS[self.settings.cell].states)
        return Recurrent(self.settings).states_of(len(self.settings.rows), values)


@dataclass(frozen=True, eq=False)
class Answer(Sized):
    """The two calls, and the whole sentence in one call. All arrays are read-only."""

    question: Question
    first: Run
    second: Run | Any  # None if Keras refused the states
    whole: Run
    difference: np.ndarray
    """(sentence, step) in the order of reading: the largest difference, over the units, between h
    of the two calls and h of the whole; NaN where there is no second call."""
    influence: np.ndarray  # (sentence, step): how far the edited initial states move h of the whole
    error: str | None = None  # Keras's error, if it refused the states


class _Calls(NamedTuple):
    first: Run
    second: Run | None
    error: str | None = None


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Read the sentence in two calls and in one; weights, and what it raises, are as for `run`."""
    return answers.answer(question, weights, weight_layout(question.settings), _compute)


def _compute(question: Question, weights: Weights | None) -> Answer:
    whole = run(question.whole, weights, initial=question.initial)
    zeros = run(question.whole, weights)
    calls = _WAYS[question.how](question, weights)
    return Answer(
        question=question,
        first=calls.first,
        second=calls.second,
        whole=whole,
        difference=frozen(_apart(_joined(calls, whole), whole.trace.hidden)),
        influence=frozen(_apart(whole.trace.hidden, zeros.trace.hidden)),
        error=calls.error,
    )


def _joined(calls: _Calls, whole: Run) -> np.ndarray:
    """h of the two calls one after the other, (sentence, step, unit); NaN without a second call."""
    hidden = np.full_like(whole.trace.hidden, np.nan)
    cut = calls.first.settings.steps
    hidden[:, :cut] = calls.first.trace.hidden
    if calls.second:
        hidden[:, cut:] = calls.second.trace.hidden
    return hidden


def _apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs(one - other).max(axis=-1)


def _second_initial(question: Question, first: Run) -> dict[str, np.ndarray] | None:
    """The second call's initial states: those that the first one returned, or None for zeros."""
    if not question.hand_over:
        return None
    return {name: first.tensor(name) for name in CELLS[question.settings.cell].states}


def _two_runs(question: Question, weights: Weights | None) -> _Calls:
    """Two calls, the first one's states passed to the second as initial_state."""
    before, after = question.halves
    first = run(before, weights, initial=question.initial)
    return _Calls(first, run(after, weights, initial=_second_initial(question, first)))


def _stateful(question: Question, weights: Weights | None) -> _Calls:
    """Two calls of a stateful layer, whose states are kept or reset in between."""
    halves = question.halves
    results = _stateful_calls(question, halves[1], weights, keep=question.hand_over)
    first, second = map(run_of, halves, results)
    return _Calls(first, second)


def _stateful_calls(
    question: Question, second: Settings, weights: Weights | None, *, keep: bool = True
) -> tuple[ModelRun, ...]:
    """A stateful layer's two calls, the second of which reads what these settings have."""
    first = question.halves[0]
    layer = plain(first, question.initial, stateful=True)
    return run_calls(layer, [first, second], weights, keep=keep)


def _encoder_decoder(question: Question, weights: Weights | None) -> _Calls:
    """An encoder that reads the beginning, and a decoder that reads the rest, from its states.

    The decoder has the encoder's weights, so that only the states make a difference. A larger one
    has those of the seed, as no others fit it: Keras refuses the states before it needs them.
    """
    before, after = question.halves
    if question.larger:
        first = run(before, weights, initial=question.initial)
        result = run_model(_two_layers(question))
    else:
        result = run_model(_two_layers(question), _for_both(weights))
        first = run_of(before, result)
    if result.error:
        return _Calls(first, None, result.error.message)
    return _Calls(first, run_of(after, result, 1))


def _two_layers(question: Question) -> Model:
    before, after = question.halves
    encoder = Recurrent(before, "encoder", "encoder/", initial=question.initial)
    decoder = Recurrent(question.decoder_layer, "decoder", "decoder/")
    passes = "states" if question.hand_over else "nothing"
    return Model(before, (encoder, decoder), passes, target=after.rows)


def _for_both(weights: Weights | None) -> Weights | None:
    """A layer's weights for the encoder and for the decoder."""
    if weights is None:
        return None
    both = {
        name if name == "embeddings" else f"{part}/{name}": array
        for part in ("encoder", "decoder")
        for name, array in weights.items()
    }
    return Weights(weights.origin, both)


_WAYS = {
    "initial_state": _two_runs,
    "stateful": _stateful,
    "encoder_decoder": _encoder_decoder,
}


def line(question: Question) -> str:
    """The layer that is called twice, or both layers, in one line of code."""
    if question.how == "encoder_decoder":
        return model_line(_two_layers(question))
    return model_line(plain(question.whole, stateful=question.how == "stateful"))


def script(question: Question, weights: Mapping[str, np.ndarray] | None = None) -> str:
    """A Python script that needs only Keras and prints what each call returns; weights as `answer`
    takes them."""
    settings, initial = question.whole, question.initial or {}
    name = "encoder" if question.how == "encoder_decoder" else "layer"
    model = plain(settings, stateful=question.how == "stateful")
    return rendered(
        "carry",
        settings,
        weights,
        q=question,
        layer=called_alone(model, name, weighted=bool(weights)),
        decoder=recurrent(question.decoder_layer, settings.seed, name="decoder"),
        names=[layout.name for layout in returned_layout(settings)],
        start={name: array_literal(state[:1], name) for name, state in initial.items()},
    )


def facts(answer: Answer) -> tuple[Fact, ...]:
    """All that can be said about an answer: about the states passed, about the batch of a stateful
    layer, for which the layer runs again, and about edited initial states."""
    return (
        *_passed_facts(answer),
        *_cut_facts(answer),
        *_batch_facts(answer),
        *_start_facts(answer),
    )


def _passed_facts(answer: Answer) -> Iterator[Fact]:
    """That two calls give what one call gives, if the second gets the states of the first."""
    question = answer.question
    if not question.hand_over or answer.second is None:
        return
    states = [tensor for tensor in answer.first.returned if tensor.name != "outputs"]
    count = sum(tensor.values.shape[-1] for tensor in states)
    names = str(listed(tensor.name for tensor in states))
    largest = float(answer.difference.max())
    same = largest <= slack(answer.whole.trace.hidden, EQUAL)
    yield Fact(f"same_{question.how}", same, {"largest": largest})
    yield Fact("passed", None, {"names": names, "count": count, "steps": question.cut})


def _cut_facts(answer: Answer) -> Iterator[Fact]:
    """How far two calls are from one call, if the second begins with zeros."""
    question = answer.question
    if question.hand_over:
        return
    after = answer.difference[:, question.cut :].max(axis=0)
    zeros = not any(state.any() for state in answer.second.trace.initial.values())
    yield Fact(f"apart_{question.how}", zeros, sizes(after, question.cut))
    yield fading("cut", after, question.cut)


def _batch_facts(answer: Answer) -> Iterator[Fact]:
    """What the rows of a stateful layer's batch are, two traps, of their order and their number,
    and that the layers of a stack keep their states, too."""
    question = answer.question
    if question.how != "stateful" or not question.hand_over:
        return
    key = ("batch", answers.key_of(question, answer.first.weights))

    def compute() -> tuple[Any, ...]:
        return _reordered(answer, both=True), _reordered(answer), _refused(answer), _stacked(answer)

    with answers.awaited():
        own, moved, error, stacked = answers.cached_alone(key, compute)
    count = len(question.settings.rows)
    if count > 1:
        hidden, states = answer.whole.trace.hidden, answer.first.trace.initial.values()
        begun = question.initial is not None or not any(state.any() for state in states)
        holds = begun and own <= slack(hidden, EQUAL)
        yield Fact("own_zeros" if question.initial is None else "own_states", holds, {"moved": own})
        yield Fact("rows", None, {"moved": moved})
    yield Fact("fixed_batch", None, {"count": count, "other": count + 1, "error": error})
    if stacked is not None:
        yield stacked


def _reordered(answer: Answer, *, both: bool = False) -> float:
    """The largest difference of a sentence's h if the sentences are in another order.

    Args:
        both: in both calls; else in the second one alone.
    """
    halves = answer.question.halves
    turned = [half.reading((*half.rows[1:], half.rows[0])) for half in halves]
    first = turned[0] if both else halves[0]
    layer = plain(first, answer.question.initial, stateful=True)
    after = run_calls(layer, [first, turned[1]], answer.first.weights)
    pairs = [*zip((answer.first, answer.second), after, strict=True)][0 if both else 1 :]
    return max(
        apart(other.layers[0].trace.hidden, np.roll(run.trace.hidden, -1, axis=0))
        for run, other in pairs
    )


def _stacked(answer: Answer) -> Fact | None:
    """That two such layers on each other go on from their states, too; None where two are too large
    to run."""
    one, *calls = (
        each.but(return_sequences=True) for each in (answer.question.whole, *answer.question.halves)
    )
    upper = one.but(go_backwards=False)
    layers = tuple(
        Recurrent(layer, name=f"layer_{number + 1}", prefix=f"{number}/", numbers=(number, 2))
        for number, layer in enumerate((one, upper))
    )
    model = Model(one, layers)
    try:
        whole = run_model(model)
        two = run_calls(replace(model, settings=calls[0], stateful=True), calls)
    except engine.TooLargeError:
        return None
    hidden = np.concatenate([each.layers[-1].hidden for each in two], axis=1)
    largest = apart(hidden, whole.layers[-1].hidden)
    return Fact("stacked", largest <= slack(hidden, EQUAL), {"largest": largest})


def _refused(answer: Answer) -> str:
    """Keras's error for a second call with one sentence more."""
    second = answer.question.halves[1]
    short = tuple(row[:1] for row in (*second.rows, second.rows[0]))
    try:
        other = second.model_copy(update={second.rows_field: short})
        _stateful_calls(answer.question, other, answer.first.weights)
    except engine.TooLargeError:
        raise
    except engine.EngineError as error:
        return in_short(str(error))
    raise engine.EngineError("Keras took a batch of another size than the stateful layer's")


def _start_facts(answer: Answer) -> Iterator[Fact]:
    """For how many steps the edited initial states move h."""
    if answer.question.initial is None:
        return
    felt = answer.influence.max(axis=0)
    edited = [name for name in answer.question.initial if getattr(answer.question, name)]
    yield Fact("start", None, sizes(felt, 0) | {"names": str(listed(edited))})
    yield fading("start", felt, 0)
