"""Every sentence of explanation, as data: one TOML file a language, read once."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

LANGUAGE = "en"


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads(Path(__file__).with_name(f"{LANGUAGE}.toml").read_text("utf-8"))


def text(path: str, **values: Any) -> str:
    """The text at a dotted path, with its {placeholders} filled in.

    Raises:
        KeyError: there is no such text, or a placeholder has no value.
    """
    entry: Any = _texts()
    for part in path.split("."):
        entry = entry[part]
    return entry.format(**values) if values else entry
