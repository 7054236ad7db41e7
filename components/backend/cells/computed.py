"""What a cell's record reads of a layer and of its run, as protocols: `Layer` is an `Arguments`,
`Trace` is a `Steps`, and `Run` is a `Computed`. The cells cannot
import those three, as those import the cells."""

# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import numpy as np

from components.backend.cells.dropout import Dropout

Array = np.ndarray


class Arguments(Protocol):
    """The arguments of a layer, by Keras's names."""

    @property
    def units(self) -> int: ...
    @property
    def activation(self) -> str: ...
    @property
    def use_bias(self) -> bool: ...
    @property
    def reset_timing(self) -> Literal["", "before", "after"]: ...


class Steps(Protocol):
    """All steps of a layer: inputs (B, T, F), all others (B, T, U); cell is None without a c."""

    @property
    def inputs(self) -> Array: ...
    @property
    def hidden(self) -> Array: ...
    @property
    def cell(self) -> Array | Any: ...
    @property
    def gates(self) -> Mapping[str, Array]: ...
    @property
    def dropout(self) -> Dropout: ...
    def before(self, state: str) -> Array: ...


class Computed(Protocol):
    """A layer's arguments, its steps, and its weights by Keras's names."""

    @property
    def settings(self) -> Arguments: ...
    @property
    def trace(self) -> Steps: ...
    @property
    def weights(self) -> Mapping[str, Array]: ...
