"""The cells: a file each, with one record that says all that differs from cell to cell.

To add one, write its file, name the file in `known.py`, and write its texts.
"""

from components.backend.cells.activations import ACTIVATIONS, RECURRENT_ACTIVATIONS, REPLAYED
from components.backend.cells.cell import Cell
from components.backend.cells.dropout import KEPT, Dropout
from components.backend.cells.known import CELLS
from components.backend.cells.unroll import unroll

__all__ = [
    "ACTIVATIONS",
    "CELLS",
    "KEPT",
    "RECURRENT_ACTIVATIONS",
    "REPLAYED",
    "Cell",
    "Dropout",
    "unroll",
]
