"""Whether a page asks first, and what it has uncovered by now."""

from __future__ import annotations

from components.backend.question.linked import Flag, Linked

UNCOVERED = "uncovered"
"""In the session: the parts of the page that the visitor has uncovered since the last change."""


class AskFirst(Linked):
    """Whether a page covers what Keras answers, until the visitor uncovers it."""

    ask: Flag = False
