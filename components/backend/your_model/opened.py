"""Models that visitors have opened: what is known of one, and what it computes for an input."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from components.backend.explained.explain import Explained, explain
from components.backend.question.linked import Message
from components.backend.question.weights import Sized
from components.backend.running import engine
from components.backend.running.replay import Returned

Array = np.ndarray


class ModelInput(NamedTuple):
    """One of a model's inputs."""

    name: str
    kind: Literal["words", "ids", "numbers"]
    """What is typed for it. "words": the model turns strings into ids itself. "ids": whole numbers,
    which an Embedding reads. "numbers": anything else."""
    shape: tuple[int | None, ...]  # without the batch's axis; None: any length
    ids: int | None = None  # of "ids": how many the Embedding has
    vocabulary: tuple[str, ...] = ()
    """Of "words": the words of the model's own TextVectorization or StringLookup, by id."""


class Row(NamedTuple):
    """A layer of the model, as its configuration has it."""

    path: tuple[str, ...]  # the names of the models around it, from the outermost; without its own
    name: str
    kind: str  # its class, such as "LSTM"
    reads: tuple[int, ...]  # the indices of the rows whose outputs it reads
    parameter_count: int
    blocked: Message | None = None  # why it is not run; None if it is
    activation: str = ""
    """The name of its activation, such as "softmax", also of a layer that a wrapper calls; "" if it
    has none, or one that is not Keras's."""


@dataclass(frozen=True, eq=False)
class Opened(Sized):
    """A model that has been opened."""

    key: str  # a digest of its file, which names it in links
    name: str
    kind: str  # its class, such as "Functional"
    version: str  # of the Keras that wrote it; "" if the file lacks it
    rows: tuple[Row, ...]  # from the input to the outputs; an Input has none
    inputs: tuple[ModelInput, ...]
    parameter_count: int
    batch: int | None  # how many sentences it takes at once; None for any number
    is_stateful: bool
    notes: tuple[Message, ...]  # in what it differs from what is saved, or from single precision


class GoneError(Exception):
    """No page of this server has the model any longer."""


def open_model(files: Mapping[str, bytes], visitor: str) -> Opened:
    """Open the model in a visitor's files, in a process of its own.

    Args:
        files: by their names: a .keras or an .h5; or a .weights.h5 and the .json of its model.
        visitor: whose memory it takes, such as a session's identifier.

    Raises:
        SettingsError: it cannot be opened, or is too large.
        EngineError: Keras raised, or took too much time or memory.
    """
    (data,) = files.values()
    key = hashlib.sha256(data).hexdigest()[:16]
    with engine.use_keras_as_set() as (keras, _), tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        path.write_bytes(data)
        model = keras.models.load_model(path, compile=False, safe_mode=True)
        inputs = tuple(_input(keras, model, each) for each in model.inputs)
    rows = tuple(
        Row(
            (),
            layer.name,
            type(layer).__name__,
            (number - 1,) if number else (),
            layer.count_params(),
            activation=_activation(layer),
        )
        for number, layer in enumerate(model.layers)
        if type(layer).__name__ != "InputLayer"
    )
    count, kind = model.count_params(), type(model).__name__
    batch = model.inputs[0].shape[0]
    stateful = any(getattr(layer, "stateful", False) for layer in model.layers)
    found = Opened(key, model.name, kind, "", rows, inputs, count, batch, stateful, ())
    _kept[key] = found, model
    return found


def opened(key: str) -> Opened:
    """The model of that key.

    Raises:
        GoneError: it is not kept any longer.
    """
    if key not in _kept:
        raise GoneError(key)
    return _kept[key][0]


def explained(
    key: str, inputs: Mapping[str, Array], *, masked: bool = True, calls: int = 1
) -> tuple[Explained, ...]:
    """What each layer of the model returns for an input, and each recurrent layer computes: one for
    each call. A stateful model begins the first call from zeros, and goes on in those that follow.

    Args:
        inputs: an array, (sentence, …), for each of the model's inputs, by its name.
        masked: False to have its Embeddings and Masking layers make no mask.
        calls: how many times it is called on the same input, one after another.

    Raises:
        GoneError: as `opened` does.
        EngineError: Keras raised, or took too much time or memory.
        MismatchError: a replay and Keras disagree.
    """
    opened(key)
    _, model = _kept[key]
    return tuple(explain(model, list(inputs.values())) for _ in range(calls))


def returned(
    key: str, inputs: Mapping[str, Array], *, masked: bool = True, calls: int = 1
) -> tuple[Returned, ...]:
    """What the model alone returns in the last call, without its layers.

    Args:
        inputs, masked, calls: as for `explained`.

    Raises:
        GoneError, EngineError, MismatchError: as `explained` does.
    """
    return explained(key, inputs, masked=masked, calls=calls)[-1].returned


def _input(keras: Any, model: Any, given: Any) -> ModelInput:
    layers = [each for each in model.layers if getattr(each, "input", None) is given]
    vocabulary = next(
        (tuple(each.get_vocabulary()) for each in layers if hasattr(each, "get_vocabulary")), ()
    )
    ids = [each.input_dim for each in layers if isinstance(each, keras.layers.Embedding)]
    shape = tuple(given.shape[1:])
    if given.dtype == "string":
        return ModelInput(given.name, "words", shape, None, tuple(map(str, vocabulary)))
    return ModelInput(given.name, "ids" if ids else "numbers", shape, min(ids, default=None))


def _activation(layer: Any) -> str:
    if type(layer).__name__ == "Softmax":
        return "softmax"
    function = getattr(layer, "activation", None) or getattr(
        getattr(layer, "layer", None), "activation", None
    )
    return getattr(function, "__name__", "")


_kept: dict[str, tuple] = {}
