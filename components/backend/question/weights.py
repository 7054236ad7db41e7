"""Weights that know their origin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from components.backend.question.layout import Layout, state_layout, weight_layout
from components.backend.question.linked import Message, Problem, SettingsError
from components.backend.question.settings import Settings
from components.texts import text

ORIGINS = ("seed", "case", "trained", "uploaded", "given", "edited")


class Origin(NamedTuple):
    """Where weights come from."""

    kind: str  # one of ORIGINS
    name: str = ""
    """Which of that kind: the seed; the case; a training's task and step, such as "quotes 300"; of
    edited weights their former kind and name, such as "trained quotes 300"."""

    @property
    def unedited(self) -> Origin:
        """The origin before any edits."""
        return Origin(*self.name.split(" ", 1)) if self.kind == "edited" else self

    @property
    def training(self) -> tuple[str, str]:
        """The task and the step of the training that they come from; both empty without one."""
        task, _, step = self.name.partition(" ")
        return (task, step) if self.kind == "trained" else ("", "")

    def edited(self) -> Origin:
        """The origin of these weights once some of them are edited."""
        return Origin("edited", " ".join(filter(None, self.unedited)))


def symbols_of(task: str) -> tuple[str, ...]:
    """The name of each id in a task, in the visitor's language; empty without a task."""
    return tuple(text(f"learn.tasks.{task}.symbols")) if task else ()


class Weights(Mapping[str, np.ndarray]):
    """Read-only arrays by Keras's names, with their origin."""

    def __init__(self, origin: Origin, arrays: Mapping[str, np.ndarray]) -> None:
        self.origin = origin
        self._arrays = MappingProxyType({name: frozen(array) for name, array in arrays.items()})

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Weights) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    @property
    def task(self) -> str:
        """The name of the task that they were trained on; empty if they were not."""
        return self.origin.unedited.training[0]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The name of each id, if they were trained on ids that have names."""
        return symbols_of(self.task)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name} {array.shape}" for name, array in self.items())
        return f"<Weights {shapes}; origin: {' '.join(filter(None, self.origin))}>"

    def __reduce__(self) -> tuple[type[Weights], tuple[Origin, dict[str, np.ndarray]]]:
        return type(self), (self.origin, dict(self._arrays))

    def fit(self, settings: Settings) -> bool:
        """Whether they are the weights that the settings call for, by name and shape."""
        wanted = {layout.name: layout.shape for layout in weight_layout(settings)}
        return wanted == {name: array.shape for name, array in self.items()}

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays."""
        return sum(array.nbytes for array in self.values())

    @property
    def exact(self) -> Weights:
        """The same numbers in double precision, in which all is computed that is computed with
        them."""
        return Weights(self.origin, {name: array.astype(float) for name, array in self.items()})

    def of_layer(self, prefix: str) -> Mapping[str, np.ndarray]:
        """The weights whose names begin with the prefix, without it: "forward/kernel" under
        "kernel" if the prefix is "forward/"."""
        if not prefix:
            return self
        return Weights(
            self.origin,
            {n.removeprefix(prefix): array for n, array in self.items() if n.startswith(prefix)},
        )

    @property
    def key(self) -> tuple[Origin, tuple[tuple[str, bytes], ...]]:
        """Equal for equal weights of one origin; part of the keys of the cache."""
        return self.origin, tuple((name, array.tobytes()) for name, array in self.items())


def size_of(value: Any) -> int:
    """Bytes of all arrays in a value: in a mapping, a tuple, or what is `Sized`; of all else 0."""
    if isinstance(value, Mapping):
        return sum(map(size_of, value.values()))
    return sum(map(size_of, value)) if isinstance(value, tuple) else getattr(value, "nbytes", 0)


@dataclass(frozen=True, eq=False)
class Sized:
    """Base of the dataclasses that hold arrays: they know how much memory they take."""

    @property
    def nbytes(self) -> int:
        """Bytes of all its arrays."""
        return sum(size_of(getattr(self, each.name)) for each in fields(self))


def frozen(array: np.ndarray) -> np.ndarray:
    """The array, read-only from now on."""
    array.flags.writeable = False
    return array


def given_weights(weights: Mapping[str, Any] | None, settings: Settings) -> Weights | None:
    """The weights as float32, in Keras's order, if they are what the settings call for. None, which
    stands for those of the seed, stays None.

    Raises:
        SettingsError: some are missing, unknown, of a wrong shape, or not finite.
    """
    return fitted(weights, weight_layout(settings))


def fitted(weights: Mapping[str, Any] | None, layouts: tuple[Layout, ...]) -> Weights | None:
    """As `given_weights`, but what the layouts call for, in their order."""
    if weights is None:
        return None
    if isinstance(weights, Mapping) and "weight_ih_l0" in weights:
        names = Message("keras_names", {"names": ", ".join(layout.name for layout in layouts)})
        raise SettingsError(Problem("weights", Message("torch_names"), names))
    arrays = checked("weights", weights, layouts)
    # Of seeded weights it is not known which settings they were drawn for.
    named = weights.origin if isinstance(weights, Weights) else Origin("given")
    return Weights(Origin("given") if named.kind == "seed" else named, arrays)


def given_states(initial: Mapping[str, Any], settings: Settings) -> Mapping[str, np.ndarray]:
    """The initial states as float32, in Keras's order, if they are what the cell carries.

    Raises:
        SettingsError: some are missing, unknown, of a wrong shape, or not finite.
    """
    return checked("initial", initial, state_layout(settings))


def checked(field: str, given: Any, layouts: tuple[Layout, ...]) -> dict[str, np.ndarray]:
    """Given arrays as float32, in the order of the layouts, if they are what the layouts call for.

    Args:
        field: what a problem calls them, such as "weights" in "weights.kernel".

    Raises:
        SettingsError: some are missing, unknown, of a wrong shape, or not finite.
    """
    shapes = {layout.name: layout.shape for layout in layouts}
    refuse_no_mapping(field, given, shapes)
    allowed = Message("extra_names", {"names": ", ".join(shapes)})
    problems = [
        Problem(f"{field}.{name}", Message("none"), Message("shape", {"shape": shapes[name]}))
        for name in shapes
        if name not in given
    ]
    problems += [
        Problem(f"{field}.{name}", Message("extra"), allowed)
        for name in given
        if name not in shapes
    ]
    arrays = {name: _array(given[name], shapes[name]) for name in shapes if name in given}
    problems += [
        Problem(f"{field}.{name}", got, Message("finite", {"shape": shapes[name]}))
        for name, got in arrays.items()
        if isinstance(got, Message)
    ]
    if problems:
        raise SettingsError(*problems)
    return {name: got for name, got in arrays.items() if not isinstance(got, Message)}


def refuse_no_mapping(field: str, given: Any, names: Iterable[str]) -> None:
    """Raise a SettingsError if it is no mapping with these names."""
    if not isinstance(given, Mapping):
        got = Message("kind", {"kind": type(given).__name__})
        raise SettingsError(Problem(field, got, Message("mapping", {"names": ", ".join(names)})))


def _array(value: Any, shape: tuple[int, ...]) -> np.ndarray | Message:
    """A copy as float32; if it is no finite numbers of that shape, what was got."""
    try:
        with np.errstate(over="ignore"):  # becomes infinite, which is refused
            array = np.array(value, dtype="float32")
    except (TypeError, ValueError, OverflowError, RuntimeError) as error:
        return Message("no_array", {"kind": type(value).__name__, "error": error})
    finite = bool(np.isfinite(array).all())
    if finite and array.shape == shape:
        return array
    return Message("got_shape" if finite else "got_shape_not_finite", {"shape": array.shape})
