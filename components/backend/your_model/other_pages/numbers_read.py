"""What a layer of a model read, as a page reads it: ids with the vectors that they stand for, or
numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from components.backend.explained.explain import Explained
from components.backend.question.linked import LONGEST_TEXT, Message, bounds
from components.backend.question.numbers import LARGEST
from components.backend.question.sentences import PADDING, Sentences, Tokens, Values, values_text
from components.backend.question.settings import Settings

Array = np.ndarray


class LayerInput(NamedTuple):
    """What one layer read."""

    vectors: Array  # (sentence, step, feature)
    ids: Array | None = None  # (sentence, step): what an Embedding made them of; None without one
    mask: Array | None = None  # (sentence, step): False at the steps that the layer skipped
    table: Array | None = None  # (id, feature): the Embedding's, if its ids are few enough

    @property
    def skipped(self) -> Array:
        """True at the steps that the layer skipped, (sentence, step)."""
        shape = self.vectors.shape[:2]
        return np.zeros(shape, bool) if self.mask is None else ~self.mask


class Read(NamedTuple):
    """What a page reads in its place."""

    rows: tuple[Sentences, ...]  # of each layer: ids, or numbers
    table: Array | None  # the vector of each id; None for numbers
    notes: tuple[Message, ...] = ()  # in what it differs from what the layers read

    @property
    def fields(self) -> Mapping[str, Any]:
        """The fields of a `Setup` whose layer reads the first rows."""
        if self.table is None:
            return {"values": self.rows[0]}
        vocabulary, features = self.table.shape
        sizes = {"vocabulary_size": vocabulary, "embedding_dim": features}
        return {"tokens": self.rows[0], **sizes}


def part_of(model: Explained, vectors: Array, mask: Array | None = None) -> LayerInput:
    """What a layer of a model read, with the ids of which an Embedding made it, if one did."""
    for each in model.layers:
        if each.kind == "Embedding" and np.array_equal(each.returned[0].values, vectors):
            ids = np.asarray(each.inputs[0]).astype(int)
            return LayerInput(vectors, ids, mask, each.weights.get("embeddings"))
    return LayerInput(vectors, mask=mask)


def read_of(*parts: LayerInput, as_ids: bool = False) -> Read:
    """What a page reads so that its layers compute what these did: the ids, if an Embedding made
    all vectors of few enough of them; else numbers, if a link can carry them; else each different
    vector gets an id. What stands at the steps that a layer skipped makes no difference to it.

    Args:
        as_ids: not as numbers.
    """
    if as_ids:
        return _same_ids(parts) or _new_ids(parts, Message("handed_ids_alone"))
    return _same_ids(parts) or _numbers(parts) or _new_ids(parts, Message("handed_ids"))


def _same_ids(parts: Sequence[LayerInput]) -> Read | None:
    """The Embedding's own ids, with its table. Where that is not known, the vectors of ids that
    were not read are 0."""
    ids = [part.ids for part in parts if part.ids is not None]
    largest = max((int(each.max()) for each in ids), default=0)
    if len(ids) < len(parts) or largest >= bounds(Settings, "vocabulary_size")[1]:
        return None
    if not all(_masked_where(part, each == PADDING) for part, each in zip(parts, ids, strict=True)):
        return None
    known = parts[0].table
    table = _table(parts, largest) if known is None else known
    if any((table[i] != part.vectors).any() for part, i in zip(parts, ids, strict=True)):
        return None  # two Embeddings have different vectors for an id
    notes = (Message("handed_table"),) if known is None else ()
    return Read(tuple(map(_tokens, ids)), table, notes)


def _table(parts: Sequence[LayerInput], largest: int) -> Array:
    """An Embedding's table, as far as it was read.

    Args:
        largest: the largest id.
    """
    table = np.zeros((max(largest + 1, 2), parts[0].vectors.shape[2]), "float32")
    for part in parts:
        table[part.ids] = part.vectors
    return table


def _numbers(parts: Sequence[LayerInput]) -> Read | None:
    """The numbers themselves, with 0 at the steps that are skipped."""
    if any(part.ids is not None for part in parts):
        return None
    shown = [np.where(part.skipped[..., np.newaxis], 0, part.vectors) for part in parts]
    if not all(_masked_where(p, (v == 0).all(-1)) for p, v in zip(parts, shown, strict=True)):
        return None
    if any(np.abs(vectors).max() > LARGEST for vectors in shown):
        return None
    rows = tuple(map(_values, shown))
    if any(len(values_text(each)) > LONGEST_TEXT for each in rows):
        return None
    return Read(rows, None)


def _new_ids(parts: Sequence[LayerInput], note: Message) -> Read:
    """An id for each different vector, from 1 in the order in which they come; 0 at the steps that
    are skipped.

    Args:
        note: why the page reads ids.
    """
    features = parts[0].vectors.shape[2]
    skipped = np.concatenate([part.skipped.ravel() for part in parts])
    vectors = np.concatenate([part.vectors.reshape(-1, features) for part in parts])
    table, first, numbers = np.unique(
        vectors[~skipped], axis=0, return_index=True, return_inverse=True
    )
    order = np.argsort(first)
    ids = np.zeros(len(vectors), int)
    ids[~skipped] = 1 + np.argsort(order)[numbers.ravel()]
    ends = np.cumsum([part.skipped.size for part in parts])[:-1]
    shapes = (part.skipped.shape for part in parts)
    rows = (each.reshape(shape) for each, shape in zip(np.split(ids, ends), shapes, strict=True))
    table = np.concatenate([np.zeros((1, features), "float32"), table[order]])
    return Read(tuple(map(_tokens, rows)), table, (note,))


def _masked_where(part: LayerInput, padding: Array) -> bool:
    """Whether the layer skipped just those steps, or has no mask."""
    return part.mask is None or np.array_equal(part.skipped, padding)


def _tokens(ids: Array) -> Tokens:
    return tuple(tuple(map(int, row)) for row in ids)


def _values(vectors: Array) -> Values:
    """Numbers with as few digits as single precision needs."""
    return tuple(
        tuple(tuple(float(str(value)) for value in step) for step in sentence)
        for sentence in vectors.astype("float32")
    )
