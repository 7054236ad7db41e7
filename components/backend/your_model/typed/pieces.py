"""What is typed for one input of a model, read into pieces: a piece a step."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from components.backend.question.linked import Message, Problem, SettingsError, shown
from components.backend.question.numbers import LARGEST, Rows, read_table, sine
from components.backend.question.sentences import MAX_FEATURES, MAX_SENTENCES, read_ids
from components.backend.your_model.opened import ModelInput
from components.backend.your_model.question import MOST_STEPS, Reads
from components.backend.your_model.typed import words
from components.backend.your_model.typed.words import Vocabulary

_EXAMPLE = 8  # steps of an example, at most
_LIMITS = {"sentences": MAX_SENTENCES, "steps": MOST_STEPS}


class Piece(NamedTuple):
    """What is typed for one step: a word, an id, or the numbers of all features."""

    label: str  # as pictures show it
    value: Any  # what the model reads: a string, an id, or a tuple of numbers
    unknown: bool = False  # whether the vocabulary lacks it, so that the model reads another id


Pieces = tuple[Piece, ...]


def pads_itself(given: ModelInput) -> bool:
    """Whether the model splits and pads the sentences of this input itself."""
    return given.kind == "words" and given.shape in ((), (1,))


def example_of(main: ModelInput, reads: Reads, vocabulary: Vocabulary | None) -> str:
    """Sentences that fit the model, where none are typed: the first words of the vocabulary, the
    first ids, or a sine."""
    fixed = main.shape[0] if main.shape else 1
    count = min(fixed or _EXAMPLE, _EXAMPLE)
    if reads == "ids":
        most = main.ids or count + 1
        return " ".join(str((1 + i % max(1, most - 1)) % most) for i in range(count))
    if reads == "words":
        known = vocabulary.ids if vocabulary else main.vocabulary
        found = [word for word in known if word.isalnum()]
        return " ".join(found[: _EXAMPLE if pads_itself(main) else count] or ["a"])
    features, count = math.prod(size or 1 for size in main.shape[1:]), fixed or _EXAMPLE
    rows = sine(np.random.default_rng(0), min(count, MOST_STEPS), features).round(3)
    return "\n".join("\t".join(map(str, row)) for row in rows.tolist())


class Reader(NamedTuple):
    """Reads what is typed for one input."""

    field: str  # that a problem names
    input: ModelInput
    reads: Reads
    vocabulary: Vocabulary | None

    def read(self, said: str) -> tuple[tuple[Pieces, ...], tuple[tuple[str, ...], ...]]:
        """The pieces of each sentence, and the unknown words that were left out."""
        if self.reads == "words":
            found = [self._words(line) for line in said.splitlines() if line.strip()]
            rows, dropped = tuple(row for row, _ in found), tuple(words for _, words in found)
        else:
            rows = self._ids(said) if self.reads == "ids" else self._numbers(said)
            dropped = ((),) * len(rows)
        if not 1 <= len(rows) <= MAX_SENTENCES:
            raise self._refused(Message("sentence_count", {"count": len(rows)}), self._allowed())
        if (longest := max(map(len, rows))) > MOST_STEPS:
            raise self._refused(Message("step_count", {"count": longest}), self._allowed())
        return rows, dropped

    def _words(self, line: str) -> tuple[Pieces, tuple[str, ...]]:
        if self.vocabulary is None or self.input.kind == "words":
            found = words_in(line) if pads_itself(self.input) else line.split()
            return tuple(Piece(word, word) for word in found), ()
        pieces, dropped = list[Piece](), list[str]()
        for word in self.vocabulary.split(line):
            piece = piece_of(word, self.vocabulary, self.input)
            pieces.append(piece) if piece else dropped.append(word)
        return tuple(pieces), tuple(dropped)

    def _ids(self, said: str) -> tuple[Pieces, ...]:
        if len(self.input.shape) > 1 and self.input.shape[1:] != (1,):
            shape = Message("shape_typed", {"shape": self.input.shape})
            raise self._refused(Message("value", {"shown": shown(said)}), shape)
        found = read_ids(said, self.field, self._allowed())
        ids = [number for row in found for number in row]
        outside = [number for number in ids if not 0 <= number < self.input.id_count]
        if outside:
            raise self._refused(Message("id", {"shown": shown(outside[0])}), self._allowed())
        names = self.vocabulary.words_of(ids) if self.vocabulary else {}
        return tuple(tuple(Piece(names.get(i) or str(i), i) for i in row) for row in found)

    def _numbers(self, said: str) -> tuple[Pieces, ...]:
        allowed, features = self._allowed(), features_of(self.input)
        blocks = read_table(
            said, lambda got: self._refused(got, allowed), max(features or 0, MAX_FEATURES)
        ).blocks
        width = len(blocks[0][0]) if blocks else 0
        size = self.input.shape[0] if self.input.shape else 1
        if len(self.input.shape) < 2 and size is not None and width == size:
            # Each line is a whole sentence, and its numbers are its steps.
            blocks = tuple(tuple((value,) for value in row) for block in blocks for row in block)
        elif features is not None and width != features:
            raise self._refused(Message("feature_count", {"count": width}), allowed)
        wrong = [len(block) for block in blocks if len(block) != size]
        if len(self.input.shape) < 2 and size is not None and wrong:
            raise self._refused(Message("feature_count", {"count": wrong[0]}), allowed)
        return tuple(map(_number_pieces, blocks))

    def _allowed(self) -> Message:
        """What is allowed, in words."""
        if self.reads == "words":
            return Message("sentences_typed", _LIMITS)
        if self.reads == "ids":
            return Message("ids_typed", _LIMITS | {"top": self.input.id_count - 1})
        values = _LIMITS | {"largest": LARGEST}
        if len(self.input.shape) < 2:
            size = self.input.shape[0] if self.input.shape else 1
            return Message("vectors_typed", values | {"features": size or MOST_STEPS})
        features = features_of(self.input) or f"1-{MAX_FEATURES}"
        return Message("numbers_typed", values | {"features": features})

    def _refused(self, got: Message, allowed: Message) -> SettingsError:
        return SettingsError(Problem(self.field, got, allowed))


def words_in(line: str) -> list[str]:
    """The words of a sentence as they are typed, for a model that splits it itself. Punctuation
    between blanks belongs to the word before it, as TextVectorization takes it out."""
    found = list[str]()
    for word in line.split():
        if found and not words.AS_VECTORIZED.split(word):
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found


def piece_of(word: str, vocabulary: Vocabulary, given: ModelInput) -> Piece | None:
    """What an input reads for a word; None if the word is unknown and has no id."""
    found = vocabulary.id_of(word, given.ids)
    if found is not None:
        return Piece(word, found)
    if vocabulary.unknown is None or vocabulary.unknown >= given.id_count:
        return None
    return Piece(word, vocabulary.unknown, unknown=True)


def features_of(given: ModelInput) -> int | None:
    """How many numbers each step has; None for any number."""
    sizes = given.shape[1:]
    return None if None in sizes else math.prod(size or 1 for size in sizes)


def _number_pieces(rows: Rows) -> Pieces:
    """Numbers by their steps: one number is its own label, several have their step's number."""
    return tuple(
        Piece(f"{row[0]:g}" if len(row) == 1 else str(step), row)
        for step, row in enumerate(rows, 1)
    )
