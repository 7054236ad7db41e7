"""One step of one unit taken apart, so that it can be checked with a pocket calculator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from components.backend.layout import BLOCKS
from components.backend.results import Run


@dataclass(frozen=True)
class Block:
    """What goes into one gate of one unit: activation(inputs + bias + recurrent + recurrent_bias).

    A GRU's candidate takes the last two times its reset gate if reset_after is on; if it is off,
    the reset gate is in recurrent already. total is what the activation is given, value what it
    makes of that; None for a SimpleRNN's only block: it is h.
    """

    inputs: float
    bias: float
    recurrent: float
    recurrent_bias: float
    total: float
    value: float | None


@dataclass(frozen=True)
class Term:
    """One number, its weight in each block, and what it adds to each.

    kind is "x" for a feature of what the layer reads, "h" for a unit of the state before; index
    counts from 0. gated is the value times its unit's reset gate, which a GRU's candidate takes in
    the value's place if reset_after is off; None everywhere else.
    """

    kind: Literal["x", "h"]
    index: int
    value: float
    weights: tuple[float, ...]
    products: tuple[float, ...]
    gated: float | None = None


@dataclass(frozen=True)
class Worksheet:
    """A step's numbers for one unit: its blocks by name, the products behind their sums, and the
    states before and after. cells are None but for an LSTM."""

    blocks: dict[str, Block]
    terms: tuple[Term, ...]
    hidden_before: float
    hidden: float
    cell_before: float | None
    cell: float | None


def worksheet(run: Run, *, sentence: int, step: int, unit: int) -> Worksheet:
    """Take apart the given step (from 1, in reading order) of one unit (from 0)."""
    trace, settings, t = run.trace, run.settings, step - 1
    names = BLOCKS[settings.cell]
    columns = [unit + settings.units * block for block in range(len(names))]
    kernel = run.weights["kernel"][:, columns]  # (features, blocks)
    recurrent = run.weights["recurrent_kernel"][:, columns]  # (units, blocks)
    bias = np.zeros((2, len(names)), "float32")
    if settings.use_bias:
        given = np.atleast_2d(run.weights["bias"])[:, columns]
        bias[: len(given)] = given

    x = trace.inputs[sentence, t]
    h = trace.hidden[sentence, t - 1] if t else trace.initial["state_h"][sentence]
    from_inputs, from_hidden = x @ kernel, h @ recurrent
    gates = {name: gate[sentence, t] for name, gate in trace.gates.items()}
    reset_first = settings.resets == "before"
    if reset_first:
        from_hidden[-1] = (gates["reset"] * h) @ recurrent[:, -1]

    reset = np.ones(len(names), "float32")  # what the recurrent part is multiplied by
    if settings.resets == "after":
        reset[-1] = gates["reset"][unit]
    totals = from_inputs + bias[0] + reset * (from_hidden + bias[1])
    blocks = {
        name: Block(
            inputs=float(from_inputs[block]),
            bias=float(bias[0, block]),
            recurrent=float(from_hidden[block]),
            recurrent_bias=float(bias[1, block]),
            total=float(totals[block]),
            value=float(gates[name][unit]) if name in gates else None,
        )
        for block, name in enumerate(names)
    }
    terms = [_term("x", row, v, kernel[row]) for row, v in enumerate(x)]
    for row, v in enumerate(h):
        gated = gates["reset"][row] * v if reset_first else None
        terms.append(_term("h", row, v, recurrent[row], gated))
    cell = cell_before = None
    if trace.cell is not None:
        before = trace.cell[sentence, t - 1] if t else trace.initial["state_c"][sentence]
        cell, cell_before = float(trace.cell[sentence, t, unit]), float(before[unit])
    return Worksheet(
        blocks=blocks,
        terms=tuple(terms),
        hidden_before=float(h[unit]),
        hidden=float(trace.hidden[sentence, t, unit]),
        cell_before=cell_before,
        cell=cell,
    )


def _term(
    kind: Literal["x", "h"],
    index: int,
    value: np.float32,
    weights: np.ndarray,
    gated: np.float32 | None = None,
) -> Term:
    values = np.full(len(weights), value)
    if gated is not None:
        values[-1] = gated  # the candidate's
    return Term(
        kind=kind,
        index=index,
        value=float(value),
        weights=tuple(weights.tolist()),
        products=tuple((values * weights).tolist()),
        gated=None if gated is None else float(gated),
    )
