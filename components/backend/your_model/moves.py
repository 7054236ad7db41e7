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
from components.backend.your_model.opened import Array
from components.backend.your_model.process.step_axes import UNKNOWN, Axis, CallAxes

_EVEN = 0.5  # where a probability turns


class AlignedSteps(NamedTuple):
    """How the steps of two sentences lie beside one another."""

    input: str  # the input that reads them
    beside: Sequence[int | None]
    """Of each step of the one, the step of the other that reads the same; empty if it is not known,
    as the model splits sentences itself."""

    def are(self, axis: Axis) -> bool:
        """Whether an axis has just these steps, and it is known how they lie."""
        return axis is not None and axis.input == self.input and bool(self.beside)


class TakenOut(NamedTuple):
    """A word that is taken out."""

    word: int  # which one of the sentence, from 1
    label: str
    steps: AlignedSteps  # of the sentence, beside those of the sentence without it


class WordMove(NamedTuple):
    """What one output of the model is without a word."""

    word: int
    label: str
    change: float
    """From the sentence to the sentence without it: of a probability its change; of classes that of
    the class that won; of several numbers, or of several steps, that of the one that moved most."""
    values: Array  # what the output is without it: (…)
    flips: bool | None
    """Whether a probability goes to the other side of 0.5, or another class wins; None for
    numbers, and if the output has several steps or several probabilities."""


class OutputMoves(NamedTuple):
    """One output of the model, and how far each word moves it."""

    name: str
    kind: Kind
    values: Array  # (…) of the whole sentence
    words: tuple[WordMove, ...]  # the one that moves it furthest first
    compares: bool = True
    """Whether two such outputs can be held against each other: not if the graph does not say which
    steps its numbers belong to. Then there are no `words`."""

    @property
    def scale(self) -> float:
        """The change that counts as a whole one: 1 for probabilities, which go from 0 to 1; for
        numbers, which have no scale of their own, the largest change."""
        if self.kind != "numbers":
            return 1.0
        return max((abs(each.change) for each in self.words), default=0.0) or 1.0


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


def differences(one: Array, other: Array, steps: AlignedSteps, axis: Axis) -> Array | None:
    """How far the other is from the one: step by step, if the first axis of both is `axis` and has
    these steps, NaN at a step that the other does not have; else entry by entry. None if they do
    not compare."""
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


def largest(found: Array | None) -> float:
    """The size of the largest difference; 0 if there is none."""
    if found is None or np.isnan(found).all():
        return 0.0
    return float(np.nanmax(np.abs(found)))


def output_moves(
    result: Result, axis: Axis, taken_out: Sequence[TakenOut], without: Sequence[Array]
) -> OutputMoves:
    """How far each word moves one output.

    Args:
        without: what the output is without each of them.
    """
    base, words = result.values[0], list[WordMove]()
    for each, values in zip(taken_out, without, strict=True):
        found = differences(base, values, each.steps, axis)
        if found is None:
            return OutputMoves(result.name, result.kind, base, (), compares=False)
        change, flips = _change(result.kind, base, values, found)
        words.append(WordMove(each.word, each.label, change, values, flips))
    words.sort(key=lambda one: -abs(one.change))
    return OutputMoves(result.name, result.kind, base, tuple(words))


def _change(kind: Kind, base: Array, values: Array, found: Array) -> tuple[float, bool | None]:
    """`WordMove.change` and `WordMove.flips`, from the differences that were found."""
    if kind == "classes" and base.ndim == 1:
        won = int(base.argmax())
        return float(values[won] - base[won]), int(values.argmax()) != won
    if np.isnan(found).all():
        return 0.0, None
    change = float(found.flat[int(np.nanargmax(np.abs(found)))])
    if kind == "probability" and base.size == 1:
        return change, bool((values.item() >= _EVEN) != (base.item() >= _EVEN))
    return change, None


def layer_moves(base: Answer, other: Answer, steps: AlignedSteps) -> Iterator[LayerMove]:
    """How far the output of each layer moves from one answer to the other."""
    others = {(one.path, one.name, one.number): one for one in other.explained.layers}
    for one in base.explained.layers:
        two = others.get((one.path, one.name, one.number))
        if two is not None:
            yield _layer_move(one, two, steps, base.opened.axes_of(one))


def _layer_move(one: LayerCall, two: LayerCall, steps: AlignedSteps, axes: CallAxes) -> LayerMove:
    values, its = one.returned[0].values[0], two.returned[0].values[0]
    found = differences(values, its, steps, axes.returns)
    read = axes.reads[0] if axes.reads else None
    pairs = zip(one.cells, two.cells, strict=True) if steps.are(read) else ()
    hidden = (differences(_hidden(cell), _hidden(its), steps, read) for cell, its in pairs)
    most = largest(found)
    size = 0.0 if found is None else float(np.abs(values).max(initial=0))
    return LayerMove(
        name=one.name,
        path=one.path,
        number=one.number,
        kind=one.kind,
        differences=found,
        hidden=tuple(each for each in hidden if each is not None),
        aligned=found is not None and steps.are(axes.returns),
        largest=most,
        relative=most / size if size else 0.0,
    )


def _hidden(cell: CellTrace) -> Array:
    """h, (step, unit), in the order of what the layer reads."""
    hidden = cell.trace.hidden[0]
    return hidden[::-1] if cell.layer.go_backwards else hidden
