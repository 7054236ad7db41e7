"""A new cell is a file, a name in a list, and its texts; nothing else has to know of it.

Two are added: a minimal gated unit, which is unlike all others, and an LSTM with peepholes, which
has weights of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOY = Path(__file__).with_name("toy_cell")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house with two cells more."""
    for folder in ("dashboard", "components", "tests/app"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for file in ("tests/__init__.py", "tests/notation.py", "tests/page.py"):
        shutil.copy(ROOT / file, tmp_path / file)
    for name in ("mgu", "peephole"):
        shutil.copy(TOY / f"{name}.py", tmp_path / "components/backend/cells")
        shutil.copy(TOY / f"{name}.toml", tmp_path / "components/texts/en")
    known = tmp_path / "components/backend/cells/known.py"
    last = '"simple_rnn")'
    assert known.read_text().count(last) == 1
    known.write_text(known.read_text().replace(last, '"simple_rnn", "mgu", "peephole")'))
    return tmp_path


def test_a_new_cell_is_on_every_page(house: Path) -> None:
    """In a process of its own, as the one that runs this has the house's modules already."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "PYTHONPATH"))}
    checks = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*checks, "--rootdir", house, "tests/app/toy_cell/checks.py"],
        cwd=house,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
