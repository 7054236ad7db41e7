"""Forecasts whose training is recorded in a file: of each kind of table as the page makes it, and
of those longer ones to which questions lead.

`python -m components.backend.whatif.trained_forecasts` records them anew; a test compares them with
trainings.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from components.backend.question.numbers import SERIES
from components.backend.question.weights import frozen
from components.backend.running import answers
from components.backend.whatif import forecast, series
from components.backend.whatif.forecast import Answer, Checkpoint, Question

_FILE = Path(__file__).with_name("trained_forecasts.npz")
_LONGER = (
    # A walk whose last rows stay where the first ones were, so that the LSTM knows such numbers.
    series.Question(kind="walk", rows=200, seed=28),
    series.Question(kind="noise", rows=200),
    series.Question(kind="sine", rows=200),
)
_TABLES = (*(series.Question(kind=kind) for kind in SERIES), series.Question(kind="pasted"))
RECORDED = tuple(
    Question(table=table) for table in (*_TABLES, *_LONGER) if forecast.can_train(table)
)
"""What is recorded."""


@answers.cached_calls(1)
def recorded() -> Mapping[Question, Answer]:
    """The recorded trainings, from the file."""
    with np.load(_FILE) as file:
        forecasts = {question: file[_name(question)] for question in RECORDED}
    return {question: Answer(question, _read(question, f)) for question, f in forecasts.items()}


def _read(question: Question, forecasts: np.ndarray) -> tuple[Checkpoint, ...]:
    pairs = zip(question.checkpoints, forecasts, strict=True)
    return tuple(Checkpoint(step, frozen(each)) for step, each in pairs)


def record() -> None:
    """Run the trainings that are recorded, and write them to the file."""
    found = {question: forecast.answer(question).checkpoints for question in RECORDED}
    arrays = {_name(q): np.array([each.forecast for each in c]) for q, c in found.items()}
    np.savez_compressed(_FILE, allow_pickle=False, **arrays)


def _name(question: Question) -> str:
    return f"{question.table.kind} {question.table.shape[0]}"


if __name__ == "__main__":
    record()
