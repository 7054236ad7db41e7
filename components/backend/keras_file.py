"""Reads one recurrent layer's weights out of a model that Keras has saved, as .keras, .weights.h5
or .h5. Keras is not asked to load the model, and no code in it is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from components.backend.cells import CELLS
from components.backend.layout import Layout, table_layout, weight_layout
from components.backend.linked import SettingsError, Words, bounds, shown
from components.backend.npz import archive_of
from components.backend.settings import Settings
from components.backend.weight_names import (
    FIELD,
    MOST_BYTES,
    FromFile,
    few,
    refuse_large,
    refused,
    too_large,
    unread,
)
from components.backend.weights import checked

_READER = Path(__file__).with_name("keras_reader.py")
_LATEST = 10.0  # seconds that it may take, however busy the machine is
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}  # each thread would take memory, and none is needed
_HDF5 = b"\x89HDF\r\n\x1a\n"  # how an HDF5 file begins
_WEIGHTS = "model.weights.h5"  # the one in a .keras, which is a zip archive

_one_at_a_time = threading.Lock()


class Saved(NamedTuple):
    """A layer's name, and the arrays that Keras has saved as the layer's own."""

    name: str
    arrays: Sequence[np.ndarray]

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the arrays."""
        return [array.shape for array in self.arrays]

    def fits(self, layouts: Sequence[Layout]) -> bool:
        """Whether these are the arrays that the layouts call for."""
        return self.shapes == [layout.shape for layout in layouts]

    def vocabulary(self, table: Layout) -> int | None:
        """How many ids it is a table for that fits but for that; None if it is none."""
        match self.shapes:
            case [(ids, columns)] if columns == table.shape[1]:
                return ids
        return None

    @property
    def said(self) -> Words | None:
        """What a recurrent layer is, in words; nothing if it is none."""
        for cell, record in CELLS.items():
            match self.shapes:
                case [(features, columns), (units, width), *_] if (
                    columns == width == units * len(record.block_names)
                ):
                    values = {"cell": cell, "units": units, "features": features}
                    values |= {"name": shown(self.name), "shapes": _listed(self.shapes)}
                    return Words("keras_layer", values)
        return None


def is_keras(data: bytes) -> bool:
    """Whether a file is a model that Keras has saved, or claims to be."""
    return data.startswith(_HDF5) or _WEIGHTS.encode() in data


def read_keras(data: bytes, settings: Settings) -> FromFile:
    """The weights of the first recurrent layer that fits the settings, and the Embedding's table if
    one fits.

    Raises:
        SettingsError: no layer fits, or one has numbers that are not allowed.
    """
    table = table_layout(settings)
    layer = weight_layout(settings)[len(table) :]
    saved = _read(_hdf5(data))
    layers = [each for each in saved if each.fits(layer)]
    tables = [each for each in saved if table and each.fits(table)]
    if not layers:
        wanted = Words("keras_wanted", {"shapes": _listed([layout.shape for layout in layer])})
        raise refused(few([*filter(None, (each.said for each in saved))]), wanted)
    layouts = (*(table if tables else ()), *layer)
    arrays = [array for taken in (*tables[:1], layers[0]) for array in taken.arrays]
    if problems := [*filter(None, map(too_large, layouts, arrays))]:
        raise SettingsError(*problems)
    named = {layout.name: array for layout, array in zip(layouts, arrays, strict=True)}
    sizes = [] if tables else [each.vocabulary(wanted) for each in saved for wanted in table]
    low, high = bounds(Settings, "vocabulary_size")
    return FromFile(
        checked(FIELD, named, layouts),
        tuple(each.name for each in layers),
        tuple(size for size in sizes if size is not None and low <= size <= high),
    )


def _hdf5(data: bytes) -> bytes:
    """The .h5 file with the model's weights."""
    if data.startswith(_HDF5):
        return data
    with archive_of(data) as archive, archive.open(_WEIGHTS) as file:
        return file.read(MOST_BYTES + 1)


def _read(hdf5: bytes) -> list[Saved]:
    """What Keras has saved in the .h5 file, in the model's order."""
    refuse_large(hdf5)
    try:
        with _one_at_a_time:
            read = _in_another_process(hdf5)
    except (OSError, subprocess.SubprocessError) as error:
        raise refused(unread(error)) from None
    return [Saved(name, [np.array(array) for array in arrays]) for name, arrays in json.loads(read)]


def _in_another_process(hdf5: bytes) -> bytes:
    """What keras_reader.py prints of the file: a bad one may crash who reads it, or never end."""
    return subprocess.run(
        [sys.executable, "-P", _READER],  # -P: our code.py is not to hide Python's own
        env=os.environ | _ENVIRONMENT,
        input=hdf5,
        capture_output=True,
        check=True,
        timeout=_LATEST,
    ).stdout


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes))
