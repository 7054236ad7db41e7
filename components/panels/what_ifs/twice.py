"""Same x twice: what its address says."""

from __future__ import annotations

from components.backend.whatif import twice
from components.panels.parts.sentence import SentenceView


class TwiceView(twice.Choice, SentenceView):
    """What is not the same in both calls, and which sentence (from 1) is drawn."""
