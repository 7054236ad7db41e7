"""Which word decided? How far a model's answer moves when each word is taken out of its input."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from components.backend.explained.explain import LayerCall
from components.backend.explained.traces import CellTrace
from components.backend.question.linked import (
    Message,
    Problem,
    SettingsError,
    number,
    shown,
    whole,
)
from components.backend.question.numbers import LARGEST
from components.backend.question.weights import Sized, frozen
from components.backend.running.facts import EQUAL, Fact, stated
from components.backend.your_model import opened as models
from components.backend.your_model import words
from components.backend.your_model.answer import Answer, Kind, Result, answer_of
from components.backend.your_model.feed import (
    Fed,
    Piece,
    Pieces,
    Typed,
    laid,
    pads_itself,
    piece_of,
    steps_of,
    typed,
)
from components.backend.your_model.opened import Array, Opened
from components.backend.your_model.question import MOST_WORDS, Question

_EVEN = 0.5  # where a probability turns
_AT_ONCE = 8 * 2**20  # bytes that all layers return in one call, if the model takes any number
_NO_WORD = "\ue000"
"""Stands for a word that no vocabulary has: a character for private use, which nothing strips."""

_HOW = {
    "out": Message("away_out"),
    "unknown": Message("away_unknown"),
    "padding": Message("away_padding"),
}
"""What is done to a word, in words."""

_PIECES = {
    "words": Message("piece_word"),
    "ids": Message("piece_id"),
    "numbers": Message("piece_step"),
}
"""What stands at a step, in words, by what is typed."""

_LONGEST = 30  # characters of a word in a fact


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
    base: Answer  # the sentence alone, of the words that the model reads
    first: int  # the first word that it reads, from 1; those before it are cut
    left_off: int  # how many words of `base` are not taken out, as they are too many
    outputs: tuple[Output, ...]
    """A sentence of one word that would be left out has no `moved`: nothing would be left."""
    other_side: float | None
    """How far the answer moves with the padding on the other side; None without padding, or if the
    model pads itself."""
    padded_more: bool
    """Whether a sentence without a word has one more step of padding, as the number of steps is
    fixed; False if the model pads itself."""
    layers: tuple[LayerMove, ...]  # without the chosen word; empty if none is chosen
    aligned: tuple[int | None, ...]
    """Of each step of the whole sentence, the step of the sentence without the chosen word that
    reads the same word; None of the word itself. A step of padding has one as far from the end at
    which it stands. Empty if no word is chosen, or if the model has not split the sentence at its
    blanks."""


def decided(opened: Opened, question: Question) -> Decided:
    """Run the sentence that is looked at, and the same once without each of its words.

    A model that takes any number of steps reads a step less where a word is left out, so that the
    sentence is not padded more than before; one that takes a fixed number reads one more step of
    padding.

    Raises:
        SettingsError: what is typed does not fit the model.
        GoneError, EngineError, MismatchError: as `answer` does.
    """
    alone, first = _alone(typed(opened, question), question)
    case = _Case(opened, question, alone)
    base = answer_of(opened, question, case.fed(alone.rows[0]))
    pieces = alone.rows[0]
    tried = range(min(len(pieces), MOST_WORDS) if case.leaves_some else 0)
    layers, aligned = _chosen(case, base, question.without - first)
    return Decided(
        question=question,
        base=base,
        first=first,
        left_off=len(pieces) - len(tried) if case.leaves_some else 0,
        outputs=_outputs(case, base, tried, first),
        other_side=case.other_side(base),
        padded_more=case.padded_more(base),
        layers=layers,
        aligned=aligned,
    )


def _outputs(case: _Case, base: Answer, tried: Sequence[int], first: int) -> tuple[Output, ...]:
    """How far each of these pieces moves each output."""
    pieces = case.alone.rows[0]
    found = case.returned(base, [case.without(at) for at in tried])
    aligned = [case.aligned(base, at) for at in tried]
    return tuple(
        _output(result, [each[place] for each in found], pieces, aligned, first)
        for place, result in enumerate(base.results)
    )


def _chosen(
    case: _Case, base: Answer, at: int
) -> tuple[tuple[LayerMove, ...], tuple[int | None, ...]]:
    """`Decided.layers` and `Decided.aligned` for the piece at that place, if there is one."""
    replaced = bool(case.question.replace)
    if not 0 <= at < len(case.alone.rows[0]) or not (case.leaves_some or replaced):
        return (), ()
    other = answer_of(case.opened, case.question, case.fed(case.chosen(at)))
    aligned = case.aligned(base, at, replaced=replaced)
    return tuple(_layer_moves(base, other, aligned)), aligned


def _alone(given: Typed, question: Question) -> tuple[Typed, int]:
    """The sentence that is looked at, without those beside it, and of it what the model reads; and
    which of its words, from 1, is the first."""
    if question.sentence > len(given.rows):
        raise _beyond("sentence", question.sentence, len(given.rows))
    at = question.sentence - 1
    row = given.rows[at]
    if question.without > len(row):
        raise _beyond("without", question.without, len(row))
    steps = steps_of(given.main, (row,), question.steps)
    cut = max(0, len(row) - steps)
    first = cut if question.pad == "pre" else 0
    others = {name: (rows[at],) for name, rows in given.others.items()}
    alone = given._replace(
        rows=(row[first : first + steps],), dropped=(given.dropped[at],), others=others
    )
    return alone, first + 1


def _beyond(field: str, got: int, count: int) -> SettingsError:
    given = Message("value", {"shown": shown(got)})
    allowed = Message("sentence_there" if field == "sentence" else "word_there", {"count": count})
    return SettingsError(Problem(field, given, allowed, nearest=count))


class _Case(NamedTuple):
    """A sentence, and what is done to it."""

    opened: Opened
    question: Question
    alone: Typed

    @property
    def leaves_some(self) -> bool:
        """Whether anything is left of the sentence without a word."""
        return len(self.alone.rows[0]) > (self.question.away == "out")

    def fed(self, *rows: Pieces, other_side: bool = False) -> Fed:
        """What the model reads of sentences in place of this one, all as long as one another."""
        others = {name: given * len(rows) for name, given in self.alone.others.items()}
        given = self.alone._replace(rows=rows, others=others, dropped=((),) * len(rows))
        pad = self.question.pad
        if other_side:
            pad = "post" if pad == "pre" else "pre"
        return laid(self.opened, given, pad=pad, steps=self.question.steps)

    def returned(self, base: Answer, rows: Sequence[Pieces]) -> list[tuple[Array, ...]]:
        """What the model returns for each of the sentences: (…) of each output.

        Args:
            base: tells how large that may be.
        """
        layers = base.explained.layers
        bytes_each = sum(tensor.nbytes for one in layers for tensor in one.returned)
        size = self.opened.batch or max(1, _AT_ONCE // max(1, bytes_each))
        if not self.aligned(base, 0) and not self.opened.batch:
            size = 1  # the model pads them, and not as we count: to the longest of one call
        found = list[tuple[Array, ...]]()
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            returned = self._returned(self.fed(*part))
            found += [tuple(values[at] for values in returned) for at in range(len(part))]
        return found

    def _returned(self, fed: Fed) -> tuple[Array, ...]:
        how = {"masked": self.question.masked, "calls": self.question.calls}
        found = models.returned(self.opened.key, fed.inputs, **how)
        return tuple(tensor.values for tensor in found)

    def without(self, at: int) -> Pieces:
        """The sentence without that piece."""
        row = self.alone.rows[0]
        instead = () if self.question.away == "out" else (self._nothing(row[at]),)
        return (*row[:at], *instead, *row[at + 1 :])

    def chosen(self, at: int) -> Pieces:
        """The sentence without that piece, or with what is typed in its place."""
        if not self.question.replace:
            return self.without(at)
        row = self.alone.rows[0]
        return (*row[:at], self._typed(self.question.replace), *row[at + 1 :])

    def _nothing(self, piece: Piece) -> Piece:
        """What stands in place of a piece that is not left out."""
        main, asked = self.alone.main, self.question
        if asked.away == "padding":
            if pads_itself(main):
                raise self._no_away(Message("away_string"))
            values = {"words": "", "ids": self.alone.padding, "numbers": None}
            nothing = values[main.kind]
            return Piece("", (0.0,) * len(piece.value) if nothing is None else nothing)
        if main.kind == "words":
            return Piece("", _NO_WORD, unknown=True)
        if main.kind == "numbers":
            raise self._no_away(Message("away_numbers"))
        unknown = words.find(asked.vocabulary).unknown if asked.vocabulary else None
        if unknown is None or unknown >= (main.ids or 2**31):
            raise self._no_away(Message("away_known"))
        return Piece("", unknown, unknown=True)

    def _no_away(self, allowed: Message) -> SettingsError:
        got = Message("value", {"shown": shown(self.question.away)})
        return SettingsError(Problem("away", got, allowed, nearest="out"))

    def _typed(self, said: str) -> Piece:
        """What is typed in place of a piece.

        Raises:
            SettingsError: the model reads nothing like it.
        """
        main, given = self.alone.main, self.alone
        refused = SettingsError(
            Problem("replace", Message("value", {"shown": shown(said)}), self._replacing())
        )
        try:
            if given.reads == "numbers":
                value = number(said)
                size = len(given.rows[0][0].value)
                found = Piece(said, (value,) * size) if abs(value) <= LARGEST else None
            elif given.reads == "ids":
                value = whole(said)
                found = Piece(said, value) if 0 <= value < (main.ids or 2**31) else None
            elif main.kind == "words":
                found = Piece(said, said)
            else:
                vocabulary = words.find(self.question.vocabulary)
                (word,) = vocabulary.split(said)
                found = piece_of(word, vocabulary, main)
        except ValueError:
            raise refused from None
        if found is None:
            raise refused
        return found

    def _replacing(self) -> Message:
        """What may be typed in place of a piece, in words."""
        if self.alone.reads == "numbers":
            return Message("large", {"largest": LARGEST})
        if self.alone.reads == "ids":
            return Message("whole", {"low": 0, "high": (self.alone.main.ids or 2**31) - 1})
        return Message("one_word")

    def aligned(self, base: Answer, at: int, *, replaced: bool = False) -> tuple[int | None, ...]:
        """`Decided.aligned`, for a piece; it keeps its step if something stands in its place."""
        labels, count = base.labels[0], len(self.alone.rows[0])
        steps, asked = len(labels), self.question
        if pads_itself(self.alone.main) and sum(map(bool, labels)) != min(count, steps):
            return ()
        if replaced or asked.away != "out":
            return tuple(range(steps))
        fixed = pads_itself(self.alone.main) and steps > count
        less = count - 1
        long = (
            steps if fixed else steps_of(self.alone.main, (self.alone.rows[0][:less],), asked.steps)
        )
        pre = asked.pad == "pre" and not pads_itself(self.alone.main)
        return beside(steps, long, count, at, pre=pre)

    def padded_more(self, base: Answer) -> bool:
        """`Decided.padded_more`."""
        leaves_out = self.question.away == "out" and self.leaves_some
        return leaves_out and self.fed(self.without(0)).padded[0] > base.fed.padded[0]

    def other_side(self, base: Answer) -> float | None:
        """`Decided.other_side`."""
        if not base.fed.padded[0]:
            return None
        fed = self.fed(self.alone.rows[0], other_side=True)
        places, others = base.fed.places[0], fed.places[0]
        beside: list[int | None] = [None] * len(base.labels[0])
        for place, other in zip(places, others, strict=True):
            if place is not None:
                beside[place] = other
        found = zip(base.results, self._returned(fed), strict=True)
        return max(_largest(_apart(one.values[0], two[0], beside)) for one, two in found)


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


def _apart(one: Array, other: Array, beside: Sequence[int | None]) -> Array | None:
    """How far the other is from the one: by their steps, if that is what the first axis counts;
    else entry by entry. None if they do not compare."""
    if one.dtype.kind != "f" or one.ndim != other.ndim:
        return None
    if _has_steps(one, beside):
        found = np.full_like(one, np.nan)
        for step, its in enumerate(beside):
            if its is not None and its < len(other):
                found[step] = other[its] - one[step]
        return frozen(found)
    return frozen(other - one) if one.shape == other.shape else None


def _has_steps(values: Array, beside: Sequence[int | None]) -> bool:
    return values.ndim > 1 and len(values) == len(beside) > 0


def _largest(differences: Array | None) -> float:
    if differences is None or np.isnan(differences).all():
        return 0.0
    return float(np.nanmax(np.abs(differences)))


def _output(
    result: Result,
    found: Sequence[Array],
    pieces: Pieces,
    aligned: Sequence[Sequence[int | None]],
    first: int,
) -> Output:
    """How far each word moves one output."""
    base = result.values[0]
    moved = [
        _moved(result.kind, base, values, beside, first + at, pieces[at].label)
        for at, (values, beside) in enumerate(zip(found, aligned, strict=True))
    ]
    moved.sort(key=lambda one: -abs(one.change))
    return Output(result.name, result.kind, base, tuple(moved))


def _moved(
    kind: Kind, base: Array, values: Array, beside: Sequence[int | None], word: int, label: str
) -> Moved:
    flips = None
    differences = _apart(base, values, beside)
    if kind == "classes" and base.ndim == 1:
        won = int(base.argmax())
        change, flips = float(values[won] - base[won]), int(values.argmax()) != won
    elif differences is None or np.isnan(differences).all():
        change = 0.0
    else:
        at = int(np.nanargmax(np.abs(differences)))
        change = float(differences.flat[at])
        if kind == "probability" and base.size == 1:
            flips = bool((values.item() >= _EVEN) != (base.item() >= _EVEN))
    return Moved(word, label, change, values, flips)


def _layer_moves(base: Answer, other: Answer, beside: Sequence[int | None]) -> Iterator[LayerMove]:
    """How far the output of each layer moves from one answer to the other."""
    others = {(one.path, one.name, one.number): one for one in other.explained.layers}
    for one in base.explained.layers:
        two = others.get((one.path, one.name, one.number))
        if two is not None:
            yield _layer_move(one, two, beside)


def _layer_move(one: LayerCall, two: LayerCall, beside: Sequence[int | None]) -> LayerMove:
    values, its = one.returned[0].values[0], two.returned[0].values[0]
    back = _reads_back(one)
    if back and _has_steps(values, beside):
        differences = _flipped(_apart(values[::-1], its[::-1], beside))
    else:
        differences = _apart(values, its, beside)
    pairs = zip(one.cells, two.cells, strict=True)
    hidden = (_apart(_hidden(cell), _hidden(its), beside) for cell, its in pairs)
    largest = _largest(differences)
    size = 0.0 if differences is None else float(np.abs(values).max(initial=0))
    return LayerMove(
        name=one.name,
        path=one.path,
        number=one.number,
        kind=one.kind,
        differences=differences,
        hidden=tuple(each for each in hidden if each is not None),
        aligned=differences is not None and _has_steps(values, beside),
        largest=largest,
        relative=largest / size if size else 0.0,
    )


def _reads_back(one: LayerCall) -> bool:
    """Whether a layer returns the last step of the sentence first."""
    return len(one.cells) == 1 and one.cells[0].name == "" and one.cells[0].layer.go_backwards


def _flipped(differences: Array | None) -> Array | None:
    return None if differences is None else differences[::-1]


def _hidden(cell: CellTrace) -> Array:
    """h of the sentence, (step, unit), in its order."""
    hidden = cell.trace.hidden[0]
    return hidden[::-1] if cell.layer.go_backwards else hidden


def facts(given: Decided) -> tuple[Fact, ...]:
    """What can be said of it, on its numbers: of the first output."""
    output, said = given.outputs[0], _said(given)
    if not output.moved:
        return stated(Fact("nothing_left", None, said), _padding(given))
    found = stated(
        _deciding(output, said), _flips(output, said), _padding(given), _padded_more(given)
    )
    left_off = Fact("left_off", None, said | {"count": given.left_off})
    return (*found, left_off) if given.left_off else found


def _said(given: Decided) -> dict[str, Any]:
    """What a piece of the sentence is, and what is done to it, in words."""
    piece, how = _PIECES[given.base.fed.reads], _HOW[given.question.away]
    return {"piece": piece, "how": how, "count": len(given.outputs[0].moved)}


def _deciding(output: Output, said: Mapping[str, Any]) -> Fact:
    """Which word moves the answer furthest."""
    top, *rest = output.moved
    as_far = [one for one in rest if abs(one.change) >= abs(top.change) - EQUAL]
    values = {**said, "far": abs(top.change), "change": top.change, **_word(top)}
    if abs(top.change) <= EQUAL:
        return Fact("none_decided", None, values)
    if as_far:
        return Fact("several_decided", None, values | {"others": len(as_far)})
    values["second"] = max((abs(one.change) for one in rest), default=0.0)
    alone = abs(top.change) > values["second"]
    if output.kind == "classes" and output.values.ndim == 1:
        won = int(output.values.argmax())
        before, after = float(output.values[won]), float(top.values[won])
        return Fact("decided_class", alone, values | {"won": won, "before": before, "after": after})
    if output.values.size == 1:
        before, after = output.values.item(), top.values.item()
        return Fact("decided_one", alone, values | {"before": before, "after": after})
    return Fact("decided_most", alone, values)


def _flips(output: Output, said: Mapping[str, Any]) -> Fact | None:
    """Whether the answer turns without one word; None where nothing can turn."""
    if output.moved[0].flips is None:
        return None
    found = [one for one in output.moved if one.flips]
    values = {**said, "turning": len(found)}
    kind = "class" if output.kind == "classes" else "side"
    if not found:
        return Fact(f"no_{kind}_turns", None, values)
    return Fact(f"{kind}_turns", None, values | _word(found[0]))


def _padding(given: Decided) -> Fact | None:
    """Whether it matters on which side the sentence is padded; None without padding."""
    if given.other_side is None:
        return None
    values = {"difference": given.other_side, "count": given.base.fed.padded[0]}
    free = given.other_side <= EQUAL
    return Fact("padding_free", free, values) if free else Fact("padding_counts", None, values)


def _padded_more(given: Decided) -> Fact | None:
    """That a step of padding is added where a word is left out, unless padding does not count."""
    free = given.other_side is not None and given.other_side <= EQUAL
    if not given.padded_more or free:
        return None
    return Fact("padded_more", None, {"steps": len(given.base.labels[0])})


def _word(one: Moved) -> dict[str, Any]:
    label = one.label if len(one.label) <= _LONGEST else f"{one.label[: _LONGEST - 1]}…"
    return {"word": label, "place": one.word}
