"""The diagram of a cell: the drawing and the texts have the same words."""

import re

import pytest

from components.backend import Settings, run
from components.backend.origins.weight_source import WeightSource
from components.backend.weight_files.edits import Edits
from components.panels.parts.cell import _words
from components.panels.run import scripts
from components.texts import text

DRAWN, SHARED = (scripts.contents()[f"draw/{name}.js"].decode() for name in ("cells", "diagram"))
FUNCTIONS = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "simpleRnn"}


def words(source: str) -> set[str]:
    return set(re.findall(r"\bsay\.(\w+)", source))


@pytest.mark.parametrize("cell", FUNCTIONS)
def test_each_word_that_is_drawn_is_in_the_texts(cell: str) -> None:
    parts = re.split(r"^function (\w+)\(", DRAWN, flags=re.MULTILINE)
    source = dict(zip(parts[1::2], parts[2::2], strict=True))
    others = tuple(name for of, name in FUNCTIONS.items() if of != cell)
    drawn = words("".join(source[name] for name in source if not name.startswith(others)))
    given = {*text("diagram.words"), *text(f"diagram.{cell}"), "bend", "resets"}
    assert drawn - {"reset"} <= given


def test_each_word_in_the_texts_is_drawn() -> None:
    drawn = words(DRAWN + SHARED) | {"reset_after", "reset_before", "alt", "how", "step"}
    tables = (
        text("diagram.words"),
        text("diagram.unbounded"),
        *(text(f"diagram.{cell}") for cell in FUNCTIONS),
    )
    assert {name for table in tables for name in table} <= drawn


def test_a_gate_that_is_held_is_said_to_be() -> None:
    settings = Settings(kernel_initializer="zeros")  # then the candidate of step 1 is 0
    start = WeightSource(edits=Edits().hold("forget", 1).hold("output", 0))
    plain, held = (_words(run(settings, w)) for w in (None, start.weights(settings)))
    changed = {name: held[name] for name in plain if held[name] != plain[name]}
    assert changed == {
        "forget": f"{plain['forget']}\n{text('diagram.held', end=1)}",
        "output": f"{plain['output']}\n{text('diagram.held', end=0)}",
    }
