"""How answers come back from the process that runs a visitor's model: as data, never as code.

A message is JSON and, after it, the bytes of its arrays. Of records, the classes in RECORDS alone
are made, and each of their fields has to be what its annotation says.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, TypeAdapter

from components.backend.cells import Dropout
from components.backend.explained.explain import Explained, LayerCall
from components.backend.explained.own_layer import AnyLayer
from components.backend.explained.traces import CellTrace
from components.backend.question.linked import Listed, Message, Problem
from components.backend.question.weights import Origin, Weights
from components.backend.running.replay import Returned, Trace
from components.backend.your_model.process.records import ModelInput, Opened, Snapshot
from components.backend.your_model.process.step_axes import CallAxes, StepAxis
from components.backend.your_model.saved.declared import Declared, ModelLayer

RECORDS: Mapping[str, type] = {
    record.__name__: record
    for record in (
        *(Explained, LayerCall, Returned, CellTrace, AnyLayer, Weights, Origin, Trace, Dropout),
        *(Opened, ModelInput, Snapshot, Declared, ModelLayer, CallAxes, StepAxis),
        *(Message, Problem, Listed),
    )
}
"""All classes of which a message may have objects."""

MOST_JSON = 8 * 2**20
"""The most bytes of a message's JSON: what Python makes of it can take thirty times as many."""

MOST_BYTES = 96 * 2**20
"""The most bytes of a message that comes back."""

_DTYPE = re.compile(r"[<|][biufU]\d{1,6}")  # whether, whole numbers, floats, texts
_LENGTH, _ALIGNED = 8, 16  # bytes: of the JSON's length; of which a multiple precedes each array


class ForgedError(ValueError):
    """It is no message that `packed` makes."""


class TooLongError(ValueError):
    """A value would make a message of more than MOST_BYTES, or of more than MOST_JSON."""


def packed(value: Any) -> bytes:
    """A value as a message: None, numbers, texts, bytes, arrays, RECORDS, and tuples and mappings
    of these.

    Raises:
        TooLongError: there is too much of them.
    """
    arrays: list[bytes] = []
    text = json.dumps(_plain(value, arrays)).encode()
    if len(text) > MOST_JSON or sum(map(len, arrays)) > MOST_BYTES - MOST_JSON:
        raise TooLongError
    parts = [len(text).to_bytes(_LENGTH, "big") + text, *arrays]
    return b"".join(part + bytes(-len(part) % _ALIGNED) for part in parts)


def _plain(value: Any, arrays: list[bytes]) -> Any:
    """A value as JSON takes it. What JSON has no form for is an object with one entry, its kind.

    Args:
        arrays: the bytes of its arrays are added to them.
    """

    def plain(part: Any) -> Any:
        return _plain(part, arrays)

    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        values = _as_texts(value) if value.dtype.kind in "OS" else value
        arrays.append(values.tobytes())
        return {"array": [values.dtype.str, value.shape]}
    if isinstance(value, bytes):
        arrays.append(value)
        return {"bytes": len(value)}
    if type(value) in RECORDS.values():
        fields = {name: plain(part) for name, part in _fields(value).items()}
        return {"record": [type(value).__name__, fields]}
    if isinstance(value, Mapping):
        return {"mapping": [[plain(key), plain(part)] for key, part in value.items()]}
    return [*map(plain, value)] if isinstance(value, tuple | list) else value


def _as_texts(array: np.ndarray) -> np.ndarray:
    """Texts as Keras returns them, as NumPy's of one width."""
    texts = [t.decode("utf-8", "replace") if isinstance(t, bytes) else str(t) for t in array.flat]
    return np.array(texts, "U").reshape(array.shape)


def _fields(record: Any) -> Mapping[str, Any]:
    """What a record is made of, by the names of the arguments that make it again."""
    if isinstance(record, Weights):
        return {"origin": record.origin, "arrays": dict(record)}
    if isinstance(record, BaseModel):
        return dict(record)
    return getattr(record, "_asdict", lambda: vars(record))()


def unpacked(data: bytes, kind: Any) -> Any:
    """The value in a message. Its arrays are read-only, and share the message's memory.

    Args:
        kind: the type that it has to be of, such as `tuple[Explained, ...]`.

    Raises:
        ForgedError: it is of another.
    """
    try:
        length = int.from_bytes(data[:_LENGTH], "big")
        if length > MOST_JSON:
            raise ForgedError(length)
        value = _Reader(data, _LENGTH + length).value(json.loads(data[_LENGTH:][:length]))
        _checker(kind).validate_python(value)
    # Among them the ValidationError of pydantic, and what classes raise for wrong arguments.
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError) as e:
        raise ForgedError(type(e).__name__) from None
    return value


@cache
def _checker(kind: Any) -> TypeAdapter[Any]:
    """Checks all fields of all records in a value."""
    config = ConfigDict(arbitrary_types_allowed=True, revalidate_instances="always", strict=True)
    return TypeAdapter(kind, config=config)


class _Reader:
    """Reads the values of a message back. It may raise anything for a forged one."""

    def __init__(self, data: bytes, end: int) -> None:
        self.data, self.at = data, end  # where the next array begins, but for what pads the JSON

    def value(self, plain: Any) -> Any:
        match plain:
            case list():
                return tuple(map(self.value, plain))
            case {"array": [str(dtype), [*shape]]} if _DTYPE.fullmatch(dtype):
                return self._array(np.dtype(dtype), shape)
            case {"bytes": int(length)}:
                return self._array(np.dtype("u1"), [length]).tobytes()
            case {"mapping": [*pairs]}:
                return MappingProxyType({self.value(k): self.value(part) for k, part in pairs})
            case {"record": [name, fields]}:
                found = {field: self.value(part) for field, part in fields.items()}
                return _record(RECORDS[name], found)
            case dict():
                raise ForgedError(plain)
        return plain

    def _array(self, dtype: np.dtype, shape: list[int]) -> np.ndarray:
        begin = self.at + -self.at % _ALIGNED
        array = np.ndarray(tuple(shape), dtype, self.data, begin)  # raises if the message is short
        self.at = begin + array.nbytes
        if dtype.kind == "U" and array.view("<u4").max(initial=0) > sys.maxunicode:
            raise ForgedError("characters")
        return array


def _record(record: type, fields: dict[str, Any]) -> Any:
    if record is Weights:  # which checks nothing itself
        _checker(tuple[Origin, Mapping[str, np.ndarray]]).validate_python(tuple(fields.values()))
    return record(**fields)
