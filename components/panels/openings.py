"""What each page opens on where nobody has set anything: the case in which its effect is seen."""

from __future__ import annotations

from collections.abc import Mapping

from components.backend.origins.presets import PRESETS, TRAINED


def _query(preset: str) -> Mapping[str, str]:
    """The settings and the weights of a preset, as an address has them."""
    setup, weights = (PRESETS | TRAINED)[preset]
    return {**weights.to_query(), **setup.to_query()}


_CELL = _query("opening")

OPENINGS: Mapping[str, Mapping[str, str]] = {
    "explore": _CELL,
    "calls": {**_CELL, "cut": "10", "hand_over": "false"},  # within a quotation
    "compare": {**_CELL, "b.cell": "SimpleRNN"},
    "edit": {**_CELL, "edits": "forget=1"},
    "attention": {"score": "scaled", "scale": "20"},
    "influence": _query("remembers"),
    "learn": {"learn.race": "true"},
}
"""By page: the fields of its questions, as an address has them. All others have their defaults."""
