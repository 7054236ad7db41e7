"""Reads one recurrent layer's weights, and its arguments if the file has them, out of a model that
Keras has saved, as .keras, .weights.h5 or .h5. Keras is not asked to load the model, and no code in
it is run."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from components.backend.cells import CELLS
from components.backend.question.layout import Layout, features, layer_weight_layout, table_layout
from components.backend.question.linked import Message, SettingsError, bounds, choices, shown
from components.backend.question.numbers import SERIES
from components.backend.question.settings import Settings
from components.backend.question.setup import MOST_MADE, Setup
from components.backend.question.weights import checked
from components.backend.weight_files.npz import archive_of
from components.backend.weight_files.weight_names import (
    FIELD,
    MOST_BYTES,
    UNREAD,
    FromFile,
    few,
    refuse_large,
    refused,
    too_large,
)

_READER = Path(__file__).with_name("keras_reader.py")
_LATEST = 10.0  # seconds that it may take, however busy the machine is
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}  # each thread would take memory, and none is needed
_HDF5 = b"\x89HDF\r\n\x1a\n"  # how an HDF5 file begins
# The files in a .keras, which is a zip archive.
_WEIGHTS, _CONFIG, _METADATA = "model.weights.h5", "config.json", "metadata.json"
WHOLE = "model_weights"
"""The group of all layers, if `model.save` wrote the .h5."""
_METRICS = "metrics/"  # the group of what a compiled model has counted
_VOCABULARY = bounds(Settings, "vocabulary_size")

ARGUMENTS = ("activation", "recurrent_activation", "go_backwards", "reset_after", "use_bias")
ARGUMENTS += ("return_sequences", "return_state")
"""The arguments of a saved layer that are copied into a setup."""

_one_at_a_time = threading.Lock()


class Kind(NamedTuple):
    """A recurrent layer, as far as the shapes of its weights tell."""

    cell: str
    units: int
    read: int  # how many numbers it reads at each step


class Saved(NamedTuple):
    """A layer in a file: its name, and the arrays that Keras has saved with it."""

    name: str
    is_table: bool  # whether the layer is an Embedding
    arrays: Sequence[np.ndarray]

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the arrays."""
        return [array.shape for array in self.arrays]

    def fits(self, layouts: Sequence[Layout]) -> bool:
        """Whether these are the arrays that the layouts call for."""
        return self.shapes == [layout.shape for layout in layouts]

    @property
    def table(self) -> tuple[int, int] | None:
        """The shape of an Embedding's table, (ids, numbers for each); None for any other layer."""
        match self.shapes:
            case [(ids, width)] if self.is_table:
                return ids, width
        return None

    @property
    def kind(self) -> Kind | None:
        """The recurrent layer, as its shapes tell; None for any other layer."""
        for cell, record in CELLS.items():
            match self.shapes:
                case [(read, columns), (units, width), *biases] if columns == width == units * len(
                    record.block_names
                ) and biases in ([], [(columns,)], [(2, columns)]):
                    return Kind(cell, units, read)
        return None

    @property
    def said(self) -> Message | None:
        """A recurrent layer's description in words, or None for any other layer."""
        if (kind := self.kind) is None:
            return None
        values = {"cell": kind.cell, "units": kind.units, "features": kind.read}
        values |= {"name": shown(self.name), "shapes": _listed(self.shapes)}
        return Message("keras_layer", values)


class SavedModel(NamedTuple):
    """A model that Keras has saved."""

    layers: Sequence[Saved]
    arguments: Mapping[str, Mapping[str, Any]]
    """By name of a recurrent layer: its arguments, as far as the file tells them."""
    policies: Mapping[str, str]
    """By name of a layer: the name of its dtype policy, as far as the file tells it."""
    is_masked: bool
    """Whether one of its layers makes a mask, as far as the file tells."""
    old: str
    """The version of Keras 2 that wrote the file; "" if that was Keras 3, or is not known."""

    @classmethod
    def of(cls, data: bytes, most: int | None = MOST_BYTES) -> Self:
        """The model in a file.

        Args:
            most: the most bytes of the file; None for no limit.

        Raises:
            SettingsError: it cannot be read.
        """
        hdf5, config, metadata = _parts(data, most)
        refuse_large(hdf5, most)
        read = _read(hdf5, *(["limited"] if most is not None else []))
        layers = [Saved(name, table, [*map(_array, a)]) for name, table, a in read["layers"]]
        configured = list(_configured(config or read["config"]))
        version = _version(metadata) or read["version"]
        old = version if version.startswith("2.") else ""
        return cls(
            layers,
            _arguments(configured, old),
            {said["name"]: _policy(said.get("dtype")) for _, said in configured},
            any(map(_makes_a_mask, configured)),
            old,
        )

    def _first(self, settings: Settings) -> Saved | None:
        """The first recurrent layer that fits the settings or, if none does, the first of all."""
        wanted = layer_weight_layout(settings, features(settings))
        fitting = (each for each in self.layers if each.fits(wanted))
        return next(fitting, next((each for each in self.layers if each.kind), None))

    def changes(self, setup: Setup) -> dict[str, Any]:
        """The fields of a setup to change, so that it has the layer that `_first` finds, and reads
        what that layer reads."""
        layer = self._first(setup.settings)
        if layer is None or layer.kind is None:
            return {}
        cell, units, read = layer.kind
        biases = layer.shapes[2:]
        changes = {"cell": cell, "units": units, "use_bias": bool(biases)}
        if biases and cell == "GRU":
            changes["reset_after"] = len(biases[0]) == 2
        said = self.arguments.get(layer.name, {})
        for name in ARGUMENTS:
            if said.get(name) in (choices(Setup, name) or (False, True)):
                changes[name] = said[name]
        changes |= self._input(read, setup)
        return {name: value for name, value in changes.items() if value != getattr(setup, name)}

    def _input(self, read: int, setup: Setup) -> dict[str, Any]:
        """The fields of a setup to change, so that its layer reads so many numbers at each step:
        the setup gets the model's Embedding or, if none fits, reads a series. Nothing if it reads
        as many numbers already."""
        sizes = [each.table for each in self.layers]
        if ids := next((ids for ids, width in filter(None, sizes) if width == read), 0):
            low, high = _VOCABULARY
            changes = {"embedding": True, "embedding_dim": read}
            changes |= {"vocabulary_size": ids} if low <= ids <= high else {}
            own = setup.own_rows() if setup.reads_ids else ((ids,),)
            known = max(map(max, own), default=0) < changes.get("vocabulary_size", ids)
            return changes | ({} if known else {"source": "random"})
        if features(setup.settings) == read:
            return {}
        changes = {"features": read} | ({} if setup.source in SERIES else {"source": "sine"})
        too_many = setup.length * setup.sentences * read > MOST_MADE
        return changes | ({"sentences": 1} if too_many else {})

    def weights(self, settings: Settings) -> FromFile:
        """The weights of the first recurrent layer that fits the settings, and the Embedding's
        table if one fits.

        Raises:
            SettingsError: no layer fits, or one has numbers that are not allowed.
        """
        table, layer = table_layout(settings), layer_weight_layout(settings, features(settings))
        first = self._first(settings)
        tables = [each for each in self.layers if each.table and each.fits(table)]
        recurrent = [each for each in self.layers if each.said]
        if first is None or not first.fits(layer):
            wanted = Message("keras_wanted", {"shapes": _listed([each.shape for each in layer])})
            raise refused(few([each.said for each in recurrent]), wanted)
        layouts = (*(table if tables else ()), *layer)
        arrays = [array for taken in (*tables[:1], first) for array in taken.arrays]
        if problems := [*filter(None, map(too_large, layouts, arrays))]:
            raise SettingsError(*problems)
        said = self.arguments.get(first.name)
        return FromFile(
            checked(FIELD, {w.name: a for w, a in zip(layouts, arrays, strict=True)}, layouts),
            (first.name, *(each.name for each in recurrent if each is not first)),
            tables[0].name if tables else "",
            said
            and {n: said[n] for n in ARGUMENTS if n in said and said[n] != getattr(settings, n)},
            self.is_masked,
            self.policies.get(first.name, ""),
            self.old,
        )


class Outline(NamedTuple):
    """What an .h5 file says of a model."""

    config: str  # "" if the file has none
    version: str  # of the Keras that wrote it; "" if the file lacks it
    layers: Sequence[Saved]  # the arrays have their shapes, and no numbers
    sizes: Mapping[str, int]
    """How many weights each group has, such as "layers/lstm/cell/vars", without the optimizer's."""

    def count(self, group: str = "") -> int:
        """How many weights a group and the groups in it have; without a name, all of the model."""
        return sum(
            size
            for path, size in self.sizes.items()
            if not group or path == group or path.startswith(f"{group}/")
        )


def outline_of(hdf5: bytes) -> Outline:
    """What an .h5 file of any size says of a model.

    Raises:
        SettingsError: it cannot be read.
    """
    read = _read(hdf5, "limited", "shapes")
    layers = [
        Saved(name, table, [np.broadcast_to(np.float32(0), shape) for _, shape, _ in arrays])
        for name, table, arrays in read["layers"]
    ]
    sizes = {path: n for path, n in read["sizes"].items() if not path.startswith(_METRICS)}
    return Outline(read["config"], read["version"], layers, sizes)


def is_keras(data: bytes) -> bool:
    """Whether a file is a model that Keras has saved, or claims to be."""
    return data.startswith(_HDF5) or _WEIGHTS.encode() in data


def _parts(data: bytes, most: int | None) -> tuple[bytes, bytes, bytes]:
    """The .h5 file with the model's weights, the model's configuration and its metadata. Each is
    empty if the file lacks it."""
    if data.startswith(_HDF5):  # an .h5; a .keras is an archive
        return data, b"", b""
    with archive_of(data, most) as archive:

        def read(name: str) -> bytes:
            with archive.open(name) as file:
                return file.read(-1 if most is None else most + 1)

        names = archive.namelist()
        config, metadata = (read(n) if n in names else b"" for n in (_CONFIG, _METADATA))
        return read(_WEIGHTS), config, metadata


def _array(written: tuple[str, Sequence[int], str]) -> np.ndarray:
    """An array as keras_reader.py prints it."""
    kind, shape, numbers = written
    return np.frombuffer(base64.b64decode(numbers), kind).reshape(shape)


def _version(metadata: bytes) -> str:
    """The version of Keras that a .keras file names; "" if it names none."""
    with suppress(ValueError, RecursionError):
        match json.loads(metadata):
            case {"keras_version": str(version)}:
                return version
    return ""


def _policy(said: Any) -> str:
    """The name of a dtype policy as a layer's configuration has it; "" if it has none."""
    match said:
        case str(name) | {"config": {"name": str(name)}}:
            return name
    return ""


def _configured(config: str | bytes) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """From a model's configuration the class and the configuration of each layer, at any depth;
    nothing if Keras would not have written it so."""
    waiting: list[Any] = []
    with suppress(ValueError, RecursionError):
        waiting.append(json.loads(config))
    while waiting:
        match waiting.pop():
            case dict(inner):
                match inner:
                    case {"class_name": str(kind), "config": {"name": str()} as said}:
                        yield kind, said
                waiting.extend(inner.values())
            case list(inner):
                waiting.extend(inner)


def _arguments(
    configured: Sequence[tuple[str, Mapping[str, Any]]], old: str
) -> dict[str, Mapping[str, Any]]:
    """By name of a recurrent layer: its arguments. A name that several layers have is left out.

    Args:
        old: the version of Keras 2 that wrote them, or "".
    """
    found = defaultdict[str, list[Mapping[str, Any]]](list)
    for kind, said in configured:
        if kind in CELLS:
            own = {n: _said(n, said[n]) for n in ARGUMENTS if n in said}
            found[said["name"]].append(_of_keras2(own) if old else own)
    return {name: first for name, (first, *others) in found.items() if not others}


def _of_keras2(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """The arguments of a layer of Keras 2, whose hard_sigmoid has a name of its own here."""
    if arguments.get("recurrent_activation") != "hard_sigmoid":
        return arguments
    return {**arguments, "recurrent_activation": "hard_sigmoid_keras2"}


def _makes_a_mask(configured: tuple[str, Mapping[str, Any]]) -> bool:
    kind, said = configured
    return kind == "Masking" or (kind == "Embedding" and bool(said.get("mask_zero")))


def _said(name: str, value: Any) -> Any:
    """An argument's value: a flag as a bool, which Keras saves as 0 or 1 if it was given so."""
    return value if choices(Setup, name) or value not in (0, 1) else bool(value)


def _read(hdf5: bytes, *arguments: str) -> dict[str, Any]:
    """The configuration and the arrays that keras_reader.py, given these arguments, finds in an .h5
    file."""
    try:
        with _one_at_a_time:
            return json.loads(_in_another_process(hdf5, *arguments))
    except OSError:
        raise refused(UNREAD) from None
    except subprocess.SubprocessError:
        raise refused(Message("no_hdf5")) from None


def _in_another_process(hdf5: bytes, *arguments: str) -> bytes:
    """Run keras_reader.py on the file and return what it prints: to read a bad file may crash a
    process, or never end."""
    return subprocess.run(
        [sys.executable, "-P", _READER, *arguments],  # -P: our code.py is not to hide Python's own
        env=os.environ | _ENVIRONMENT,
        input=hdf5,
        capture_output=True,
        check=True,
        timeout=_LATEST if "limited" in arguments else None,
    ).stdout


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes))
