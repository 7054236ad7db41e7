"""The questions of all lessons with their first settings, recorded as Keras decided them. Pages ask
them until TensorFlow has loaded.

`python -m components.backend.lessons.recorded` records them anew; a test compares them with Keras.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from components.backend.lessons.posing import LESSONS, Posed, pose
from components.backend.lessons.question import Option, Page, Phrase

_FILE = Path(__file__).with_name("recorded.jsonl")
_PHRASE = "phrase"


def recorded(lesson: str, number: int, seed: int = 0) -> Posed | None:
    """What `pose` returns, from the file; None for a twin, or for a lesson of one's own."""
    return None if seed else _all().get((lesson, number))


@cache
def _all() -> dict[tuple[str, int], Posed]:
    kept = map(json.loads, _FILE.read_text("utf-8").splitlines())
    return {(each["lesson"], each["number"]): _read(each) for each in kept}


def _read(kept: dict[str, Any]) -> Posed:
    options = (Option(n, h, c, strip and _array(strip)) for n, h, c, strip in kept["options"])
    return Posed(
        lesson=kept["lesson"],
        number=kept["number"],
        seed=0,
        page=Page(*kept["page"]),
        answer_page=Page(*kept["answer_page"]),
        options=tuple(options),
        right=kept["right"],
        given=MappingProxyType({name: _array(rows) for name, rows in kept["given"].items()}),
        words=MappingProxyType({name: _word(said) for name, said in kept["words"].items()}),
    )


def _written(posed: Posed) -> dict[str, Any]:
    return {
        "lesson": posed.lesson,
        "number": posed.number,
        "page": posed.page,
        "answer_page": posed.answer_page,
        "options": posed.options,
        "right": posed.right,
        "given": dict(posed.given),
        "words": {
            name: {_PHRASE: said.name} if isinstance(said, Phrase) else said
            for name, said in posed.words.items()
        },
    }


def _array(rows: list[list[float]]) -> np.ndarray:
    return np.array(rows, "float32")


def _word(said: Any) -> Any:
    """A placeholder's value, read back from JSON as what it was."""
    match said:
        case dict():
            return Phrase(said[_PHRASE])
        case list():
            return tuple(map(_word, said))
    return said


def record() -> None:
    """Ask Keras all questions and write them to the file, each in a line."""
    posed = (pose(lesson, at) for lesson in LESSONS for at in range(1, len(LESSONS[lesson]) + 1))
    lines = (json.dumps(_written(each), default=np.ndarray.tolist) for each in posed)
    _FILE.write_text("".join(f"{line}\n" for line in lines), "utf-8")


if __name__ == "__main__":
    record()
