"""A question that differs from another one in some fields; only these are in the address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from components.backend.question.linked import Linked, Problem, Query
from components.panels.ask.field_set import FieldSet

Q = TypeVar("Q", bound=Linked)


class Relative(FieldSet[Q]):
    """A question with some fields of its own, which have widgets, and all others from its base.

    Args:
        base: the other question, which has to be opened with this one.
        prefix: stands before each field's name in the address.
        otherwise: the differences to the base if an address names none.
    """

    def __init__(
        self,
        base: FieldSet[Q],
        *,
        prefix: str,
        otherwise: Callable[[Q], Mapping[str, Any]] = lambda _: {},
    ) -> None:
        super().__init__(base.model, prefix=prefix)
        self.base: FieldSet[Q] = base  # pyrefly: ignore[bad-override-mutable-attribute]
        self.otherwise = otherwise

    @property
    def names(self) -> tuple[str, ...]:
        """Its own fields, in the model's order, whether or not they differ from the base."""
        own = self.state.own
        return tuple(name for name in self.model.model_fields if name in own)

    @property
    def active(self) -> tuple[str, ...]:
        """Its own fields that have an effect."""
        return tuple(name for name in super().active if name in self.names)

    @property
    def differences(self) -> dict[str, Any]:
        """The own fields that have an effect and differ from the base, with their values."""
        good, base = self.value, self.base.value
        return {
            name: getattr(good, name)
            for name in self.active
            if getattr(good, name) != getattr(base, name)
        }

    def own(self, names: Iterable[str]) -> None:
        """Make these its own fields, and no others, with the values they have."""
        good = self.read()
        self.state.own = frozenset(names)
        self.put(**{name: getattr(good, name) for name in self.names})

    def differ(self, **values: Any) -> None:
        """Make these its own fields, and no others, with these values."""
        self.state.own = frozenset(values)
        base = self.base.read()
        good, _ = self.model.mend(dict(base) | values, base)
        self._set({name: getattr(good, name) for name in self.names}, good)

    def ordinary(self, name: str) -> Any:
        """A field's value where the address does not name it: the base's."""
        return getattr(self.base.value, name)

    def to_query(self) -> Mapping[str, str]:
        wanted = self.value.to_query(prefix=self.prefix, base=self.base.value)
        return {self.key(n): wanted[self.key(n)] for n in self.names if self.key(n) in wanted}

    def _from(self, query: Query) -> tuple[Q, tuple[Problem, ...]]:
        base = self.base.value
        good, problems = self.model.from_query(query, prefix=self.prefix, base=base)
        if good == base:
            good = base.but(**self.otherwise(base))
        self.state.own = frozenset(n for n, value in good if value != getattr(base, n))
        return good, tuple(p._replace(field=p.field.removeprefix(self.prefix)) for p in problems)

    def _on_return(self) -> Q:
        return self.model.mend(self._whole({}), self.base.value)[0]

    def _set(self, values: Mapping[str, Any], good: Q) -> None:
        super()._set({n: value for n, value in values.items() if n in self.names}, good)

    def _widget_values(self) -> dict[str, Any]:
        """The widgets' values and, under "", the base, as the question follows from both."""
        own = {n: value for n, value in super()._widget_values().items() if n in self.names}
        return own | {"": self.base.value}

    def _parsed(self, widget_values: Mapping[str, Any]) -> tuple[Q, tuple[Problem, ...]]:
        return super()._parsed({name: value for name, value in widget_values.items() if name})

    def _whole(self, values: Mapping[str, Any]) -> dict[str, Any]:
        good = self.state.good
        own = {name: getattr(good, name) for name in self.names}
        return dict(self.base.value) | own | dict(values)
