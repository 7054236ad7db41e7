"""A recurrent layer's weights as PyTorch's module of the same cell has them, and back.

PyTorch multiplies a weight with what is read, W x, where Keras multiplies what is read with the
weight, x W: the weights of a gate are rows in PyTorch and columns in Keras. The gates stand in
another order. And PyTorch always has two biases, one beside each of its weights, and adds both:

    kernel (F, G*U)              weight_ih_l0 (G*U, F)
    recurrent_kernel (U, G*U)    weight_hh_l0 (G*U, U)
    bias (G*U,) or (2, G*U)      bias_ih_l0 (G*U,) and bias_hh_l0 (G*U,)

This is one layer of one direction, without proj_size, in which nothing is dropped; its activation
is tanh (an RNN's relu too), its gates are sigmoids, and a GRU's reset_after is on. No module reads
backwards: for a layer with go_backwards, whoever calls the module has to reverse what it reads.

Source: the documentation of torch.nn.LSTM, torch.nn.GRU and torch.nn.RNN, under "Variables".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import numpy as np

from components.backend.cells import CELLS
from components.backend.cells.cell import bias_rows
from components.backend.question.layout import (
    Layout,
    features,
    layer_weight_layout,
    table_layout,
    weight_layout,
)
from components.backend.question.linked import Message, Problem, SettingsError, listed, shown
from components.backend.question.sentences import PADDING
from components.backend.question.settings import Layer, Settings
from components.backend.question.weights import checked, refuse_no_mapping
from components.backend.running.model import Model

Array = np.ndarray

TABLE = "embedding.weight"
"""The Embedding's table, by its name in a model that has a torch.nn.Embedding as `embedding`."""

MATRICES = ("weight_ih_l0", "weight_hh_l0")
BIASES = ("bias_ih_l0", "bias_hh_l0")


_MORE = {"_l1": "num_layers=2", "_reverse": "bidirectional=True", "weight_hr": "proj_size"}
"""By a part of a name in a state_dict: the argument of the module that it shows."""


def lacks(layer: Layer) -> tuple[str, ...]:
    """Why no module of PyTorch computes what the layer computes, for an input in the layer's order
    of reading: ("cell",), or the arguments that the module cannot follow; () if one computes it."""
    own = CELLS[layer.cell].torch
    if own is None:
        return ("cell",)
    return tuple(name for name, values in own.needs.items() if getattr(layer, name) not in values)


def attention_lacks(model: Model) -> tuple[str, ...]:
    """Why PyTorch cannot compute what a layer and attention over its outputs compute: as `lacks`;
    or "heads", as MultiheadAttention splits units evenly among its heads; or "mask", as no module
    of PyTorch skips a masked step, unless all of them are at the end and are read last."""
    attention, settings = model.attention, model.settings
    assert attention is not None
    found = list(lacks(settings))
    if attention.score == "multi_head" and settings.units % attention.heads:
        found.append("heads")
    if model.mask_zero and (settings.go_backwards or not _padded_at_the_end(settings)):
        found.append("mask")
    return tuple(found)


def _padded_at_the_end(settings: Settings) -> bool:
    """Whether each sentence has at least one step that is not zero, and none after one that is."""
    read = np.asarray(settings.rows) != PADDING
    read = read.any(axis=-1) if settings.values else read
    return bool(read[:, 0].all() and not (read[:, 1:] & ~read[:, :-1]).any())


def biases_in_keras(layer: Layer) -> int:
    """How many biases Keras's layer has where PyTorch's module has two: 2, as the rows of `bias`;
    1, which is the sum of PyTorch's; or 0, as the module then has."""
    return (2 if CELLS[layer.cell].reset_gate else 1) if layer.use_bias else 0


def torch_layout(settings: Settings) -> tuple[Layout, ...]:
    """The weights by PyTorch's names: the Embedding's table, if there is one, and the module's own
    in the order of its state_dict. Only for layers that lack nothing in PyTorch."""
    table = (layout._replace(name=TABLE) for layout in table_layout(settings))
    sizes = settings.units, features(settings)
    return (*table, *_module_layout(settings.cell, *sizes, bias=settings.use_bias))


def _module_layout(cell: str, units: int, features: int, *, bias: bool) -> tuple[Layout, ...]:
    rows = len(CELLS[cell].torch.blocks) * units
    return (
        Layout(MATRICES[0], ("row", "feature"), (rows, features)),
        Layout(MATRICES[1], ("row", "unit"), (rows, units)),
        *(Layout(name, ("row",), (rows,)) for name in BIASES if bias),
    )


class Pair(NamedTuple):
    """A weight of PyTorch, and the weight of Keras with the same numbers; None if Keras has none,
    and PyTorch's is 0. If Keras's bias has two rows, also which of them."""

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


def torch_of(weights: Mapping[str, Any], layer: Layer) -> dict[str, Array]:
    """A layer's weights by PyTorch's names, as NumPy arrays of float32. If Keras has one bias, the
    second of PyTorch's is 0.

    Args:
        weights: by Keras's names, with or without the Embedding's table; anything that NumPy turns
            into arrays.
        layer: the layer that has them, such as a run's settings.

    Raises:
        SettingsError: no module of PyTorch computes what the layer does; or weights are missing,
            unknown, of a wrong shape, or not finite.
    """
    missing = (*lacks(layer), *(["go_backwards"] if layer.go_backwards else []))
    if missing:
        raise SettingsError(*(_lacking(layer, name) for name in missing))
    own = layer_weight_layout(layer, _shape("kernel", weights)[0])
    given = checked("weights", weights, (*_table("embeddings", weights), *own))
    record = CELLS[layer.cell]

    def rows(columns: Array) -> Array:
        moved = reordered(columns, record.block_names, record.torch.blocks)
        return np.ascontiguousarray(moved.T)

    found = {TABLE: given["embeddings"]} if "embeddings" in given else {}
    found |= zip(MATRICES, map(rows, (given["kernel"], given["recurrent_kernel"])), strict=True)
    if "bias" in given:
        found |= zip(BIASES, map(rows, bias_rows(given)), strict=True)
    return found


def torch_of_attention(weights: Mapping[str, Any], model: Model) -> dict[str, Array]:
    """The weights of a layer and of attention over its outputs, as NumPy arrays of float32: those
    of the layer as `torch_of` names them, for an input in its order of reading; "query" (1, U); and
    "attention.scale", or "attention." before the names in a MultiheadAttention's state_dict.

    Args:
        weights: by the names of the model's layout.
        model: of one layer with attention that lacks nothing in PyTorch.
    """
    (node,), settings = model.layers, model.settings
    own = {name.removeprefix(node.prefix): array for name, array in weights.items()}
    names = {layout.name for layout in weight_layout(settings)}
    layer = {name: array for name, array in own.items() if name in names}
    found = torch_of(layer, settings.but(go_backwards=False))
    if "query/embeddings" in weights:
        found["query"] = np.asarray(weights["query/embeddings"], np.float32)
    if "attention/scale" in weights:
        found["attention.scale"] = np.asarray(weights["attention/scale"], np.float32)
    if model.attention and model.attention.score == "multi_head":
        found |= {f"attention.{n}": a for n, a in _multi_head(weights, settings.units).items()}
    return found


def _multi_head(weights: Mapping[str, Any], units: int) -> dict[str, Array]:
    """A MultiheadAttention's state_dict: the rows of queries, keys and values stand one after the
    other, and within each those of one head after the other."""

    def rows(name: str) -> Array:
        kernel = np.asarray(weights[f"attention/{name}/kernel"], np.float32)
        return np.ascontiguousarray(kernel.reshape(units, units).T)

    def bias(name: str) -> Array:
        return np.asarray(weights[f"attention/{name}/bias"], np.float32).reshape(-1)

    read, out = ("query", "key", "value"), "attention_output"
    return {
        "in_proj_weight": np.concatenate([rows(name) for name in read]),
        "in_proj_bias": np.concatenate([bias(name) for name in read]),
        "out_proj.weight": rows(out),
        "out_proj.bias": bias(out),
    }


def keras_of(state_dict: Mapping[str, Any], cell: str) -> dict[str, Array]:
    """A cell's weights by Keras's names, as NumPy arrays of float32. If Keras has one bias, it is
    the sum of PyTorch's two.

    Args:
        state_dict: of a torch.nn.LSTM, GRU or RNN of one layer and one direction, with or without
            TABLE; anything that NumPy turns into arrays.
        cell: as Keras calls it, such as "SimpleRNN".

    Raises:
        SettingsError: PyTorch has no such cell; or weights are missing, unknown, of a wrong shape,
            or not finite.
    """
    if cell not in [name for name, own in CELLS.items() if own.torch]:
        raise SettingsError(_no_cell(cell))
    _refuse_names(state_dict)
    (_, read), (_, units) = (_shape(name, state_dict) for name in MATRICES)
    own = _module_layout(cell, units, read, bias=BIASES[0] in state_dict)
    given = checked("state_dict", state_dict, (*_table(TABLE, state_dict), *own))
    record = CELLS[cell]

    def columns(rows: Array) -> Array:
        return reordered(rows.T, record.torch.blocks, record.block_names)

    found = {"embeddings": given[TABLE]} if TABLE in given else {}
    found["kernel"], found["recurrent_kernel"] = (columns(given[name]) for name in MATRICES)
    if BIASES[0] in given:
        both = np.stack([columns(given[name]) for name in BIASES])
        found["bias"] = both if record.reset_gate else both.sum(axis=0)
    return found


def _lacking(layer: Layer, name: str) -> Problem:
    """The problem with one of the layer's arguments, or its cell, that PyTorch lacks."""
    if name == "cell":
        return _no_cell(layer.cell)
    own = CELLS[layer.cell].torch
    needed = own.needs.get(name, (False,))  # which go_backwards has to be, for every module
    allowed = {"shown": ", ".join(map(repr, needed)), "module": own.module}
    got = Message("value", {"shown": shown(getattr(layer, name))})
    return Problem(name, got, Message("torch_value", allowed))


def _no_cell(cell: Any) -> Problem:
    """The problem of a cell that PyTorch does not have."""
    names = ", ".join(name for name, own in CELLS.items() if own.torch)
    return Problem(
        "cell", Message("value", {"shown": shown(cell)}), Message("only", {"names": names})
    )


def _refuse_names(state_dict: Any) -> None:
    """Refuse weights of PyTorch's that are not those of one layer of one direction."""
    refuse_no_mapping("state_dict", state_dict, MATRICES)
    names = state_dict.keys() - {TABLE}
    if names in ({*MATRICES}, {*MATRICES, *BIASES}):
        return
    more = [of for part, of in _MORE.items() if any(part in str(name) for name in names)]
    got = Message(
        "value", {"shown": listed(more or map(shown, state_dict)) if state_dict else "{}"}
    )
    said = {"names": listed(MATRICES), "biases": listed(BIASES), "table": TABLE}
    raise SettingsError(Problem("state_dict", got, Message("torch_single", said)))


def _table(name: str, given: Mapping[str, Any]) -> tuple[Layout, ...]:
    """The layout of the Embedding's table, of any size, if there is one among the weights."""
    return (Layout(name, ("token", "feature"), _shape(name, given)),) if name in given else ()


def _shape(name: str, given: Any) -> tuple[int, int]:
    """The shape of a weight that should have two axes; (1, 1) if it has not."""
    with suppress(KeyError, TypeError, ValueError):
        rows, columns = np.shape(given[name])
        return rows, columns
    return 1, 1


def module_of(shape: Sequence[int]) -> tuple[str, int] | None:
    """The module whose weight_hh_l0 has that shape, and its hidden_size; None if there is none."""
    for cell in CELLS.values():
        if cell.torch and len(shape) == 2 and shape[0] == len(cell.torch.blocks) * shape[1]:
            return cell.torch.module, shape[1]
    return None


def reordered(array: Array, given: Sequence[str], wanted: Sequence[str]) -> Array:
    """Reorder the blocks of an array's last axis: they stand as `given`, and are returned as
    `wanted`."""
    blocks = dict(zip(given, np.split(array, len(given), axis=-1), strict=True))
    return np.concatenate([blocks[name] for name in wanted], axis=-1)
