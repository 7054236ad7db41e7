"""A new page is a file, its texts, and a line in the list of pages; the frame does the rest."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOY = Path(__file__).with_name("toy")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house with one page more."""
    for folder in ("dashboard", "components", "tests/app"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for file in ("tests/__init__.py", "tests/notation.py", "tests/page.py"):
        shutil.copy(ROOT / file, tmp_path / file)
    shutil.copy(TOY / "page.py", tmp_path / "dashboard/app_pages/toy.py")
    shutil.copy(TOY / "texts.toml", tmp_path / "components/texts/en/toy.toml")
    pages = tmp_path / "components/panels/pages.py"
    last = '"notebook": ":material/menu_book:",'
    assert pages.read_text().count(last) == 1
    pages.write_text(pages.read_text().replace(last, f'{last} "toy": ":material/toys:",'))
    return tmp_path


def test_a_new_page_is_short() -> None:
    assert len((TOY / "page.py").read_text().splitlines()) <= 30


def test_a_new_page_links_complains_and_draws(house: Path) -> None:
    """In a process of its own, as the one that runs this has the house's modules already."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "PYTHONPATH"))}
    checks = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*checks, "--rootdir", house, "tests/app/toy/checks.py"],
        cwd=house,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
