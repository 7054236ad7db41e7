"""How a trained cell does its task: which gate moves at which steps, or which state follows which
number. Whether the cell needs that is decided by ablation: a part of the cell is taken away."""

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

_APART = 0.2  # from this difference on, two means of a gate count as different
_FULL = 0.8  # from this value on, a gate counts as open, and a number as followed

Role = Literal["keep_gate", "write_gate"]
"""What a gate is for: the field of a cell's record that names it."""

StepArray = np.ndarray
"""An id, a flag or a number for each step of each sequence: (sequence, step)."""


@dataclass(frozen=True)
class Gate:
    """A gate that should have another value at an event than elsewhere; or be high at all steps."""

    role: Role
    event: Callable[[StepArray], StepArray] | None  # True at the event; None for "at all steps"
    first: int = 0  # steps before this one (from 0) are left out: there is nothing to keep yet
    closes: bool = True  # whether the gate has to be lower at the event, and not just different


@dataclass(frozen=True)
class Follows:
    """A state that should follow a number."""

    number: Callable[[StepArray], StepArray]  # from the ids; NaN at steps that do not count
    inner: bool  # whether the state is c, if the cell has one; else it is h


class Mechanism(NamedTuple):
    """A mechanism over the checkpoints of a training, in the unit that shows it best at the end."""

    kind: Literal["moves", "stays", "follows"]
    """"moves": a gate differs at an event; "stays": a gate is high throughout; "follows": a state
    follows a number."""
    what: str  # the gate's name, or the state's
    unit: int
    lines: Mapping[str, np.ndarray]
    """Each (checkpoint,). Of a gate, its mean "at" the event and "elsewhere"; of a state, R squared
    as "follows": 1 where the state follows the number exactly."""
    closes: bool = True  # whether a gate has to be lower at the event

    @property
    def is_plain(self) -> bool:
        """Whether the mechanism shows at the last checkpoint."""
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
    """A task's mechanism as a cell's traces show it; None where the cell has no gate for it.

    Args:
        traces: of these sequences, one for each checkpoint.
    """
    sought = _MECHANISMS[task]
    if isinstance(sought, Follows):
        return _follows(sought, sought.number(ids), traces)
    gate = _end(sought.role, cell)
    if gate is None or (sought.role == "keep_gate" and gate.at == 0):
        return None  # or its gate keeps when it is closed: the texts speak of open gates
    return _gate(sought, gate.gate, ids, traces)


def _end(role: Role, cell: str) -> GateEnd | None:
    """The cell's gate with that role, and the end at which it keeps all, or writes all."""
    return CELLS[cell].keep_gate if role == "keep_gate" else CELLS[cell].write_gate


def _gate(sought: Gate, name: str, ids: StepArray, traces: Sequence[Trace]) -> Mechanism:
    """A gate's mean at the event and elsewhere, in the unit in which they differ most."""
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
    """How well a state follows a number, as R squared, in the unit that follows it best."""
    counts = np.isfinite(number)
    what = "c" if sought.inner and traces[0].cell is not None else "h"
    values = [trace.states[f"state_{what}"] for trace in traces]
    r2 = np.array([_r2(steps[counts], number[counts]) for steps in values])
    unit = int(r2[-1].argmax())
    return Mechanism("follows", what, unit, {"follows": r2[:, unit]})


def _r2(values: np.ndarray, number: np.ndarray) -> np.ndarray:
    """The squared correlation of each unit's values (step, unit) with a number (step,): (unit,)."""
    centred = values - values.mean(axis=0)
    wanted = number - number.mean()
    size = (centred**2).sum(axis=0) * (wanted**2).sum()
    return (centred.T @ wanted) ** 2 / np.maximum(size, np.finfo("float32").tiny)


# Ablation


class TrainedCell(NamedTuple):
    """A trained cell with its readout, a Dense layer, before an ablation."""

    settings: Settings
    weights: Weights
    readout: Weights  # "kernel" (unit, class) and "bias" (class,)
    trace: Trace  # on the sequences that the cell is tested on
    unit: int  # the unit that shows the mechanism best


class Ablated(NamedTuple):
    """A trained cell from which something has been taken away."""

    name: str  # of the ablation; the names of its texts begin with it
    gate: str  # the gate that is held; "" if none is
    at: int | None  # 0 or 1 if the gate is held there; None if it is held at its mean
    weights: Weights
    readout: Weights


@dataclass(frozen=True)
class GateHeld:
    """Hold each unit of a gate at one value, whatever the cell reads."""

    name: str
    role: Role
    how: Literal["mean", "all", "nothing"]
    """At each unit's own mean over all steps; or where the gate keeps, or writes, all or
    nothing."""

    def ablate(self, cell: TrainedCell) -> Ablated | None:
        """The cell with that gate held. None where the cell has no such gate, or where the same
        gate writes, so that to keep all is to write nothing."""
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
    """Set the recurrent weights of the candidate to 0, so that it no longer depends on h."""

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
    """Have the readout read one unit, `TrainedCell.unit`, and the mean of h for every other
    unit."""

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
"""An ablation. The cell needs what it takes away if its accuracy falls without that."""


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
"""The ablations for each task."""


def ablations(task: str, cell: TrainedCell) -> Iterator[Ablated]:
    """The cell after each ablation for its task."""
    for ablation in _ABLATIONS[task]:
        if (ablated := ablation.ablate(cell)) is not None:
            yield ablated
