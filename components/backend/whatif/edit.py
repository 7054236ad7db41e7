"""What if a weight were another? What follows from edited weights, checked on a run with them.

The run itself is `run(settings, weights)`, the weights are those that `Start.weights` gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from components.backend.edits import Edits, columns
from components.backend.facts import EQUAL, Fact, replay_fact
from components.backend.replay import TOLERANCE
from components.backend.results import Run


def facts(run: Run, before: Run, edits: Edits) -> tuple[Fact, ...]:
    """What holds of a run with edited weights.

    Args:
        before: the same settings with the weights as they were before they were edited.
    """
    told = (*_held(run, edits), _moved(run, before, edits), replay_fact(run.replay_difference))
    return tuple(fact for fact in told if fact)


def _moved(run: Run, before: Run, edits: Edits) -> Fact | None:
    """How far h has moved, and from which step on."""
    if edits == Edits():
        return None
    apart = np.abs(run.trace.hidden - before.trace.hidden).max(axis=(0, 2))
    values = {"largest": float(apart.max()), "at": int(apart.argmax()) + 1}
    if values["largest"] <= EQUAL:
        return Fact("unmoved", None, values)
    return Fact("moved", None, values | {"first": int((apart > EQUAL).argmax()) + 1})


def _held(run: Run, edits: Edits) -> Iterator[Fact]:
    """What follows from the gates that are held: the difference between the two sides of an
    equation."""
    held = dict(edits.held)
    if held.get("forget") == 1 and held.get("input") == 0:
        yield _fact(run, "frozen_c", run.trace.cell, run.trace.initial["state_c"][:, np.newaxis])
        del held["forget"], held["input"]
    for gate, end in held.items():
        name = f"{gate}_{end}"
        yield _fact(run, name, *_EQUATIONS[name](run))


def _fact(run: Run, name: str, one: np.ndarray, other: np.ndarray) -> Fact:
    largest = float(np.abs(one - other).max())
    allowed = TOLERANCE * max(1.0, float(np.abs(one).max()))
    states = run.trace.states
    values = {"difference": largest, "last_h": float(np.abs(run.trace.hidden[:, -1]).max())}
    if "state_c" in states:
        values["last_c"] = float(np.abs(states["state_c"][:, -1]).max())
    return Fact(name, largest <= allowed, values)


def _candidate_unseeing(run: Run) -> np.ndarray:
    """A GRU's candidate, if it saw nothing of h."""
    block = columns("candidate", run.settings)
    bias = np.atleast_2d(run.weights["bias"])[0, block]
    return np.tanh(run.trace.inputs @ run.weights["kernel"][:, block] + bias)


def _candidate_seeing(run: Run) -> np.ndarray:
    """A GRU's candidate, if it saw all of h."""
    block = columns("candidate", run.settings)
    seen = run.trace.before("state_h") @ run.weights["recurrent_kernel"][:, block]
    bias = np.atleast_2d(run.weights["bias"])[:, block].sum(axis=0)
    return np.tanh(run.trace.inputs @ run.weights["kernel"][:, block] + bias + seen)


Sides = tuple[np.ndarray, np.ndarray]

_EQUATIONS: Mapping[str, Callable[[Run], Sides]] = {
    "input_0": lambda r: (r.trace.cell, r.trace.gates["forget"] * r.trace.before("state_c")),
    "input_1": lambda r: (
        r.trace.cell,
        r.trace.gates["forget"] * r.trace.before("state_c") + r.trace.gates["candidate"],
    ),
    "forget_0": lambda r: (r.trace.cell, r.trace.gates["input"] * r.trace.gates["candidate"]),
    "forget_1": lambda r: (
        r.trace.cell,
        r.trace.before("state_c") + r.trace.gates["input"] * r.trace.gates["candidate"],
    ),
    "output_0": lambda r: (r.trace.hidden, np.zeros_like(r.trace.hidden)),
    "output_1": lambda r: (r.trace.hidden, np.tanh(r.trace.cell)),
    "update_0": lambda r: (r.trace.hidden, r.trace.gates["candidate"]),
    "update_1": lambda r: (r.trace.hidden, r.trace.initial["state_h"][:, np.newaxis]),
    "reset_0": lambda r: (r.trace.gates["candidate"], _candidate_unseeing(r)),
    "reset_1": lambda r: (r.trace.gates["candidate"], _candidate_seeing(r)),
}
"""By a gate and the end at which it is held, the two sides of what its cell's equations become."""
