"""A recurrent layer's weights as PyTorch's module of the same cell has them, and back.

PyTorch multiplies a weight with what is read, W x, where Keras multiplies what is read with the
weight, x W: the weights of a gate are rows in PyTorch and columns in Keras. The gates stand in
another order. And PyTorch always has two biases, one beside each of its weights, and adds both:

    kernel (F, G*U)              weight_ih_l0 (G*U, F)
    recurrent_kernel (U, G*U)    weight_hh_l0 (G*U, U)
    bias (G*U,) or (2, G*U)      bias_ih_l0 (G*U,) and bias_hh_l0 (G*U,)

Source: the documentation of torch.nn.LSTM, torch.nn.GRU and torch.nn.RNN, under "Variables".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from components.backend.cells import CELLS
from components.backend.layout import Layout, features, table_layout, weight_layout
from components.backend.settings import Layer, Settings

Array = np.ndarray

TABLE = "embedding.weight"
"""The Embedding's table, by its name in a model that has a torch.nn.Embedding as `embedding`."""

BIASES = ("bias_ih_l0", "bias_hh_l0")


def lacks(layer: Layer) -> tuple[str, ...]:
    """Why no module of PyTorch computes what the layer does: "cell", or the arguments of the layer
    that it cannot follow; nothing if one does."""
    own = CELLS[layer.cell].torch
    if own is None:
        return ("cell",)
    return tuple(name for name, values in own.needs.items() if getattr(layer, name) not in values)


def torch_layout(settings: Settings) -> tuple[Layout, ...]:
    """The weights by PyTorch's names: the Embedding's table, if there is one, and the module's own
    in the order of its state_dict. Only for layers that lack nothing in PyTorch."""
    rows = len(CELLS[settings.cell].torch.blocks) * settings.units
    return (
        *(layout._replace(name=TABLE) for layout in table_layout(settings)),
        Layout("weight_ih_l0", ("row", "feature"), (rows, features(settings))),
        Layout("weight_hh_l0", ("row", "unit"), (rows, settings.units)),
        *(Layout(name, ("row",), (rows,)) for name in BIASES if settings.use_bias),
    )


class Pair(NamedTuple):
    """A weight of PyTorch's, and the weight of Keras's that it holds: of a bias with two rows, that
    row; None if Keras has none, as its values are 0."""

    torch: Layout
    keras: Layout | None
    row: int | None = None


def pairs(settings: Settings) -> tuple[Pair, ...]:
    """Every weight of PyTorch's, in the order of `torch_layout`."""
    keras = [(layout, None) for layout in weight_layout(settings)]  # in the same order
    if settings.use_bias:
        bias, _ = keras.pop()
        keras += [(bias, 0), (bias, 1)] if len(bias.shape) == 2 else [(bias, None), (None, None)]
    return tuple(
        Pair(torch, *found) for torch, found in zip(torch_layout(settings), keras, strict=True)
    )


def torch_of(weights: Mapping[str, Array], cell: str) -> dict[str, Array]:
    """A cell's weights by PyTorch's names, given them by Keras's. If Keras has one bias, the second
    of PyTorch's is 0."""
    record = CELLS[cell]

    def rows(columns: Array) -> Array:
        moved = _reordered(columns, record.block_names, record.torch.blocks)
        return np.ascontiguousarray(moved.T)

    found = {TABLE: weights["embeddings"]} if "embeddings" in weights else {}
    found["weight_ih_l0"] = rows(weights["kernel"])
    found["weight_hh_l0"] = rows(weights["recurrent_kernel"])
    if "bias" in weights:
        given = np.atleast_2d(weights["bias"])
        both = np.zeros((2, given.shape[1]), given.dtype)
        both[: len(given)] = given
        found |= zip(BIASES, map(rows, both), strict=True)
    return found


def keras_of(state_dict: Mapping[str, Array], cell: str) -> dict[str, Array]:
    """A cell's weights by Keras's names, given them by PyTorch's. If Keras has one bias, it is the
    sum of PyTorch's two."""
    record = CELLS[cell]

    def columns(rows: Array) -> Array:
        return _reordered(rows.T, record.torch.blocks, record.block_names)

    found = {"embeddings": state_dict[TABLE]} if TABLE in state_dict else {}
    found["kernel"] = columns(state_dict["weight_ih_l0"])
    found["recurrent_kernel"] = columns(state_dict["weight_hh_l0"])
    if BIASES[0] in state_dict:
        both = np.stack([columns(state_dict[name]) for name in BIASES])
        found["bias"] = both if record.resets else both.sum(axis=0)
    return found


def module_of(shape: Sequence[int]) -> tuple[str, int] | None:
    """The module whose weight_hh_l0 has that shape, and its hidden_size; None if there is none."""
    for cell in CELLS.values():
        if cell.torch and len(shape) == 2 and shape[0] == len(cell.torch.blocks) * shape[1]:
            return cell.torch.module, shape[1]
    return None


def _reordered(array: Array, given: Sequence[str], wanted: Sequence[str]) -> Array:
    """An array whose last axis has a block for each of the given names, with them as wanted."""
    blocks = dict(zip(given, np.split(array, len(given), axis=-1), strict=True))
    return np.concatenate([blocks[name] for name in wanted], axis=-1)
