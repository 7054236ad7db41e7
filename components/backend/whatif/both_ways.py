"""What if the sentence is read both ways? Keras's Bidirectional, and the two layers inside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from pydantic import model_validator

from components.backend.question.layout import Layout
from components.backend.question.linked import FieldRule, Flag, Linked, Message
from components.backend.question.sentences import MAX_STEPS
from components.backend.question.settings import Settings
from components.backend.question.weights import Weights, frozen
from components.backend.running import answers, engine
from components.backend.running.facts import EQUAL, Fact, replay_fact, stated
from components.backend.running.keras_error import in_short
from components.backend.running.keras_layers import unpadded
from components.backend.running.model import (
    DIRECTIONS,
    INITIAL,
    MergeMode,
    Model,
    Recurrent,
    States,
    returned_layouts,
    weight_layout,
)
from components.backend.running.model_run import ModelRun, merged, run_calls, run_model
from components.backend.running.replay import Trace, apart, slack
from components.backend.running.results import model_answer
from components.backend.scripts.code import runnable, training
from components.backend.scripts.script import constructor, model_script
from components.texts import text

WIKIDOCS = Settings(
    return_sequences=False,
    kernel_initializer="constant",
    recurrent_initializer="constant",
    values=(
        (
            (0.1, 4.2, 1.5, 1.1, 2.8),
            (1.0, 3.1, 2.5, 0.7, 1.1),
            (0.3, 2.1, 1.5, 2.1, 0.1),
            (2.2, 1.4, 0.5, 0.9, 1.1),
        ),
    ),
)
"""The LSTM that https://wikidocs.net/106473, a page of a Korean book, reads both ways."""


class Choice(Linked):
    """The question without the settings: how the outputs of the two layers are merged, whether to
    mask the steps whose id, or whose every number, is 0, and whether to pass states to begin with,
    of INITIAL; or whether both layers are stateful, and are called twice."""

    texts = "both_ways_view"

    merge_mode: MergeMode = "concat"
    mask_zero: Flag = False
    initial_state: Annotated[Flag, FieldRule(applies=lambda q: not q.stateful)] = False
    stateful: Flag = False


class Question(Choice):
    """A layer to be read both ways; if it is stateful, two batches one after the other, which have
    the same sentences.

    A stateful layer has return_state off: Keras's Bidirectional fails if both are on.
    """

    settings: Annotated[Settings, Message("settings")] = Settings()

    @model_validator(mode="before")
    @classmethod
    def _without_states(cls, values: dict[str, Any]) -> dict[str, Any]:
        settings = values.get("settings", cls.model_fields["settings"].default)
        if values.get("stateful") is not True or not isinstance(settings, Settings):
            return values
        return values | {"settings": settings.but(return_state=False)}

    @property
    def model(self) -> Model:
        """The model that it asks for."""
        layer = Recurrent(self.settings, both_ways=True, merge_mode=self.merge_mode)
        if self.initial_state and not self.stateful:
            states = layer.states_of(len(self.settings.rows), INITIAL)
            layer = replace(layer, initial=states)
        return Model(self.settings, (layer,), mask_zero=self.mask_zero, stateful=self.stateful)


@dataclass(frozen=True, eq=False)
class Answer(ModelRun):
    """What Bidirectional returned, and what each of its layers computed; of stateful layers, in the
    second call. Arrays are read-only.

    Weights are named "embeddings", "forward/kernel", … "backward/bias".

    What is returned is, in Keras's order, "outputs" (with merge_mode None "forward_outputs" and
    "backward_outputs"), then with return_state "forward_h", "forward_c", "backward_h",
    "backward_c"; only an LSTM has c. With "concat" the last axis of outputs is twice the units.
    """

    question: Question
    first: ModelRun | None = None
    """The first call of stateful layers."""
    whole: ModelRun | None = None
    """What both batches of stateful layers give, one behind the other, in one call of layers that
    are not; None if they are too long together."""
    refused: str = ""
    """Keras's error for stateful layers with return_state."""

    @property
    def forward(self) -> Trace:
        """What the forward layer computed, in the order in which it reads."""
        return self.layer.traces[0]

    @property
    def backward(self) -> Trace:
        """What the backward layer computed, in the order in which it reads."""
        return self.layer.traces[1]


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Wrap the layer in Keras's Bidirectional and run it, as `model_answer` does. The forward layer
    has the weights of the seed that `run` draws, the backward layer others."""
    if not question.stateful:
        return model_answer(Answer, question, weights)
    return answers.answer(question, weights, weight_layout(question.model), _two_calls)


def _two_calls(question: Question, weights: Weights | None) -> Answer:
    """Stateful layers, called twice."""
    model, settings = question.model, question.settings
    first, second = run_calls(model, [settings, settings], weights)
    whole = None
    if 2 * settings.steps <= MAX_STEPS:
        both = settings.reading(tuple((*row, *row) for row in settings.rows))
        whole = run_model(replace(model, settings=both, stateful=False), weights)
    error = _refused(
        replace(model, layers=(replace(model.layers[0], layer=settings.but(return_state=True)),))
    )
    return Answer(**vars(second), question=question, first=first, whole=whole, refused=error)


def _refused(model: Model) -> str:
    """Keras's error for a model; "" if it takes it.

    Raises:
        TooLargeError: it is too large to be asked.
    """
    try:
        run_model(model)
    except engine.TooLargeError:
        raise
    except engine.EngineError as error:
        return in_short(str(error))
    return ""


def steps_read(answer: Answer) -> tuple[np.ndarray, np.ndarray]:
    """How many unmasked steps the forward layer, and the backward layer, has read when it has read
    a step of outputs, that step included: (sentence, step) each."""
    counts = answer.layer.counts.astype(int)
    ahead, back = counts.cumsum(axis=1), counts[:, ::-1].cumsum(axis=1)[:, ::-1]
    return frozen(ahead), frozen(back)


def returned_layout(question: Question) -> tuple[Layout, ...]:
    """The tensors that Bidirectional returns, in Keras's order."""
    return returned_layouts(question.model)[0]


def unpack_line(question: Question) -> str:
    """The line that calls Bidirectional and names all that it returns."""
    names = ", ".join(tensor.name for tensor in returned_layout(question))
    return f"{names} = {_call(question)}"


def _call(question: Question) -> str:
    """Bidirectional and its call, as code."""
    more = ", initial_state=states" if question.model.layers[0].initial else ""
    more += training(question.settings.drops)
    stateful = ["stateful=True"] * question.stateful
    return f"{constructor(question.model.layers[0], stateful)}(x{more})"


def copied(question: Question) -> str:
    """The line that unpacks the call, as code that runs when it is pasted."""
    initial = question.model.layers[0].initial or {}
    states = [f"    keras.ops.full({state.shape}, {state[0, 0]})," for state in initial.values()]
    given = ["states = [", *states, "]"] if states else []
    line = "\n".join([*given, unpack_line(question)])
    return runnable(line, question.settings, "Bidirectional")


def script(question: Question, weights: Mapping[str, Any] | None = None) -> str:
    """A Python script that needs only Keras and prints the tensors of the answer; weights as
    `answer` takes them."""
    note = text("scripts.both_ways.note", cell=question.settings.cell)
    return model_script(question.model, weights, note=note)


def facts(answer: Answer) -> tuple[Fact, ...]:
    """All that can be stated about an answer, measured on its numbers."""
    return stated(
        *_stateful(answer),
        _merge(answer),
        *_places(answer),
        _starts(answer),
        _mask_dropped(answer),
        _parameters(answer),
        replay_fact(answer),
    )


def _stateful(answer: Answer) -> Iterator[Fact]:
    """From which state each of two stateful layers goes on, and what is not the same as in one call
    on both batches."""
    if not answer.question.stateful:
        return
    layer = answer.layer
    zeros = np.abs(layer.moved(answer.weights, initial=_zeros(answer))).max(axis=(1, 2, 3))
    values = dict(zip(DIRECTIONS, zeros.tolist(), strict=True))
    yield Fact("stateful_own", answer.replay_agrees, values)
    if answer.refused:
        yield Fact("stateful_refused", None, {"error": answer.refused})
    if answer.whole is None:
        return
    steps = answer.question.settings.steps
    whole = answer.whole.layer.traces
    forward = apart(answer.forward.hidden, whole[0].hidden[:, steps:])
    backward = apart(answer.backward.hidden, whole[1].hidden[:, :steps])
    same = forward <= slack(answer.forward.hidden, EQUAL)
    other = backward > slack(answer.backward.hidden, EQUAL)
    name = "stateful_backward" if other else "stateful_backward_same"
    yield Fact(name, same, {"forward": forward, "backward": backward})


def _zeros(answer: Answer) -> States:
    return answer.layer.recurrent.states_of(len(answer.question.settings.rows))


def _starts(answer: Answer) -> Fact | None:
    """Which states initial_state names, and in which order."""
    if answer.question.stateful:
        return None
    values: dict[str, Any] = {"names": ", ".join(answer.layer.recurrent.state_names)}
    if not answer.question.initial_state:
        return Fact("initial_order", None, values)
    values["difference"] = answer.layer.moved_in_reverse(answer.weights)
    return Fact("initial_passed", None, values)


def _mask_dropped(answer: Answer) -> Fact | None:
    """That Keras drops the mask where initial_state is passed."""
    question = answer.question
    if not (question.mask_zero and question.initial_state) or question.stateful:
        return None
    count = int(np.count_nonzero(~unpadded(question.settings)))
    return Fact("mask_dropped", answer.layer.mask is None, {"count": count})


def _merge(answer: Answer) -> Fact:
    """Which half of the merged outputs is which layer's, and their shape."""
    question = answer.question
    units, count = question.settings.units, 1 if question.merge_mode else 2
    values = {
        "difference": max(answer.differences[0][:count]),
        "shape": answer.returned[0].values.shape,
        "units": units,
        "both": 2 * units,
    }
    holds = all(answer.agreeing[0][:count])
    return Fact(f"merge_{question.merge_mode or 'none'}", holds, values)


def _places(answer: Answer) -> tuple[Fact | None, ...]:
    """At which step the last states are found in outputs. Where Keras cannot return them, it is not
    said how to get them."""
    settings = answer.question.settings
    if not settings.return_sequences:
        return (None if answer.question.stateful else _ends(answer),)
    if not answer.layer.counts.all():
        return _masked(answer), _masked_ends(answer)
    if settings.steps == 1:
        return (Fact("one_step", None),)
    together = answer.question.merge_mode is not None
    first = None if answer.question.stateful else _backward_first(answer)
    return first, _last_step(answer) if together else None


def _masked(answer: Answer) -> Fact:
    """That Bidirectional returns zeros at masked steps."""
    largest = answer.layer.masked_output
    return Fact("mask_zeros", largest == 0, {"largest": largest})


def _masked_ends(answer: Answer) -> Fact | None:
    """At which steps of outputs the last states are; None where they were merged away."""
    halves, rows = _returned_halves(answer), np.flatnonzero(answer.layer.counts.any(axis=1))
    if halves is None or not rows.size:
        return None
    ahead, back = halves
    as_read = zip((ahead, back[:, ::-1]), answer.layer.traces, answer.layer.last_h, strict=True)
    largest = max(
        apart(half[rows, trace.last_counted[rows]], state[rows]) for half, trace, state in as_read
    )
    return Fact("masked_ends", largest <= slack(back), {"difference": largest})


def _ends(answer: Answer) -> Fact:
    """Without return_sequences outputs are the last states, merged."""
    expected = merged(answer.question.merge_mode, *answer.layer.last_h)
    largest = max(apart(t.values, e) for t, e in zip(answer.returned, expected, strict=False))
    returned = answer.question.settings.return_state
    name = "last_states" if returned else "last_states_unreturned"
    tensors = ", ".join(t.name for t in answer.returned[: len(expected)])
    values = {"difference": largest, "tensors": tensors}
    return Fact(name, largest <= (0 if returned else slack(np.array(expected))), values)


def _backward_first(answer: Answer) -> Fact | None:
    """At which step of outputs the backward layer's last h is; None if it was merged away."""
    halves = _returned_halves(answer)
    if halves is None:
        return None
    (_, half), (_, state) = halves, answer.layer.last_h
    returned = answer.question.settings.return_state
    units = answer.question.settings.units
    place = f"outputs[:, 0, {units}:]" if answer.question.merge_mode else "backward_outputs[:, 0]"
    first, last = apart(half[:, 0], state), apart(half[:, -1], state)
    values = {"first": first, "last": last, "place": place}
    name = "backward_first" if returned else "backward_first_unreturned"
    if last <= slack(state):
        name = "backward_same"
    return Fact(name, first <= (0 if returned else slack(state)), values)


def _returned_halves(answer: Answer) -> list[np.ndarray] | None:
    """Each layer's outputs as Keras returned them; None if the merge did not keep them apart."""
    mode = answer.question.merge_mode
    if mode is None:
        return [answer.tensor(name) for name in ("forward_outputs", "backward_outputs")]
    return np.split(answer.tensor("outputs"), 2, axis=-1) if mode == "concat" else None


def _last_step(answer: Answer) -> Fact:
    """The difference between the last step's outputs and the two last states, merged alike."""
    question = answer.question
    expected = merged(question.merge_mode, *answer.layer.last_h)
    pairs = zip(answer.returned, expected, strict=False)
    largest = max(apart(tensor.values[:, -1], pair) for tensor, pair in pairs)
    return Fact("last_step" if largest else "last_step_same", None, {"difference": largest})


def _parameters(answer: Answer) -> Fact:
    """Whether both layers have twice the parameters of one."""
    table = answer.weights["embeddings"].size if answer.question.settings.has_embedding else 0
    both = answer.parameter_count - table
    one = sum(array.size for array in answer.weights.of_layer("forward/").values())
    return Fact("parameters", both == 2 * one, {"both": both, "one": one})
