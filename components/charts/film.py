"""The frames of a film: the values of a figure's cells at each checkpoint of a training."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import numpy as np

LEVELS = 65534
"""Steps between the ends of a scale; the next number stands for "no value"."""


def packed(strips: Iterable[tuple[np.ndarray, float, float]]) -> str:
    """All values of one checkpoint, strip by strip, as integers of two bytes in base64: a tenth of
    their size as text.

    Args:
        strips: of each strip its values, (row, column), and the ends of its scale.
    """
    levels = [
        np.nan_to_num((values - low) / (high - low) * LEVELS, nan=LEVELS + 1)
        for values, low, high in strips
    ]
    together = np.concatenate([strip.ravel() for strip in levels]).round().astype("<u2")
    return base64.b64encode(together.tobytes()).decode()
