"""A table out of a spreadsheet: from text, and as text."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from components.backend.question.linked import (
    LONGEST_TEXT,
    Message,
    Problem,
    SettingsError,
    refusal,
)
from components.backend.question.numbers import (
    LARGEST,
    LONGEST_NAME,
    MOST_FEATURES,
    Rows,
    read_table,
    rows_text,
)

LEAST_ROWS, MOST_ROWS = 5, 1000
MOST_NUMBERS = 3200
"""The most numbers of a table: the page draws each."""

LONGEST_THINNED = 500_000
"""The most characters of a text that is read to keep a part of it: that takes up to a second."""

PASTED_ALLOWED = Message(
    "pasted",
    {
        "least": LEAST_ROWS,
        "rows": MOST_ROWS,
        "features": MOST_FEATURES,
        "numbers": MOST_NUMBERS,
        "largest": LARGEST,
        "name": LONGEST_NAME,
        "characters": LONGEST_TEXT,
    },
)
"""The text that says what a table may be."""


@dataclass(frozen=True)
class Pasted:
    """A table out of a spreadsheet."""

    rows: Rows
    names: tuple[str, ...] = ()  # of its columns; empty if it has none


def pasted_text(table: Pasted) -> str:
    """A table as text, a tab between cells. No name has a tab in it, so it is read as it was."""
    rows = rows_text(table.rows)
    return "\n".join(("\t".join(table.names), rows)) if table.names else rows


def read_pasted(said: str) -> Pasted:
    """A table from text, as `read_table` reads it; blank lines in it are ignored.

    Raises:
        SettingsError: naming the line and the cell that is wrong.
    """
    found = _read(said)
    if got := _wrong_size(found):
        raise _refused(got)
    return found


def _read(said: str) -> Pasted:
    names, blocks, _ = read_table(said, _refused)
    return Pasted(tuple(chain.from_iterable(blocks)), names)


def _wrong_size(table: Pasted) -> Message | None:
    """What is wrong with a table's size; None if nothing is."""
    rows = table.rows
    if not LEAST_ROWS <= len(rows) <= MOST_ROWS:
        return Message("row_count", {"count": len(rows)})
    if (count := len(rows) * len(rows[0])) > MOST_NUMBERS:
        return Message("number_count", {"count": count})
    if (length := len(pasted_text(table))) > LONGEST_TEXT:  # as a link writes it
        return Message("characters", {"count": length})
    return None


class Thinned(NamedTuple):
    """What can be kept of a table that is too large."""

    rows: int
    """How many rows the whole table has."""
    every: int
    """One row in so many is kept; 1 if all fit without what stands beside the numbers."""
    table: Pasted


@lru_cache(1)  # for the reruns of one page; more would keep texts of all visitors
def thinned(said: str) -> Thinned | None:
    """As many evenly spaced rows, from the first on, of a table in a text as a question takes; None
    if the text is longer than LONGEST_THINNED, or has something else that is wrong."""
    if len(said) > LONGEST_THINNED:
        return None
    try:
        whole = _read(said)
    except SettingsError:
        return None
    for every in range(1, len(whole.rows) // LEAST_ROWS + 1):
        table = Pasted(whole.rows[::every], whole.names)
        if not _wrong_size(table):
            return Thinned(len(whole.rows), every, table)
    return None


def checked_table(value: Any) -> Any:
    """A table given as text, or as a `Pasted` that the program made itself, for a field that holds
    one; anything else as it is."""
    if not isinstance(value, str | Pasted):
        return value
    try:
        return read_pasted(value if isinstance(value, str) else pasted_text(value))
    except SettingsError as error:
        raise refusal(error.problems[0]) from None


def _refused(got: Message) -> SettingsError:
    return SettingsError(Problem("pasted", got, PASTED_ALLOWED))
