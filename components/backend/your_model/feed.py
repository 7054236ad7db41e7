"""From what is typed to the arrays that a model reads: split, looked up, padded and cut, and what
was done to it as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from components.backend.question.linked import Message
from components.backend.question.weights import Sized
from components.backend.your_model.opened import Array, Opened
from components.backend.your_model.question import Question, Reads


class Piece(NamedTuple):
    """What is typed for one step: a word, an id, or the numbers of all features."""

    label: str  # as pictures show it
    value: Any  # what the model reads: a string, an id, or a tuple of numbers
    unknown: bool = False  # whether the vocabulary lacks it, so that the model reads another id


Pieces = tuple[Piece, ...]


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


def feed(opened: Opened, question: Question) -> Fed:
    """The arrays for each of the model's inputs.

    Raises:
        SettingsError: what is typed does not fit the model.
        GoneError: this server does not keep the vocabulary any longer.
    """
    raise NotImplementedError
