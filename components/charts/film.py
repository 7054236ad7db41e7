"""The frames of a film: the values of a figure's cells at each checkpoint of a training."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

_LEVELS = 65534
"""Steps between the ends of a scale; the next number stands for "no value"."""


def film_meta(
    question: object,
    steps: Sequence[int],
    labels: Sequence[str],
    frames: Iterable[Sequence[np.ndarray]],
    scales: Sequence[tuple[float, float]],
    *,
    plays: bool,
) -> dict[str, Any]:
    """For layout.meta.film: the film of a figure whose cells show its last frame.

    Args:
        question: of the training; tells the browser one training's film from another's.
        steps: the step of training at each checkpoint.
        labels: the text beside the film's slider at each checkpoint.
        frames: at each checkpoint, the values of each strip, (row, column).
        scales: the ends of each strip's scale.
        plays: whether it begins to play by itself.
    """
    return {
        "of": repr(question),
        "plays": plays,
        "steps": steps,
        "labels": labels,
        "scales": scales,
        "levels": _LEVELS,
        "frames": [_packed(strips, scales) for strips in frames],
    }


def _packed(strips: Sequence[np.ndarray], scales: Sequence[tuple[float, float]]) -> str:
    """All values of one checkpoint, strip by strip, as integers of two bytes in base64: a tenth of
    their size as text."""
    levels = [
        np.nan_to_num((values - low) / (high - low) * _LEVELS, nan=_LEVELS + 1)
        for values, (low, high) in zip(strips, scales, strict=True)
    ]
    together = np.concatenate([strip.ravel() for strip in levels]).round().astype("<u2")
    return base64.b64encode(together.tobytes()).decode()
