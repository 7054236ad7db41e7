"""What is kept of what visitors bring, such as models: in memory, once for all who have brought the
same, and no more than there is room for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

MOST_VISITORS = 1000
"""How many visitors are known to have brought something; those who did so last are."""


class HasSize(Protocol):
    """What can be kept."""

    @property
    def nbytes(self) -> int:
        """The memory that it takes, about."""
        ...


Value = TypeVar("Value", bound=HasSize)


class Store(Generic[Value]):
    """What is kept, by its keys. Threads may use it at the same time."""

    def __init__(self, most: int, most_a_visitor: int) -> None:
        """
        Args:
            most: bytes of all together; what was used last is kept.
            most_a_visitor: bytes of what one visitor has brought. Who brings more loses the oldest,
                unless another visitor has brought it too, and never the latest.
        """
        self.most, self.most_a_visitor = most, most_a_visitor
        self._lock = threading.Lock()
        self._values: OrderedDict[str, Value] = OrderedDict()  # the one used last is last
        self._visitors: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()
        """The keys of what each visitor has brought, the latest last."""

    def get(self, key: str) -> Value | None:
        """What is kept under that key, if anything is."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
            return self._values.get(key)

    def hold(self, key: str, value: Value, visitor: str) -> None:
        """Keep what a visitor has brought."""
        with self._lock:
            self._values[key] = value
            self._values.move_to_end(key)
            own = self._visitors.setdefault(visitor, OrderedDict())
            self._visitors.move_to_end(visitor)
            own[key] = None
            own.move_to_end(key)
            while len(own) > 1 and self._size(own) > self.most_a_visitor:
                own.popitem(last=False)
            if len(self._visitors) > MOST_VISITORS:
                self._visitors.popitem(last=False)
            self._drop()

    def _drop(self) -> None:
        """Drop what no visitor has brought any more, and the oldest if there is no room."""
        held = {key for own in self._visitors.values() for key in own}
        for key in self._values.keys() - held:
            del self._values[key]
        while self._size(self._values) > self.most:
            self._values.popitem(last=False)

    def _size(self, keys: Iterable[str]) -> int:
        return sum(self._values[key].nbytes for key in keys if key in self._values)
