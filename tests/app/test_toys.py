"""A new page is a file, its texts, and a line in the list of pages; the frame does the rest. A new
cell is a file, a name in a list, and its texts; nothing else has to know of it.

A page is added and two cells: a minimal gated unit, which is unlike all others, and an LSTM with
peepholes, which has weights of its own.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.app.house import copied, replace_once, run_checks

PAGE = Path(__file__).with_name("toy")
CELLS = Path(__file__).with_name("toy_cell")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house with one page and two cells more."""
    copied(tmp_path)
    shutil.copy(PAGE / "page.py", tmp_path / "dashboard/app_pages/toy.py")
    shutil.copy(PAGE / "texts.toml", tmp_path / "components/texts/en/toy.toml")
    last = '"notebook": ":material/menu_book:",'
    pages = tmp_path / "components/panels/pages.py"
    replace_once(pages, last, f'{last} "toy": ":material/toys:",')
    for name in ("mgu", "peephole"):
        shutil.copy(CELLS / f"{name}.py", tmp_path / "components/backend/cells")
        shutil.copy(CELLS / f"{name}.toml", tmp_path / "components/texts/en")
    known = tmp_path / "components/backend/cells/known.py"
    replace_once(known, '"simple_rnn")', '"simple_rnn", "mgu", "peephole")')
    return tmp_path


def test_a_new_page_is_short() -> None:
    assert len((PAGE / "page.py").read_text().splitlines()) <= 30


def test_a_new_page_links_complains_and_draws_and_a_new_cell_is_on_every_page(house: Path) -> None:
    run_checks(house, "tests/app/toy/checks.py", "tests/app/toy_cell/checks.py")
