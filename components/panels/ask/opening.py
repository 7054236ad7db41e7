"""What a page opens on where nobody has set anything: the case in which its effect is seen."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from components.backend.origins.presets import PRESETS, TRAINED
from components.panels.pages import PAGES


@cache
def opening(page: str) -> Mapping[str, str]:
    """The fields of its questions, as an address has them; all others have their defaults."""
    shown = PAGES[page]
    if not shown.preset:
        return shown.opens
    setup, weights = (PRESETS | TRAINED)[shown.preset]
    return {**weights.to_query(), **setup.to_query(), **shown.opens}
