"""How a trained cell does its task: which gate moves at which steps, which state follows what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from components.backend.replay import Trace
from components.backend.tasks import TASKS, ups_ahead

Steps = np.ndarray
"""Whatever is known of each step of some sequences, (sequence, step)."""


@dataclass(frozen=True)
class Gate:
    """A gate that should differ at certain steps from all others, or be high at all of them.

    names: the gate by cell. event: at which steps; None for none. first: the first step (from 0)
    that is looked at; before it the cell has nothing to keep.
    """

    names: Mapping[str, str]
    event: Callable[[Steps], Steps] | None
    first: int = 0


@dataclass(frozen=True)
class Follows:
    """A state that should follow a number.

    number: what it should follow, from the ids; NaN at steps that do not count.
    """

    number: Callable[[Steps], Steps]


class Found(NamedTuple):
    """What a mechanism looks like over the checkpoints, in the unit that shows it best at the end.

    kind: "moves" for a gate that differs at an event, "stays" for one that is high throughout,
    "follows" for a state. what: the gate's name, or the state's. lines: numbers over the
    checkpoints: a gate's mean "at" the event and "elsewhere"; how well a state "follows", R
    squared, which is 1 where it does so exactly.
    """

    kind: Literal["moves", "stays", "follows"]
    what: str
    unit: int
    lines: Mapping[str, np.ndarray]


def _echoed(ids: Steps) -> Steps:
    right = TASKS["echo"].solve(ids).astype(float)
    return np.where(right < 0, np.nan, right)


def _counted(ids: Steps) -> Steps:
    return ups_ahead(ids).astype(float)


_FORGETTING = {"LSTM": "forget", "GRU": "update"}
_WRITING = {"LSTM": "input", "GRU": "update"}

_MECHANISMS: Mapping[str, Gate | Follows] = {
    "switch": Gate(_FORGETTING, lambda ids: ids < 2, first=1),
    "star": Gate(_WRITING, TASKS["star"].event),
    "quotes": Gate(_FORGETTING, lambda ids: ids == 0, first=1),
    "ups": Follows(_counted),
    "echo": Follows(_echoed),
    "first": Gate(_FORGETTING, None, first=1),
}


def mechanism(task: str, cell: str, ids: Steps, traces: Sequence[Trace]) -> Found | None:
    """What is to be seen of a task's mechanism in a cell's traces of the same sequences, one trace
    a checkpoint; None where the cell has no gate for it."""
    sought = _MECHANISMS[task]
    if isinstance(sought, Follows):
        return _follows(sought.number(ids), traces)
    if cell not in sought.names:
        return None
    return _gate(sought, sought.names[cell], ids, traces)


def _gate(sought: Gate, name: str, ids: Steps, traces: Sequence[Trace]) -> Found:
    """The mean of a gate at the event and elsewhere, of the unit that tells them best apart."""
    counts = np.broadcast_to(np.arange(ids.shape[1]) >= sought.first, ids.shape)
    if sought.event is None:
        means = _means(traces, name, counts)
        unit = int(means[-1].argmax())
        return Found("stays", name, unit, {"elsewhere": means[:, unit]})
    event = sought.event(ids)
    at, elsewhere = (_means(traces, name, counts & steps) for steps in (event, ~event))
    unit = int(np.abs(at - elsewhere)[-1].argmax())
    return Found("moves", name, unit, {"at": at[:, unit], "elsewhere": elsewhere[:, unit]})


def _means(traces: Sequence[Trace], gate: str, steps: Steps) -> np.ndarray:
    """The mean of a gate over some steps, (checkpoint, unit)."""
    return np.array([trace.gates[gate][steps].mean(axis=0) for trace in traces])


def _follows(number: Steps, traces: Sequence[Trace]) -> Found:
    """How well one unit's state follows a number: the share of its variance, R squared."""
    counts = np.isfinite(number)
    what, values = _states(traces)
    r2 = np.array([_r2(steps[counts], number[counts]) for steps in values])
    unit = int(r2[-1].argmax())
    return Found("follows", what, unit, {"follows": r2[:, unit]})


def _states(traces: Sequence[Trace]) -> tuple[str, list[np.ndarray]]:
    """c where there is one, else h."""
    if traces[0].cell is None:
        return "h", [trace.hidden for trace in traces]
    return "c", [trace.cell for trace in traces]


def _r2(values: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Of each unit's (step, unit) values the squared correlation with a number (step,)."""
    centred = values - values.mean(axis=0)
    wanted = number - number.mean()
    size = (centred**2).sum(axis=0) * (wanted**2).sum()
    return (centred.T @ wanted) ** 2 / np.maximum(size, np.finfo("float32").tiny)
