"""How far the outputs of a model and of its layers move from one sentence to another, step by
step where both read the same words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from components.backend.explained.explain import LayerCall
from components.backend.explained.traces import CellTrace
from components.backend.question.weights import frozen
from components.backend.your_model.answer import Answer, Kind, Result
from components.backend.your_model.opened import Array, Opened
from components.backend.your_model.process.step_axes import UNKNOWN, Axis, CallAxes
from components.backend.your_model.typed.pieces import Pieces

_EVEN = 0.5  # where a probability turns


class Moved(NamedTuple):
    """What one output of the model is without a word."""

    word: int  # which one, from 1
    label: str
    change: float
    """From the sentence to the sentence without it: of a probability its change; of classes that of
    the class that won; of several numbers, or of several steps, that of the one that moved most."""
    values: Array  # what the output is without it: (…)
    flips: bool | None
    """Whether a probability goes to the other side of 0.5, or another class wins; None for
    numbers, and if the output has several steps or several probabilities."""


class Output(NamedTuple):
    """One output of the model, and how far each word moves it."""

    name: str
    kind: Kind
    values: Array  # (…) of the whole sentence
    moved: tuple[Moved, ...]  # the word that moves it furthest first
    compares: bool = True
    """Whether two such outputs can be held against each other: not if the graph does not say which
    steps its numbers belong to. Then nothing is `moved`."""

    @property
    def scale(self) -> float:
        """The change that counts as a whole one: 1 for probabilities, which go from 0 to 1; for
        numbers, which have no scale of their own, the largest change."""
        if self.kind != "numbers":
            return 1.0
        return max((abs(each.change) for each in self.moved), default=0.0) or 1.0


class LayerMove(NamedTuple):
    """How far a layer's output moves without the chosen word."""

    name: str
    path: tuple[str, ...]
    number: int  # as in `LayerCall`
    kind: str
    differences: Array | None
    """(step, …) or (…): its output without the word minus its output with it. The steps are those
    of the whole sentence. NaN at a step that the other sentence does not have. None if the two do
    not compare: ids, or outputs of different shapes."""
    hidden: tuple[Array, ...]
    """The same of h, (step, unit), of each cell of a recurrent layer that reads the sentence's
    steps."""
    aligned: bool  # whether the first axis are steps, put beside one another by their words
    largest: float  # of the differences' sizes
    relative: float  # to the largest size of the output with the word; 0 if that is 0


def beside(steps: int, others: int, count: int, at: int, *, pre: bool) -> tuple[int | None, ...]:
    """Of each of so many steps of a sentence of `count` words, the one of so many others that reads
    the same, once the word at that place is left out."""
    found: list[int | None] = [None] * steps
    first, other_first = (steps - count, others - count + 1) if pre else (0, 0)
    for word in range(min(count, steps)):
        if word != at:
            other = other_first + word - (word > at)
            found[first + word] = other if 0 <= other < others else None
    for pad in range(max(0, min(steps - count, others - count + 1))):
        found[pad if pre else steps - 1 - pad] = pad if pre else others - 1 - pad
    return tuple(found)


class Steps(NamedTuple):
    """How the steps of two sentences lie beside one another."""

    input: str  # the input that reads them
    beside: Sequence[int | None]
    """Of each step of the one, the step of the other that reads the same; empty if it is not known,
    as the model splits sentences itself."""

    def are(self, axis: Axis) -> bool:
        """Whether an axis has just these steps, and it is known how they lie."""
        return axis is not None and axis.input == self.input and bool(self.beside)


def apart(one: Array, other: Array, steps: Steps, axis: Axis) -> Array | None:
    """How far the other is from the one: step by step, if the first axis has these steps, NaN at a
    step that the other does not have; else entry by entry. None if they do not compare.

    Args:
        axis: what the first axis of both has.
    """
    if one.dtype.kind != "f" or one.ndim != other.ndim or axis == UNKNOWN:
        return None
    if axis is None or not steps.are(axis):
        return frozen(other - one) if one.shape == other.shape else None
    turn = slice(None, None, -1 if axis.backward else 1)
    one, other = one[turn], other[turn]
    found = np.full_like(one, np.nan)
    for step, its in enumerate(steps.beside):
        if its is not None and its < len(other):
            found[step] = other[its] - one[step]
    return frozen(found[turn])


def largest(differences: Array | None) -> float:
    """The size of the largest one; 0 if there is none."""
    if differences is None or np.isnan(differences).all():
        return 0.0
    return float(np.nanmax(np.abs(differences)))


def output_of(
    result: Result,
    found: Sequence[Array],
    pieces: Pieces,
    aligned: Sequence[Steps],
    axis: Axis,
    first: int,
) -> Output:
    """How far each word moves one output."""
    base, moved = result.values[0], list[Moved]()
    for at, (values, steps) in enumerate(zip(found, aligned, strict=True)):
        differences = apart(base, values, steps, axis)
        if differences is None:
            return Output(result.name, result.kind, base, (), compares=False)
        moved.append(_moved(result.kind, base, values, differences, first + at, pieces[at].label))
    moved.sort(key=lambda one: -abs(one.change))
    return Output(result.name, result.kind, base, tuple(moved))


def _moved(
    kind: Kind, base: Array, values: Array, differences: Array, word: int, label: str
) -> Moved:
    flips = None
    if kind == "classes" and base.ndim == 1:
        won = int(base.argmax())
        change, flips = float(values[won] - base[won]), int(values.argmax()) != won
    elif np.isnan(differences).all():
        change = 0.0
    else:
        at = int(np.nanargmax(np.abs(differences)))
        change = float(differences.flat[at])
        if kind == "probability" and base.size == 1:
            flips = bool((values.item() >= _EVEN) != (base.item() >= _EVEN))
    return Moved(word, label, change, values, flips)


def layer_moves(opened: Opened, base: Answer, other: Answer, steps: Steps) -> Iterator[LayerMove]:
    """How far the output of each layer moves from one answer to the other."""
    others = {(one.path, one.name, one.number): one for one in other.explained.layers}
    for one in base.explained.layers:
        two = others.get((one.path, one.name, one.number))
        if two is not None:
            yield _layer_move(one, two, steps, opened.axes_of(one))


def _layer_move(one: LayerCall, two: LayerCall, steps: Steps, axes: CallAxes) -> LayerMove:
    values, its = one.returned[0].values[0], two.returned[0].values[0]
    differences = apart(values, its, steps, axes.returns)
    read = axes.reads[0] if axes.reads else None
    pairs = zip(one.cells, two.cells, strict=True) if steps.are(read) else ()
    hidden = (apart(_hidden(cell), _hidden(its), steps, read) for cell, its in pairs)
    most = largest(differences)
    size = 0.0 if differences is None else float(np.abs(values).max(initial=0))
    return LayerMove(
        name=one.name,
        path=one.path,
        number=one.number,
        kind=one.kind,
        differences=differences,
        hidden=tuple(each for each in hidden if each is not None),
        aligned=differences is not None and steps.are(axes.returns),
        largest=most,
        relative=most / size if size else 0.0,
    )


def _hidden(cell: CellTrace) -> Array:
    """h, (step, unit), in the order of what the layer reads."""
    hidden = cell.trace.hidden[0]
    return hidden[::-1] if cell.layer.go_backwards else hidden
