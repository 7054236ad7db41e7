"""Which word decided? How far a model's answer moves when each word is taken out of its input."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from components.backend.question.weights import Sized
from components.backend.running.facts import Fact
from components.backend.your_model.answer import Answer, Kind
from components.backend.your_model.opened import Array, Opened
from components.backend.your_model.question import Question


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
    hidden: tuple[Array, ...]  # the same of h, (step, unit), of each cell of a recurrent layer
    aligned: bool  # whether the first axis are steps, put beside one another by their words
    largest: float  # of the differences' sizes
    relative: float  # to the largest size of the output with the word; 0 if that is 0


@dataclass(frozen=True, eq=False)
class Decided(Sized):
    """How far the model's answer moves when words are taken out of one sentence. The sentence is
    run alone, without those beside it, so it may be padded less than beside them."""

    question: Question
    base: Answer  # the sentence alone
    words: tuple[str, ...]  # those that were taken out, in the order of the sentence
    left_off: int  # how many more the sentence has
    outputs: tuple[Output, ...]
    other_side: float | None
    """How far the answer moves with the padding on the other side; None without padding, or if the
    model pads itself."""
    layers: tuple[LayerMove, ...]  # without the chosen word; empty if none is chosen
    aligned: tuple[int | None, ...]
    """Of each step of the whole sentence, the step of the sentence without the chosen word that
    reads the same word; None of the word itself."""


def decided(opened: Opened, question: Question) -> Decided:
    """Run the sentence that is looked at, and the same once without each of its words.

    Raises:
        SettingsError: what is typed does not fit the model.
        GoneError, EngineError, MismatchError: as `answer` does.
    """
    raise NotImplementedError


def facts(given: Decided) -> tuple[Fact, ...]:
    """What can be said of it, on its numbers."""
    raise NotImplementedError
