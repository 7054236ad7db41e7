"""Series of numbers, (step, feature): made by a seed, or pasted from a spreadsheet."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

import numpy as np

from components.backend.linked import NUMBER, SettingsError, Words, number, shown

MOST_FEATURES = 16  # of a table, if a reader does not take more
LARGEST = 1e6  # number that is read
LONGEST_NAME = 24  # characters of a column's name

Rows = tuple[tuple[float, ...], ...]
"""A row of features for each step."""

WEATHER: Rows = (
    (12.1, 81.0),
    (11.8, 83.0),
    (11.5, 85.0),
    (11.9, 84.0),
    (13.2, 79.0),
    (15.0, 71.0),
    (16.8, 64.0),
    (18.1, 58.0),
    (18.9, 55.0),
    (18.4, 57.0),
    (17.0, 62.0),
    (15.1, 70.0),
)
"""Temperatures and humidities."""


# What is made here; the script of a table shows these very functions


def sine(rng: np.random.Generator, rows: int, features: int) -> np.ndarray:
    """A sine of 12 rows, in each column a bit later, with noise."""
    angle = np.arange(rows)[:, np.newaxis] * 2 * np.pi / 12 - np.arange(features)
    return np.sin(angle) + rng.normal(0, 0.1, (rows, features))


def walk(rng: np.random.Generator, rows: int, features: int) -> np.ndarray:
    """Columns that each go up or down by a random step from row to row."""
    return rng.normal(0, 0.3, (rows, features)).cumsum(axis=0)


def noise(rng: np.random.Generator, rows: int, features: int) -> np.ndarray:
    """Columns of numbers that do not depend on one another."""
    return rng.normal(0, 1, (rows, features))


def spike(rng: np.random.Generator, rows: int, features: int) -> np.ndarray:
    """Columns near 0, each with a single 1 somewhere in its first half."""
    values = rng.normal(0, 0.05, (rows, features))
    values[rng.integers(0, max(1, rows // 2), features), np.arange(features)] = 1
    return values


SERIES: Mapping[str, Callable[[np.random.Generator, int, int], np.ndarray]] = {
    each.__name__: each for each in (sine, walk, noise, spike)
}
"""What makes each kind of series, as (rows, features)."""


# What a spreadsheet holds


_LIKE_A_NUMBER = re.compile(r"[-+.,]*\d[-+.,\d]*", re.ASCII)

Refused = Callable[[Words], SettingsError]
"""Makes the error for a text that is refused, given what is wrong with it."""

Line = tuple[int, tuple[str, ...]]
"""A line's number, from 1, and its cells."""


def rows_text(rows: Rows) -> str:
    """Rows as text, a line a row, a tab between cells."""
    return "\n".join("\t".join(repr(value).removesuffix(".0") for value in row) for row in rows)


def read_table(
    said: str, refused: Refused, most: int = MOST_FEATURES
) -> tuple[tuple[str, ...], tuple[Rows, ...]]:
    """The names of the columns, if the first line has them, and the rows, in blocks with blank
    lines between them: a line a row; tabs, else semicolons, else commas between its cells.

    Args:
        most: how many cells a line may have.

    Raises:
        SettingsError: naming the line and the cell that is wrong.
    """
    between = next((mark for mark in "\t;" if mark in said), ",")
    blocks: list[list[Line]] = [[]]
    for place, line in enumerate(re.split(r"\r\n|\r|\n", said), 1):
        if line.strip():
            cells = tuple(cell.strip().strip(' "') for cell in line.split(between))
            blocks[-1].append((place, cells))
        elif blocks[-1]:
            blocks.append([])
    if not blocks[0]:
        return (), ()
    first, names = blocks[0][0], ()
    # "1.234,5" names no column: what is wrong with it is said of its cell.
    if not any(NUMBER.fullmatch(cell) or _LIKE_A_NUMBER.fullmatch(cell) for cell in first[1]):
        names = _names(first, refused)
        del blocks[0][0]
    read = (tuple(_numbers(line, first, refused, most) for line in block) for block in blocks)
    return names, tuple(filter(None, read))


def _names(line: Line, refused: Refused) -> tuple[str, ...]:
    """The names of the columns, in the first line."""
    place, names = line
    for at, name in enumerate(names, 1):
        if not name or not name.isprintable() or len(name) > LONGEST_NAME:
            raise refused(Words("cell", {"line": place, "cell": at, "shown": shown(name)}))
    return names


def _numbers(line: Line, first: Line, refused: Refused, most: int) -> tuple[float, ...]:
    """The numbers of a line, as many as the first line has cells."""
    (place, cells), count = line, len(first[1])
    if len(cells) > most:
        raise refused(Words("cell_count", {"line": place, "count": len(cells)}))
    if len(cells) != count:
        counts = {"line": place, "count": len(cells), "first": first[0], "expected": count}
        raise refused(Words("uneven", counts))
    found = []
    for at, cell in enumerate(cells, 1):
        value = number(cell) if NUMBER.fullmatch(cell) else math.inf
        if abs(value) > LARGEST:
            raise refused(Words("cell", {"line": place, "cell": at, "shown": shown(cell)}))
        found.append(value)
    return tuple(found)
