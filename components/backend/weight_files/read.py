"""Reads weights from a visitor's file: an .npz or a .safetensors with Keras's names or PyTorch's,
or a model that Keras has saved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from components.backend.question.layout import weight_layout
from components.backend.question.linked import SettingsError
from components.backend.question.settings import Settings
from components.backend.question.setup import Setup
from components.backend.question.weights import checked
from components.backend.torch_weights import keras_of
from components.backend.weight_files.keras_file import SavedModel, is_keras
from components.backend.weight_files.npz import read_npz
from components.backend.weight_files.safetensors_file import is_safetensors, read_safetensors
from components.backend.weight_files.weight_names import (
    FIELD,
    MOST_BYTES,
    FromFile,
    named,
    too_large,
)


def read_weights(data: bytes, settings: Settings, *, most: int | None = MOST_BYTES) -> FromFile:
    """The weights of a file, if they are what the settings call for.

    Args:
        most: the most bytes of the file, by default what a page takes. With None there is no limit,
            nor one of the time and memory that reading takes: for files of your own.

    Raises:
        SettingsError: with everything that is wrong.
    """
    if is_safetensors(data):
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
