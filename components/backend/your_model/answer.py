"""What a visitor's model answers, and what each of its layers returned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np

from components.backend.explained.explain import Explained, LayerCall
from components.backend.question.linked import Message
from components.backend.question.weights import Sized
from components.backend.running.replay import Returned
from components.backend.your_model import opened as models
from components.backend.your_model.opened import Array, Opened
from components.backend.your_model.process.step_axes import Axis, StepAxis
from components.backend.your_model.question import Question
from components.backend.your_model.typed.feed import Fed, feed
from components.backend.your_model.typed.pieces import pads_itself
from components.backend.your_model.typed.read import main_input
from components.backend.your_model.typed.words import UNKNOWN

_ACTIVATIONS = ("Activation", "Softmax")  # layers that are nothing else
_CLOSE = 5e-3  # half precision rounds probabilities that coarsely
_VECTORIZERS = ("TextVectorization", "StringLookup")

Kind = Literal["probability", "classes", "numbers"]


class Result(NamedTuple):
    """One of the model's outputs."""

    name: str  # of the layer that returned it
    kind: Kind
    """"probability": each number is one, by a sigmoid. "classes": the numbers of the last axis are
    probabilities of classes, by a softmax. "numbers": anything else."""
    values: Array  # (sentence, …), of the sentences that were typed
    why: Message  # by what the kind was decided


@dataclass(frozen=True, eq=False)
class Answer(Sized):
    """What a model read and returned."""

    question: Question
    opened: Opened
    fed: Fed
    calls: tuple[Explained, ...]

    @property
    def explained(self) -> Explained:
        """The last call."""
        return self.calls[-1]

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """Each output of the last call."""
        found = self.explained
        return tuple(_result(tensor, found, self.fed.count) for tensor in found.returned)

    @cached_property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        """Of each sentence that was typed, the word or the id at each step, also where the model
        splits sentences itself; "" where it is padded."""
        ids = self._own_ids
        if ids is None:
            return self.fed.labels
        known = dict(enumerate(main_input(self.opened).vocabulary))
        pairs = zip(self.fed.pieces, ids, strict=True)
        return tuple(_own_labels([p.label for p in pieces], row, known) for pieces, row in pairs)

    @cached_property
    def unknown(self) -> tuple[tuple[int, ...], ...]:
        """Of each sentence, the steps (from 0) that read the unknown id."""
        ids = self._own_ids
        if ids is not None:
            vocabulary = main_input(self.opened).vocabulary
            number = vocabulary.index(UNKNOWN) if UNKNOWN in vocabulary else 1
            return tuple(tuple(np.flatnonzero(row == number).tolist()) for row in ids)
        pairs = zip(self.fed.places, self.fed.unknown, strict=True)
        found = ([places[at] for at in pieces] for places, pieces in pairs)
        return tuple(tuple(step for step in steps if step is not None) for steps in found)

    def has_words(self, axis: Axis) -> bool:
        """Whether an axis has the steps of the sentence, in its order."""
        return axis == StepAxis(self.fed.main)

    def draws_words(self, call: LayerCall) -> bool:
        """Whether the steps that are drawn of a layer are the sentence's: those that it returned
        or, of a recurrent layer that returned its last h alone, those that it read."""
        axes = self.opened.axes_of(call)
        last = call.cells and not call.cells[0].layer.return_sequences
        return self.has_words(axes.reads[0] if last else axes.returns)

    def reads_masked_steps(self, call: LayerCall) -> bool:
        """Whether a layer reads the steps that a mask hid from the layers below it."""
        return self.question.masked and self.opened.axes_of(call).drops_mask

    @property
    def layer(self) -> LayerCall | None:
        """The call of the layer that the question names, or else of the first recurrent layer; None
        if there is no such layer."""
        layers, name = self.explained.layers, self.question.layer
        if name:
            return next((one for one in layers if "/".join((*one.path, one.name)) == name), None)
        return next((one for one in layers if one.cells or one.untraced), None)

    @property
    def _own_ids(self) -> Array | None:
        """The ids that the model made of the sentences itself, (sentence, step); None if it did
        not."""
        if not pads_itself(main_input(self.opened)):
            return None
        read = self.fed.inputs[self.fed.main].ravel()
        for one in self.explained.layers:
            ids = one.returned[0].values
            is_one = one.kind in _VECTORIZERS and np.array_equal(one.inputs[0].ravel(), read)
            if is_one and ids.ndim == 2 and ids.dtype.kind == "i":
                return ids[: self.fed.count]
        return None


def answer(question: Question) -> Answer:
    """Run the model on what is typed. The same question gives the same numbers, out of the cache.

    Raises:
        GoneError: this server does not keep the model, or the vocabulary, any longer.
        SettingsError: what is typed does not fit the model.
        EngineError, MismatchError: as `explained` does.
    """
    opened = models.opened(question.model)
    return answer_of(opened, question, feed(opened, question))


def answer_of(opened: Opened, question: Question, fed: Fed) -> Answer:
    """Run the model on what was made of that."""
    how = {"masked": question.masked, "calls": question.calls}
    return Answer(question, opened, fed, models.explained(opened.key, fed.inputs, **how))


def _result(tensor: Returned, explained: Explained, count: int) -> Result:
    """An output, by the last layer with an activation that returned these very numbers."""
    made = [one for one in explained.layers if any(_same(tensor, its) for its in one.returned)]
    activations = ((one.name, _activation(one)) for one in reversed(made))
    name, activation = next((pair for pair in activations if pair[1]), ("", ""))
    values, shown = tensor.values[:count], made[-1].name if made else tensor.name
    if activation == "softmax" and values.shape[-1] > 1:
        return Result(shown, "classes", values, Message("by_softmax", {"layer": name}))
    if activation == "sigmoid":
        return Result(shown, "probability", values, Message("by_sigmoid", {"layer": name}))
    if activation:
        why = Message("by_activation", {"layer": name, "activation": activation})
        return Result(shown, "numbers", values, why)
    return Result(shown, "numbers", values, Message("by_none", {"layer": shown}))


def _activation(one: LayerCall) -> str:
    """The name of a layer's activation; of a layer that is one, decided on its numbers."""
    if one.kind not in _ACTIVATIONS or not one.inputs:
        return one.activation
    read, values = one.inputs[0], one.returned[0].values
    raised = np.exp(read - read.max(axis=-1, keepdims=True))
    made = {"softmax": raised / raised.sum(axis=-1, keepdims=True)}
    made["sigmoid"] = np.exp(-np.logaddexp(0, -read))
    close = (name for name, its in made.items() if np.allclose(its, values, atol=_CLOSE))
    return next(close, "")


def _same(one: Returned, other: Returned) -> bool:
    return one.values.shape == other.values.shape and np.array_equal(one.values, other.values)


def _own_labels(typed: list[str], ids: Array, known: Mapping[int, str]) -> tuple[str, ...]:
    """The labels of a sentence's steps, where a model has made ids of it: what was typed, if these
    are as many words as the model has read; else the words of its ids."""
    if np.count_nonzero(ids) == min(len(typed), len(ids)):
        return (*typed, *("",) * len(ids))[: len(ids)]
    return tuple(known.get(int(i), str(i)) if i else "" for i in ids)
