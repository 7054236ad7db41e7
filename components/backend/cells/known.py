"""The list of all cells."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from components.backend.cells.cell import Cell

_FILES = ("lstm", "gru", "simple_rnn")

CELLS: Mapping[str, Cell] = {
    cell.name: cell for cell in (import_module(f"{__package__}.{file}").CELL for file in _FILES)
}
"""By name, in the order in which pages list them. Each file has its record as CELL."""
