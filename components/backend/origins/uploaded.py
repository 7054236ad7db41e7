"""Weights from a visitor's file. A link names them by a digest, and works as long as any page of
this server shows them."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from weakref import WeakValueDictionary

import numpy as np
from cachetools import LRUCache

from components.backend.question.layout import weight_layout
from components.backend.question.linked import Message, Problem, SettingsError
from components.backend.question.settings import Settings
from components.backend.question.weights import Origin, Weights, fitted

MOST_BYTES = 512 * 2**20
"""The most bytes of all weights that are open on the pages of a server."""

_NAME = 16  # letters of a name
_LATELY = 64 * 2**20
"""So many bytes of the last uploads are kept though no page shows them: while a page runs anew,
nothing of it holds its weights."""

_known: WeakValueDictionary[str, Weights] = WeakValueDictionary()
_lately: LRUCache[str, Weights] = LRUCache(_LATELY, getsizeof=lambda w: min(w.nbytes, _LATELY))
_lock = threading.Lock()


def register_upload(arrays: Mapping[str, np.ndarray], settings: Settings) -> Weights:
    """Make weights of uploaded arrays that fit the settings; `find` finds them by their name.

    Raises:
        SettingsError: as `run` does; or the server has too many already.
    """
    given = fitted(arrays, weight_layout(settings))
    assert given is not None  # as arrays are
    name = _digest(given)
    with _lock:
        weights = _known.get(name)
        if weights is None:
            if given.nbytes + sum(each.nbytes for each in _known.values()) > MOST_BYTES:
                got = Message("file_size", {"count": given.nbytes})
                raise SettingsError(Problem("weights", got, Message("no_room")))
            weights = _known[name] = Weights(Origin("uploaded", name), given)
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
