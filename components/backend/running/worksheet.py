"""Every product and sum of a sentence's steps, so that each can be checked with a calculator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.backend.cells import CELLS
from components.backend.cells.cell import bias_rows
from components.backend.question.layout import BLOCKS
from components.backend.running.results import Run


@dataclass(frozen=True, eq=False)
class Block:
    """The terms of one gate: activation(inputs + bias + recurrent + recurrent_bias + added).

    A GRU's candidate is an exception. With reset_after it takes
    activation(inputs + bias + reset * (recurrent + recurrent_bias)); without, `recurrent` is the
    product of reset * h already.
    """

    x: np.ndarray  # (step, feature): the input, times its mask if the layer drops
    h: np.ndarray
    """(step, unit): h before each step, times its mask if the layer drops; for a GRU's candidate
    without reset_after also times the reset gate."""
    kernel: np.ndarray  # (feature, unit)
    recurrent_kernel: np.ndarray  # (unit before, unit)
    bias: np.ndarray  # (unit,); 0 without use_bias
    recurrent_bias: np.ndarray  # (unit,); 0 but for a GRU with reset_after
    inputs: np.ndarray  # (step, unit): x_t W
    recurrent: np.ndarray  # (step, unit): h_t-1 U
    added: np.ndarray  # (step, unit): by `Cell.added`; 0 for most cells
    total: np.ndarray  # (step, unit): the argument of the activation
    value: np.ndarray  # (step, unit): the value of the gate, activation(total)


@dataclass(frozen=True, eq=False)
class Worksheet:
    """All that is computed at every step of one sentence, in reading order."""

    blocks: dict[str, Block]
    read: np.ndarray  # (step, feature): what the layer reads
    hidden_before: np.ndarray  # (step, unit)
    hidden: np.ndarray  # (step, unit)
    cell_before: np.ndarray | None  # (step, unit); None but for an LSTM
    cell: np.ndarray | None


def worksheet(run: Run, *, sentence: int) -> Worksheet:
    """Take apart every step of a sentence, given by its index."""
    trace, cell = run.trace, run.trace.cell
    return Worksheet(
        blocks=_blocks(run, sentence),
        read=trace.inputs[sentence],
        hidden_before=trace.before("state_h")[sentence],
        hidden=trace.hidden[sentence],
        cell_before=None if cell is None else trace.before("state_c")[sentence],
        cell=None if cell is None else cell[sentence],
    )


def _blocks(run: Run, sentence: int) -> dict[str, Block]:
    """The `Block` of each gate, by its name."""
    trace, settings = run.trace, run.settings
    names, cell = BLOCKS[settings.cell], CELLS[settings.cell]
    kernels = np.split(run.weights["kernel"], len(names), axis=1)
    recurrent_kernels = np.split(run.weights["recurrent_kernel"], len(names), axis=1)
    biases = bias_rows(run.weights).reshape(2, len(names), -1)
    x, h = trace.inputs[sentence], trace.before("state_h")[sentence]
    gates = {name: gate[sentence] for name, gate in trace.gates.items()}
    reset_gate = gates.get(cell.reset_gate, np.float32(1))
    more = cell.added(trace, run.weights) if cell.added else {}
    blocks = {}
    for place, name in enumerate(names):
        bias, recurrent_bias = biases[:, place]
        when = settings.reset_timing if name == "candidate" else ""
        reads = reset_gate * h if when == "before" else h
        own_x, own_h = trace.dropout.left(x, reads, place, sentence)
        inputs, recurrent = own_x @ kernels[place], own_h @ recurrent_kernels[place]
        reset = reset_gate if when == "after" else 1
        total = inputs + bias + reset * (recurrent + recurrent_bias)
        added = more[name][sentence] if name in more else np.zeros_like(inputs)
        blocks[name] = Block(
            x=own_x,
            h=own_h,
            kernel=kernels[place],
            recurrent_kernel=recurrent_kernels[place],
            bias=bias,
            recurrent_bias=recurrent_bias,
            inputs=inputs,
            recurrent=recurrent,
            added=added,
            total=total + added,
            value=gates.get(name, trace.hidden[sentence]),
        )
    return blocks
