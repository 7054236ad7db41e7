"""A visitor's model as its file has it, before Keras sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, NamedTuple

from components.backend.question.linked import Message

Format = Literal["keras", "h5", "weights"]


class ModelLayer(NamedTuple):
    """A layer, a nested model or an operation such as `x[:, -1]`."""

    path: tuple[str, ...]  # the names of the models around it, from the outermost; without its own
    name: str
    kind: str  # its class, such as "LSTM"
    reads: tuple[int, ...]
    """The indices of the layers whose outputs it reads. A layer of a nested model that reads the
    nested model's input reads what the nested model reads."""
    blocked: Message | None = None  # why it is not run; None if it is
    parameter_count: int = 0
    """How many weights the file has of a layer that is not run. Keras counts those of the others,
    once it has loaded them."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Description:
    """What is known of a model: from its file, and then from Keras."""

    name: str
    kind: str  # its class, such as "Functional"
    version: str = ""  # of the Keras that wrote it; "" if the file lacks it
    layers: tuple[ModelLayer, ...] = ()
    """In the model's order: a nested model stands before its own layers. An Input is not there."""
    parameter_count: int = 0  # of all layers, as in `ModelLayer`
    notes: tuple[Message, ...] = ()
    """In what it differs from what is saved, or from single precision."""

    @property
    def is_whole(self) -> bool:
        """Whether all of it is run. If not, what it returns is not the model's answer."""
        return not any(layer.blocked for layer in self.layers)

    @property
    def described(self) -> dict[str, Any]:
        """These fields by name, to describe the same model."""
        return {each.name: getattr(self, each.name) for each in fields(Description)}


@dataclass(frozen=True, eq=False, kw_only=True)
class Declared(Description):
    """A model, as its file has it."""

    config: dict[str, Any] = field(default_factory=dict)
    """Of the part that is run, as Keras 3 takes it: of Keras's own classes alone, without code,
    paths and addresses. Empty if nothing is run."""
    format: Format
    is_keras2: bool = False
    groups: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    """Where a .keras or a .weights.h5 has the weights of each layer, such as "layers/dense_1", by
    its path and name. Without them the file is of the model that is run, and no other."""
