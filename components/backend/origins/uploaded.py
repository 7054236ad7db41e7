"""Weights from a visitor's file. A link names them by a digest, and works as long as any page of
this server shows them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from weakref import WeakValueDictionary

import numpy as np
from cachetools import LRUCache

from components.backend.question.settings import Settings
from components.backend.question.weights import Origin, Weights, given_weights

_NAME = 16  # letters of a name
_LATELY = 32  # the last uploads are kept in any case: their page may be between two runs

_known: WeakValueDictionary[str, Weights] = WeakValueDictionary()
_lately: LRUCache[str, Weights] = LRUCache(_LATELY)
_lock = threading.Lock()


def register_upload(arrays: Mapping[str, np.ndarray], settings: Settings) -> Weights:
    """Make weights of uploaded arrays that fit the settings; `find` finds them by their name.

    Raises:
        SettingsError: as `run` does.
    """
    given = given_weights(arrays, settings)
    assert given is not None  # as arrays are
    name = _digest(given)
    with _lock:
        weights = _known.setdefault(name, Weights(Origin("uploaded", name), given))
        _lately[name] = weights
        return weights


def name_of(weights: Weights | None) -> str:
    """The name of weights in a link: a digest of their numbers. "" for None."""
    return "" if weights is None else weights.origin.name


def find(name: str) -> Weights | None:
    """The weights of that name.

    Raises:
        ValueError: no page shows weights of that name.
    """
    if not name:
        return None
    with _lock:
        if (found := _known.get(name)) is None:
            raise ValueError(name)
        return found


def _digest(weights: Weights) -> str:
    digest = hashlib.sha256()
    for name, array in weights.items():
        digest.update(f"{name} {array.shape} ".encode() + array.tobytes())
    return digest.hexdigest()[:_NAME]
