"""Reads and writes weights as .safetensors files, which have no code in them: only the names, kinds
and shapes of their arrays as JSON, and their bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from components.backend.question.layout import Layout
from components.backend.question.linked import Message, Problem, SettingsError, shown
from components.backend.question.settings import Settings
from components.backend.weight_files.weight_names import (
    MOST_BYTES,
    UNREAD,
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


def is_safetensors(data: bytes) -> bool:
    """Whether a file is a .safetensors: the length of its JSON, and then the JSON's first brace."""
    return data[8:9] == b"{"


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
