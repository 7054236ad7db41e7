"""What a trained cell predicts after each step of a sentence, by its readout."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from components.backend.learning.tasks import UNASKED, Task
from components.backend.learning.trained import Trained
from components.backend.running.results import Run


class Predictions(NamedTuple):
    """A cell's answers to the question of its task, and the right ones, by the task's own rule."""

    kind: Task
    classes: np.ndarray  # (step,): the class that the readout finds likeliest
    right: np.ndarray  # (step,): the right class; UNASKED where there is none, or h is not returned

    @property
    def asked(self) -> np.ndarray:
        """True at the steps at which an answer is right or wrong, (step,)."""
        return self.right != UNASKED

    @property
    def wrong(self) -> np.ndarray:
        """True at the steps at which the answer is wrong, (step,)."""
        return self.asked & (self.classes != self.right)


def predictions(trained: Trained | None, sentence: int, *runs: Run) -> Predictions | None:
    """What the cell predicts at each step of a sentence: without return_sequences, at the last one
    alone. None if no training gave the weights of all these runs, edited or not.

    Args:
        trained: the training whose readout is asked.
        runs: the call that reads the sentence, or those that read a part of it each.
    """
    if trained is None or {run.weights.task for run in runs} != {trained.question.task}:
        return None
    kind, readout = trained.question.kind, trained.checkpoint
    classes = [readout.probabilities(run.trace)[sentence].argmax(axis=-1) for run in runs]
    read = np.concatenate([run.trace.tokens[sentence] for run in runs])
    right = kind.asked(read[np.newaxis])[0]
    if not runs[-1].settings.return_sequences:
        right[:-1] = UNASKED
    return Predictions(kind, np.concatenate(classes), right)
