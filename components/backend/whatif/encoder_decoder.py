"""What passes from an encoder to a decoder? Two layers with weights of their own: only the states
or, with attention, all h as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Self

import numpy as np
from pydantic import model_validator

from components.backend.question.layout import features
from components.backend.question.linked import (
    FieldRule,
    Flag,
    Linked,
    Message,
    Problem,
    as_python,
    refusal,
)
from components.backend.question.sentences import (
    LIMITS,
    Sentences,
    Tokens,
    Values,
    ids_field,
    refused_length,
    values_field,
    wrong_ids,
    wrong_values,
)
from components.backend.question.settings import NOTEBOOK_SEVEN, AtInference, Settings
from components.backend.question.weights import Weights, frozen
from components.backend.running import answers
from components.backend.running.attending import Asked, Attention, attend
from components.backend.running.facts import EQUAL, Fact, replay_fact, stated
from components.backend.running.keras_layers import embedded, unpadded
from components.backend.running.model import Model, Recurrent, plain, weight_layout
from components.backend.running.model_run import LayerRun, ModelRun, run_calls, run_model
from components.backend.running.replay import Returned, apart, difference, slack, steps_of
from components.backend.scripts.code import filled
from components.backend.scripts.model_code import joined
from components.backend.scripts.script import model_script
from components.backend.whatif.attention import Scale, ScoreChoice, scoring, sums, within
from components.texts import text

_ANY = Message("target", LIMITS)
_ANY_VALUES = Message("target_values", LIMITS)
_ORDINARY = NOTEBOOK_SEVEN[:4]


class Choice(Linked):
    """The decoder's input, and whether it gets the encoder's states."""

    texts = "encoder_decoder_view"

    target: Annotated[Tokens, *ids_field("target", _ANY)] = (_ORDINARY,)
    target_values: Annotated[Values, *values_field("target_values", _ANY_VALUES)] = ()
    """What the decoder reads if the settings read numbers; () for the last steps of the source."""
    bidirectional: Flag = False  # the encoder reads both ways
    pass_states: Flag = True
    attention: Flag = False  # each h of the decoder weighs all h of the encoder
    score: Annotated[ScoreChoice, FieldRule(applies=lambda q: q.attention)] = "dot"
    scale: Annotated[Scale, FieldRule(applies=lambda q: q.attention and q.score == "scaled")] = 1.0
    on_its_own: Flag = False
    """The decoder reads what a Dense predicted at the step before, beginning with the target's
    first step, which stands for a start token."""
    mask_zero: Annotated[Flag, FieldRule(applies=lambda q: q.pass_states or not q.on_its_own)] = (
        False
    )
    """Mask the steps of the source and of the target whose id, or whose every number, is 0. On its
    own and without states, the decoder would skip what it has predicted itself."""

    @property
    def masked(self) -> bool:
        """Whether there are masks."""
        return self.mask_zero and self.applies("mask_zero")


class Question(Choice):
    """An encoder that reads the settings' tokens or values, and a decoder that reads the target or,
    on its own, as many steps of what it predicted.

    Both have the settings' layer, but the decoder has weights of its own, and returns sequences and
    states. If no target is given, each sentence gets the default target, whose ids are wrapped
    round to fit the vocabulary.
    """

    settings: AtInference = Settings()

    @model_validator(mode="before")
    @classmethod
    def _ordinary_target(cls, values: dict[str, Any]) -> dict[str, Any]:
        settings = values.get("settings", Settings())
        if not isinstance(settings, Settings):
            return values
        if settings.reads_ids:
            name, ordinary = "target", (tuple(i % settings.vocabulary_size for i in _ORDINARY),)
        else:
            name, ordinary = "target_values", tuple(r[-len(_ORDINARY) :] for r in settings.values)
        given = as_python(values.get(name, ordinary))
        if given == () and not settings.reads_ids:
            given = ordinary
        one = isinstance(given, tuple) and len(given) == 1
        return values | {name: given * len(settings.rows) if one else given}

    @model_validator(mode="after")
    def _target_fits(self) -> Self:
        read, count, rows = self.settings, len(self.settings.rows), self.target_rows
        limits = LIMITS | {"sentences": count}
        if read.reads_ids:
            name, got = "target", wrong_ids(rows, read.vocabulary_size)
            allowed = Message("target_below", limits | {"top": read.vocabulary_size - 1})
        else:
            name, got = "target_values", wrong_values(rows)
            allowed = Message("target_values_fit", limits | {"features": features(read)})
            if got is None and len(rows[0][0]) != features(read):
                got = Message("feature_count", {"count": len(rows[0][0])})
        if got is None and len(rows) != count:
            got = Message("sentence_count", {"count": len(rows)})
        if got:
            raise refusal(Problem(name, got, allowed))
        if not read.reads_ids and (refused := refused_length(name, rows)):
            raise refused
        return self

    @property
    def target_rows(self) -> Sentences:
        """The rows that the decoder reads."""
        return self.target if self.settings.reads_ids else self.target_values

    @property
    def encoder(self) -> Settings:
        """The encoder's settings; it returns its states, whatever the settings say, and all h if
        they are weighed."""
        return self.settings.but(
            return_state=True, return_sequences=self.settings.return_sequences or self.attention
        )

    @property
    def decoder(self) -> Settings:
        """The decoder's settings. With a Bidirectional encoder it has twice the units: each of its
        initial states is two of the encoder's, concatenated."""
        settings = self.settings.reading(self.target_rows).but(
            return_sequences=True, return_state=True, go_backwards=False
        )
        return settings.model_copy(update={"units": settings.units * (1 + self.bidirectional)})

    @property
    def model(self) -> Model:
        """The model that it asks for."""
        encoder = Recurrent(self.encoder, "encoder", "encoder/", both_ways=self.bidirectional)
        decoder = Recurrent(self.decoder, "decoder", "decoder/", (2, 3))
        read = self.settings
        ending = f"Dense({read.vocabulary_size if read.reads_ids else features(read)})"
        attention = Attention("decoder", **scoring(self.score, self.scale))
        return Model(
            read,
            (encoder, decoder),
            "states" if self.pass_states else "nothing",
            ending if self.on_its_own else "none",
            target=self.target_rows,
            mask_zero=self.masked,
            attention=attention if self.attention else None,
        )

    def reading(self, rows: Sentences) -> Self:
        """This question, but the decoder reads these rows."""
        return self.but(**{"target" if self.settings.reads_ids else "target_values": rows})


@dataclass(frozen=True, eq=False)
class Answer(ModelRun):
    """What both layers returned and computed. Arrays are read-only.

    Weights are named "embeddings", "encoder/kernel" or "encoder/forward/kernel", "decoder/kernel".
    """

    question: Question
    read: Question
    """The question with the rows that the decoder did read: on its own, the first of the target and
    then what was predicted at the step before."""
    moved: np.ndarray
    """(sentence, step, unit): how far the encoder's states move the decoder's h. The decoder with
    them, or without, is replayed without Keras."""
    loop_difference: float
    """The largest difference between the decoder's outputs in one call and in a loop, with one call
    for each step that begins with the states of the call before; masked steps do not count."""

    @property
    def encoder(self) -> LayerRun:
        """The encoder."""
        return self.layers[0]

    @property
    def decoder(self) -> LayerRun:
        """The decoder."""
        return self.layers[1]

    @property
    def predicted(self) -> np.ndarray | None:
        """On its own: what the Dense predicts at each step, the likeliest id, (sentence, step), or
        numbers, (sentence, step, feature). None if nothing is predicted."""
        if self.ending_returned is None:
            return None
        outputs = self.ending_returned.values
        return outputs.argmax(axis=-1) if self.question.settings.reads_ids else outputs


def answer(question: Question, weights: Mapping[str, Any] | None = None) -> Answer:
    """Run the encoder and the decoder, as `model_answer` does a model. The seed draws different
    weights for each."""
    return answers.answer(question, weights, weight_layout(question.model), _compute)


def _compute(question: Question, given: Weights | None) -> Answer:
    read, result = question, run_model(question.model, given)
    if question.on_its_own:
        read = question.reading(_fed_back(question, result))
        result = run_model(read.model, result.weights)
    encoder, decoder = result.layers
    if question.pass_states:
        others = decoder.recurrent.states_of(len(question.target_rows))  # zeros
    else:
        others = decoder.recurrent.named(encoder.passed_states)
    (moved,) = decoder.moved(result.weights, initial=others)
    found = Answer(
        **vars(result),
        question=question,
        read=read,
        moved=frozen(-moved if question.pass_states else moved),
        loop_difference=_loop_difference(read, result),
    )
    _expect_as_predicted(found)
    return found


def _loop_difference(question: Question, result: ModelRun) -> float:
    """`Answer.loop_difference`, measured.

    Args:
        question: with the rows that the decoder read.
    """
    settings, decoder = question.decoder, result.layers[1]
    steps = [
        settings.model_copy(update={settings.rows_field: tuple((read,) for read in step)})
        for step in zip(*settings.rows, strict=True)
    ]
    masked = decoder.mask is not None
    layer = plain(steps[0], decoder.trace.initial, stateful=True, mask_zero=masked)
    calls = run_calls(layer, steps, result.weights_of(1))
    outputs = np.concatenate([call.layers[0].tensor("outputs") for call in calls], axis=1)
    # A call has no output to repeat at a masked step before its first other one.
    counts = decoder.counts[..., np.newaxis]
    return apart(outputs * counts, decoder.tensor("outputs") * counts)


def _fed_back(question: Question, result: ModelRun) -> Sentences:
    """The rows that the decoder reads on its own, found step by step in NumPy.

    Args:
        result: a run of the same model that reads other rows, with its weights and all that the
            encoder gives.
    """
    settings, decoder, weights = question.decoder, result.layers[1], result.weights
    own, states = result.weights_of(1), dict(decoder.trace.initial)
    value = result.layers[0].returned[0].values
    rows = [[row[0]] for row in question.target_rows]
    for _ in question.target_rows[0][1:]:
        newest = settings.reading(tuple((row[-1],) for row in rows))
        steps = steps_of(decoder.layer, embedded(newest, own), own, initial=states)
        states = {"state_h": steps.hidden[:, -1]}
        states |= {} if steps.cell is None else {"state_c": steps.cell[:, -1]}
        outputs = steps.hidden
        if (attention := question.model.attention) is not None:
            asks = unpadded(newest) if question.masked else None
            asked = Asked(outputs, value, asks, result.layers[0].mask_passed)
            context = attend(attention, asked, weights).context
            outputs = np.concatenate([context, outputs], axis=-1)
        predicted = outputs[:, 0] @ weights["ending/kernel"] + weights["ending/bias"]
        if settings.reads_ids:
            predicted = predicted.argmax(axis=-1)
        for row, each in zip(rows, as_python(predicted), strict=True):
            row.append(each)
    return tuple(map(tuple, rows))


def _expect_as_predicted(answer: Answer) -> None:
    """Raise if what the decoder read on its own is not what Keras's Dense predicted.

    Raises:
        MismatchError: it is not.
    """
    if answer.ending_returned is None:
        return
    outputs, rows = answer.ending_returned.values[:, :-1], np.array(answer.read.target_rows)[:, 1:]
    if answer.question.settings.reads_ids:  # the id read has the largest number, but for rounding
        best = outputs.max(axis=-1)
        found = np.take_along_axis(outputs, rows[..., np.newaxis], axis=-1)[..., 0]
    else:
        best, found = outputs, rows
    if outputs.size:
        difference([(Returned("outputs", (), best), found)])


def script(question: Question, weights: Mapping[str, Any] | None = None) -> str:
    """A Python script that needs only Keras: the model, its outputs under teacher forcing, and the
    loop that calls the decoder step by step; weights as `answer` takes them."""
    read = answer(question, weights).read if question.on_its_own else question
    whole = model_script(
        read.model,
        weights,
        title=text("scripts.encoder_decoder.title"),
        note=text("scripts.encoder_decoder.note"),
    )
    settings = question.settings
    reader = "masking({})" if question.masked else "{}"
    reader = "embedding({})" if settings.has_embedding else reader
    loop = filled(
        "step_by_step",
        q=question,
        read=reader.format,
        features=features(settings),
        joined=joined(question.model.layers[0], "begun") if question.bidirectional else "",
        heads="heads" in question.score or question.score == "one_head",
    )
    return f"{whole}\n{loop}"


def facts(answer: Answer) -> tuple[Fact, ...]:
    """All that can be stated about an answer, measured on its numbers."""
    return stated(
        _passed(answer),
        _concatenated(answer),
        _order(answer),
        _moved(answer),
        _lengths(answer),
        *_masks(answer),
        _loop(answer),
        *_attended(answer),
        _on_its_own(answer),
        replay_fact(answer),
    )


def _loop(answer: Answer) -> Fact:
    """Whether a call for each step gives what one call gives."""
    difference, outputs = answer.loop_difference, answer.decoder.tensor("outputs")
    return Fact("loop", difference <= slack(outputs, EQUAL), {"difference": difference})


def _passed(answer: Answer) -> Fact:
    """That the decoder begins with what the encoder returned, or with zeros."""
    begins = answer.decoder.trace.initial
    count = sum(state.shape[-1] for state in begins.values())
    names = ", ".join(begins)
    if not answer.question.pass_states:
        return Fact("zeros", not any(state.any() for state in begins.values()), {"names": names})
    pairs = zip(begins.values(), answer.encoder.passed_states, strict=True)
    difference = max(apart(one, other) for one, other in pairs)
    steps = answer.question.settings.steps
    values = {"names": names, "count": count, "steps": steps, "difference": difference}
    return Fact("passed", difference == 0, values)


def _concatenated(answer: Answer) -> Fact | None:
    """How the states of a Bidirectional encoder become the decoder's."""
    if not (answer.question.bidirectional and answer.question.pass_states):
        return None
    names, units = answer.encoder.recurrent.state_names, answer.encoder.layer.units
    half = len(names) // 2
    pairs = zip(names[:half], names[half:], strict=True)
    values = {
        "names": ", ".join(names),
        "count": len(names),
        "half": half,
        "pairs": ", ".join(f"[{forward}, {backward}]" for forward, backward in pairs),
        "units": units,
        "both": 2 * units,
    }
    return Fact("concatenated", answer.decoder.layer.units == 2 * units, values)


def _order(answer: Answer) -> Fact | None:
    """How far h moves if the decoder gets h and c in the wrong order, if that makes a
    difference."""
    decoder = answer.decoder
    if not answer.question.pass_states or len(decoder.trace.initial) == 1:
        return None
    difference = decoder.moved_in_reverse(answer.weights)
    return Fact("order", None, {"difference": difference}) if difference > EQUAL else None


def _moved(answer: Answer) -> Fact:
    """How far the encoder's states move the decoder's h, at its first step and at its last."""
    felt = np.abs(answer.moved).max(axis=(0, 2))
    values = {"first": float(felt[0]), "last": float(felt[-1]), "step": len(felt)}
    name = "moved" if answer.question.pass_states else "not_passed"
    return Fact(name if felt.max() > EQUAL else "not_moved", None, values)


def _lengths(answer: Answer) -> Fact:
    """The lengths of source and target, which need not be the same."""
    source, target = answer.encoder.trace.tokens.shape[1], answer.decoder.trace.tokens.shape[1]
    return Fact("lengths", None, {"source": source, "target": target})


def _masks(answer: Answer) -> Iterator[Fact]:
    """Which layers the masks reach, and what that of the source does to the states."""
    if not answer.question.masked:
        return
    encoder, decoder = answer.encoder, answer.decoder
    without = float(np.abs(encoder.moved(answer.weights, masked=False)[:, :, -1]).max())
    yield Fact("mask_source", encoder.mask is not None, {"without": without})
    count = int(np.count_nonzero(~unpadded(answer.read.decoder)))
    passed = answer.question.pass_states
    holds = (decoder.mask is None) == passed
    yield Fact("mask_target_dropped" if passed else "mask_target", holds, {"count": count})


def _attended(answer: Answer) -> tuple[Fact, ...]:
    """What attention gives to whatever comes after the decoder."""
    if answer.attended is None:
        return ()
    units = answer.decoder.layer.units
    steps = answer.encoder.trace.tokens.shape[1]
    both = Fact("context", None, {"units": units, "both": 2 * units, "steps": steps})
    return both, sums(answer.attended), within(answer.attended)


def _on_its_own(answer: Answer) -> Fact | None:
    """That the decoder read at each step what was predicted at the step before."""
    if answer.predicted is None:
        return None
    rows = np.array(answer.read.target_rows)
    read, predicted = rows[:, 1:], answer.predicted[:, :-1]
    holds = np.allclose(read, predicted, rtol=0, atol=slack(rows))
    return Fact("fed_back", holds, {"steps": rows.shape[1]})
