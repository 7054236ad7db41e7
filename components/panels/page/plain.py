"""Visitors' text on a page: shown, never interpreted."""

from __future__ import annotations

import re


def plain(text: str) -> str:
    """The text as Markdown inline code, in which nothing is interpreted."""
    line = " ".join(text.split()) or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"
