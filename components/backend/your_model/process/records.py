"""What is known of a visitor's model."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any, Literal, NamedTuple

from components.backend.explained.explain import LayerCall
from components.backend.question.linked import Message
from components.backend.question.weights import Sized
from components.backend.your_model.process.step_axes import Axis, CallAxes
from components.backend.your_model.saved.declared import Declared

MOST_WEIGHTS = 2**20
"""A Dense with more weights is explained without them: they would stand in each answer."""


class ModelInput(NamedTuple):
    """One of a model's inputs."""

    name: str
    kind: Literal["words", "ids", "numbers"]
    """What is typed for it. "words": the model turns strings into ids itself. "ids": whole numbers,
    which an Embedding reads. "numbers": anything else."""
    shape: tuple[int | None, ...]  # without the batch's axis; None: any length
    ids: int | None = None  # of "ids": how many the Embedding has
    vocabulary: tuple[str, ...] = ()
    """Of "words": the words of the model's own TextVectorization or StringLookup, by id."""


class Row(NamedTuple):
    """A layer of the model, as its configuration has it."""

    path: tuple[str, ...]  # the names of the models around it, from the outermost; without its own
    name: str
    kind: str  # its class, such as "LSTM"
    reads: tuple[int, ...]  # the indices of the rows whose outputs it reads
    parameter_count: int
    blocked: Message | None = None  # why it is not run; None if it is


@dataclass(frozen=True, eq=False)
class Opened(Sized):
    """A model that has been opened."""

    key: str  # a digest of its file, which names it in links
    name: str
    kind: str  # its class, such as "Functional"
    version: str  # of the Keras that wrote it; "" if the file lacks it
    rows: tuple[Row, ...]  # from the input to the outputs; an Input has none
    inputs: tuple[ModelInput, ...] = ()
    parameter_count: int = 0  # of all layers, also those that are not run
    batch: int | None = None  # how many sentences it takes at once; None for any number
    is_stateful: bool = False
    has_masks: bool = False  # whether a layer makes one, or is handed one
    notes: tuple[
        Message, ...
    ] = ()  # in what it differs from what is saved, or from single precision
    axes: tuple[CallAxes, ...] = ()  # of each call that is run
    output_axes: tuple[Axis, ...] = ()  # of each output of what is run

    @property
    def is_whole(self) -> bool:
        """Whether all of it is run. If not, what it returns is not the model's answer."""
        return not any(row.blocked for row in self.rows)

    def axes_of(self, call: LayerCall) -> CallAxes:
        """What the first axes of a call have: the steps of which input."""
        return self._axes[call.path, call.name, call.number]

    @cached_property
    def _axes(self) -> dict[tuple[tuple[str, ...], str, int], CallAxes]:
        return {(each.path, each.name, each.number): each for each in self.axes}


def opened_of(
    declared: Declared, *, counts: Sequence[int] = (), parameter_count: int = 0, **known: Any
) -> Opened:
    """What is known of a model. Of what is not run, the file says how many weights it has.

    Args:
        counts: how many weights each of the declared layers has that is run.
        parameter_count: how many weights all have that are run.
        known: the other fields of an `Opened`.
    """
    rows = tuple(
        Row(*said[:4], parameter_count=said.saved_count or count, blocked=said.blocked)
        for said, count in zip(declared.layers, counts or repeat(0), strict=False)
    )
    return Opened(
        name=declared.name,
        kind=declared.kind,
        version=declared.version,
        rows=rows,
        notes=declared.notes,
        parameter_count=declared.saved_count or parameter_count,
        **known,
    )


class Snapshot(NamedTuple):
    """What is kept of a model: all that its process needs to load it again, without the optimizer
    and what else a visitor's file has."""

    files: Mapping[str, bytes]  # as Keras saves the loaded model
    config: str  # `Declared.config` as JSON

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return sum(map(len, self.files.values())) + len(self.config)


@dataclass(frozen=True, eq=False)
class StoredModel:
    """A model that the server keeps."""

    opened: Opened
    snapshot: Snapshot

    @cached_property
    def nbytes(self) -> int:
        """The memory that it takes, about. Of a model that is not run, or has a large vocabulary,
        most of that is what is known of it."""
        return self.snapshot.nbytes + _memory(tuple(vars(self.opened).values()))


def _memory(value: Any) -> int:
    """Bytes of a value and, of tuples, of all that is in them."""
    inside = sum(map(_memory, value)) if isinstance(value, tuple) else 0
    return sys.getsizeof(value) + inside
