"""Weights that a visitor has brought along: a link names them, and holds as long as anybody has
them on a page."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from weakref import WeakValueDictionary

import numpy as np
from cachetools import LRUCache

from components.backend.settings import Settings
from components.backend.weights import Origin, Weights, given_weights

_NAME = 16  # letters of a name
_LATELY = 32  # whose pages may be between two runs, or loading again

_known: WeakValueDictionary[str, Weights] = WeakValueDictionary()
_lately: LRUCache[str, Weights] = LRUCache(_LATELY)
_lock = threading.Lock()


def bring(arrays: Mapping[str, np.ndarray], settings: Settings) -> Weights:
    """Take weights that fit the settings, to be found again by their name.

    Raises:
        SettingsError: as `run` does.
    """
    weights = Weights(Origin("brought"), given_weights(arrays, settings))
    with _lock:
        return _lately.setdefault(name_of(weights), _known.setdefault(name_of(weights), weights))


def name_of(weights: Weights | None) -> str:
    """What a link calls them: the same numbers have the same name."""
    if weights is None:
        return ""
    digest = hashlib.sha256()
    for name, array in weights.items():
        digest.update(f"{name} {array.shape} ".encode() + array.tobytes())
    return digest.hexdigest()[:_NAME]


def find(name: str) -> Weights | None:
    """The weights of that name.

    Raises:
        ValueError: nobody has such weights on a page.
    """
    if not name:
        return None
    with _lock:
        if (found := _known.get(name)) is None:
            raise ValueError(name)
        return found
