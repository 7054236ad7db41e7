"""From what is typed to the arrays that a model reads: split, looked up, padded and cut, and what
was done to it as data."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from components.backend.question.linked import Message, Problem, SettingsError, shown, whole
from components.backend.question.sentences import MAX_SENTENCES, PADDING
from components.backend.question.weights import Sized, frozen
from components.backend.running.replay import read_only
from components.backend.your_model.opened import Array, ModelInput, Opened
from components.backend.your_model.question import Question, Reads, Side
from components.backend.your_model.typed import words
from components.backend.your_model.typed.pieces import (
    Piece,
    Pieces,
    Reader,
    example_of,
    features_of,
    pads_itself,
)
from components.backend.your_model.typed.words import Vocabulary

_MOST_NUMBERS = 2**21  # that an input may read at once
_READS = {
    "words": Message("reads_words"),
    "ids": Message("reads_ids"),
    "numbers": Message("reads_numbers"),
}
"""What may be typed, by the kind of the input."""

_FILLED_ID = 1  # 0 is the padding, which a mask skips


@dataclass(frozen=True, eq=False)
class Fed(Sized):
    """What a model reads, and how it was made of what was typed. Sentences count from 0 in all of
    it, and so do steps."""

    inputs: Mapping[str, Array]
    """(sentence, …) of each input, by its name. If the model takes a fixed number of sentences,
    those that were typed stand here again and again."""

    main: str  # the input that reads the sentences
    reads: Reads  # what was typed for it
    pieces: tuple[Pieces, ...]  # of each sentence that was typed, all that was read of it
    labels: tuple[tuple[str, ...], ...]
    """Of each sentence, the word or the id at each step that the model reads; "" where it is
    padded. If the model splits sentences itself, without padding: `Answer.labels` has those."""

    places: tuple[tuple[int | None, ...], ...]
    """Of each sentence, the step at which each piece stands; None of one that was cut."""

    unknown: tuple[tuple[int, ...], ...]  # of each sentence, which pieces are unknown words
    dropped: tuple[tuple[str, ...], ...]  # unknown words that were left out, having no id
    padded: tuple[int, ...]  # of each sentence, how many steps were added
    cut: tuple[int, ...]  # and how many pieces were cut off
    repeated: int  # how many sentences stand in `inputs` again
    filled: Mapping[str, Message]  # inputs for which nothing was typed, and what they read
    example: bool  # whether the sentences are the model's example, as none were typed

    @property
    def count(self) -> int:
        """How many sentences were typed."""
        return len(self.pieces)


class Typed(NamedTuple):
    """What is typed for a model's inputs, before it is padded and cut."""

    main: ModelInput
    reads: Reads
    rows: tuple[Pieces, ...]  # of each sentence
    dropped: tuple[tuple[str, ...], ...]  # as in `Fed`
    padding: int  # the id that pads
    others: Mapping[str, tuple[Pieces, ...]]  # for each sentence, by the names of further inputs
    example: bool


def feed(opened: Opened, question: Question) -> Fed:
    """The arrays for each of the model's inputs.

    Raises:
        SettingsError: what is typed does not fit the model.
        GoneError: this server does not keep the vocabulary any longer.
    """
    return laid(opened, typed(opened, question), pad=question.pad, steps=question.steps)


def main_input(opened: Opened) -> ModelInput:
    """The input that reads the sentences: the first one that reads words; else the first one with
    several steps; else the first one."""
    inputs = opened.inputs
    return next(
        (each for each in inputs if each.kind == "words"),
        next((each for each in inputs if _has_steps(each)), inputs[0]),
    )


def typed(opened: Opened, question: Question) -> Typed:
    """Read what is typed.

    Raises:
        SettingsError, GoneError: as `feed` does.
    """
    if not opened.inputs:
        raise SettingsError(Problem("model", Message("no_part_runs"), Message("part_runs")))
    for each in opened.inputs:
        _refuse_large(each, max(MAX_SENTENCES, opened.batch or 1))
    main = main_input(opened)
    vocabulary = words.find(question.vocabulary) if question.vocabulary else None
    reads = _reads(main, question, vocabulary)
    example = not question.sentences
    said = example_of(main, reads, vocabulary) if example else question.sentences
    reader = Reader("sentences", main, reads, vocabulary)
    rows, dropped = reader.read(said)
    if opened.batch and len(rows) > opened.batch:
        got = Message("sentence_count", {"count": len(rows)})
        allowed = Message("batch_typed", {"batch": opened.batch})
        raise SettingsError(Problem("sentences", got, allowed))
    others = _others(opened, question, main, vocabulary, len(rows))
    padding = vocabulary.padding if vocabulary else PADDING
    return Typed(main, reads, rows, dropped, padding, others, example)


def laid(opened: Opened, given: Typed, *, pad: Side, steps: int) -> Fed:
    """Pad and cut what is typed, and make the arrays of it.

    Args:
        steps: to how many, if the model takes any number; 0 for as many as the longest sentence
            has.

    Raises:
        SettingsError: these are more numbers than a page makes.
    """
    main, rows = given.main, given.rows
    count = steps_of(main, rows, steps)
    sentences = opened.batch or min(len(rows), MAX_SENTENCES)
    inputs, filled = {}, {}
    for each in opened.inputs:
        own = rows if each is main else given.others.get(each.name)
        if own is None:
            own, filled[each.name] = _filled(each, given, count)
        long = count if each is main else steps_of(each, own, 0)
        _refuse_large(each, sentences, long)
        inputs[each.name] = _array(each, own, long, pad, given.padding)
    repeated = max(0, (opened.batch or 0) - len(rows))
    order = np.resize(np.arange(len(rows)), len(rows) + repeated)
    # A model that pads itself is given each sentence as long as it is.
    longs = [len(row) if pads_itself(main) else count for row in rows]
    places = tuple(_places(len(row), to, pad) for row, to in zip(rows, longs, strict=True))
    return Fed(
        inputs=read_only({name: array[order] for name, array in inputs.items()}),
        main=main.name,
        reads=given.reads,
        pieces=rows,
        labels=tuple(map(_labels, rows, places, longs)),
        places=places,
        unknown=tuple(tuple(i for i, piece in enumerate(r) if piece.unknown) for r in rows),
        dropped=given.dropped,
        padded=tuple(max(0, to - len(row)) for row, to in zip(rows, longs, strict=True)),
        cut=tuple(max(0, len(row) - to) for row, to in zip(rows, longs, strict=True)),
        repeated=repeated,
        filled=filled,
        example=given.example,
    )


def steps_of(given: ModelInput, rows: Sequence[Pieces], steps: int) -> int:
    """To how many steps sentences are padded and cut for an input.

    Args:
        steps: as for `laid`.
    """
    longest = max(1, *map(len, rows))
    if pads_itself(given):
        return longest
    fixed = given.shape[0] if given.shape else 1
    return fixed or steps or longest


def _refuse_large(given: ModelInput, sentences: int, steps: int | None = None) -> None:
    """Raise a SettingsError if an input reads more numbers at once than a page makes.

    Args:
        steps: how many it reads, if it takes any number; None if that is not known yet.
    """
    most = _MOST_NUMBERS // sentences
    shape = tuple(size if axis else size or steps for axis, size in enumerate(given.shape))
    if math.prod(size or 1 for size in shape) > most:
        got = Message("got_shape", {"shape": shape})
        raise SettingsError(Problem("model", got, Message("input_size", {"most": most})))


def _has_steps(given: ModelInput) -> bool:
    if given.kind == "ids":
        return given.shape not in ((), (1,))
    return len(given.shape) > 1


def _reads(main: ModelInput, question: Question, vocabulary: Vocabulary | None) -> Reads:
    """What is typed for the main input."""
    with_words = main.kind == "words" or (main.kind == "ids" and vocabulary is not None)
    if question.reads == "auto":
        return "words" if with_words else main.kind
    fits = with_words if question.reads == "words" else question.reads == main.kind
    if not fits:
        got = Message("value", {"shown": shown(question.reads)})
        raise SettingsError(Problem("reads", got, _READS[main.kind]))
    return question.reads


def _others(
    opened: Opened,
    question: Question,
    main: ModelInput,
    vocabulary: Vocabulary | None,
    count: int,
) -> dict[str, tuple[Pieces, ...]]:
    """What is typed for further inputs, for each of so many sentences."""
    further = {each.name: each for each in opened.inputs if each is not main}
    found = {}
    for name, said in question.others:
        if name not in further:
            allowed = Message("other_name", {"names": ", ".join(further)})
            raise SettingsError(
                Problem("others", Message("value", {"shown": shown(name)}), allowed)
            )
        given = further[name]
        reads = (
            "words" if given.kind == "ids" and vocabulary and not reads_as_ids(said) else given.kind
        )
        rows, _ = Reader("others", given, reads, vocabulary).read(said)
        if len(rows) not in (1, count):
            got = Message("sentence_count", {"count": len(rows)})
            allowed = Message("one_or_as_many", {"sentences": count})
            raise SettingsError(Problem("others", got, allowed))
        found[name] = rows * count if len(rows) == 1 else rows
    return found


def reads_as_ids(said: str) -> bool:
    """Whether whole numbers alone are typed."""
    try:
        return bool(list(map(whole, said.replace(",", " ").replace(";", " ").split())))
    except ValueError:
        return False


def in_words(said: str, vocabulary: Vocabulary) -> str:
    """Ids that are typed as the words of a vocabulary, in the same lines. The padding is left out;
    an id that has no word stays, to be told of as unknown."""
    lines = [re.findall(r"\d+", line) for line in said.splitlines()]
    known = vocabulary.words_of({int(each) for line in lines for each in line})
    return "\n".join(
        " ".join(known.get(int(each), each) for each in line if int(each) != vocabulary.padding)
        for line in lines
    )


def others_filled(opened: Opened, given: Typed, steps: int) -> dict[str, tuple[Pieces, ...]]:
    """What each further input reads, by its name: what is typed for it, or what fills it."""
    count = steps_of(given.main, given.rows, steps)
    return {
        each.name: given.others.get(each.name) or _filled(each, given, count)[0]
        for each in opened.inputs
        if each is not given.main
    }


def _filled(given: ModelInput, all_typed: Typed, count: int) -> tuple[tuple[Pieces, ...], Message]:
    """What an input reads for which nothing was typed, and in words what that is."""
    rows = all_typed.rows
    steps = (given.shape[0] if given.shape else 1) or count
    if given.kind == "words":
        if all_typed.main.kind == "words":
            return rows, Message("filled_same")
        return ((Piece("a", "a"),),) * len(rows), Message("filled_word", {"word": "a"})
    if given.kind == "ids":
        number = min(_FILLED_ID, (given.ids or 2) - 1)
        row = (Piece(str(number), number),) * steps
        return (row,) * len(rows), Message("filled_ids", {"id": number})
    row = (Piece("0", (0.0,) * (features_of(given) or 1)),) * steps
    return (row,) * len(rows), Message("filled_zeros")


def _places(length: int, steps: int, pad: Side) -> tuple[int | None, ...]:
    """The step at which each piece of a sentence of that length stands; None where it is cut."""
    first = steps - length if pad == "pre" else 0
    return tuple(at if 0 <= at < steps else None for at in range(first, first + length))


def _labels(row: Pieces, places: Sequence[int | None], steps: int) -> tuple[str, ...]:
    """The label of each step; "" where the sentence is padded."""
    at = {place: piece.label for piece, place in zip(row, places, strict=True)}
    return tuple(at.get(step, "") for step in range(steps))


def _array(given: ModelInput, rows: Sequence[Pieces], steps: int, pad: Side, padding: int) -> Array:
    """The sentences as an input reads them."""
    if pads_itself(given):
        array = np.array([" ".join(piece.value for piece in row) for row in rows])
        return frozen(array.reshape(len(rows), *given.shape))
    nothing = {"words": "", "ids": padding, "numbers": (0.0,) * len(_first(rows))}[given.kind]
    table = []
    for row in rows:
        at = dict(zip(_places(len(row), steps, pad), row, strict=True))
        table.append([at[step].value if step in at else nothing for step in range(steps)])
    kinds = {"words": str, "ids": "int32", "numbers": "float32"}
    sizes = [size or -1 for size in given.shape[1:]]  # of one axis at most it is not known
    shape = (len(rows), steps, *sizes) if given.shape else (len(rows),)
    return frozen(np.array(table, kinds[given.kind]).reshape(shape))


def _first(rows: Sequence[Pieces]) -> tuple[Any, ...]:
    """The numbers of the first step that there is."""
    value = next((piece.value for row in rows for piece in row), ())
    return value if isinstance(value, tuple) else ()
