"""What was understood of a pasted text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

Kind = str
"""One of "shape", "code", "error", "nothing"."""


class Code(str):
    """The visitor's own code, cut if it is long."""

    MOST: ClassVar[int] = 80

    def __new__(cls, written: object) -> Self:
        """As one line."""
        line = " ".join(str(written).split())
        return super().__new__(cls, line if len(line) <= cls.MOST else f"{line[: cls.MOST]}…")


@dataclass(frozen=True)
class Said:
    """A text of texts/ by its name under `pasted`, and the values that fill it in: numbers,
    words of a few known kinds, a `Message`, and `Code`, also several of it."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Understood:
    """What a text says, and the page that shows it."""

    kind: Kind
    what: Said
    """What was understood: one sentence."""
    page: str = ""
    """The page that shows it, by its name; empty if none does."""
    query: Mapping[str, str] = field(default_factory=dict)
    """The parameters of the link to that page."""
    notes: tuple[Said, ...] = ()
    """What was understood but is not shown, or is shown otherwise."""
    line: str = ""
    """The visitor's own line that Keras refused, if the text has it."""
    number: int | None = None
    """The number of that line."""
    mend: str = ""
    """Code that mends it, with the visitor's own names and numbers where the text has them."""
    mistake: str = ""
    """The mistake of MISTAKES that it is."""
    look_for: str = ""
    """Words of the text to look for among the questions and mistakes, if it was not understood."""
