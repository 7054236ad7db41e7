"""What a trained cell says after each step of a sentence, by its readout."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from components.backend.learning.tasks import UNASKED, Task
from components.backend.learning.trained import Trained
from components.backend.running.replay import Trace


class Said(NamedTuple):
    """A cell's answers to the question of its task, and the right ones, by the task's own rule."""

    kind: Task
    classes: np.ndarray  # (step,): the class that the readout finds likeliest
    right: np.ndarray  # (step,): the right class; UNASKED where there is none

    @property
    def asked(self) -> np.ndarray:
        """True at the steps that have a right answer, (step,)."""
        return self.right != UNASKED

    @property
    def wrong(self) -> np.ndarray:
        """True at the steps at which the answer is wrong, (step,)."""
        return self.asked & (self.classes != self.right)

    def at_end(self) -> Said:
        """The same, but asked after the last step alone."""
        right = np.full_like(self.right, UNASKED)
        right[-1] = self.right[-1]
        return self._replace(right=right)


def said(trained: Trained, sentence: int, *traces: Trace) -> Said:
    """What the cell says at each step of a sentence.

    Args:
        trained: the training whose readout is asked.
        traces: of a cell with the weights of that training, or with edits of them: of the call that
            reads the sentence, or of those that read a part of it each.
    """
    kind, readout = trained.question.kind, trained.checkpoint
    classes = [readout.probabilities(trace)[sentence].argmax(axis=-1) for trace in traces]
    read = np.concatenate([trace.tokens[sentence] for trace in traces])
    return Said(kind, np.concatenate(classes), kind.asked(read[np.newaxis])[0])
