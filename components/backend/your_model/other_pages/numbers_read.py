"""What one cell of a model read, as a page of one layer reads it: ids with the vectors that they
stand for, or numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import numpy as np

from components.backend.explained.explain import Explained
from components.backend.question.linked import LONGEST_TEXT, Message, bounds
from components.backend.question.numbers import LARGEST
from components.backend.question.sentences import PADDING, Sentences, Tokens, Values, values_text
from components.backend.question.settings import Settings

Array = np.ndarray


class StepsRead(NamedTuple):
    """Some sentences that a cell read, and some steps of each, in the order of the sentence."""

    vectors: Array  # (sentence, step, feature)
    counts: Array  # (sentence, step): False at a step that the cell skipped
    ids: Array | None  # (sentence, step): what an Embedding made the vectors of; None without one
    table: Array | None  # (id, feature): the Embedding's; None if its numbers are not known
    sentences: Array  # which of all sentences these are, from 0
    steps: Array  # which of all steps, from 0

    @classmethod
    def of(cls, model: Explained, vectors: Array, counts: Array) -> Self:
        """All that a cell read, with the ids of which an Embedding made it, if one did."""
        ids = table = None
        for each in model.layers:
            if each.kind == "Embedding" and np.array_equal(each.returned[0].values, vectors):
                ids, table = np.asarray(each.inputs[0]).astype(int), each.weights.get("embeddings")
                break
        sentences, steps = (np.arange(size) for size in counts.shape)
        return cls(vectors, counts, ids, table, sentences, steps)

    def at(self, sentences: Any, steps: Any) -> Self:
        """A part of it: these sentences, and of each these steps."""
        return self._replace(
            vectors=self.vectors[sentences][:, steps],
            counts=self.counts[sentences][:, steps],
            ids=None if self.ids is None else self.ids[sentences][:, steps],
            sentences=self.sentences[sentences],
            steps=self.steps[steps],
        )

    def may_skip(self, steps: Array) -> bool:
        """Whether a page may skip just these steps: the cell has done so, or has skipped none."""
        return bool(self.counts.all()) or np.array_equal(~self.counts, steps)


class PageInput(NamedTuple):
    """What a page reads in its place."""

    rows: Sentences  # ids, or numbers
    table: Array | None  # the vector of each id; None for numbers
    notes: tuple[Message, ...] = ()  # in what it differs from what the cell read

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of a `Setup` that reads it."""
        if self.table is None:
            return {"values": self.rows}
        vocabulary, features = self.table.shape
        sizes = {"vocabulary_size": vocabulary, "embedding_dim": features}
        return {"tokens": self.rows, **sizes}


def page_input(read: StepsRead, *, as_ids: bool = False) -> PageInput:
    """What a page reads so that its layer computes what the cell did: the ids, if an Embedding made
    the vectors of few enough of them; else numbers, if a link can carry them; else each different
    vector gets an id. What stands at the steps that the cell skipped makes no difference to it.

    Args:
        as_ids: not as numbers.
    """
    if as_ids:
        return _same_ids(read) or _new_ids(read, Message("handed_ids_alone"))
    return _same_ids(read) or _numbers(read) or _new_ids(read, Message("handed_ids"))


def _same_ids(read: StepsRead) -> PageInput | None:
    """The Embedding's own ids, with its table. Where that is not known, the vectors of ids that
    were not read are 0."""
    ids, table = read.ids, read.table
    if ids is None or ids.max() >= bounds(Settings, "vocabulary_size")[1]:
        return None
    if not read.may_skip(ids == PADDING):
        return None
    if table is not None:
        return PageInput(_tokens(ids), table)
    table = np.zeros((max(int(ids.max()) + 1, 2), read.vectors.shape[2]), "float32")
    table[ids] = read.vectors
    return PageInput(_tokens(ids), table, (Message("handed_table"),))


def _numbers(read: StepsRead) -> PageInput | None:
    """The numbers themselves, with 0 at the steps that are skipped."""
    vectors = np.where(read.counts[..., np.newaxis], read.vectors, 0)
    if read.ids is not None or not read.may_skip((vectors == 0).all(-1)):
        return None
    rows = _values(vectors)
    is_short = np.abs(vectors).max() <= LARGEST and len(values_text(rows)) <= LONGEST_TEXT
    return PageInput(rows, None) if is_short else None


def _new_ids(read: StepsRead, note: Message) -> PageInput:
    """An id for each different vector, from 1 in the order in which they come; 0 at the steps that
    are skipped.

    Args:
        note: why the page reads ids.
    """
    features = read.vectors.shape[2]
    table, first, numbers = np.unique(
        read.vectors[read.counts], axis=0, return_index=True, return_inverse=True
    )
    order = np.argsort(first)
    ids = np.zeros(read.counts.shape, int)
    ids[read.counts] = 1 + np.argsort(order)[numbers.ravel()]
    table = np.concatenate([np.zeros((1, features), "float32"), table[order]])
    return PageInput(_tokens(ids), table, (note,))


def _tokens(ids: Array) -> Tokens:
    return tuple(tuple(map(int, row)) for row in ids)


def _values(vectors: Array) -> Values:
    """Numbers with as few digits as single precision needs."""
    return tuple(
        tuple(tuple(float(str(value)) for value in step) for step in sentence)
        for sentence in vectors.astype("float32")
    )
