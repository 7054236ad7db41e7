"""What a visitor's model answers, and what each of its layers returned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from components.backend.explained.explain import Explained, LayerCall
from components.backend.question.linked import Message
from components.backend.question.weights import Sized
from components.backend.your_model.feed import Fed
from components.backend.your_model.opened import Array, Opened
from components.backend.your_model.question import Question

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

    @property
    def results(self) -> tuple[Result, ...]:
        """Each output of the last call."""
        raise NotImplementedError

    @property
    def labels(self) -> tuple[tuple[str, ...], ...]:
        """Of each sentence that was typed, the word or the id at each step, also where the model
        splits sentences itself; "" where it is padded."""
        raise NotImplementedError

    @property
    def layer(self) -> LayerCall | None:
        """The call of the layer that the question names, or else of the first recurrent layer; None
        if there is no such layer."""
        raise NotImplementedError


def answer(question: Question) -> Answer:
    """Run the model on what is typed. The same question gives the same numbers, out of the cache.

    Raises:
        GoneError: this server does not keep the model, or the vocabulary, any longer.
        SettingsError: what is typed does not fit the model.
        EngineError, MismatchError: as `explained` does.
    """
    raise NotImplementedError
