"""Prints the arrays of a saved Keras model as JSON: a process of its own, as HDF5's library crashes
on some damaged files and never ends on others. The .h5 file comes by standard input."""

from __future__ import annotations

import io
import json
import sys
from contextlib import suppress

import h5py

SECONDS = 2  # of a processor
MEMORY = 2**29  # bytes of addresses, of which Python, NumPy and HDF5 take a quarter

_WHOLE = "model_weights"
"""Where `model.save` puts all layers if the file's name ends in .h5 alone: by their names, with a
list of the names in the model's order."""


def saved(data: bytes) -> list[tuple[str, list[list]]]:
    """What Keras has saved together, such as a recurrent layer's weights: each time the layer's
    name, and its arrays as lists; in the model's order, but for backward layers, which come last.

    Links are not followed. Arrays are left out if their numbers stand in another file, are made of
    those of other arrays, or are packed: none of these have an offset.
    """
    names, found = dict[str, str](), dict[str, list[h5py.Dataset]]()
    in_order: list[str] = []

    def note(path: str, item: h5py.Group | h5py.Dataset) -> None:
        group = path.rpartition("/")[0]
        if isinstance(item, h5py.Group):
            names[path] = str(item.attrs.get("name", path))
            if path == _WHOLE:
                in_order.extend(item.attrs["layer_names"])
        elif item.dtype.kind == "f" and item.id.get_offset() is not None:
            found.setdefault(group, []).append(item)

    def is_whole(group: str) -> bool:
        return group.startswith(f"{_WHOLE}/")

    def name(group: str) -> str:
        if is_whole(group):
            return group.split("/")[-2]  # ".../lstm/lstm_cell"
        return names.get(_layer(group), group)

    def place(group: str) -> tuple[bool, int, int]:
        path = group.split("/")
        listed = in_order.index(path[1]) if is_whole(group) and path[1] in in_order else 0
        return "/backward_" in group, listed, _offset(found[group][0])

    with h5py.File(io.BytesIO(data), "r") as file:
        file.visititems(note)
        for arrays in (found[group] for group in found if is_whole(group)):
            arrays.sort(key=_offset)  # "bias" has been met before "kernel"
        if sum(array.nbytes for arrays in found.values() for array in arrays) > len(data):
            raise ValueError("arrays that overlap")
        return [
            (name(group), [array[()].tolist() for array in found[group]])
            for group in sorted(found, key=place)
        ]


def _offset(array: h5py.Dataset) -> int:
    """Where its numbers stand in the file: Keras writes a layer's arrays one after the other."""
    return array.id.get_offset()


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
    _limit()
    json.dump(saved(sys.stdin.buffer.read()), sys.stdout)
