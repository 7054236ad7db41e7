"""How a trained cell does its task: which gate moves at which steps, which state follows what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from components.backend.replay import Trace
from components.backend.tasks import TASKS, ups_ahead

_APART, _FULL = 0.2, 0.8  # from where on means differ, and a gate is open, or a number followed

Steps = np.ndarray
"""Whatever is known of each step of some sequences, (sequence, step)."""


@dataclass(frozen=True)
class Gate:
    """A gate that should differ at certain steps from all others, or be high at all of them.

    names: the gate by cell. event: at which steps; None for none. first: the first step (from 0)
    that is looked at; before it the cell has nothing to keep. closes: whether it should be the
    lower of the two at the event; else either will do.
    """

    names: Mapping[str, str]
    event: Callable[[Steps], Steps] | None
    first: int = 0
    closes: bool = True


@dataclass(frozen=True)
class Follows:
    """A state that should follow a number.

    number: what it should follow, from the ids; NaN at steps that do not count. inner: whether
    it is c, where there is one, or else h.
    """

    number: Callable[[Steps], Steps]
    inner: bool


class Found(NamedTuple):
    """What a mechanism looks like over the checkpoints, in the unit that shows it best at the end.

    kind: "moves" for a gate that differs at an event, "stays" for one that is high throughout,
    "follows" for a state. what: the gate's name, or the state's. lines: numbers over the
    checkpoints: a gate's mean "at" the event and "elsewhere"; how well a state "follows", R
    squared, which is 1 where it does so exactly. closes: whether a gate is to be lower at the
    event.
    """

    kind: Literal["moves", "stays", "follows"]
    what: str
    unit: int
    lines: Mapping[str, np.ndarray]
    closes: bool = True

    @property
    def is_plain(self) -> bool:
        """Whether it is there to be seen at the last checkpoint."""
        last = {name: float(line[-1]) for name, line in self.lines.items()}
        if self.kind == "moves":
            apart = last["elsewhere"] - last["at"]
            return (apart if self.closes else abs(apart)) >= _APART
        return last["elsewhere" if self.kind == "stays" else "follows"] >= _FULL


def _echoed(ids: Steps) -> Steps:
    right = TASKS["echo"].solve(ids).astype(float)
    return np.where(right < 0, np.nan, right)


def _counted(ids: Steps) -> Steps:
    return ups_ahead(ids).astype(float)


_FORGETTING = {"LSTM": "forget", "GRU": "update"}
_WRITING = {"LSTM": "input", "GRU": "update"}

_MECHANISMS: Mapping[str, Gate | Follows] = {
    "switch": Gate(_FORGETTING, lambda ids: ids < 2, first=1),
    "star": Gate(_WRITING, TASKS["star"].event, closes=False),
    "quotes": Gate(_FORGETTING, lambda ids: ids == 0, first=1),
    "ups": Follows(_counted, inner=True),
    "echo": Follows(_echoed, inner=False),
    "first": Gate(_FORGETTING, None, first=1),
}


def mechanism(task: str, cell: str, ids: Steps, traces: Sequence[Trace]) -> Found | None:
    """What is to be seen of a task's mechanism in a cell's traces of the same sequences, one trace
    a checkpoint; None where the cell has no gate for it."""
    sought = _MECHANISMS[task]
    if isinstance(sought, Follows):
        return _follows(sought, sought.number(ids), traces)
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
    lower = (elsewhere - at)[-1]
    unit = int((lower if sought.closes else np.abs(lower)).argmax())
    lines = {"at": at[:, unit], "elsewhere": elsewhere[:, unit]}
    return Found("moves", name, unit, lines, sought.closes)


def _means(traces: Sequence[Trace], gate: str, steps: Steps) -> np.ndarray:
    """The mean of a gate over some steps, (checkpoint, unit)."""
    return np.array([trace.gates[gate][steps].mean(axis=0) for trace in traces])


def _follows(sought: Follows, number: Steps, traces: Sequence[Trace]) -> Found:
    """How well one unit's state follows a number: the share of its variance, R squared."""
    counts = np.isfinite(number)
    inner = sought.inner and traces[0].cell is not None
    what, values = ("c" if inner else "h"), [t.cell if inner else t.hidden for t in traces]
    r2 = np.array([_r2(steps[counts], number[counts]) for steps in values])
    unit = int(r2[-1].argmax())
    return Found("follows", what, unit, {"follows": r2[:, unit]})


def _r2(values: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Of each unit's (step, unit) values the squared correlation with a number (step,)."""
    centred = values - values.mean(axis=0)
    wanted = number - number.mean()
    size = (centred**2).sum(axis=0) * (wanted**2).sum()
    return (centred.T @ wanted) ** 2 / np.maximum(size, np.finfo("float32").tiny)
