"""What is typed for a model's inputs, read into pieces: of the main input and of all others."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import NamedTuple

from components.backend.question.linked import Message, Problem, SettingsError, shown, whole
from components.backend.question.sentences import MAX_SENTENCES, PADDING
from components.backend.your_model.opened import ModelInput, Opened
from components.backend.your_model.question import Question, Reads
from components.backend.your_model.typed import words
from components.backend.your_model.typed.pieces import Pieces, Reader, example_of
from components.backend.your_model.typed.words import Vocabulary

_MOST_NUMBERS = 2**21  # that an input may read at once
_READS = {
    "words": Message("reads_words"),
    "ids": Message("reads_ids"),
    "numbers": Message("reads_numbers"),
}
"""What may be typed, by the kind of the input."""


class Typed(NamedTuple):
    """What is typed for a model's inputs, before it is padded and cut."""

    main: ModelInput
    reads: Reads  # what was typed for it
    rows: tuple[Pieces, ...]  # of each sentence
    dropped: tuple[tuple[str, ...], ...]
    """Of each sentence, its unknown words that were left out, having no id."""
    padding: int  # the id that pads
    others: Mapping[str, tuple[Pieces, ...]]  # for each sentence, by the names of further inputs
    example: bool  # whether the sentences are the model's example, as none were typed
    filled: Mapping[str, Message] = {}
    """The inputs among `others` for which nothing was typed, and what they read."""


def read(opened: Opened, question: Question) -> Typed:
    """Read what is typed.

    Raises:
        SettingsError: it does not fit the model.
        GoneError: this server does not keep the vocabulary any longer.
    """
    if not opened.inputs:
        raise SettingsError(Problem("model", Message("no_part_runs"), Message("part_runs")))
    for each in opened.inputs:
        refuse_large(each, max(MAX_SENTENCES, opened.batch or 1))
    main = main_input(opened)
    vocabulary = words.find(question.vocabulary) if question.vocabulary else None
    reads = _reads(main, question, vocabulary)
    example = not question.sentences
    said = example_of(main, reads, vocabulary) if example else question.sentences
    rows, dropped = Reader("sentences", main, reads, vocabulary).read(said)
    if opened.batch and len(rows) > opened.batch:
        got = Message("sentence_count", {"count": len(rows)})
        allowed = Message("batch_typed", {"batch": opened.batch})
        raise SettingsError(Problem("sentences", got, allowed))
    further = {each.name: each for each in opened.inputs if each is not main}
    others = {
        name: _other(further, name, said, vocabulary, len(rows)) for name, said in question.others
    }
    padding = vocabulary.padding if vocabulary else PADDING
    return Typed(main, reads, rows, dropped, padding, others, example)


def refuse_large(given: ModelInput, sentences: int, steps: int | None = None) -> None:
    """Raise a SettingsError if an input reads more numbers at once than a page makes.

    Args:
        steps: how many it reads, if it takes any number; None if that is not known yet.
    """
    most = _MOST_NUMBERS // sentences
    shape = tuple(size if axis else size or steps for axis, size in enumerate(given.shape))
    if math.prod(size or 1 for size in shape) > most:
        got = Message("got_shape", {"shape": shape})
        raise SettingsError(Problem("model", got, Message("input_size", {"most": most})))


def main_input(opened: Opened) -> ModelInput:
    """The input that reads the sentences: the first one that reads words; else the first one with
    several steps; else the first one."""
    inputs = opened.inputs
    return next(
        (each for each in inputs if each.kind == "words"),
        next((each for each in inputs if _has_steps(each)), inputs[0]),
    )


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


def _other(
    further: Mapping[str, ModelInput],
    name: str,
    said: str,
    vocabulary: Vocabulary | None,
    count: int,
) -> tuple[Pieces, ...]:
    """What is typed for a further input, for each of so many sentences."""
    if name not in further:
        got, allowed = Message("value", {"shown": shown(name)}), ", ".join(further)
        raise SettingsError(Problem("others", got, Message("other_name", {"names": allowed})))
    given = further[name]
    in_words = given.kind == "ids" and vocabulary and not reads_as_ids(said)
    rows, _ = Reader("others", given, "words" if in_words else given.kind, vocabulary).read(said)
    if len(rows) not in (1, count):
        got = Message("sentence_count", {"count": len(rows)})
        allowed = Message("one_or_as_many", {"sentences": count})
        raise SettingsError(Problem("others", got, allowed))
    return rows * count if len(rows) == 1 else rows


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
