"""Every sentence of explanation, as data: a folder a language, a TOML file a page, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGE = "en"


@cache
def _texts() -> dict[str, Any]:
    """All files of the language as one table; no two may have a section of the same name."""
    found: dict[str, Any] = {}
    for file in sorted((Path(__file__).parent / LANGUAGE).glob("*.toml")):
        sections = tomllib.loads(file.read_text("utf-8"))
        if twice := found.keys() & sections.keys():
            raise ValueError(f"{file.name}: {', '.join(sorted(twice))} stand in another file too")
        found |= sections
    return found


def text(path: str, **values: Any) -> str:
    """The text at a dotted path, with its {placeholders} filled in.

    Raises:
        KeyError: there is no such text, or a placeholder has no value.
    """
    entry: Any = _texts()
    for part in path.split("."):
        entry = entry[part]
    return entry.format(**values) if values else entry


def has_text(path: str) -> bool:
    """Whether there is a text, or a table of texts, at a dotted path."""
    try:
        text(path)
    except KeyError:
        return False
    return True
