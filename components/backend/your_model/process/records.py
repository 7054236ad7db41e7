"""What is known of a visitor's model."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple

from components.backend.explained.explain import LayerCall
from components.backend.question.weights import Sized
from components.backend.your_model.process.step_axes import Axis, CallAxes, CallName
from components.backend.your_model.saved.declared import Description

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

    @property
    def id_count(self) -> int:
        """How many ids it may read, from 0 on."""
        return self.ids or 2**31


@dataclass(frozen=True, eq=False, kw_only=True)
class Opened(Sized, Description):
    """A model that has been opened."""

    key: str  # a digest of its file, which names it in links
    inputs: tuple[ModelInput, ...] = ()
    batch: int | None = None  # how many sentences it takes at once; None for any number
    is_stateful: bool = False
    has_masks: bool = False  # whether a layer makes one, or is handed one
    axes: tuple[CallAxes, ...] = ()  # of each call that is run
    output_axes: tuple[Axis, ...] = ()  # of each output of what is run

    def axes_of(self, call: LayerCall) -> CallAxes:
        """The steps of which input the first axes of a call have; and which calls it reads."""
        return self._axes[call.path, call.name, call.number]

    @cached_property
    def _axes(self) -> dict[CallName, CallAxes]:
        return {each.call: each for each in self.axes}


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
