"""The names and shapes of the tensors and weights of settings, known without running Keras."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

from components.backend.cells import CELLS
from components.backend.cells.cell import NOT_DROPPED
from components.backend.question.settings import Layer, Settings

BLOCKS = {name: cell.block_names for name, cell in CELLS.items()}
"""By cell: the name of each block of its kernel, in Keras's order; ("h",) for a cell without
gates."""

SYMBOLS = {gate: letter for cell in CELLS.values() for gate, letter in cell.gates.items()}
STATES = tuple(dict.fromkeys(name for cell in CELLS.values() for name in cell.states))
"""All states that any cell carries, in Keras's order."""

KERAS_DEFAULTS: dict[str, Any] = {
    "return_sequences": False,
    "return_state": False,
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "reset_after": True,
    "use_bias": True,
    "unit_forget_bias": True,
    "go_backwards": False,
    "kernel_initializer": "glorot_uniform",
    "recurrent_initializer": "orthogonal",
    "bias_initializer": "zeros",
    **NOT_DROPPED,
}
"""Keras's defaults of those keyword arguments of a recurrent layer that are settings here."""


def layer_arguments(layer: Layer) -> dict[str, Any]:
    """The keyword arguments of the recurrent layer that apply to its cell."""
    return {name: getattr(layer, name) for name in KERAS_DEFAULTS if layer.applies(name)}


def cudnn_refuses(layer: Layer) -> dict[str, Any] | None:
    """The arguments for which Keras would not run the layer with cuDNN on a GPU, each with the
    value that it would have to have; None if Keras never runs such a cell with cuDNN.

    Keras asks for more, which is not a setting here: unroll=False, and a mask,
    if there is one, of sentences padded at their ends.
    """
    wanted = CELLS[layer.cell].cudnn
    if wanted is None:
        return None
    return {name: value for name, value in wanted.items() if getattr(layer, name) != value}


class Layout(NamedTuple):
    """A tensor's name, what each of its axes counts, and its shape."""

    name: str
    axes: tuple[str, ...]
    shape: tuple[int, ...]


def returned_layout(settings: Settings) -> tuple[Layout, ...]:
    """The tensors that the layer returns, in Keras's order."""
    return layer_returned(settings, len(settings.rows), settings.steps)


def layer_returned(layer: Layer, sentences: int, steps: int) -> tuple[Layout, ...]:
    """The tensors that a layer returns for an input of so many sentences and steps."""
    outputs = (
        Layout("outputs", ("sentence", "step", "unit"), (sentences, steps, layer.units))
        if layer.return_sequences
        else Layout("outputs", ("sentence", "unit"), (sentences, layer.units))
    )
    return (outputs, *(layer_states(layer, sentences) if layer.return_state else ()))


def state_layout(settings: Settings) -> tuple[Layout, ...]:
    """The states that the cell carries from step to step, in Keras's order."""
    return layer_states(settings, len(settings.rows))


def layer_states(layer: Layer, sentences: int) -> tuple[Layout, ...]:
    """The states that a layer carries for so many sentences, in Keras's order."""
    shape = (sentences, layer.units)
    return tuple(Layout(name, ("sentence", "unit"), shape) for name in CELLS[layer.cell].states)


def input_layout(settings: Settings) -> tuple[Layout, ...]:
    """The inputs: the ids, or the values, that the model reads and, with an Embedding, the vectors
    it makes."""
    batch, steps = len(settings.rows), settings.steps
    axes = ("sentence", "step", "feature")
    if settings.has_embedding:
        return (
            Layout("tokens", ("sentence", "step"), (batch, steps)),
            Layout("embedded", axes, (batch, steps, settings.embedding_dim)),
        )
    return (Layout(settings.rows_field, axes, (batch, steps, features(settings))),)


def weight_layout(settings: Settings) -> tuple[Layout, ...]:
    """The weights by Keras's names, in Keras's order."""
    return (*table_layout(settings), *layer_weight_layout(settings, features(settings)))


def table_layout(settings: Settings) -> tuple[Layout, ...]:
    """The Embedding's table, if there is one."""
    rows = (settings.vocabulary_size, settings.embedding_dim)
    return (Layout("embeddings", ("token", "feature"), rows),) if settings.has_embedding else ()


def features(settings: Settings) -> int:
    """How many numbers the layer reads at each step."""
    if settings.values:
        return len(settings.values[0][0])
    return settings.embedding_dim if settings.has_embedding else 1


def layer_weight_layout(layer: Layer, features: int) -> tuple[Layout, ...]:
    """The weights of a recurrent layer that reads so many features at each step."""
    rows = {"feature": (features,), "unit": (layer.units,), "part": (2,), "": ()}
    return tuple(
        Layout(
            weight.name,
            (weight.rows, "column") if weight.rows else ("column",),
            (*rows[weight.rows], layer.units * len(weight.blocks)),
        )
        for weight in CELLS[layer.cell].weights(layer)
    )


def parameter_count(weights: Iterable[Layout]) -> int:
    """How many numbers these weights hold."""
    return sum(math.prod(layout.shape) for layout in weights)
