"""Comments of code in the visitor's language."""

from __future__ import annotations

import re

from components.texts import has_text, text


def commented(code: str) -> str:
    """The code with its comments in the visitor's language. Those without words are left.

    Args:
        code: none of whose strings has "# " in it.
    """
    return re.sub(r"(?<=# ).*", lambda comment: _said(comment[0]), code)


def _said(comment: str) -> str:
    name = re.sub(r"\W+", "_", comment.lower()).strip("_")
    return text(f"comments.{name}") if has_text(f"comments.{name}") else comment
