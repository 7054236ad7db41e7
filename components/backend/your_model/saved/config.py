"""Reads what a visitor's file says of its model before Keras sees it, and has Keras load what may
be run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from components.backend.question.linked import Message, SettingsError, listed, shown
from components.backend.running.keras_layers import hard_sigmoid_keras2
from components.backend.weight_files.keras_file import WHOLE, Outline, Saved, outline_of
from components.backend.your_model.saved import known_layers as known
from components.backend.your_model.saved.cut import Cutter, TooManyError
from components.backend.your_model.saved.declared import Declared, ModelLayer
from components.backend.your_model.saved.objects import BrokenError, Named, Said, name_of, named
from components.backend.your_model.saved.parts import Parts
from components.backend.your_model.saved.put_weights import put_weights
from components.backend.your_model.saved.saved_files import SavedFiles, parsed, refused, saved_files

_LONGEST_VERSION = 40  # characters


def read(files: Mapping[str, bytes]) -> Declared:
    """The model in a visitor's files.

    Args:
        files: by their names: a .keras or an .h5; or an .h5 of weights and the .json of its model.

    Raises:
        SettingsError: it cannot be read, or is too large.
    """
    found = saved_files(files)
    said, version = _configuration(found)
    try:
        model = named(said)
        if not model.is_own or model.kind not in known.MODELS:
            return _of_own_class(found, model, version)
        return _cut(found, said, version)
    except BrokenError:
        raise refused(Message("model_config")) from None
    except TooManyError as error:
        raise refused(error.got) from None


def load(keras: Any, declared: Declared, files: Mapping[str, bytes], folder: Path) -> Any:
    """Build the part of a model that is run: a keras.Model with the file's weights.

    Args:
        keras: the module, as this one imports none.
        files: those that `declared` was read from.
        folder: to write vocabularies into.

    Raises:
        SettingsError: the file's weights are not those that the configuration calls for.
        Exception: Keras cannot build it.
    """
    own = {"hard_sigmoid_keras2": hard_sigmoid_keras2(keras)}
    config = json.loads(json.dumps(declared.config))  # Keras takes it apart
    with keras.utils.custom_object_scope(own):
        model = keras.saving.deserialize_keras_object(config, safe_mode=True)
    put_weights(keras, model, declared, saved_files(files), folder)
    return model


def _configuration(found: SavedFiles) -> tuple[Said, str]:
    """A model's configuration, and the version of the Keras that wrote it."""
    if found.format == "h5":
        outline = _outline(found)
        if not outline.config:
            raise refused(Message("model_weights_alone"))
        return parsed(outline.config), outline.version[:_LONGEST_VERSION]
    said = parsed(found.config)
    metadata: Any = said if found.format == "weights" else None
    if found.metadata:
        with suppress(SettingsError):
            metadata = parsed(found.metadata)
    match metadata:
        case {"keras_version": str(version)}:
            return said, version[:_LONGEST_VERSION]
    return said, ""


def _cut(found: SavedFiles, said: Said, version: str) -> Declared:
    """The model, if it is of one of Keras's own classes."""
    cutter = Cutter(
        is_keras2=version.startswith("2."),
        cuts_nested=found.format != "h5",
        has_assets=any(name.endswith("vocabulary.txt") for name in found.assets),
    )
    part, layers, groups = cutter.cut(said)
    total = 0
    if any(layer.blocked for layer in layers):
        outline = _outline(found)
        total = outline.count()
        saved = {} if found.format == "h5" else groups
        layers = tuple(_counted(layer, saved, outline) for layer in layers)
    return Declared(
        name=name_of(said),
        kind=named(said).kind,
        version=version,
        layers=layers,
        parameter_count=total,
        notes=tuple(_notes(cutter.parts, version)),
        config=part or {},
        format=found.format,
        is_keras2=version.startswith("2."),
        groups=groups,
    )


def _counted(
    layer: ModelLayer, groups: Mapping[tuple[str, ...], str], outline: Outline
) -> ModelLayer:
    """A layer with how many weights the file has of it, if it is not run."""
    if layer.blocked is None:
        return layer
    own = (*layer.path, layer.name)
    group = groups.get(own) or "/".join((WHOLE, *own))  # which an .h5 has by the layers' names
    return layer._replace(parameter_count=outline.count(group))


def _notes(parts: Parts, version: str) -> Iterator[Message]:
    """In what the model differs from what is saved, or from single precision."""
    if version.startswith("2."):
        yield Message("model_keras2", {"version": version})
    if parts.has_old_sigmoid:
        yield Message("model_keras2_hard_sigmoid")
    if others := sorted(parts.policies - {"float32", "string"}):
        yield Message("model_policies", {"names": listed(others)})
    if parts.is_stateful:
        yield Message("model_stateful")
    if parts.has_dropped:
        yield Message("model_dropped")


def _of_own_class(found: SavedFiles, model: Named, version: str) -> Declared:
    """A model of a class of somebody's own: the class, and the recurrent layers that its weights
    show."""
    name = str(model.config.get("name", model.kind))
    why = Message("model_own_class", {"kind": shown(model.kind)})
    outline = _outline(found)
    total = outline.count()
    whole = ModelLayer((), name, model.kind, (), why, total)
    inner = (
        ModelLayer((name,), each.name, each.kind.cell, (), each.said, _size(each))
        for each in outline.layers
        if each.kind
    )
    return Declared(
        name=name,
        kind=model.kind,
        version=version,
        layers=(whole, *inner),
        parameter_count=total,
        format=found.format,
        is_keras2=version.startswith("2."),
    )


def _size(saved: Saved) -> int:
    """How many weights a layer has."""
    return sum(map(math.prod, saved.shapes))


def _outline(found: SavedFiles) -> Outline:
    try:
        return outline_of(found.weights())
    except SettingsError:  # it says what `weight_files` allows
        raise refused(Message("no_hdf5")) from None
