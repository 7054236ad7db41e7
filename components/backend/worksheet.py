"""One step of one unit taken apart, so that it can be checked with a pocket calculator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.backend.layout import GATES
from components.backend.results import Run


@dataclass(frozen=True)
class Block:
    """What goes into one gate of one unit: activation(inputs + bias + recurrent + recurrent_bias).

    A GRU's candidate takes the last two times its reset gate if reset_after is on; if it is off,
    the reset gate is in recurrent already. value is None for a SimpleRNN's only block: it is h.
    """

    inputs: float
    bias: float
    recurrent: float
    recurrent_bias: float
    value: float | None


@dataclass(frozen=True)
class Term:
    """One number that is multiplied, and by what in each block.

    For a GRU's candidate with reset_after off, an h before is first multiplied by its reset gate.
    """

    name: str
    value: float
    weights: tuple[float, ...]


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
    names = GATES[settings.cell] or ("h",)
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
    reset_first = settings.cell == "GRU" and not settings.reset_after
    if reset_first:
        from_hidden[-1] = (gates["reset"] * h) @ recurrent[:, -1]

    blocks = {
        name: Block(
            inputs=float(from_inputs[block]),
            bias=float(bias[0, block]),
            recurrent=float(from_hidden[block]),
            recurrent_bias=float(bias[1, block]),
            value=float(gates[name][unit]) if name in gates else None,
        )
        for block, name in enumerate(names)
    }
    terms = [
        *(Term(f"x[{row}]", float(v), _floats(kernel[row])) for row, v in enumerate(x)),
        *(Term(f"h[{row}] before", float(v), _floats(recurrent[row])) for row, v in enumerate(h)),
    ]
    if settings.use_bias:
        terms.append(Term("bias", 1.0, _floats(bias[0])))
        if settings.cell == "GRU" and settings.reset_after:
            terms.append(Term("recurrent bias", 1.0, _floats(bias[1])))
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


def _floats(row: np.ndarray) -> tuple[float, ...]:
    return tuple(row.tolist())
