"""The layers of a model while it is cut: what each reads, and whether it is run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from components.backend.question.linked import Message
from components.backend.your_model.saved.objects import Part
from components.backend.your_model.saved.tensors import Tensor

UNREACHED = Message("model_not_reached")
NOT_WHOLE = Message("model_not_whole")


@dataclass(eq=False)
class ShownLayer:
    """A layer as it is shown."""

    path: tuple[str, ...]
    name: str
    kind: str
    group: str = ""
    reads: list[ShownLayer | InputOf] = field(default_factory=list)
    blocked: Message | None = None
    inner: list[ShownLayer] = field(default_factory=list)  # of a nested model, all its layers

    def block(self, why: Message) -> None:
        """Have it, and what is in it, not be run."""
        for row in (self, *self.inner):
            row.blocked = row.blocked or why

    @property
    def read(self) -> Iterator[ShownLayer]:
        """The layers that it reads, also where it reads the input of a nested model."""
        # Each once: a nested model that is called twice reads the same input twice, and so does one
        # in it. Their calls would multiply.
        for each in dict.fromkeys(self.reads):
            yield from each.row.read if isinstance(each, InputOf) else (each,)


@dataclass(frozen=True)
class InputOf:
    """Stands for what a nested model reads."""

    row: ShownLayer


@dataclass(eq=False)
class Item:
    """A layer of a model, with its calls."""

    row: ShownLayer
    part: Part | None  # None if nothing of it is run
    is_input: bool = False
    is_whole: bool = True  # False of a nested model that is cut
    ends: int = 1  # how many outputs a nested model has that is cut
    calls: list[Call] = field(default_factory=list)

    @property
    def kept(self) -> list[int]:
        """The numbers of the calls that can be made."""
        return [number for number, call in enumerate(self.calls) if call.is_kept]


@dataclass(eq=False)
class Call:
    """One call of a layer."""

    args: Any = ()
    kwargs: Any = field(default_factory=dict)
    reads: tuple[Tensor, ...] = ()
    is_kept: bool = False


@dataclass(eq=False)
class Cut:
    """What of a model is run."""

    part: Part | None  # None if nothing of it is
    is_whole: bool
    ends: int = 1  # how many outputs it has
