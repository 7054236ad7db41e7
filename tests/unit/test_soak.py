"""What the soak asks of tests that the default run asks less of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.soak
def test_properties_hold_of_more_examples() -> None:
    asked = ["-q", "-m", "hypothesis", "--hypothesis-profile=deep", str(Path(__file__).parent)]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *asked],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
