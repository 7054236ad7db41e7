"""A table out of a spreadsheet: from text, and as text."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import Any

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
    names, blocks, _ = read_table(said, _refused)
    rows = tuple(chain.from_iterable(blocks))
    if not LEAST_ROWS <= len(rows) <= MOST_ROWS:
        raise _refused(Message("row_count", {"count": len(rows)}))
    if (count := len(rows) * len(rows[0])) > MOST_NUMBERS:
        raise _refused(Message("number_count", {"count": count}))
    found = Pasted(rows, names)
    if (length := len(pasted_text(found))) > LONGEST_TEXT:  # as a link writes it
        raise _refused(Message("characters", {"count": length}))
    return found


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
