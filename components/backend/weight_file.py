"""Reads weights from a visitor's file: an .npz or a .safetensors with Keras's names or PyTorch's,
or a model that Keras has saved. A safetensors file has no code in it: only the names, kinds and
shapes of its arrays as JSON, and their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from components.backend.question.layout import Layout, weight_layout
from components.backend.question.linked import Message, Problem, SettingsError, shown
from components.backend.question.settings import Settings
from components.backend.question.setup import Setup
from components.backend.question.weights import checked
from components.backend.torch_weights import keras_of
from components.backend.weight_files.keras_file import SavedModel, is_keras
from components.backend.weight_files.npz import read_npz
from components.backend.weight_files.weight_names import (
    FIELD,
    MOST_BYTES,
    UNREAD,
    FromFile,
    misfit,
    named,
    prefix_of,
    problem,
    refuse_large,
    refused,
    too_large,
)

_KINDS = {
    **{"F64": "<f8", "F32": "<f4", "F16": "<f2"},
    **{f"{kind}{8 * size}": f"<{kind.lower()}{size}" for kind in "IU" for size in (1, 2, 4, 8)},
}
"""The kinds of numbers that may be read: safetensors's names for them, and NumPy's."""


def read_weights(data: bytes, settings: Settings, *, most: int | None = MOST_BYTES) -> FromFile:
    """The weights of a file, if they are what the settings call for.

    Args:
        most: the most bytes of the file, by default what a page takes. With None there is no limit,
            nor one of the time and memory that reading takes: for files of your own.

    Raises:
        SettingsError: with everything that is wrong.
    """
    if data[8:9] == b"{":  # behind the length of its JSON, which begins so
        return FromFile(_by_names(read_safetensors(data, settings, most), settings))
    if is_keras(data):
        return SavedModel.of(data, most).weights(settings)
    return FromFile(_by_names(read_npz(data, settings, most), settings))


def read_for(data: bytes, setup: Setup) -> tuple[dict[str, Any], FromFile]:
    """The fields of a setup to change, so that it has the layer of a saved model, and that layer's
    weights. For any other file: no fields, and the file's weights.

    Raises:
        SettingsError: with everything that is wrong.
    """
    if not is_keras(data):
        return {}, read_weights(data, setup.settings)
    model = SavedModel.of(data)
    changes = model.changes(setup)
    return changes, model.weights(setup.but(**changes).settings)


def _by_names(arrays: Mapping[str, np.ndarray], settings: Settings) -> dict[str, np.ndarray]:
    """Arrays with Keras's names, or with PyTorch's, as float32 by Keras's names."""
    arrays = checked(FIELD, arrays, named(arrays, settings))
    if "weight_ih_l0" not in arrays:
        return arrays
    weights = keras_of(arrays, settings.cell)
    for layout in weight_layout(settings):
        # Each of PyTorch's two biases may be small enough, and their sum too large.
        if layout.name == "bias" and (large := too_large(layout, weights["bias"])):
            raise SettingsError(large)
    return weights


def write_safetensors(weights: Mapping[str, np.ndarray]) -> bytes:
    """The content of a safetensors file with the weights by their names; always the same bytes."""
    return safetensors.numpy.save({n: np.ascontiguousarray(a) for n, a in weights.items()})


def read_safetensors(
    data: bytes, settings: Settings, most: int | None = MOST_BYTES
) -> dict[str, np.ndarray]:
    """The arrays of a .safetensors file, under the conditions of `read_npz`."""
    refuse_large(data, most)
    try:
        tensors = dict(safetensors.deserialize(data))
    except Exception:
        raise refused(UNREAD) from None
    prefix = prefix_of([*tensors])
    tensors = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    layouts = named(tensors, settings)
    if problems := [*filter(None, (_problem(layout, tensors[layout.name]) for layout in layouts))]:
        raise SettingsError(*problems)
    return {layout.name: _array(tensors[layout.name]) for layout in layouts}


def _problem(layout: Layout, tensor: Mapping[str, Any]) -> Problem | None:
    """The problem with a tensor of a .safetensors file; None if there is none."""
    if tensor["dtype"] == "BF16":
        return problem(layout, Message("bfloat16"))
    if tensor["dtype"] not in _KINDS:
        return problem(layout, Message("dtype", {"dtype": shown(tensor["dtype"])}))
    return misfit(layout, tensor["shape"]) or too_large(layout, _array(tensor))


def _array(tensor: Mapping[str, Any]) -> np.ndarray:
    return np.frombuffer(tensor["data"], _KINDS[tensor["dtype"]]).reshape(tensor["shape"])
