"""Every text of a language by its path, and the file that it stands in."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from components import texts
from components.texts import DEFAULT, LANGUAGES

FOLDER = Path(texts.__file__).parent


def leaves(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Each text by its path; of a list, all of its texts."""
    for name, entry in table.items():
        if isinstance(entry, dict):
            yield from leaves(entry, f"{path}{name}.")
        else:
            yield f"{path}{name}", entry


def _files(language: str) -> dict[str, dict[str, Any]]:
    folder = FOLDER / language
    return {
        str(file.relative_to(folder)): dict(leaves(tomllib.loads(file.read_text("utf-8"))))
        for file in sorted(folder.rglob("*.toml"))
    }


_FILES = {language: _files(language) for language in LANGUAGES}

WRITTEN: Mapping[str, Mapping[str, Any]] = {
    language: {path: said for texts in files.values() for path, said in texts.items()}
    for language, files in _FILES.items()
}
"""By language, what stands in its own files."""

FILE_OF: Mapping[str, Mapping[str, str]] = {
    language: {path: name for name, texts in files.items() for path in texts}
    for language, files in _FILES.items()
}
"""By language, the file that each text stands in, such as lessons/calls.toml."""

TEXTS = WRITTEN[DEFAULT]


def not_yet_in(language: str) -> list[str]:
    """The paths of the texts that a language has in English alone."""
    return [path for path in TEXTS if path not in WRITTEN[language]]


def as_list(said: str | list[str]) -> list[str]:
    """The texts at a path, which may be a single one."""
    return said if isinstance(said, list) else [said]


def fields(said: str) -> set[tuple[str, str]]:
    """The placeholders of a text, each with its format."""
    found = string.Formatter().parse(said)
    return {(name, form or "") for _, name, form, _ in found if name is not None}


def by_file(paths: list[str], language: str = DEFAULT) -> str:
    """Paths as a failed test lists them, those of a file in a line."""
    files: dict[str, list[str]] = {}
    for path in paths:
        files.setdefault(FILE_OF[language][path], []).append(path)
    return "\n".join(f"  {file}: {', '.join(each)}" for file, each in files.items())


def foreign_comments(code: str) -> list[str]:
    """The comments of code on a Korean page that are not Korean: without Hangul, no code, and with
    a word that does not stand in the code."""
    in_code = re.findall(r"\w+", re.sub("#.*", "", code))
    names = {*in_code, "markdown"}  # the kind of a notebook's cell
    return [
        comment
        for comment in re.findall("#[# ]*(.*)", code)
        if not re.search("[가-힣]", comment)
        and not names.issuperset(re.findall(r"[A-Za-z]\w+", comment))
        and not _calls(comment)
    ]


def _calls(comment: str) -> bool:
    """Whether it is code that calls something, or a chain of layers, "LSTM(3) → Dense(1)"."""
    code = comment.replace(" \N{RIGHTWARDS ARROW} ", ";")
    try:
        return any(isinstance(node, ast.Call) for node in ast.walk(ast.parse(code)))
    except SyntaxError:
        return False
