"""Edits of a layer's weights, told one by one, so that a link can carry them: a gate that is held,
another bias for the forget gate, single numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np

from components.backend.cells import CELLS
from components.backend.question.layout import weight_layout
from components.backend.question.linked import Message, Problem, SettingsError, number, shown, whole
from components.backend.question.settings import Settings
from components.backend.question.weights import Weights
from components.backend.running.results import seeded

MOST = 60
"""Single numbers that a link carries."""

LARGEST = 1000.0
"""The size that a number of edited weights, or of brought ones, may have: far beyond what any layer
learns, and not so far that Keras and the replay would round apart."""

OUT = 100.0
"""The size of a bias so far out that a gate is 0 or 1, whatever recurrent activation it has."""

FORGET_BIAS = (-5, 5)
"""From where to where the forget gate's bias can be set."""

GATES = tuple(dict.fromkeys(g for cell in CELLS.values() for g in cell.gates if g != "candidate"))
"""The gates of all cells; a candidate is none."""

ALLOWED = Message("edits", {"most": MOST, "largest": int(LARGEST)})
"""What the texts say that edits can be."""

_OWN = (weight.name for cell in CELLS.values() for weight in cell.more)
_WEIGHTS = ("embeddings", "kernel", "recurrent_kernel", "bias", *_OWN)
_ENDS = (0, 1)
_BIAS = "forget_bias"


class Entry(NamedTuple):
    """One number of a weight, by its name in Keras, the block of columns that belongs to a gate
    (nothing for the Embedding's table, which has none), its row, and its column in that block."""

    weight: str
    block: str
    row: int
    column: int

    def __str__(self) -> str:
        return ".".join(str(part) for part in self if part != "")

    def index(self, settings: Settings, dimensions: int) -> tuple[int, ...]:
        """Where it stands in the weight of such a layer, which has so many dimensions."""
        first = columns(self.block, settings, self.weight).start if self.block else 0
        return (self.row, first + self.column)[-dimensions:]

    def fits(self, settings: Settings) -> bool:
        """Whether such a layer has it."""
        shapes = {layout.name: layout.shape for layout in weight_layout(settings)}
        if self.weight not in shapes:
            return False
        rows, width = (1, *shapes[self.weight])[-2:]
        if self.weight != "embeddings":
            width = settings.units if self.block in blocks_of(self.weight, settings) else 0
        return 0 <= self.row < rows and 0 <= self.column < width


class Edits(NamedTuple):
    """What is otherwise about a layer's weights.

    held: gates that are held at 0 or at 1. forget_bias: of every unit. single: numbers by their
    entries. Where these meet, a gate that is held is held, and a single number goes before
    forget_bias. Each is in an order of its own, so that the same edits are equal.
    """

    held: tuple[tuple[str, int], ...] = ()
    forget_bias: int | None = None
    single: tuple[tuple[Entry, float], ...] = ()

    def hold(self, gate: str, end: int | None) -> Edits:
        """With a gate held at 0 or 1, or at None let go."""
        held = dict(self.held) | {gate: end}
        return self._replace(held=tuple((g, held[g]) for g in GATES if held.get(g) is not None))

    def put(self, numbers: Mapping[Entry, float]) -> Edits:
        """With other single numbers."""
        return self._replace(single=tuple(sorted((dict(self.single) | dict(numbers)).items())))

    def without(self, entries: Iterable[Entry]) -> Edits:
        """With single numbers as they were."""
        gone = set(entries)
        return self._replace(single=tuple(each for each in self.single if each[0] not in gone))

    def fit(self, settings: Settings) -> bool:
        """Whether all of them can be made of such a layer's weights."""
        gates = CELLS[settings.cell].gates
        biased = self.held or self.forget_bias is not None
        return (
            (settings.use_bias or not biased)
            and all(gate in gates for gate, _ in self.held)
            and (self.forget_bias is None or "forget" in gates)
            and all(entry.fits(settings) for entry, _ in self.single)
        )

    def of(self, base: Weights | None, settings: Settings) -> Weights:
        """The weights that a base, or where it is None the seed's, become by them, if they fit.

        Raises:
            EngineError: the seed's had to be drawn first, and that failed.
        """
        base = base or seeded(settings)
        arrays = {name: np.array(array) for name, array in base.items()}
        if self.forget_bias is not None:
            _set_bias(arrays["bias"], columns("forget", settings), self.forget_bias)
        for entry, value in self.single:
            array = arrays[entry.weight]
            array[entry.index(settings, array.ndim)] = value
        for gate, end in self.held:
            hold(arrays, gate, settings, end)
        return Weights(base.origin.edited(), arrays)


def blocks_of(weight: str, settings: Settings) -> tuple[str, ...]:
    """The blocks of columns that stand side by side in a weight of the layer."""
    return next(w.blocks for w in CELLS[settings.cell].weights(settings) if w.name == weight)


def columns(block: str, settings: Settings, weight: str = "kernel") -> slice:
    """Where in one of the layer's weights the block of that name stands."""
    first = blocks_of(weight, settings).index(block) * settings.units
    return slice(first, first + settings.units)


def hold(
    arrays: Mapping[str, np.ndarray], gate: str, settings: Settings, at: float | np.ndarray
) -> None:
    """Hold a gate by its bias alone: its other weights become 0.

    Args:
        arrays: the layer's weights by Keras's names; written into.
        at: from 0 to 1, one value for all units, or one for each (unit,). In between it is what a
            sigmoid makes of the bias, and no other recurrent activation.
    """
    for weight in CELLS[settings.cell].weights(settings):
        if gate in weight.blocks:
            arrays[weight.name][..., columns(gate, settings, weight.name)] = 0
    with np.errstate(divide="ignore"):
        bias = np.log(at) - np.log1p(-np.asarray(at, float))
    _set_bias(arrays["bias"], columns(gate, settings), np.clip(bias, -OUT, OUT))


def forget_bias_of(base: Weights | None, settings: Settings) -> int:
    """The forget gate's bias in these weights, or in the seed's where they are None: the whole
    number in FORGET_BIAS that is nearest to its mean over the units.

    Raises:
        EngineError: the seed's had to be drawn first, and that failed.
    """
    bias = (base or seeded(settings))["bias"][..., columns("forget", settings)]
    return int(np.clip(np.rint(np.atleast_2d(bias).sum(axis=0).mean()), *FORGET_BIAS))


def _set_bias(bias: np.ndarray, block: slice, value: float | np.ndarray) -> None:
    """In a bias of two rows, one for the inputs and one for h, the first has it all."""
    bias[..., block] = 0
    np.atleast_2d(bias)[0, block] = value


def edits_text(edits: Edits) -> str:
    """Edits as a link writes them, such as "forget=1,forget_bias=5,kernel.input.0.3=0.25"."""
    bias = [] if edits.forget_bias is None else [(_BIAS, edits.forget_bias)]
    single = ((entry, str(np.float32(value)).removesuffix(".0")) for entry, value in edits.single)
    return ",".join(f"{what}={value}" for what, value in (*edits.held, *bias, *single))


def read_edits(said: str) -> Edits:
    """Edits out of a link.

    Raises:
        SettingsError: with those that there cannot be; the nearest value has all others.
        ValueError: if they are too many.
    """
    held, bias, single, wrong = dict[str, int](), None, dict[Entry, float](), list[str]()
    for item in filter(None, map(str.strip, said.split(","))):
        what, _, value = item.partition("=")
        try:
            if what in GATES:
                held[what] = _one_of(value, _ENDS)
            elif what == _BIAS:
                bias = _one_of(value, range(FORGET_BIAS[0], FORGET_BIAS[1] + 1))
            else:
                single[_entry(what)] = checked_weight(number(value))
        except ValueError:
            wrong.append(item)
    if len(single) > MOST:
        raise ValueError(len(single))
    found = Edits(forget_bias=bias).put(single)
    for gate, end in held.items():
        found = found.hold(gate, end)
    if wrong:
        got = Message("value", {"shown": shown(",".join(wrong))})
        raise SettingsError(Problem("edits", got, ALLOWED, nearest=found))
    return found


def checked_weight(value: float) -> float:
    """A number that a weight can be edited to, as float32 has it.

    Raises:
        ValueError: if it is not finite, or too large.
    """
    if not (math.isfinite(value) and abs(value) <= LARGEST):
        raise ValueError(value)
    return float(np.float32(value))


def _one_of(said: str, allowed: Iterable[int]) -> int:
    if (found := whole(said)) not in allowed:
        raise ValueError(said)
    return found


def _entry(said: str) -> Entry:
    weight, *block, row, column = said.split(".")
    if weight not in _WEIGHTS:
        raise ValueError(said)
    (name,) = block or [""]
    if (name == "") != (weight == "embeddings"):
        raise ValueError(said)
    return Entry(weight, name, whole(row), whole(column))
