"""A visitor's model as its file has it, before Keras sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from components.backend.question.linked import Message

Format = Literal["keras", "h5", "weights"]


class DeclaredLayer(NamedTuple):
    """A layer, a nested model or an operation such as `x[:, -1]`."""

    path: tuple[str, ...]  # the names of the models around it, from the outermost; without its own
    name: str
    kind: str  # its class, such as "LSTM"
    reads: tuple[int, ...]
    """The indices of the layers whose outputs it reads. A layer of a nested model that reads the
    nested model's input reads what the nested model reads."""
    blocked: Message | None = None  # why it is not run; None if it is
    saved_count: int = 0  # how many weights the file has of a layer that is not run


@dataclass(frozen=True, eq=False)
class Declared:
    """A model, as its file has it."""

    config: dict[str, Any]
    """Of the part that is run, as Keras 3 takes it: of Keras's own classes alone, without code,
    paths and addresses. Empty if nothing is run."""
    layers: tuple[DeclaredLayer, ...]
    """In the model's order: a nested model stands before its own layers. An Input is not there."""
    version: str  # of the Keras that wrote it; "" if the file lacks it
    notes: tuple[Message, ...]  # in what it differs from what is saved, or from single precision
    format: Format
    is_keras2: bool
    name: str = ""
    kind: str = ""  # its class, such as "Functional"
    groups: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    """Where a .keras or a .weights.h5 has the weights of each layer, such as "layers/dense_1", by
    its path and name. Without them the file is of the model that is run, and no other."""

    saved_count: int = 0  # how many weights the file has, if not all of the model is run

    @property
    def is_whole(self) -> bool:
        """Whether all of it is run."""
        return not any(layer.blocked for layer in self.layers)
