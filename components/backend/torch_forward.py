"""What PyTorch's LSTM, GRU and RNN compute, written out with NumPy: so a page can say whether moved
weights give the same numbers, though the app has no PyTorch. Each cell's record has the formulas of
a step (`cells.cell.Torch`).
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping, Sequence

import numpy as np

from components.backend.cells import CELLS
from components.backend.cells.activations import ACTIVATIONS
from components.backend.cells.cell import States
from components.backend.question.settings import Layer
from components.backend.running.answers import cached_calls
from components.backend.running.facts import Fact
from components.backend.running.replay import apart, slack
from components.backend.running.results import Run
from components.backend.torch_weights import BIASES, MATRICES, torch_of

Array = np.ndarray


def forward(
    weights: Mapping[str, Array],
    layer: Layer,
    inputs: Array,
    initial: Sequence[Array] | None = None,
) -> States:
    """The states after every step, each (sentence, step, unit).

    Args:
        weights: as `torch_of` gives them, with or without the Embedding's table.
        layer: one that lacks nothing in PyTorch.
        inputs: (sentence, step, feature), in the order of reading.
        initial: what each state is before step 1, (sentence, unit); zeros if None.
    """
    none = np.zeros(len(weights[MATRICES[0]]), np.float32)
    of_input, of_h = (weights.get(name, none) for name in BIASES)
    record, found = CELLS[layer.cell], []
    states = tuple(initial or record.zeros(len(inputs), layer.units, np.float32))
    for read in np.swapaxes(inputs @ weights[MATRICES[0]].T + of_input, 0, 1):
        before = states[0] @ weights[MATRICES[1]].T + of_h
        states = record.torch.step(read, before, states, ACTIVATIONS[layer.activation])
        found.append(states)
    return tuple(np.stack(each, axis=1) for each in zip(*found, strict=True))


@cached_calls(64, key=weakref.ref)
def facts(run: Run) -> tuple[Fact, ...]:
    """Whether PyTorch's formulas, with the run's weights as `torch_of` moves them, give the outputs
    that Keras returned.

    Args:
        run: of a layer that lacks nothing in PyTorch.
    """
    layer = run.settings.but(go_backwards=False)
    initial = [run.trace.initial[name] for name in CELLS[layer.cell].states]
    h, *_ = forward(torch_of(run.weights, layer), layer, run.trace.inputs, initial)
    outputs = run.tensor("outputs")
    difference = apart(h if layer.return_sequences else h[:, -1], outputs)
    return (Fact("same", difference <= slack(outputs), {"difference": difference}),)
