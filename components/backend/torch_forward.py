"""What PyTorch's LSTM, GRU and RNN compute, written out with NumPy: so a page can say whether moved
weights give the same numbers, though the app has no PyTorch.

Source: the formulas in the documentation of torch.nn.LSTM, torch.nn.GRU and torch.nn.RNN.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from components.backend.cells import CELLS
from components.backend.cells.activations import relu, sigmoid
from components.backend.question.settings import Layer
from components.backend.running.facts import Fact
from components.backend.running.replay import apart, slack
from components.backend.running.results import Run
from components.backend.torch_weights import BIASES, MATRICES, torch_of

Array = np.ndarray
States = tuple[Array, ...]
"""(h,), or (h, c) of an LSTM."""


def forward(
    weights: Mapping[str, Array], layer: Layer, inputs: Array, initial: Sequence[Array]
) -> States:
    """The states after every step, each (sentence, step, unit).

    Args:
        weights: as `torch_of` gives them, with or without the Embedding's table.
        layer: one that lacks nothing in PyTorch.
        inputs: (sentence, step, feature), in the order of reading.
        initial: what each state is before step 1, (sentence, unit).
    """
    none = np.zeros(len(weights[MATRICES[0]]), np.float32)
    of_input, of_h = (weights.get(name, none) for name in BIASES)
    states, found = tuple(initial), []
    for step in range(inputs.shape[1]):
        read = inputs[:, step] @ weights[MATRICES[0]].T + of_input
        before = states[0] @ weights[MATRICES[1]].T + of_h
        states = _STEPS[CELLS[layer.cell].torch.module](read, before, states, layer.activation)
        found.append(states)
    return tuple(np.stack(each, axis=1) for each in zip(*found, strict=True))


def _lstm(read: Array, before: Array, states: States, _: str) -> States:
    i, f, g, o = np.split(read + before, 4, axis=-1)
    c = sigmoid(f) * states[1] + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def _gru(read: Array, before: Array, states: States, _: str) -> States:
    (read_r, read_z, read_n), (r, z, n) = (np.split(each, 3, axis=-1) for each in (read, before))
    z, candidate = sigmoid(read_z + z), np.tanh(read_n + sigmoid(read_r + r) * n)
    return ((1 - z) * candidate + z * states[0],)


def _rnn(read: Array, before: Array, _: States, activation: str) -> States:
    return ((relu if activation == "relu" else np.tanh)(read + before),)


_STEPS = {"LSTM": _lstm, "GRU": _gru, "RNN": _rnn}


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
