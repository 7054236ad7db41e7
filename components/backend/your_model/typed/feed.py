"""The arrays that a model reads of what is typed: padded and cut, and what was done to it as
data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.backend.question.linked import Message
from components.backend.question.sentences import MAX_SENTENCES
from components.backend.question.weights import Sized, frozen
from components.backend.running.replay import read_only
from components.backend.your_model.opened import Array, ModelInput, Opened
from components.backend.your_model.question import Question, Reads, Side
from components.backend.your_model.typed.pieces import Piece, Pieces, features_of, pads_itself
from components.backend.your_model.typed.read import Typed, read, refuse_large

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

    dropped: tuple[tuple[str, ...], ...]  # as in `Typed`, and so are the two below
    filled: Mapping[str, Message]
    example: bool

    @property
    def count(self) -> int:
        """How many sentences were typed."""
        return len(self.pieces)

    @property
    def repeated(self) -> int:
        """How many sentences stand in `inputs` again."""
        return len(self.inputs[self.main]) - self.count

    @property
    def unknown(self) -> tuple[tuple[int, ...], ...]:
        """Of each sentence, which pieces are unknown words."""
        return tuple(tuple(i for i, each in enumerate(row) if each.unknown) for row in self.pieces)

    @property
    def cut(self) -> tuple[int, ...]:
        """Of each sentence, how many pieces were cut off."""
        return tuple(places.count(None) for places in self.places)

    @property
    def padded(self) -> tuple[int, ...]:
        """Of each sentence, how many steps were added."""
        pairs = zip(self.labels, self.places, strict=True)
        return tuple(len(labels) - len(places) + places.count(None) for labels, places in pairs)


def feed(opened: Opened, question: Question) -> Fed:
    """The arrays for each of the model's inputs.

    Raises:
        SettingsError: what is typed does not fit the model.
        GoneError: this server does not keep the vocabulary any longer.
    """
    typed = fill(opened, read(opened, question), question.steps)
    return arrays_of(opened, typed, pad=question.pad, steps=question.steps)


def fill(opened: Opened, typed: Typed, steps: int) -> Typed:
    """What is typed, and something that fits for each input for which nothing was.

    Args:
        steps: as for `arrays_of`.
    """
    count = steps_of(typed.main, typed.rows, steps)
    others, said = dict(typed.others), dict[str, Message]()
    for each in opened.inputs:
        if each is not typed.main and each.name not in others:
            others[each.name], said[each.name] = _filling(each, typed, count)
    return typed._replace(others=others, filled=said)


def _filling(given: ModelInput, typed: Typed, count: int) -> tuple[tuple[Pieces, ...], Message]:
    """What an input reads for which nothing was typed, and in words what that is."""
    rows, steps = typed.rows, (given.shape[0] if given.shape else 1) or count
    if given.kind == "words":
        if typed.main.kind == "words":
            return rows, Message("filled_same")
        return ((Piece("a", "a"),),) * len(rows), Message("filled_word", {"word": "a"})
    if given.kind == "ids":
        number = min(_FILLED_ID, given.id_count - 1)
        row = (Piece(str(number), number),) * steps
        return (row,) * len(rows), Message("filled_ids", {"id": number})
    row = (Piece("0", (0.0,) * (features_of(given) or 1)),) * steps
    return (row,) * len(rows), Message("filled_zeros")


def arrays_of(opened: Opened, typed: Typed, *, pad: Side, steps: int) -> Fed:
    """Pad and cut what is typed for all inputs, and make the arrays of it.

    Args:
        steps: to how many, if the model takes any number; 0 for as many as the longest sentence
            has."""
    main, rows, inputs = typed.main, typed.rows, dict[str, Array]()
    count = steps_of(main, rows, steps)
    for each in opened.inputs:
        own = rows if each is main else typed.others[each.name]
        long = count if each is main else steps_of(each, own, 0)
        refuse_large(each, opened.batch or min(len(rows), MAX_SENTENCES), long)
        inputs[each.name] = _array(each, own, long, pad, typed.padding)
    order = np.resize(np.arange(len(rows)), max(len(rows), opened.batch or 0))
    # A model that pads itself is given each sentence as long as it is.
    longs = [len(row) if pads_itself(main) else count for row in rows]
    places = tuple(_places(len(row), long, pad) for row, long in zip(rows, longs, strict=True))
    return Fed(
        inputs=read_only({name: array[order] for name, array in inputs.items()}),
        main=main.name,
        reads=typed.reads,
        pieces=rows,
        labels=tuple(map(_labels, rows, places, longs)),
        places=places,
        dropped=typed.dropped,
        filled=typed.filled,
        example=typed.example,
    )


def steps_of(given: ModelInput, rows: Sequence[Pieces], steps: int) -> int:
    """To how many steps sentences are padded and cut for an input.

    Args:
        steps: as for `arrays_of`.
    """
    longest = max(1, *map(len, rows))
    if pads_itself(given):
        return longest
    fixed = given.shape[0] if given.shape else 1
    return fixed or steps or longest


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
