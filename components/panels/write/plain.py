"""Text on a page that is shown, and not interpreted as Markdown."""

from __future__ import annotations

import re

# Streamlit draws an icon for ":material/name:", even in code. This invisible character stops it.
WORD_JOINER = "\u2060"


def plain(said: object) -> str:
    """What is said, as Markdown inline code, in which nothing is interpreted."""
    line = " ".join(str(said).split()).replace(":material/", f":{WORD_JOINER}material/") or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def unstruck(said: object) -> str:
    """Our own words as Markdown in which no tildes strike through what stands between them, as in
    two Korean ranges: 1~8개, 1~100개."""
    return str(said).replace("~", "\\~")
