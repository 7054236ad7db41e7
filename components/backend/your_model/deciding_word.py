"""Which word decided? How far a model's answer moves when each word is taken out of its input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Self

from components.backend.question.linked import Message, Problem, SettingsError, shown
from components.backend.question.weights import Sized
from components.backend.running.facts import EQUAL
from components.backend.your_model import opened as models
from components.backend.your_model.answer import Answer, answer_of
from components.backend.your_model.moves import (
    AlignedSteps,
    LayerMove,
    OutputMoves,
    TakenOut,
    differences,
    largest,
    layer_moves,
    output_moves,
)
from components.backend.your_model.opened import Array, Opened
from components.backend.your_model.question import MOST_WORDS, Question, Side
from components.backend.your_model.typed.feed import Fed, arrays_of, fill, steps_of
from components.backend.your_model.typed.pieces import Pieces, pads_itself
from components.backend.your_model.typed.read import Typed, read
from components.backend.your_model.typed.replaced import replacement, without

_AT_ONCE = 8 * 2**20  # bytes that all layers return in one call, if the model takes any number
_OTHER: dict[Side, Side] = {"pre": "post", "post": "pre"}


@dataclass(frozen=True, eq=False)
class Decided(Sized):
    """How far the model's answer moves when words are taken out of one sentence. The sentence is
    run alone, without those beside it, so it may be padded less than beside them."""

    question: Question
    base: Answer  # the sentence alone, of the words that the model reads
    first: int  # the first word that it reads, from 1; those before it are cut
    left_off: int  # how many words of `base` are not taken out, as they are too many
    outputs: tuple[OutputMoves, ...]
    """A sentence of one word that would be left out has no `words`: nothing would be left."""
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
    alone = _Alone.of(opened, question)
    base = answer_of(opened, question, alone.fed(alone.pieces))
    count = len(alone.pieces)
    tried = range(min(count, MOST_WORDS) if alone.leaves_some else 0)
    layers, aligned = _chosen(alone, base)
    return Decided(
        question=question,
        base=base,
        first=alone.first,
        left_off=count - len(tried) if alone.leaves_some else 0,
        outputs=_outputs(alone, base, tried),
        other_side=_other_side(alone, base),
        padded_more=_padded_more(alone, base),
        layers=layers,
        aligned=aligned,
    )


class _Alone(NamedTuple):
    """The sentence that is looked at, without those beside it, and of it what the model reads."""

    opened: Opened
    question: Question
    typed: Typed
    first: int  # as in `Decided`

    @classmethod
    def of(cls, opened: Opened, question: Question) -> Self:
        """The question's sentence."""
        given, at = read(opened, question), question.sentence - 1
        if at >= len(given.rows):
            raise _beyond("sentence", question.sentence, len(given.rows))
        row = given.rows[at]
        if question.without > len(row):
            raise _beyond("without", question.without, len(row))
        steps = steps_of(given.main, (row,), question.steps)
        first = max(0, len(row) - steps) if question.pad == "pre" else 0
        one = given._replace(
            rows=(row[first : first + steps],),
            dropped=(given.dropped[at],),
            others={name: (rows[at],) for name, rows in given.others.items()},
        )
        # Filled once: else an input for which nothing is typed would lose a step with each word.
        return cls(opened, question, fill(opened, one, question.steps), first + 1)

    @property
    def pieces(self) -> Pieces:
        return self.typed.rows[0]

    @property
    def leaves_some(self) -> bool:
        """Whether anything is left of the sentence without a word."""
        return len(self.pieces) > (self.question.away == "out")

    def without(self, at: int) -> Pieces:
        """The sentence without that piece."""
        return without(self.pieces, at, self.typed, self.question)

    def fed(self, *rows: Pieces, pad: Side | None = None) -> Fed:
        """What the model reads of sentences in place of this one, all as long as one another.

        Args:
            pad: None for the question's.
        """
        others = {name: given * len(rows) for name, given in self.typed.others.items()}
        given = self.typed._replace(rows=rows, others=others, dropped=((),) * len(rows))
        return arrays_of(
            self.opened, given, pad=pad or self.question.pad, steps=self.question.steps
        )

    def returned(self, fed: Fed) -> tuple[Array, ...]:
        """The values of each output for what is fed, (sentence, …)."""
        how = {"masked": self.question.masked, "calls": self.question.calls}
        return tuple(each.values for each in models.returned(self.opened.key, fed.inputs, **how))

    def steps(self, beside: Sequence[int | None]) -> AlignedSteps:
        """How the steps of this sentence lie beside those of another one."""
        return AlignedSteps(self.typed.main.name, beside)

    def aligned(self, base: Answer, at: int, *, replaced: bool = False) -> tuple[int | None, ...]:
        """`Decided.aligned`, for a piece; it keeps its step if something stands in its place."""
        main, asked = self.typed.main, self.question
        labels, count = base.labels[0], len(self.pieces)
        steps = len(labels)
        if pads_itself(main) and sum(map(bool, labels)) != min(count, steps):
            return ()
        if replaced or asked.away != "out":
            return tuple(range(steps))
        fixed = pads_itself(main) and steps > count
        others = steps if fixed else steps_of(main, (self.pieces[1:],), asked.steps)
        pre = asked.pad == "pre" and not pads_itself(main)
        return beside(steps, others, count, at, pre=pre)


def _beyond(field: str, got: int, count: int) -> SettingsError:
    given = Message("value", {"shown": shown(got)})
    allowed = Message("sentence_there" if field == "sentence" else "word_there", {"count": count})
    return SettingsError(Problem(field, given, allowed, nearest=count))


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


def _outputs(alone: _Alone, base: Answer, tried: Sequence[int]) -> tuple[OutputMoves, ...]:
    """How far each of these pieces moves each output."""
    taken_out = [
        TakenOut(alone.first + at, alone.pieces[at].label, alone.steps(alone.aligned(base, at)))
        for at in tried
    ]
    returned = _all_returned(alone, base, [alone.without(at) for at in tried])
    pairs = zip(base.results, alone.opened.output_axes, strict=True)
    return tuple(
        output_moves(result, axis, taken_out, [each[place] for each in returned])
        for place, (result, axis) in enumerate(pairs)
    )


def _all_returned(alone: _Alone, base: Answer, rows: Sequence[Pieces]) -> list[tuple[Array, ...]]:
    """What the model returns for each of these sentences: (…) of each output. So many are run at
    once as fit into memory, to judge by what the layers returned for the sentence itself."""
    layers, batch = base.explained.layers, alone.opened.batch
    bytes_each = sum(tensor.nbytes for one in layers for tensor in one.returned)
    size = batch or max(1, _AT_ONCE // max(1, bytes_each))
    if not alone.aligned(base, 0) and not batch:
        size = 1  # the model pads them, and not as we count: to the longest of one call
    found = list[tuple[Array, ...]]()
    for start in range(0, len(rows), size):
        part = rows[start : start + size]
        returned = alone.returned(alone.fed(*part))
        found += [tuple(values[at] for values in returned) for at in range(len(part))]
    return found


def _chosen(alone: _Alone, base: Answer) -> tuple[tuple[LayerMove, ...], tuple[int | None, ...]]:
    """`Decided.layers` and `Decided.aligned` for the chosen piece, if there is one: without it, or
    with what is typed in its place."""
    question, pieces = alone.question, alone.pieces
    at, replaced = question.without - alone.first, bool(question.replace)
    if not 0 <= at < len(pieces) or not (alone.leaves_some or replaced):
        return (), ()
    if replaced:
        row = (*pieces[:at], replacement(alone.typed, question), *pieces[at + 1 :])
    else:
        row = alone.without(at)
    other = answer_of(alone.opened, question, alone.fed(row))
    aligned = alone.aligned(base, at, replaced=replaced)
    return tuple(layer_moves(base, other, alone.steps(aligned))), aligned


def _other_side(alone: _Alone, base: Answer) -> float | None:
    """`Decided.other_side`."""
    if not base.fed.padded[0]:
        return None
    return _turned(alone, base.fed, [one.values for one in base.results])


def _padded_more(alone: _Alone, base: Answer) -> bool:
    """`Decided.padded_more`."""
    if alone.question.away != "out" or not alone.leaves_some:
        return False
    fed = alone.fed(alone.without(0))
    if fed.padded[0] <= base.fed.padded[0]:
        return False
    moved = _turned(alone, fed, alone.returned(fed))
    return moved is not None and moved > EQUAL


def _turned(alone: _Alone, fed: Fed, returned: Sequence[Array]) -> float | None:
    """How far the answer moves with the padding of a sentence on the other side; None if an output
    does not compare.

    Args:
        returned: the values of each output for the sentence as it is padded now.
    """
    other = alone.fed(fed.pieces[0], pad=_OTHER[alone.question.pad])
    same: list[int | None] = [None] * len(fed.labels[0])
    for place, moved in zip(fed.places[0], other.places[0], strict=True):
        if place is not None:
            same[place] = moved
    pairs = zip(returned, alone.returned(other), alone.opened.output_axes, strict=True)
    found = [differences(one[0], two[0], alone.steps(same), axis) for one, two, axis in pairs]
    return None if any(each is None for each in found) else max(map(largest, found))
