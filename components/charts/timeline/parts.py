"""What the timeline is made of: h at every step, and the last states, each returned or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.backend import Run
from components.charts.picture import Limits, Ran
from components.texts import text

START = "h\N{SUBSCRIPT ZERO}"
_BETWEEN_STATES = 1.2  # from state_h to state_c, in widths of a cell


@dataclass(frozen=True)
class Part:
    """One block of the figure: values (unit, column) and what became of them.

    flag is the argument that would have had it returned; empty where it was, and for the state
    before step 1, which is neither computed nor returned.
    """

    name: str
    values: np.ndarray
    columns: list[float]
    axis: str
    returned: bool = False
    flag: str = ""

    @property
    def of_cell(self) -> bool:
        return self.name == "state_c"

    @property
    def edges(self) -> tuple[float, float]:
        return self.columns[0] - 0.5, self.columns[-1] + 0.5

    def limit(self, limits: Limits) -> float:
        return limits.c if self.of_cell else limits.h


def parts_of(run: Ran, sentence: int) -> list[Part]:
    """h of each step, as Keras returned it or as it was computed, then the last states."""
    outputs, trace = run.tensor("outputs")[sentence], run.trace
    hidden = trace.hidden[sentence]
    steps = len(hidden)
    if run.settings.return_sequences:
        parts = [Part("outputs", outputs.T, list(range(1, steps + 1)), "x", True)]
    else:
        computed = list(range(1, steps))
        parts = [Part("outputs", outputs[:, None], [steps], "x", True)]
        if computed:
            parts.insert(0, Part("h", hidden[:-1].T, computed, "x", flag="return_sequences"))
    column = 1.0
    for name, steps_of in trace.states.items():
        tensor = run.tensor(name)
        values = steps_of[sentence, -1] if tensor is None else tensor[sentence]
        flag = "return_state" if tensor is None else ""
        parts.append(Part(name, values[:, None], [column], "x2", not flag, flag))
        column += _BETWEEN_STATES
    return parts


def start_of(run: Ran, sentence: int, start: tuple[float, float]) -> Part:
    """h before step 1, between the given edges of its column."""
    values = run.trace.initial["state_h"][sentence]
    return Part(START, values[:, None], [sum(start) / 2], "x")


def computed_blocks(parts: list[Part]) -> list[list[Part]]:
    """What was computed only: of the steps, and of the last states."""
    blocks = [[part for part in parts if part.flag and part.axis == axis] for axis in ("x", "x2")]
    return [block for block in blocks if block]


def missing(part: Part) -> str:
    """In words, that a part was not returned, and what would have returned it."""
    return f"{text('charts.not_returned')}; {would(part.flag, 1)}"


def would(flag: str, count: int) -> str:
    """In words, which flag would have returned so many tensors."""
    return text("charts.would_one" if count == 1 else "charts.would_many", flag=flag)


def last_is_state(run: Run) -> bool:
    """Whether Keras returned the last output a second time, as state_h."""
    state_h = run.tensor("state_h")
    return state_h is not None and np.array_equal(run.last_output, state_h)
