"""How a trained cell does its task: which gate moves at which steps and which state follows what,
and whether the cell needs it, decided by taking a part of the cell away."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from components.backend.cells import CELLS
from components.backend.cells.cell import GateEnd
from components.backend.learning.tasks import TASKS, ups_ahead
from components.backend.question.settings import Settings
from components.backend.question.weights import Weights
from components.backend.running.replay import Trace
from components.backend.weight_files.edits import columns, hold

_APART, _FULL = 0.2, 0.8  # from where on means differ, and a gate is open, or a number followed

Role = Literal["keep_gate", "write_gate"]
"""What a gate is for: the field of a cell's record that names it."""

StepArray = np.ndarray
"""Whatever is known of each step of some sequences, (sequence, step)."""


@dataclass(frozen=True)
class Gate:
    """A gate that should differ at certain steps from all others, or be high at all of them.

    does: which gate of the cell it is, "keeps" or "writes". event: at which steps; None for none.
    first: the first step (from 0) that is looked at; before it the cell has nothing to keep.
    closes: whether it should be the lower of the two at the event; else either will do.
    """

    role: Role
    event: Callable[[StepArray], StepArray] | None
    first: int = 0
    closes: bool = True


@dataclass(frozen=True)
class Follows:
    """A state that should follow a number.

    number: what it should follow, from the ids; NaN at steps that do not count. inner: whether
    it is c, where there is one, or else h.
    """

    number: Callable[[StepArray], StepArray]
    inner: bool


class Mechanism(NamedTuple):
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


def _echoed(ids: StepArray) -> StepArray:
    right = TASKS["echo"].solve(ids).astype(float)
    return np.where(right < 0, np.nan, right)


def _counted(ids: StepArray) -> StepArray:
    return ups_ahead(ids).astype(float)


_MECHANISMS: Mapping[str, Gate | Follows] = {
    "switch": Gate("keep_gate", lambda ids: ids < 2, first=1),
    "star": Gate("write_gate", TASKS["star"].event, closes=False),
    "quotes": Gate("keep_gate", lambda ids: ids == 0, first=1),
    "ups": Follows(_counted, inner=True),
    "echo": Follows(_echoed, inner=False),
    "first": Gate("keep_gate", None, first=1),
}


def mechanism(task: str, cell: str, ids: StepArray, traces: Sequence[Trace]) -> Mechanism | None:
    """What is to be seen of a task's mechanism in a cell's traces of the same sequences, one trace
    a checkpoint; None where the cell has no gate for it."""
    sought = _MECHANISMS[task]
    if isinstance(sought, Follows):
        return _follows(sought, sought.number(ids), traces)
    gate = _end(sought.role, cell)
    if gate is None or (sought.role == "keep_gate" and gate.at == 0):
        return None  # also of a gate that keeps when it is shut: the texts speak of open ones
    return _gate(sought, gate.gate, ids, traces)


def _end(role: Role, cell: str) -> GateEnd | None:
    """The cell's gate for that, and the end at which it does all of it."""
    return CELLS[cell].keep_gate if role == "keep_gate" else CELLS[cell].write_gate


def _gate(sought: Gate, name: str, ids: StepArray, traces: Sequence[Trace]) -> Mechanism:
    """The mean of a gate at the event and elsewhere, of the unit that tells them best apart."""
    counts = np.broadcast_to(np.arange(ids.shape[1]) >= sought.first, ids.shape)
    if sought.event is None:
        means = _means(traces, name, counts)
        unit = int(means[-1].argmax())
        return Mechanism("stays", name, unit, {"elsewhere": means[:, unit]})
    event = sought.event(ids)
    at, elsewhere = (_means(traces, name, counts & steps) for steps in (event, ~event))
    lower = (elsewhere - at)[-1]
    unit = int((lower if sought.closes else np.abs(lower)).argmax())
    lines = {"at": at[:, unit], "elsewhere": elsewhere[:, unit]}
    return Mechanism("moves", name, unit, lines, sought.closes)


def _means(traces: Sequence[Trace], gate: str, steps: StepArray) -> np.ndarray:
    """The mean of a gate over some steps, (checkpoint, unit)."""
    return np.array([trace.gates[gate][steps].mean(axis=0) for trace in traces])


def _follows(sought: Follows, number: StepArray, traces: Sequence[Trace]) -> Mechanism:
    """How well one unit's state follows a number: the share of its variance, R squared."""
    counts = np.isfinite(number)
    inner = sought.inner and traces[0].cell is not None
    what, values = ("c" if inner else "h"), [t.cell if inner else t.hidden for t in traces]
    r2 = np.array([_r2(steps[counts], number[counts]) for steps in values])
    unit = int(r2[-1].argmax())
    return Mechanism("follows", what, unit, {"follows": r2[:, unit]})


def _r2(values: np.ndarray, number: np.ndarray) -> np.ndarray:
    """Of each unit's (step, unit) values the squared correlation with a number (step,)."""
    centred = values - values.mean(axis=0)
    wanted = number - number.mean()
    size = (centred**2).sum(axis=0) * (wanted**2).sum()
    return (centred.T @ wanted) ** 2 / np.maximum(size, np.finfo("float32").tiny)


# Taken away


class TrainedCell(NamedTuple):
    """A trained cell, from which something is taken away.

    settings: the cell's. weights: the cell's. readout: the Dense layer's, "kernel" (unit, class)
    and "bias". trace: all that the cell computes on the sequences that it is tested on. unit: the
    one that its mechanism names.
    """

    settings: Settings
    weights: Weights
    readout: Weights
    trace: Trace
    unit: int


class Ablated(NamedTuple):
    """What is left of a cell's weights and its readout's, and what has been taken away.

    name: of the sentences about it, which begin with it. gate: the gate that is held, if one is.
    at: at which end, if at one.
    """

    name: str
    gate: str
    at: int | None
    weights: Weights
    readout: Weights


@dataclass(frozen=True)
class GateHeld:
    """All units of a gate are held at one value each, whatever the cell reads.

    name: as in `Ablated`. does: what the gate is for. how: where it does all of that, or nothing;
    or at each unit's own mean over all steps of the sequences.
    """

    name: str
    role: Role
    how: Literal["mean", "all", "nothing"]

    def ablate(self, cell: TrainedCell) -> Ablated | None:
        """The cell with that gate held; None where it has no such gate, or where one that keeps all
        would write nothing."""
        kind = cell.settings.cell
        found, writes = _end(self.role, kind), CELLS[kind].write_gate
        if found is None or (self.how == "all" and writes and writes.gate == found.gate):
            return None
        arrays, gate = _writable(cell.weights), found.gate
        at = None if self.how == "mean" else found.at if self.how == "all" else 1 - found.at
        mean = cell.trace.gates[gate].mean(axis=(0, 1))
        hold(arrays, gate, cell.settings, mean if at is None else at)
        return Ablated(self.name, gate, at, _edited(cell.weights, arrays), cell.readout)


@dataclass(frozen=True)
class CandidateCut:
    """The recurrent weights into the candidate are 0: what is written no longer depends on h."""

    name: str = "candidate"

    def ablate(self, cell: TrainedCell) -> Ablated | None:
        """The cell without those weights; None where it has no candidate."""
        if "candidate" not in CELLS[cell.settings.cell].gates:
            return None
        arrays = _writable(cell.weights)
        arrays["recurrent_kernel"][:, columns("candidate", cell.settings)] = 0
        return Ablated(self.name, "", None, _edited(cell.weights, arrays), cell.readout)


@dataclass(frozen=True)
class OthersUnread:
    """The readout reads the named unit alone; of every other unit it gets the mean of h."""

    name: str = "alone"

    def ablate(self, cell: TrainedCell) -> Ablated | None:
        """The cell with that readout; None where there is no other unit."""
        if cell.settings.units == 1:
            return None
        arrays = _writable(cell.readout)
        others = np.arange(cell.settings.units) != cell.unit
        means = cell.trace.hidden.mean(axis=(0, 1))
        arrays["bias"] += means[others] @ arrays["kernel"][others]
        arrays["kernel"][others] = 0
        return Ablated(self.name, "", None, cell.weights, _edited(cell.readout, arrays))


Ablation = GateHeld | CandidateCut | OthersUnread
"""A part that can be taken away from a trained cell. Whether it needs that part is decided by its
accuracy without it."""


def _writable(weights: Weights) -> dict[str, np.ndarray]:
    return {name: np.array(array) for name, array in weights.items()}


def _edited(weights: Weights, arrays: Mapping[str, np.ndarray]) -> Weights:
    return Weights(weights.origin.edited(), arrays)


_NOT_FORGETTING = GateHeld("forgetting", "keep_gate", "all")
_NOT_KEEPING = GateHeld("keeping", "keep_gate", "nothing")

_ABLATIONS: Mapping[str, tuple[Ablation, ...]] = {
    "switch": (GateHeld("moving", "keep_gate", "mean"), _NOT_FORGETTING, CandidateCut()),
    "star": (GateHeld("moving", "write_gate", "mean"), _NOT_KEEPING, CandidateCut()),
    "quotes": (GateHeld("moving", "keep_gate", "mean"), CandidateCut()),
    "ups": (OthersUnread(), _NOT_KEEPING),
    "echo": (OthersUnread(), CandidateCut()),
    "first": (_NOT_KEEPING, CandidateCut()),
}
"""What is taken away from a cell that has learned a task."""


def ablations(task: str, cell: TrainedCell) -> Iterator[Ablated]:
    """What is left of a cell that has learned a task, for each part that is taken away."""
    for ablation in _ABLATIONS[task]:
        if (ablated := ablation.ablate(cell)) is not None:
            yield ablated
