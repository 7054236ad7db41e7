"""What README says that a new page, cell, what-if, lesson or language takes is all that it takes.

Toys are added to a copy of the project, in English alone, and checked there: a page; a minimal
gated unit, which is unlike all other cells, and an LSTM with peepholes, which has weights of its
own; a what-if; a lesson of one question; and a language that has two texts yet.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.app.house import ROOT, copied, replace_once, run_checks

HERE = Path(__file__).parent
TEXTS, PAGES, CELLS = "components/texts", "components/panels/pages.py", "components/backend/cells"


class Toy(NamedTuple):
    """What is added: files, by where they stand, and lines, each as what it follows and itself."""

    files: Mapping[str, str]
    lines: tuple[tuple[str, str, str], ...]


TOYS = {
    "A page": Toy(
        {"toy/page.py": "dashboard/app_pages/toy.py", "toy/texts.toml": f"{TEXTS}/en/toy.toml"},
        ((PAGES, 'Page("questions", "help", answers=False),', ' Page("toy", "toys"),'),),
    ),
    "A cell": Toy(
        {f"toy_cell/{name}.py": f"{CELLS}/{name}.py" for name in ("mgu", "peephole")}
        | {f"toy_cell/{name}.toml": f"{TEXTS}/en/{name}.toml" for name in ("mgu", "peephole")},
        ((f"{CELLS}/known.py", '"simple_rnn"', ', "mgu", "peephole"'),),
    ),
    "A what-if": Toy(
        {
            "toy_what_if/what_if.py": "components/panels/what_ifs/shorter.py",
            "toy_what_if/page.py": "dashboard/app_pages/shorter.py",
            "toy_what_if/texts.toml": f"{TEXTS}/en/shorter.toml",
        },
        (
            (
                PAGES,
                '_what_if("calls", "padding", "density_small", opens={"pad.mask_zero": "false"}),',
                ' _what_if("calls", "shorter", "content_cut"),',
            ),
        ),
    ),
    "A lesson": Toy(
        {
            "toy_lesson/lesson.py": "components/backend/lessons/toy.py",
            "toy_lesson/texts.toml": f"{TEXTS}/en/lessons/toy.toml",
        },
        (
            ("components/backend/lessons/posing.py", "    states,\n", "    toy,\n"),
            (
                "components/backend/lessons/posing.py",
                "MappingProxyType(\n    {",
                ' "toy": (toy.how_many,),',
            ),
        ),
    ),
    "A third language": Toy(
        {"toy_language/texts.toml": f"{TEXTS}/de/calls.toml"},
        ((f"{TEXTS}/__init__.py", '"ko": "한국어"', ', "de": "Deutsch"'),),
    ),
}
"""By the heading of its recipe."""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the project with all toys."""
    copied(tmp_path)
    for toy in TOYS.values():
        for file, to in toy.files.items():
            (tmp_path / to).parent.mkdir(exist_ok=True)
            shutil.copy(HERE / file, tmp_path / to)
        for file, after, line in toy.lines:
            replace_once(tmp_path / file, after, f"{after}{line}")
    return tmp_path


def told_of(name: str) -> str:
    """What README says of such a thing."""
    readme = (ROOT / "components/README.md").read_text("utf-8")
    found = re.search(rf"^### {name}$.*?(?=^##|\Z)", readme, re.DOTALL | re.MULTILINE)
    assert found, f"README tells nothing of {name}"
    return found[0]


@pytest.mark.parametrize("name", TOYS)
def test_readme_names_each_file_that_it_takes(name: str) -> None:
    """By its name, or by its folder's."""
    told = told_of(name)
    if "is a page" in told:
        told += told_of("A page")
    for file in map(Path, (*TOYS[name].files.values(), *(line[0] for line in TOYS[name].lines))):
        folder = file.parent.name
        named = f"{folder}/{file.name}`", f"{folder}/`", f"`{file.parent.parent.name}/"
        assert any(each in told for each in named), f"README, {name}: {file} is not named"


def test_a_new_page_is_short() -> None:
    assert len((HERE / "toy/page.py").read_text().splitlines()) <= 30


def test_what_is_added_works(house: Path) -> None:
    run_checks(
        house, *(str(file.relative_to(ROOT)) for file in sorted(HERE.glob("toy*/checks.py")))
    )
