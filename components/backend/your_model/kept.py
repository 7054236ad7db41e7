"""What is kept of the models that visitors have opened: in memory, once for all who have opened the
same one, and no more than there is room for."""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from components.backend.your_model.records import Kept, Opened

MOST = 512 * 2**20
"""The most bytes of all models; those that were used last are kept."""

MOST_A_VISITOR = 64 * 2**20
"""The most bytes of the models of one visitor. Who opens more loses the oldest, unless another
visitor has opened it too."""

MOST_VISITORS = 1000
"""How many visitors' models are known; those who opened one last are."""


@dataclass(frozen=True, eq=False)
class Model:
    """A model that is kept."""

    opened: Opened
    kept: Kept

    @cached_property
    def nbytes(self) -> int:
        """The memory that it takes, about. Of a model that is not run, or has a large vocabulary,
        most of that is what is known of it."""
        return self.kept.nbytes + _memory(tuple(vars(self.opened).values()))


def _memory(value: Any) -> int:
    """Bytes of a value and, of tuples, of all that is in them."""
    inside = sum(map(_memory, value)) if isinstance(value, tuple) else 0
    return sys.getsizeof(value) + inside


class Store:
    """The models by their keys. Threads may use it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._models: OrderedDict[str, Model] = OrderedDict()  # the one used last is last
        self._visitors: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()
        """The keys that each visitor has opened, the latest last."""

    def get(self, key: str) -> Model | None:
        """The model of that key, if it is kept."""
        with self._lock:
            if key in self._models:
                self._models.move_to_end(key)
            return self._models.get(key)

    def hold(self, model: Model, visitor: str) -> None:
        """Keep a model that a visitor has opened."""
        key = model.opened.key
        with self._lock:
            self._models[key] = model
            self._models.move_to_end(key)
            own = self._visitors.setdefault(visitor, OrderedDict())
            self._visitors.move_to_end(visitor)
            own[key] = None
            own.move_to_end(key)
            while self._size(own) > MOST_A_VISITOR:
                own.popitem(last=False)
            if len(self._visitors) > MOST_VISITORS:
                self._visitors.popitem(last=False)
            self._drop()

    def _drop(self) -> None:
        """Drop the models that nobody has opened any more, and the oldest if there is no room."""
        held = {key for own in self._visitors.values() for key in own}
        for key in self._models.keys() - held:
            del self._models[key]
        while self._size(self._models) > MOST:
            self._models.popitem(last=False)

    def _size(self, keys: Iterable[str]) -> int:
        return sum(self._models[key].nbytes for key in keys if key in self._models)
