"""A sentence's steps taken apart, so that each can be checked with a pocket calculator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from components.backend.layout import BLOCKS
from components.backend.results import Run


@dataclass(frozen=True, eq=False)
class Block:
    """What goes into one gate: activation(inputs + bias + recurrent + recurrent_bias).

    A GRU's candidate takes the last two times its reset gate if reset_after is on; if it is off,
    the reset gate is in recurrent already.
    """

    kernel: np.ndarray  # (feature, unit)
    recurrent_kernel: np.ndarray  # (unit before, unit)
    bias: np.ndarray  # (unit,); 0 without use_bias
    recurrent_bias: np.ndarray  # (unit,); 0 but for a GRU with reset_after
    inputs: np.ndarray  # (step, unit): x_t W
    recurrent: np.ndarray  # (step, unit): h_t-1 U
    total: np.ndarray  # (step, unit): what the activation is given
    value: np.ndarray  # (step, unit): what it makes of that


@dataclass(frozen=True, eq=False)
class Worksheet:
    """What is computed at every step of one sentence, in reading order: the blocks by name, and
    the states before and after each step."""

    blocks: dict[str, Block]
    read: np.ndarray  # (step, feature): what the layer reads
    hidden_before: np.ndarray  # (step, unit)
    hidden: np.ndarray  # (step, unit)
    cell_before: np.ndarray | None  # (step, unit); None but for an LSTM, as cell
    cell: np.ndarray | None
    gated: np.ndarray | None
    """(step, unit): h before each step times the reset gate, which a GRU's candidate takes in its
    place if reset_after is off; None everywhere else."""


def worksheet(run: Run, *, sentence: int) -> Worksheet:
    """Take apart every step of a sentence, given by its index."""
    trace, settings = run.trace, run.settings
    names, has_cell = BLOCKS[settings.cell], trace.cell is not None
    kernels = np.split(run.weights["kernel"], len(names), axis=1)
    recurrent_kernels = np.split(run.weights["recurrent_kernel"], len(names), axis=1)
    biases = np.zeros((2, len(names), settings.units), "float32")
    if settings.use_bias:
        given = np.atleast_2d(run.weights["bias"])
        biases[: len(given)] = given.reshape(len(given), len(names), settings.units)

    x, h = trace.inputs[sentence], trace.before("state_h")[sentence]
    gates = {name: gate[sentence] for name, gate in trace.gates.items()}
    gated = gates["reset"] * h if settings.resets == "before" else None
    blocks = {}
    for place, name in enumerate(names):
        bias, recurrent_bias = biases[:, place]
        takes_reset = name == "candidate" and bool(settings.resets)
        inputs = x @ kernels[place]
        recurrent = (gated if takes_reset and gated is not None else h) @ recurrent_kernels[place]
        reset = gates["reset"] if takes_reset and gated is None else 1
        blocks[name] = Block(
            kernel=kernels[place],
            recurrent_kernel=recurrent_kernels[place],
            bias=bias,
            recurrent_bias=recurrent_bias,
            inputs=inputs,
            recurrent=recurrent,
            total=inputs + bias + reset * (recurrent + recurrent_bias),
            value=gates.get(name, trace.hidden[sentence]),
        )
    return Worksheet(
        blocks=blocks,
        read=x,
        hidden_before=h,
        hidden=trace.hidden[sentence],
        cell_before=trace.before("state_c")[sentence] if has_cell else None,
        cell=trace.cell[sentence] if has_cell else None,
        gated=gated,
    )
