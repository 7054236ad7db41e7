"""Edits of a layer's weights as a link carries them: gates that are held, another bias for the
forget gate, single numbers."""

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
"""The most single numbers that a link carries."""

LARGEST = 1000.0
"""The largest size of a number in edited or uploaded weights: far beyond what any layer learns, and
not so far that rounding would set Keras and the replay apart."""

OUT = 100.0
"""With a bias of this size a gate is 0 or 1, whatever its recurrent activation."""

FORGET_BIAS = (-5, 5)
"""The lowest and the highest bias that the forget gate can be set to."""

GATES = tuple(dict.fromkeys(g for cell in CELLS.values() for g in cell.gates if g != "candidate"))
"""The gates of all cells; a candidate is none."""

ALLOWED = Message("edits", {"most": MOST, "largest": int(LARGEST)})
"""The text that says which edits are allowed."""

_OWN = (weight.name for cell in CELLS.values() for weight in cell.more)
_WEIGHTS = ("embeddings", "kernel", "recurrent_kernel", "bias", *_OWN)
_ENDS = (0, 1)
_BIAS = "forget_bias"


class Entry(NamedTuple):
    """The place of one number in a weight."""

    weight: str  # by Keras's name
    block: str  # the gate's block of columns; "" in the Embedding's table, which has no blocks
    row: int
    column: int  # in the block

    def __str__(self) -> str:
        return ".".join(str(part) for part in self if part != "")

    def index_in(self, settings: Settings, dimensions: int) -> tuple[int, ...]:
        """Its index in the layer's weight, which has so many dimensions."""
        first = columns(self.block, settings, self.weight).start if self.block else 0
        return (self.row, first + self.column)[-dimensions:]

    def fits(self, settings: Settings) -> bool:
        """Whether the layer's weights have this place."""
        shapes = {layout.name: layout.shape for layout in weight_layout(settings)}
        if self.weight not in shapes:
            return False
        rows, width = (1, *shapes[self.weight])[-2:]
        if self.weight != "embeddings":
            width = settings.units if self.block in blocks_of(self.weight, settings) else 0
        return 0 <= self.row < rows and 0 <= self.column < width


class Edits(NamedTuple):
    """Edits of a layer's weights.

    Where two of them concern the same number, a held gate wins over a single number, and that over
    forget_bias. Gates and entries are sorted, so that equal edits compare equal.
    """

    held: tuple[tuple[str, int], ...] = ()  # gates that are held at 0 or at 1
    forget_bias: int | None = None  # the forget gate's bias, of every unit
    single: tuple[tuple[Entry, float], ...] = ()

    def hold(self, gate: str, end: int | None) -> Edits:
        """These edits, with a gate held at 0 or 1, or with end=None no longer held."""
        held = {g: at for g, at in (dict(self.held) | {gate: end}).items() if at is not None}
        return self._replace(held=tuple((g, held[g]) for g in GATES if g in held))

    def put(self, numbers: Mapping[Entry, float]) -> Edits:
        """These edits, with these single numbers put in."""
        return self._replace(single=tuple(sorted((dict(self.single) | dict(numbers)).items())))

    def without(self, entries: Iterable[Entry]) -> Edits:
        """These edits, without the single numbers at these entries."""
        gone = set(entries)
        return self._replace(single=tuple(each for each in self.single if each[0] not in gone))

    def fit(self, settings: Settings) -> bool:
        """Whether the layer's weights can be edited in all these ways."""
        gates = CELLS[settings.cell].gates
        biased = self.held or self.forget_bias is not None
        return (
            (settings.use_bias or not biased)
            and all(gate in gates for gate, _ in self.held)
            and (self.forget_bias is None or "forget" in gates)
            and all(entry.fits(settings) for entry, _ in self.single)
        )

    def of(self, base: Weights | None, settings: Settings) -> Weights:
        """The edited weights; the edits have to fit the settings.

        Args:
            base: the weights to edit; None for the seed's.

        Raises:
            EngineError: the seed's had to be drawn first, and that failed.
        """
        base = base or seeded(settings)
        arrays = {name: np.array(array) for name, array in base.items()}
        if self.forget_bias is not None:
            _set_bias(arrays["bias"], columns("forget", settings), self.forget_bias)
        for entry, value in self.single:
            array = arrays[entry.weight]
            array[entry.index_in(settings, array.ndim)] = value
        for gate, end in self.held:
            hold(arrays, gate, settings, end)
        return Weights(base.origin.edited(), arrays)


def blocks_of(weight: str, settings: Settings) -> tuple[str, ...]:
    """The blocks of columns that stand side by side in a weight of the layer."""
    return next(w.blocks for w in CELLS[settings.cell].weights(settings) if w.name == weight)


def columns(block: str, settings: Settings, weight: str = "kernel") -> slice:
    """The columns of a block in one of the layer's weights."""
    first = blocks_of(weight, settings).index(block) * settings.units
    return slice(first, first + settings.units)


def hold(
    arrays: Mapping[str, np.ndarray], gate: str, settings: Settings, at: float | np.ndarray
) -> None:
    """Hold a gate by its bias alone: its other weights become 0.

    Args:
        arrays: the layer's weights by Keras's names; written into.
        at: from 0 to 1, one value for all units, or one for each (unit,). A value between 0 and 1
            is exact for a sigmoid only, not for other recurrent activations.
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
    """Set a block of the bias. Of two rows, the first gets the value and the second zeros."""
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
        SettingsError: some edits are not possible; its nearest value has all the others.
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
    """A number for a weight, rounded to float32.

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
