"""What the layers of a functional model are called with: tensors by their names, and constants."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from components.backend.question.linked import Message, shown
from components.backend.your_model.saved import known_layers as known
from components.backend.your_model.saved.objects import (
    BlockedError,
    BrokenError,
    Part,
    Said,
    dtype_of,
    plain,
    shape_of,
    word,
)

Tensor = tuple[str, int, int]
"""One output of a layer: the layer's name, which of its calls, which of what that call returned.
Calls are counted from 0."""


def call_argument(said: Any, tensor: Callable[[Tensor], Tensor]) -> Any:
    """What a layer or an operation is called with, written anew.

    Args:
        tensor: says which tensor to write in place of one.
    """
    match said:
        case {"class_name": "__keras_tensor__", "config": dict(config)}:
            return _tensor(config, tensor(reference(config.get("keras_history"))))
        case {"class_name": "__slice__", "config": dict(ends)}:
            made = {end: call_argument(ends.get(end), tensor) for end in ("start", "stop", "step")}
            return {"class_name": "__slice__", "config": made}
        case {"class_name": "__ellipsis__"}:
            return {"class_name": "__ellipsis__", "config": {}}
        case {"class_name": "__numpy__" | "__tensor__" as kind, "config": dict(config)}:
            made = {"value": plain(config.get("value")), "dtype": dtype_of(config.get("dtype"))}
            return {"class_name": kind, "config": made}
        case {"class_name": kind}:
            raise BlockedError(Message("model_not_listed", {"kind": shown(kind)}))
        case dict():
            return {str(key): call_argument(value, tensor) for key, value in said.items()}
        case list():
            return [call_argument(each, tensor) for each in said]
        case None | bool() | int() | float():
            return said
        case str():
            return word(said)
    raise BrokenError


def reference(said: Any) -> Tensor:
    """One output of a layer, as ["lstm", 0, 0] names it."""
    match said:
        case [str(name), int(call), int(place), *_] if call >= 0 and place >= 0:
            return name, call, place
    raise BrokenError


def tensor_part(tensor: Tensor) -> Part:
    """One output of a layer as an argument of another layer's call. Keras looks it up by its names
    and takes its shape from there."""
    return _tensor({}, tensor)


def _tensor(config: Said, tensor: Tensor) -> Part:
    try:
        shape = shape_of(config.get("shape"))
    except BrokenError:
        shape = [None]
    dtype = config.get("dtype")
    dtype = dtype if isinstance(dtype, str) and dtype in known.DTYPES else "float32"
    made = {"shape": shape, "dtype": dtype, "keras_history": list(tensor)}
    return {"class_name": "__keras_tensor__", "config": made}


def leaves_of(tensors: Any) -> Iterator[Tensor]:
    """All tensors in lists and dicts."""
    match tensors:
        case tuple():
            yield tensors
        case list():
            for each in tensors:
                yield from leaves_of(each)
        case dict():
            for each in tensors.values():
                yield from leaves_of(each)
