"""Models that visitors have opened: what is known of one, and what it computes for an input."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Mapping
from dataclasses import replace

import numpy as np

from components.backend.explained.explain import Explained
from components.backend.question.linked import Message
from components.backend.running import answers
from components.backend.running.replay import Returned
from components.backend.your_model.process import children
from components.backend.your_model.process.children import warm_up
from components.backend.your_model.process.records import ModelInput, Opened, Snapshot, StoredModel
from components.backend.your_model.saved import config
from components.backend.your_model.saved.declared import Declared
from components.backend.your_model.saved.saved_files import refused
from components.backend.your_model.store import Store
from components.texts import language

__all__ = ["GoneError", "ModelInput", "Opened", "explained", "open_model", "opened"]
__all__ += ["returned", "warm_up"]

Array = np.ndarray

_KEY = 16  # letters of a model's key
_MOST, _MOST_A_VISITOR = 512 * 2**20, 64 * 2**20  # bytes of the models that are kept


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
    declared, key = config.read(files), _key(files)
    with answers.awaited(), children.alone(key) as place:
        model = _store.get(key)
        if model is None and declared.config:
            model = _of_process(place.open(files, declared, key), declared, key)
        elif model is None:  # there is nothing to run
            model = StoredModel(Opened(**declared.described, key=key), Snapshot({}, ""))
        _refuse_large(model)
        _store.hold(key, model, visitor)
        return model.opened


def opened(key: str) -> Opened:
    """The model of that key.

    Raises:
        GoneError: it is not kept any longer.
    """
    return _model(key).opened


def explained(
    key: str,
    inputs: Mapping[str, Array],
    *,
    masked: bool = True,
    calls: int = 1,
    layers: bool = True,
) -> tuple[Explained, ...]:
    """What each layer of the model returns for an input, and each recurrent layer computes: one for
    each call; nothing if no part of the model is run. A stateful model begins the first call from
    zeros, and goes on in those that follow.

    Args:
        inputs: an array, (sentence, …), for each of the model's inputs, by its name.
        masked: False to have no mask reach a layer, neither one that Keras makes nor one that the
            model hands to it itself; an `attention_mask` stays.
        calls: how many times it is called on the same input, one after another.
        layers: False for what the model returns alone, which takes less time.

    Raises:
        EngineError: Keras raised, or took too much time or memory.
        MismatchError: a replay and Keras disagree.
    """
    model = _model(key)
    given = {name: _texts_as_data(np.asarray(values)) for name, values in inputs.items()}
    if not model.snapshot.files:
        return ()
    asked = (key, _digest(given), masked, calls, language(), layers)

    def alone() -> tuple[Explained, ...]:
        with children.alone(key) as place:
            # Before the next thread gets in, so that it finds the answer.
            return answers.cached(
                asked,
                lambda: place.explained(model.snapshot, given, masked, calls, language(), layers),
            )

    with answers.awaited():
        return answers.cached(asked, alone)


def returned(
    key: str, inputs: Mapping[str, Array], *, masked: bool = True, calls: int = 1
) -> tuple[Returned, ...]:
    """What the model returns in the last call, without what its layers do. The rest is as in
    `explained`."""
    return explained(key, inputs, masked=masked, calls=calls, layers=False)[-1].returned


def _model(key: str) -> StoredModel:
    if (model := _store.get(key)) is None:
        raise GoneError(key)
    return model


def _texts_as_data(array: Array) -> Array:
    """The array; texts, which Keras has as objects, as NumPy's own."""
    return array.astype("U") if array.dtype.kind == "O" else array


def _of_process(answer: tuple[Opened, Snapshot], declared: Declared, key: str) -> StoredModel:
    """The model that its process has answered with. Under which key it is kept, and what Keras is
    to load again, are not the process's to say."""
    known, saved = answer
    config = json.dumps(declared.config)
    return StoredModel(replace(known, key=key), saved._replace(config=config))


def _refuse_large(model: StoredModel) -> None:
    if model.nbytes > _store.most_a_visitor:
        got = Message("model_size", {"size": model.nbytes / 2**20})
        allowed = Message("model_most", {"size": _store.most_a_visitor / 2**20})
        raise refused(got, allowed)


def _key(files: Mapping[str, bytes]) -> str:
    """A digest of the files, whatever the names before their endings are."""
    digest = hashlib.sha256()
    for name in sorted(files, key=lambda name: name.rpartition(".")[2]):
        digest.update(hashlib.sha256(files[name]).digest())
    return digest.hexdigest()[:_KEY]


def _digest(arrays: Mapping[str, Array]) -> Hashable:
    return tuple(
        (n, a.dtype.str, a.shape, hashlib.sha256(a.tobytes()).digest()) for n, a in arrays.items()
    )


_store = Store[StoredModel](_MOST, _MOST_A_VISITOR)
