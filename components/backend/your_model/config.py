"""What a visitor's file says of its model, before Keras sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from components.backend.question.linked import Message

MOST_BYTES = 64 * 2**20
"""The most bytes of a visitor's files together."""


class DeclaredLayer(NamedTuple):
    """A layer, a nested model or an operation, as the configuration has it."""

    path: tuple[str, ...]  # the names of the models around it, from the outermost; without its own
    name: str
    kind: str  # its class, such as "LSTM"
    reads: tuple[int, ...]  # the indices of the layers whose outputs it reads
    blocked: Message | None = None  # why it is not run; None if it is


@dataclass(frozen=True, eq=False)
class Declared:
    """A model, as its file has it."""

    config: dict[str, Any]  # of the part that is run, as Keras 3 takes it; empty if none is
    layers: tuple[DeclaredLayer, ...]  # in the model's order; an Input has none
    version: str  # of the Keras that wrote it; "" if the file lacks it
    notes: tuple[Message, ...]
    format: Literal["keras", "h5", "weights"]
    is_keras2: bool


def read(files: Mapping[str, bytes]) -> Declared:
    """The model in a visitor's files.

    Args:
        files: by their names: a .keras or an .h5; or an .h5 of weights and the .json of its model.

    Raises:
        SettingsError: it cannot be read, or is too large.
    """
    import io
    import json
    import zipfile

    (data,) = files.values()
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        config = json.loads(archive.read("config.json"))
        version = json.loads(archive.read("metadata.json"))["keras_version"]
    return Declared(config, (), version, (), "keras", version.startswith("2."))


def load(keras: Any, declared: Declared, files: Mapping[str, bytes], folder: Path) -> Any:
    """Build the part of a model that is run, a keras.Model with the file's weights.

    Args:
        folder: an empty one to write into.

    Raises:
        ValueError: the file's weights are not those that the configuration calls for.
    """
    (data,) = files.values()
    path = folder / "model.keras"
    path.write_bytes(data)
    return keras.models.load_model(path, compile=False, safe_mode=True)
