"""Objects and values of a model's configuration: as a file has them, and as Keras 3 takes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from components.backend.question.linked import Message, shown
from components.backend.your_model.saved import known_layers as known

Said = Mapping[str, Any]  # of a file
Part = dict[str, Any]  # for Keras 3

_OWN_NAMES = {exported: own for own, exported in known.EXPORTED.items()}
_ANY_TEXT = ("name", "oov_token", "mask_token")
LONGEST_NAME = 200  # characters
_LARGEST = 2**26  # as an argument: more would not fit into memory


class BlockedError(Exception):
    """A part of a model is not run."""

    def __init__(self, why: Message) -> None:
        super().__init__(why.name)
        self.why = why


class BrokenError(Exception):
    """A configuration is none that Keras writes."""


class Named(NamedTuple):
    """An object of a configuration."""

    kind: str  # its class, by its own name
    module: str  # "" where the file names none, as in an .h5
    config: Said
    is_own: bool  # whether it says that it is Keras's own


def named(said: Any) -> Named:
    """An object as a configuration has it."""
    match said:
        case {"class_name": str(kind), "config": dict(config)} if len(kind) <= LONGEST_NAME:
            pass
        case {"class_name": "Sequential" as kind, "config": list(layers)}:  # before Keras 2.2.3
            config = {"name": "sequential", "layers": layers}
        case {"class_name": str(kind)} if len(kind) <= LONGEST_NAME and not said.get("config"):
            config = {}
        case _:
            raise BrokenError
    if "class_name" in config:  # no argument of a layer: the configuration is an object itself
        raise BrokenError
    module, registered = said.get("module"), said.get("registered_name")
    # Keras 3 writes "module": null for a class that it does not know; an .h5 has no modules at all.
    is_known = "module" not in said or (isinstance(module, str) and known.is_own_module(module))
    is_own = is_known and registered in (None, kind)
    kind = _OWN_NAMES.get(kind, kind) if is_own else kind
    return Named(kind, module if isinstance(module, str) else "", config, is_own)


def name_of(said: Said) -> str:
    """The name of a layer."""
    match said:
        case {"name": str(name)} | {"config": {"name": str(name)}}:
            if 0 < len(name) <= LONGEST_NAME:
                return name
    raise BrokenError


def keras_object(kind: str, module: str, config: dict[str, Any]) -> Part:
    """An object as Keras 3 writes it."""
    name = known.EXPORTED.get(kind, kind)
    return {"module": module, "class_name": name, "config": config, "registered_name": None}


def word(value: str, key: str = "") -> str:
    """A text that is no path and no address. No layer here would open one, nor does any need it.

    Raises:
        BlockedError: it may be one.
    """
    if {*value} & {*"/\\:"} and key not in _ANY_TEXT:
        raise BlockedError(Message("model_argument", {"argument": shown(key or value)}))
    return value


def plain(value: Any, key: str = "") -> Any:
    """A value without any object in it.

    Args:
        key: the argument of which it is the value, for what is said of it.

    Raises:
        BlockedError: there is an object in it, or a number that is too large.
    """
    match value:
        case None | bool():
            return value
        case str():
            return word(value, key)
        case int():
            if abs(value) <= _LARGEST:
                return value
            said = {"argument": shown(key), "value": shown(value), "most": _LARGEST}
            raise BlockedError(Message("model_too_large", said))
        case float():
            return value
        case list():
            return [plain(each, key) for each in value]
        case {"class_name": _}:
            raise BlockedError(Message("model_argument", {"argument": shown(key)}))
        case dict():
            return {str(inner): plain(each, key) for inner, each in value.items()}
    raise BrokenError


def shape_of(said: Any) -> list[int | None]:
    """A shape, with None for an axis of any length."""
    match said:
        case [*sizes] if len(sizes) <= 8:
            if all(size is None or (type(size) is int and 0 <= size <= _LARGEST) for size in sizes):
                return sizes
    raise BrokenError


def dtype_of(said: Any) -> str:
    """The name of a dtype."""
    match said:
        case {"config": {"name": str(said)}} | str(said):
            if said in known.DTYPES:
                return said
    raise BrokenError


def list_of(said: Any) -> list[Any]:
    """A list."""
    if isinstance(said, list):
        return said
    raise BrokenError
