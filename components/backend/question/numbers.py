"""Series of numbers, (step, feature): made by a seed, or pasted from a spreadsheet."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

import numpy as np

from components.backend.question.linked import (
    NUMBER,
    Message,
    Problem,
    SettingsError,
    listed,
    number,
    shown,
)

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
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+", re.ASCII)
_DAY = r"\d{1,4}\s?[-/.년]\s?\d{1,2}(\s?[-/.월]\s?\d{1,4})?[.월일]?"
_TIME = r"((오전|오후)\s?)?\d{1,2}:\d{2}(:\d{2}([.,]\d+)?)?(\s?[AaPp][Mm])?"
_DATE = re.compile(rf"({_DAY}([ T]\s*{_TIME})?|{_TIME})(Z|[+-]\d{{2}}:?\d{{2}})?", re.ASCII)
_GAPS = ("", "nan", "na", "n/a", "#n/a", "null")  # what stands where a number is missing
_FEW = 5  # gaps that are named

Refused = Callable[[Message], SettingsError]
"""Makes the error for a text that is refused, given what is wrong with it."""

Line = tuple[int, tuple[str, ...]]
"""A line's number, from 1, and its cells."""


class Table(NamedTuple):
    """What a text holds."""

    names: tuple[str, ...]  # of its columns; empty if its first line is not one of names
    blocks: tuple[Rows, ...]  # between blank lines
    notes: tuple[Message, ...] = ()
    """How it was read, where that does not go without saying: with decimal commas, without a column
    of dates."""


def rows_text(rows: Rows) -> str:
    """Rows as text, a line a row, a tab between cells."""
    return "\n".join("\t".join(repr(value).removesuffix(".0") for value in row) for row in rows)


def read_table(said: str, refused: Refused, most: int = MOST_FEATURES) -> Table:
    """The names of the columns, if the first line has them, and the rows, in blocks with blank
    lines between them: a line a row; tabs, else semicolons, else commas between its cells. Columns
    of dates are left out. Where no comma stands between cells, numbers may have decimal commas.

    Args:
        most: how many numbers a line may have.

    Raises:
        SettingsError: naming the line and the cell that is wrong.
    """
    between = next((mark for mark in "\t;" if mark in said), ",")
    blocks = _blocks(said, between)
    if not blocks[0]:
        return Table((), ())
    first, names = blocks[0][0], None
    if not any(map(_is_value, first[1])):
        names = blocks[0].pop(0)
    lines = [*chain.from_iterable(blocks)]
    for line in lines:
        _refuse_uneven(line, first, refused, most)
    kept, notes = _columns(lines, names)
    if len(kept) > most:
        raise refused(Message("cell_count", {"line": first[0], "count": len(kept)}))
    found = _names(names, kept, refused) if names else ()
    _refuse_gaps(lines, kept, refused)
    commas = between != "," and _has_decimal_commas(lines, kept, refused)
    read = (tuple(_numbers(line, kept, refused, commas=commas) for line in b) for b in blocks)
    notes += (Message("decimal_commas"),) if commas else ()
    return Table(found, tuple(filter(None, read)), notes)


@lru_cache(32)
def notes_on(said: str, most: int = MOST_FEATURES) -> tuple[Message, ...]:
    """How `read_table` reads a text, where that does not go without saying; nothing of one that it
    refuses."""
    try:
        return read_table(said, lambda got: SettingsError(Problem("", got, got)), most).notes
    except SettingsError:
        return ()


def _blocks(said: str, between: str) -> list[list[Line]]:
    """The lines of a text, in blocks; the first one may be empty."""
    blocks: list[list[Line]] = [[]]
    for place, line in enumerate(re.split(r"\r\n|\r|\n", said), 1):
        if line.strip():
            cells = tuple(cell.strip().strip(' "') for cell in line.split(between))
            blocks[-1].append((place, cells))
        elif blocks[-1]:
            blocks.append([])
    return blocks


def _refuse_uneven(line: Line, first: Line, refused: Refused, most: int) -> None:
    """Refuse a line that has not as many cells as the first."""
    (place, cells), count = line, len(first[1])
    if len(cells) == count:
        return
    if len(cells) > most:
        raise refused(Message("cell_count", {"line": place, "count": len(cells)}))
    counts = {"line": place, "count": len(cells), "first": first[0], "expected": count}
    raise refused(Message("uneven", counts))


def _columns(
    lines: Sequence[Line], names: Line | None
) -> tuple[tuple[int, ...], tuple[Message, ...]]:
    """Which columns have the numbers, and a note on those that have not: those of dates, and those
    that are empty, as of a line that ends with a semicolon."""
    dates, empty = list[int](), list[int]()
    everything = range(len(names[1] if names else lines[0][1] if lines else ()))
    for at in everything:
        cells = {cells[at] for _, cells in lines}
        if cells and all(map(_is_date, cells)):
            dates.append(at)
        elif cells == {""} and not (names and names[1][at]):
            empty.append(at)
    kept = tuple(at for at in everything if at not in (*dates, *empty))
    if not kept:
        return tuple(everything), ()
    said = [names[1][at] if names and names[1][at] else str(at + 1) for at in dates]
    return kept, (Message("without_dates", {"columns": ", ".join(said)}),) if said else ()


def _is_value(cell: str) -> bool:
    """Whether it names no column, right or wrong as it may be: "1.234,5" is told by its place."""
    return bool(NUMBER.fullmatch(cell) or _LIKE_A_NUMBER.fullmatch(cell)) or _is_date(cell)


def _is_date(cell: str) -> bool:
    return bool(_DATE.fullmatch(cell)) and not NUMBER.fullmatch(cell)


def _names(line: Line, kept: Sequence[int], refused: Refused) -> tuple[str, ...]:
    """The names of the columns that are kept, in the first line."""
    place, names = line
    for at in kept:
        name = names[at]
        if not name or not name.isprintable() or len(name) > LONGEST_NAME:
            raise refused(Message("cell", {"line": place, "cell": at + 1, "shown": shown(name)}))
    return tuple(names[at] for at in kept)


def _refuse_gaps(lines: Sequence[Line], kept: Sequence[int], refused: Refused) -> None:
    """Refuse cells in which a number is missing, naming the first of them."""
    gaps = [
        Message("gap", {"line": place, "cell": at + 1})
        for place, cells in lines
        for at in kept
        if cells[at].lower() in _GAPS
    ]
    if gaps:
        more = len(gaps) - _FEW
        told = gaps[:_FEW] + ([Message("more_names", {"count": more})] if more > 0 else [])
        raise refused(Message("gaps", {"cells": listed(told)}))


def _has_decimal_commas(lines: Sequence[Line], kept: Sequence[int], refused: Refused) -> bool:
    """Whether the numbers have decimal commas: one has, and none has a decimal point.

    Raises:
        SettingsError: the commas may as well be those of thousands.
    """
    cells = [(place, at, cells[at]) for place, cells in lines for at in kept]
    if any("." in cell for *_, cell in cells):
        return False
    found = [each for each in cells if _DECIMAL_COMMA.fullmatch(each[2])]
    if found and all(_THOUSANDS.fullmatch(cell) for *_, cell in found):
        place, at, cell = found[0]
        raise refused(Message("commas", {"line": place, "cell": at + 1, "shown": shown(cell)}))
    return bool(found)


def _numbers(
    line: Line, kept: Sequence[int], refused: Refused, *, commas: bool
) -> tuple[float, ...]:
    """The numbers of a line, in the columns that are kept."""
    place, cells = line
    found = []
    for at in kept:
        cell = cells[at].replace(",", ".") if commas else cells[at]
        value = number(cell) if NUMBER.fullmatch(cell) else math.inf
        if abs(value) > LARGEST:
            raise refused(
                Message("cell", {"line": place, "cell": at + 1, "shown": shown(cells[at])})
            )
        found.append(value)
    return tuple(found)
