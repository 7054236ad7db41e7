"""What is known of a visitor's model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from components.backend.question.linked import Message
from components.backend.question.weights import Sized


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
    inputs: tuple[ModelInput, ...]
    parameter_count: int
    batch: int | None  # how many sentences it takes at once; None for any number
    is_stateful: bool
    notes: tuple[Message, ...]  # in what it differs from what is saved, or from single precision


class Kept(NamedTuple):
    """What is kept of a model: all that its process needs to load it again, without the optimizer
    and what else a visitor's file has."""

    files: Mapping[str, bytes]  # as Keras saves the loaded model
    config: str  # as JSON: `Declared.config`
    is_keras2: bool

    @property
    def nbytes(self) -> int:
        """The memory that it takes."""
        return sum(map(len, self.files.values())) + len(self.config)
