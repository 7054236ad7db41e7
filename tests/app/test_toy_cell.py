"""A new cell is a file, a name in a list, and its texts; nothing else has to know of it.

Two are added: a minimal gated unit, which is unlike all others, and an LSTM with peepholes, which
has weights of its own.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.app.house import copied, replace_once, run_checks

TOY = Path(__file__).with_name("toy_cell")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house with two cells more."""
    copied(tmp_path)
    for name in ("mgu", "peephole"):
        shutil.copy(TOY / f"{name}.py", tmp_path / "components/backend/cells")
        shutil.copy(TOY / f"{name}.toml", tmp_path / "components/texts/en")
    known = tmp_path / "components/backend/cells/known.py"
    replace_once(known, '"simple_rnn")', '"simple_rnn", "mgu", "peephole")')
    return tmp_path


def test_a_new_cell_is_on_every_page(house: Path) -> None:
    run_checks(house, "tests/app/toy_cell/checks.py")
