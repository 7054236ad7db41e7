"""The diagram of a cell: the drawing and the texts have the same words."""

import re
from pathlib import Path

import pytest

from components.panels.page import scripts
from components.texts import text

DRAWN = Path(scripts.__file__).with_name("cells.js").read_text("utf-8")
SHARED = Path(scripts.__file__).with_name("diagram.js").read_text("utf-8")
FUNCTIONS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "simpleRnn"}


def words(source: str) -> set[str]:
    return set(re.findall(r"\bsay\.(\w+)", source))


@pytest.mark.parametrize("cell", FUNCTIONS)
def test_each_word_that_is_drawn_is_in_the_texts(cell: str) -> None:
    parts = re.split(r"^function (\w+)\(", DRAWN, flags=re.MULTILINE)
    source = dict(zip(parts[1::2], parts[2::2], strict=True))
    drawn = words("".join(source[name] for name in ("layer", "leaving", FUNCTIONS[cell])))
    given = {*text("diagram.words"), *text(f"diagram.{cell}"), "bend", "resets"}
    assert drawn - {"reset"} <= given


def test_each_word_in_the_texts_is_drawn() -> None:
    drawn = words(DRAWN + SHARED) | {"reset_after", "reset_before", "alt", "how"}
    tables = (
        text("diagram.words"),
        text("diagram.unbounded"),
        *(text(f"diagram.{cell}") for cell in FUNCTIONS),
    )
    assert {name for table in tables for name in table} <= drawn
