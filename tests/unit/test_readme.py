"""What the READMEs say: their links lead somewhere; the backend's code runs, and its figures are
those of the settings."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.backend.learning import learn
from components.backend.learning.trained import recorded
from components.backend.question.linked import bounds
from components.backend.question.sentences import MAX_SENTENCES, MAX_STEPS
from components.backend.question.settings import Settings
from components.backend.running import answers
from components.backend.weight_files.weight_names import MOST_BYTES

README = Path("components/backend/README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)
NEEDS = ("import torch\n", "model.keras")
"""What a block needs that is not here: PyTorch, and a file of the reader's."""


READMES = [
    Path("README.md"),
    *Path("dashboard").rglob("README*.md"),
    *Path("components").rglob("README.md"),
]


@pytest.mark.parametrize("readme", READMES, ids=str)
def test_each_link_leads_to_a_file(readme: Path) -> None:
    said = readme.read_text("utf-8")
    found = re.findall(r"\]\(([^)#:]+)\)|src=\"([^\":]+)\"", said)
    for link in filter(None, sum(found, ())):
        assert (readme.parent / link).exists(), link


@pytest.mark.parametrize("readme", READMES, ids=str)
def test_each_test_that_is_named_is_there(readme: Path) -> None:
    """Written with its folder it is in that one, else in any."""
    for named in re.findall(r"`(?:(tests/\w+)/)?(test_\w+\.py)`", readme.read_text("utf-8")):
        folder, file = named
        assert [*Path(folder or "tests").rglob(file)], "/".join(named)


def test_the_code_of_the_first_page_runs() -> None:
    (block,) = re.findall(r"^```python\n(.*?)^```$", READMES[0].read_text("utf-8"), re.M | re.S)
    exec(block, {})


def test_readme_is_a_page() -> None:
    assert len(Path("README.md").read_text("utf-8").splitlines()) <= 250


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    """The names that the code leaves behind."""
    question = learn.Question(task="quotes", cell="GRU")
    answers.cached(question, lambda: recorded()[question])  # so that nothing is trained
    found: dict[str, Any] = {}
    for block in BLOCKS:
        compile(block, "components/backend/README.md", "exec")
        if not any(needed in block for needed in NEEDS):
            exec(block, found)
    return found


def test_the_code_runs(names: dict[str, Any]) -> None:
    assert len(BLOCKS) == 8
    again = names["run"](names["r"].settings, names["keras_of"](names["state_dict"], "GRU"))
    for tensor, other in zip(again.returned, names["r"].returned, strict=True):
        np.testing.assert_array_equal(tensor.values, other.values)
    assert names["found"].error is None


@pytest.mark.parametrize("line", [line for line in README.splitlines() if ").error  # " in line])
def test_keras_says_what_is_quoted(names: dict[str, Any], line: str) -> None:
    code, said = line.split("  # ")
    message = eval(code, names).message
    for part in said.split(" … "):
        assert part in message


def test_the_limits_are_those_of_the_settings() -> None:
    said = " ".join(README.split())
    assert f"at most {bounds(Settings, 'units')[1]} units" in said
    assert f"at most {bounds(Settings, 'embedding_dim')[1]} numbers of an id" in said
    assert f"at most {MAX_SENTENCES} sentences at once, of at most {MAX_STEPS} steps" in said
    assert f"at most {MOST_BYTES:,} bytes, as pages do" in said
    assert "`return_sequences` and `return_state` on by default" in said
    on = Settings()
    assert (on.return_sequences, on.return_state, on.embedding) == (True, True, True)
