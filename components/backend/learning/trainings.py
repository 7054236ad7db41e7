"""The trainings of one kind of question: run in the training process, and cached when they end."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from components.backend.learning import trainer
from components.backend.learning.worker import Train
from components.backend.running import answers

STEPS_A_CALL = 10
"""The most steps of the optimiser in one call: few, so that Stop takes effect soon."""


class Reached(Protocol):
    """The state of a model after a step of the optimiser."""

    @property
    def step(self) -> int:
        """The step of the optimiser."""
        ...


class Trained(Protocol):
    """An answer: the checkpoints of a training, in their order."""

    @property
    def checkpoints(self) -> Sequence[Reached]:
        """The checkpoints so far."""
        ...


Q = TypeVar("Q", bound=Hashable)
A = TypeVar("A", bound=Trained)


class Standing(NamedTuple, Generic[A]):
    """A training's progress, and its answer so far."""

    progress: trainer.Progress
    answer: A | None  # None before the first checkpoint


class Trainings(Generic[Q, A]):
    """Args:
    train: yields the checkpoints of a question's training, in the training process.
    answer: makes the answer of a question and its checkpoints so far.
    """

    def __init__(self, train: Train, answer: Callable[[Q, tuple[Any, ...]], A]) -> None:
        self._train, self._answer = train, answer

        @answers.cached_calls(16, key=lambda question, found: (question, len(found)))
        def so_far(question: Q, found: tuple[Any, ...]) -> A:
            return answer(question, found)

        self._so_far = so_far  # one object for all subscribers, so that its chart is drawn once

    def submit(self, question: Q, subscriber: Hashable = None) -> Standing[A]:
        """Have a question trained, unless it is or was already; a failed training is tried again.

        Args:
            subscriber: who asks, as for `poll`.
        """
        return self._ended(question) or self._standing(
            question, trainer.submit(self._train, question, subscriber)
        )

    def poll(self, question: Q, subscriber: Hashable = None) -> Standing[A] | None:
        """How the training stands; None if nobody has submitted it, or nobody wants it any more.

        Args:
            subscriber: who asks, such as a session. The training goes on as long as anybody polls
                it.
        """
        if (ended := self._ended(question)) is not None:
            return ended
        progress = trainer.poll(question, subscriber)
        return self._standing(question, progress) if progress else None

    def cancel(self, question: Q, subscriber: Hashable = None) -> Standing[A]:
        """End a subscriber's interest, which stops the training if nobody else has polled it
        lately. Returns how far the training came or, if it had ended already, how."""
        return self._ended(question) or self._standing(
            question, trainer.cancel(question, subscriber)
        )

    def watch(self, question: Q, subscriber: Hashable = None) -> Standing[A]:
        """How the training stands, which is submitted if it is not known. A failed one is not tried
        again."""
        return self.poll(question, subscriber) or self.submit(question, subscriber)

    def answer(self, question: Q) -> A:
        """Train in the training process, and wait for the end.

        The same question is trained once, and always gives the same weights: to the last bit on one
        kind of processor.

        Raises:
            EngineError: the training could not be started, or failed.
        """
        return answers.cached(
            question,
            lambda: self._answer(question, tuple(trainer.stream(self._train, question))),
        )

    def _ended(self, question: Q) -> Standing[A] | None:
        """How a finished training stands, as long as its answer is in the cache."""
        found = answers.recall(question)
        return None if found is None else Standing(trainer.Progress("done"), found)

    def _standing(self, question: Q, progress: trainer.Progress) -> Standing[A]:
        found = progress.found
        if progress.state == "done":
            kept = answers.cached(question, lambda: self._answer(question, found))
            return Standing(progress, kept)
        return Standing(progress, self._so_far(question, found) if found else None)


def trained_up_to(steps: Iterable[int], train: Callable[[int, int], object]) -> Iterator[int]:
    """Train up to each of these steps of the optimiser in turn, and yield it once it is reached.

    Args:
        steps: in their order.
        train: takes steps of the optimiser: the index of the first one, and how many.
    """
    done = 0
    for step in steps:
        while done < step:
            count = min(STEPS_A_CALL, step - done)
            train(done, count)
            done += count
        yield step
