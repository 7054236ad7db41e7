"""Prints the arrays and the configuration of a saved Keras model as JSON: a process of its own, as
HDF5's library crashes on some damaged files and never ends on others. The .h5 file comes by
standard input. With the argument "limited" it may take little time and memory; with "shapes" it
prints no numbers."""

from __future__ import annotations

import base64
import io
import json
import math
import re
import sys
from contextlib import suppress
from typing import Any, NamedTuple

import h5py

SECONDS = 2  # of a processor
MEMORY = 2**29  # bytes of addresses, of which Python, NumPy and HDF5 take a quarter

_WHOLE = "model_weights/"
"""Where `model.save` puts all layers if the file's name ends in .h5 alone. Attributes of the groups
list the layers, and each layer's arrays, in Keras's order."""
_OPTIMIZER = ("optimizer/", "optimizer_weights/")
_EMBEDDING = re.compile(r"(^|/)embedding(_\d+)?/vars$")
_LONGEST_NAME = 200  # characters: a forged name of an array may be as long as all memory


def saved(data: bytes, *, numbers: bool = True) -> dict[str, Any]:
    """The model's configuration, the version of Keras that wrote it ("" if the file lacks these),
    and for each layer its name, whether it is an Embedding, and its arrays: of each the kind of its
    numbers, its shape, and its bytes in base64, empty without `numbers`; and how many numbers each
    group has.

    Layers are in the model's order; in .keras and .weights.h5 backward layers come last.

    Links are not followed. Arrays without an offset are left out: their numbers stand in another
    file, are made of other arrays' numbers, or are packed.
    """
    with h5py.File(io.BytesIO(data), "r") as file:
        found = _contents(file)
        if sum(array.nbytes for arrays in found.arrays.values() for array in arrays) > len(data):
            raise ValueError("arrays that overlap")
        layers = []
        for group in sorted(found.arrays, key=found.place):
            arrays = found.arrays[group]
            is_table = _is_table(group, arrays[0])
            name = _name(group, found.names, is_table)[:_LONGEST_NAME]
            layers.append((name, is_table, [_written(array, numbers=numbers) for array in arrays]))
        config = _text(file.attrs.get("model_config", ""))
        version = _text(file.attrs.get("keras_version", ""))[:_LONGEST_NAME]
        config = config if len(config) <= len(data) else ""
        sizes = {group: sum(map(_size, arrays)) for group, arrays in found.arrays.items()}
        return {"config": config, "version": version, "layers": layers, "sizes": sizes}


class _Contents(NamedTuple):
    """What is in a file, by the paths in it."""

    names: dict[str, str]  # of each group, which is a layer's or a part of one
    arrays: dict[str, list[h5py.Dataset]]  # of each group that has any
    ranks: dict[str, int]  # of the layers and arrays that the file lists in Keras's order

    def rank(self, array: h5py.Dataset) -> int:
        """Sorts the arrays of a layer: as the file lists them, else as they lie in it."""
        return self.ranks.get(array.name.removeprefix("/"), array.id.get_offset())

    def place(self, group: str) -> tuple[bool, int, int]:
        """Sorts the groups as the model has its layers, backward layers last."""
        layer = "/".join(group.split("/")[:2])
        first = self.arrays[group][0]
        return "/backward_layer/" in group, self.ranks.get(layer, 0), self.rank(first)


def _contents(file: h5py.File) -> _Contents:
    """What is in a file, without the optimizer's arrays and those that are left out."""
    found = _Contents({}, {}, {})

    def note(path: str, item: h5py.Group | h5py.Dataset) -> None:
        if path.startswith(_OPTIMIZER):
            return
        if isinstance(item, h5py.Group):
            found.names[path] = str(item.attrs.get("name", path))
            for listed in (*item.attrs.get("layer_names", ()), *item.attrs.get("weight_names", ())):
                found.ranks[f"{path}/{_text(listed)}"] = len(found.ranks)
        elif item.dtype.kind == "f" and item.id.get_offset() is not None:
            found.arrays.setdefault(path.rpartition("/")[0], []).append(item)

    file.visititems(note)
    for group, arrays in found.arrays.items():
        if group.startswith(_WHOLE):
            arrays.sort(key=found.rank)  # "bias" was met before "kernel"
    return found


def _size(array: h5py.Dataset) -> int:
    return math.prod(array.shape)


def _written(array: h5py.Dataset, *, numbers: bool) -> tuple[str, tuple[int, ...], str]:
    if not numbers:
        return array.dtype.str, array.shape, ""
    values = array[()]
    return values.dtype.str, values.shape, base64.b64encode(values.tobytes()).decode()


def _text(listed: Any) -> str:
    return listed.decode() if isinstance(listed, bytes) else str(listed)


def _name(group: str, names: dict[str, str], is_table: bool) -> str:
    """The name of the layer whose arrays a group has."""
    if group.startswith(_WHOLE):
        return group.split("/")[-1 if is_table else -2]  # ".../embedding", ".../lstm/lstm_cell"
    return names.get(_layer(group), group)


def _is_table(group: str, array: h5py.Dataset) -> bool:
    """Whether Keras has saved an Embedding there: as "layers/embedding_1/vars" or, in a whole .h5,
    by its weight's name."""
    name = array.name.rpartition("/")[2]
    return bool(_EMBEDDING.search(group)) or name in ("embeddings", "embeddings:0")


def _layer(group: str) -> str:
    """The group with the layer's own name: "lstm/cell/vars", with the name of the layer's cell,
    lies beside "lstm/vars"."""
    return f"{group.removesuffix('/cell/vars')}/vars" if group.endswith("/cell/vars") else group


def _limit() -> None:
    """Have the system end this process before it uses too much."""
    with suppress(ImportError, ValueError):  # Windows has no such limits, macOS not both
        import resource

        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    if "limited" in sys.argv:
        _limit()
    json.dump(saved(sys.stdin.buffer.read(), numbers="shapes" not in sys.argv), sys.stdout)
