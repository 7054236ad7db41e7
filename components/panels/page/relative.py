"""A question that is another one but for some fields, which alone stand in the address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from components.backend.linked import Linked, Problem, Query
from components.panels.page.asked import LAST, Asked

Q = TypeVar("Q", bound=Linked)


class Relative(Asked[Q]):
    """What one question is but for the fields that are named here: only these have widgets.

    Args:
        base: the other question, which is opened with this one.
        prefix: stands before each field's name in the address.
        otherwise: how it differs where an address names no difference.
    """

    def __init__(
        self,
        base: Asked[Q],
        *,
        prefix: str,
        otherwise: Callable[[Q], Mapping[str, Any]] = lambda _: {},
    ) -> None:
        super().__init__(base.model, words=base.words, prefix=prefix)
        self.base, self.otherwise = base, otherwise

    @property
    def depth(self) -> int:
        return self.base.depth + 1

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that are its own, in the model's order, whether or not they differ."""
        own = self.kept.own
        return tuple(name for name in self.model.model_fields if name in own)

    @property
    def differences(self) -> dict[str, Any]:
        """The fields that differ and have an effect, and their values."""
        good, base = self.value, self.base.value
        return {
            name: getattr(good, name)
            for name in self.names
            if good.applies(name) and getattr(good, name) != getattr(base, name)
        }

    def own(self, names: Iterable[str]) -> None:
        """Let it have these fields of its own, and no others; their values stay as they are."""
        self.kept.own = frozenset(names)
        self.put(**{name: getattr(self.kept.good, name) for name in self.names})

    def differ(self, **values: Any) -> None:
        """Let it have these fields of its own, with these values, and no others."""
        self.kept.own = frozenset(values)
        self.kept.good, _ = self.model.mend(dict(self.base.value) | values, self.base.value)
        self.put(**values)

    def ordinary(self, name: str) -> Any:
        """What a field is where the address does not name it: what it is in the other question."""
        return getattr(self.base.value, name)

    def _set_widgets(self, values: Mapping[str, Any]) -> None:
        super()._set_widgets({n: value for n, value in values.items() if n in self.names})

    def _in_address(self) -> dict[str, str | None]:
        own = set(map(self.key, self.names))
        found = super()._in_address()
        return {n: value if n.removeprefix(LAST) in own else None for n, value in found.items()}

    def _moment(self) -> object:
        return super()._moment(), self.base.value

    def _said(self) -> dict[str, Any]:
        base, said = self.base.value, {}
        for name in self.names:
            held = self.model.mend(dict(base) | said, base)[0]
            if held.applies(name):
                said[name] = self._state(name, getattr(self.kept.good, name))
        return said

    def _whole(self, said: dict[str, Any]) -> dict[str, Any]:
        return dict(self.base.value) | said

    def _query(self, good: Q) -> dict[str, str]:
        wanted = good.to_query(prefix=self.prefix, base=self.base.value)
        return {self.key(n): wanted[self.key(n)] for n in self.names if self.key(n) in wanted}

    def _read(self, query: Query) -> tuple[Q, tuple[Problem, ...]]:
        base = self.base.value
        good, problems = self.model.from_query(query, prefix=self.prefix, base=base)
        if good == base:
            good = base.but(**self.otherwise(base))
        self.kept.own = frozenset(n for n, value in good if value != getattr(base, n))
        return good, problems
