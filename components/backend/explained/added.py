"""What each unit that a Dense reads adds to what it returns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from components.backend.cells import REPLAYED
from components.backend.explained.calls import Array
from components.backend.explained.explain import LayerCall
from components.backend.running.replay import MismatchError
from components.texts import text


class Part(NamedTuple):
    """One of the numbers that are added up."""

    unit: int  # of what the Dense reads
    value: float  # what it reads there
    weight: float  # the kernel's, from that unit to the one asked for

    @property
    def product(self) -> float:
        """What it adds."""
        return self.value * self.weight


class Added(NamedTuple):
    """How one number that a Dense returned comes about: the parts and the rest, plus the bias, are
    the sum; its activation makes the output of that."""

    parts: tuple[Part, ...]  # the largest, the one furthest from 0 first
    others: int  # how many parts there are beside these
    rest: float  # what those add
    bias: float  # 0 without one
    sum: float
    output: float  # what Keras returned
    difference: float | None
    """From what the activation makes of the sum to what Keras returned; None if the activation is
    none that the replay knows."""


def added(call: LayerCall, sentence: int, step: int | None, unit: int, most: int = 10) -> Added:
    """What adds up to one number of a Dense.

    Args:
        call: the call of a Dense, or of a Dense in a TimeDistributed, that has its `weights`.
        step: which step it reads; None if it reads one vector a sentence.
        unit: which number of those that it returns there.
        most: how many parts are told one by one.

    Raises:
        ValueError: the call has no weights.
        IndexError: there is no such sentence, step or unit.
        MismatchError: the sum and what Keras returned disagree.
    """
    if "kernel" not in call.weights:
        raise ValueError(f"{call.name} has no weights")
    place = (sentence,) if step is None else (sentence, step)
    read = call.inputs[0][place].astype("float64")  # (unit read,)
    kernel = call.weights["kernel"].astype("float64")  # (unit read, unit)
    biases = call.weights.get("bias", np.zeros(kernel.shape[1], "float32")).astype("float64")
    products = read * kernel[:, unit]
    first = np.argsort(-np.abs(products), kind="stable")[:most]
    parts = tuple(Part(int(i), float(read[i]), float(kernel[i, unit])) for i in first)
    returned = call.returned[0].values[place].astype("float64")  # (unit,)
    return Added(
        parts,
        len(products) - len(parts),
        float(np.delete(products, first).sum()),
        float(biases[unit]),
        float(products.sum() + biases[unit]),
        float(returned[unit]),
        _difference(call, read, returned, unit),
    )


def _difference(call: LayerCall, read: Array, returned: Array, unit: int) -> float | None:
    """How far Keras is from the activation of the sum; None if the replay does not know it."""
    if call.activation not in REPLAYED:
        return None
    kernel, bias = call.weights["kernel"].astype("float64"), call.weights.get("bias", 0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        own = REPLAYED[call.activation](read @ kernel + bias)[unit]
        found = float(np.abs(own - returned[unit]))
        # Keras rounds each number that it adds.
        size = float(np.abs(read) @ np.abs(kernel[:, unit]))
        allowed = call.tolerance * max(1.0, size) * max(1.0, float(np.abs(returned[unit])))
    if not found <= allowed < np.inf:
        said = {"name": call.name, "difference": found, "allowed": allowed}
        raise MismatchError(text("problems.mismatch", **said))
    return found
