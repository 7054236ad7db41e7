"""Facts about two runs side by side, measured on their numbers."""

from __future__ import annotations

import numpy as np

from components.backend.running.facts import Fact, stated
from components.backend.running.results import Run


def facts(first: Run, second: Run, name: str) -> tuple[Fact, ...]:
    """Facts about what a change of settings changed: weights, states, h, and what was returned.

    Args:
        name: the second run's name; the first is A.
    """
    return stated(
        _weights(first, second),
        _states(first, second),
        _hidden(first, second),
        _returned(first, second, name),
    )


def _weights(first: Run, second: Run) -> Fact:
    """Whether both have the same weights, so that all differences come from the change of settings.

    Biases that are all 0 count as the same, whatever their shapes, even if one layer has none:
    reset_after and use_bias change the shape, and a bias of 0 adds nothing.
    """
    one, other = dict(first.weights), dict(second.weights)
    names = tuple(one | other)
    both = [n for n in names if n in one and n in other]
    apart = [n for n in names if n not in both or not np.array_equal(one[n], other[n])]
    counts = {"first": first.parameter_count, "second": second.parameter_count}
    if same := not apart:
        return Fact("weights_same", same, {"count": first.parameter_count})
    no_bias = not any(np.any(run.get("bias", 0)) for run in (one, other))
    if apart == ["bias"] and no_bias:
        others = ", ".join(name for name in names if name != "bias")
        return Fact("weights_no_bias", no_bias, {"names": others} | counts)
    values = {"names": ", ".join(apart)}
    if any(n not in both or one[n].shape != other[n].shape for n in apart):
        return Fact("weights_shapes", None, values | counts)
    largest = max(float(np.abs(other[n] - one[n]).max()) for n in apart)
    return Fact("weights_others", None, values | {"difference": largest})


def _states(first: Run, second: Run) -> Fact | None:
    """The states of each cell, if one has more than the other."""
    fewer, more = sorted((first, second), key=lambda run: len(run.trace.states))
    if len(fewer.trace.states) == len(more.trace.states):
        return None
    values = {"more": more.settings.cell, "fewer": fewer.settings.cell}
    return Fact("states", None, values | {"first": _names(first), "second": _names(second)})


def _names(run: Run) -> str:
    return ", ".join(run.trace.states)


def _hidden(first: Run, second: Run) -> Fact:
    """The largest difference of h, and its step and unit."""
    if first.trace.hidden.shape != second.trace.hidden.shape:
        values = {"first": first.trace.hidden.shape, "second": second.trace.hidden.shape}
        return Fact("hidden_shapes", None, values)
    apart = np.abs(second.trace.hidden - first.trace.hidden)
    if same := not apart.any():
        return Fact("hidden_same", same, {"steps": first.settings.steps})
    _, step, unit = np.unravel_index(int(apart.argmax()), apart.shape)
    values = {"difference": float(apart.max()), "step": int(step) + 1, "unit": int(unit)}
    return Fact("hidden_apart", None, values)


def _returned(first: Run, second: Run, name: str) -> Fact:
    """The names and shapes of the tensors that each run returned."""
    tensors = [[(t.name, t.values.shape) for t in run.returned] for run in (first, second)]
    if same := tensors[0] == tensors[1]:
        return Fact("returned_same", same, {"names": ", ".join(tensor for tensor, _ in tensors[0])})
    listed = [", ".join(f"{tensor} {shape}" for tensor, shape in one) for one in tensors]
    values = {"first": listed[0], "second": listed[1], "name": name}
    return Fact("returned_others", None, values)
