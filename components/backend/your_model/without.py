"""Which word decided? How far a model's answer moves when each word is taken out of its input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from components.backend.question.linked import (
    Message,
    Problem,
    SettingsError,
    number,
    shown,
    whole,
)
from components.backend.question.numbers import LARGEST
from components.backend.question.weights import Sized
from components.backend.running.facts import EQUAL
from components.backend.your_model import opened as models
from components.backend.your_model.answer import Answer, answer_of
from components.backend.your_model.moved import (
    LayerMove,
    Output,
    Steps,
    apart,
    beside,
    largest,
    layer_moves,
    output_of,
)
from components.backend.your_model.opened import Array, Opened
from components.backend.your_model.question import MOST_WORDS, Question
from components.backend.your_model.typed import words
from components.backend.your_model.typed.feed import (
    Fed,
    Typed,
    laid,
    others_filled,
    steps_of,
    typed,
)
from components.backend.your_model.typed.pieces import Piece, Pieces, pads_itself, piece_of

_AT_ONCE = 8 * 2**20  # bytes that all layers return in one call, if the model takes any number
_NO_WORD = "\ue000"
"""Stands for a word that no vocabulary has: a character for private use, which nothing strips."""


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
    """How far the answer moves with the padding on the other side; None without padding, if the
    model pads itself, or if an output does not compare."""
    padded_more: bool
    """Whether a sentence without a word has one more step of padding, as the number of steps is
    fixed, and its answer moves with the padding on the other side: where a mask hides the padding
    it does not. False if the model pads itself."""
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
    # Filled once: else an input for which nothing is typed would lose a step with each word.
    alone = alone._replace(others=others_filled(opened, alone, question.steps))
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
    aligned = [case.steps(case.aligned(base, at)) for at in tried]
    pairs = zip(base.results, case.opened.output_axes, strict=True)
    return tuple(
        output_of(result, [each[place] for each in found], pieces, aligned, axis, first)
        for place, (result, axis) in enumerate(pairs)
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
    return tuple(layer_moves(case.opened, base, other, case.steps(aligned))), aligned


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

    def steps(self, beside: Sequence[int | None]) -> Steps:
        """How the steps of this sentence lie beside those of another one."""
        return Steps(self.alone.main.name, beside)

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
        if self.question.away != "out" or not self.leaves_some:
            return False
        fed = self.fed(self.without(0))
        if fed.padded[0] <= base.fed.padded[0]:
            return False
        moved = self._other_side(fed, self._returned(fed))
        return moved is not None and moved > EQUAL

    def other_side(self, base: Answer) -> float | None:
        """`Decided.other_side`."""
        if not base.fed.padded[0]:
            return None
        return self._other_side(base.fed, [one.values for one in base.results])

    def _other_side(self, fed: Fed, returned: Sequence[Array]) -> float | None:
        """How far the answer moves with the padding of a sentence on the other side; None if an
        output does not compare.

        Args:
            returned: the values of each output for the sentence as it is padded now.
        """
        other = self.fed(fed.pieces[0], other_side=True)
        same: list[int | None] = [None] * len(fed.labels[0])
        for place, moved in zip(fed.places[0], other.places[0], strict=True):
            if place is not None:
                same[place] = moved
        found = zip(returned, self._returned(other), self.opened.output_axes, strict=True)
        differences = [apart(one[0], two[0], self.steps(same), axis) for one, two, axis in found]
        return None if any(each is None for each in differences) else max(map(largest, differences))
