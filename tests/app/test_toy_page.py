"""A new page is a file, its texts, and a line in the list of pages; the frame does the rest."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.app.house import copied, replace_once, run_checks

TOY = Path(__file__).with_name("toy")


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house with one page more."""
    copied(tmp_path)
    shutil.copy(TOY / "page.py", tmp_path / "dashboard/app_pages/toy.py")
    shutil.copy(TOY / "texts.toml", tmp_path / "components/texts/en/toy.toml")
    last = '"notebook": ":material/menu_book:",'
    pages = tmp_path / "components/panels/pages.py"
    replace_once(pages, last, f'{last} "toy": ":material/toys:",')
    return tmp_path


def test_a_new_page_is_short() -> None:
    assert len((TOY / "page.py").read_text().splitlines()) <= 30


def test_a_new_page_links_complains_and_draws(house: Path) -> None:
    run_checks(house, "tests/app/toy/checks.py")
