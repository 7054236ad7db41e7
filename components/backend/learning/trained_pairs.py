"""Encoders and decoders whose training is recorded in a file.

`python -m components.backend.learning.trained_pairs` records them anew; a test compares them with
trainings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from components.backend.learning import pairs
from components.backend.learning.pairs import TASKS, Answer, Checkpoint, Question
from components.backend.question.weights import Weights
from components.backend.running import answers

_FILE = Path(__file__).with_name("trained_pairs.npz")
_RECORDED = tuple(
    Question(task=task, attention=attention) for task, attention in product(TASKS, (True, False))
)


@answers.cached_calls(1)
def recorded() -> Mapping[Question, Answer]:
    """The recorded trainings, from the file."""
    with np.load(_FILE) as file:
        arrays = dict(file)
    return {each: Answer(each, tuple(_read(each, arrays))) for each in _RECORDED}


def _read(question: Question, arrays: Mapping[str, np.ndarray]) -> Iterator[Checkpoint]:
    folder = _folder(question)
    weights = {name: arrays[f"{folder}/{name}"] for name in question.weight_names}
    kept = Weights(pairs.origin_of(question), weights)
    alignments = arrays.get(f"{folder}/alignment")
    for at, step in enumerate(question.checkpoints):
        loss, accuracy, share = arrays[f"{folder}/measured"][at].tolist()
        alignment = None if alignments is None else alignments[at]
        last = kept if step == question.steps else None
        yield Checkpoint(step, loss, accuracy, share, alignment, last)


def record() -> None:
    """Run the trainings that are recorded, and write them to the file."""
    arrays: dict[str, Any] = {}
    for question in _RECORDED:
        folder, found = _folder(question), pairs.answer(question)
        measured = [(c.loss, c.accuracy, c.share) for c in found.checkpoints]
        arrays[f"{folder}/measured"] = np.array(measured)
        if question.attention:
            arrays[f"{folder}/alignment"] = np.array([c.alignment for c in found.checkpoints])
        arrays |= {f"{folder}/{name}": array for name, array in found.weights.items()}
    np.savez_compressed(_FILE, **arrays)


def _folder(question: Question) -> str:
    return f"{question.task} {'with' if question.attention else 'without'}"


if __name__ == "__main__":
    record()
