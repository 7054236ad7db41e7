"""A copy of the project that a test adds something to, and checks run in it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def copied(to: Path) -> None:
    """Copies what a page needs, and the tests that look at pages."""
    for folder in ("dashboard", "components", "tests/app"):
        shutil.copytree(ROOT / folder, to / folder)
    for file in ("tests/__init__.py", "tests/notation.py", "tests/page.py"):
        shutil.copy(ROOT / file, to / file)


def replace_once(file: Path, old: str, new: str) -> None:
    """Replaces a text that stands in a file exactly once."""
    assert file.read_text().count(old) == 1
    file.write_text(file.read_text().replace(old, new))


def run_checks(house: Path, *files: str) -> None:
    """Runs files of checks in a process of its own: this one has the project's modules already."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "PYTHONPATH"))}
    checks = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*checks, "--rootdir", house, *files], cwd=house, env=env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
