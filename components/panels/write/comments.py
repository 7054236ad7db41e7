"""Comments of code in the visitor's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from components.texts import DEFAULT, as_typed, speaking, text


def commented(code: str) -> str:
    """The code with its comments in the visitor's language, as far as `comments` has them.

    Args:
        code: none of whose strings has "# " in it.
    """
    return re.sub(r"(?<=# ).*", lambda comment: _said(comment[0]), code)


def _said(comment: str) -> str:
    for name, pattern in _written().items():
        if found := pattern.fullmatch(comment):
            return as_typed(text(f"comments.{name}", **found.groupdict()))
    return comment


@cache
def _written() -> Mapping[str, re.Pattern[str]]:
    """How each comment is written in code, by its name: anything may stand for a placeholder."""
    with speaking(DEFAULT):
        comments: Any = text("comments")
    slots = r"\\\{(\w+)\\\}", r"(?P<\1>.+)"
    return {name: re.compile(re.sub(*slots, re.escape(said))) for name, said in comments.items()}
