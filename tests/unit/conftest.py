"""What the unit tests share: how Hypothesis draws, an empty cache, and a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest

from components.backend import results

ROOT = Path(__file__).parents[2]

# The same examples on every run, like all else here.
hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
hypothesis.settings.load_profile("steady")


@pytest.fixture
def forget() -> Iterator[Callable[[], None]]:
    """Empties the cache of runs, so that the next one is computed; called once before the test."""

    def clear() -> None:
        results._cache.clear()
        results._guesses.clear()

    clear()
    yield clear
    clear()


@pytest.fixture(scope="session")
def python() -> Callable[..., str]:
    """Runs Python code, or a file, in a process of its own and returns what it printed.

    What the backend tells TensorFlow through the environment is not handed on.
    """

    def execute(*arguments: str) -> str:
        plain = {k: v for k, v in os.environ.items() if not k.startswith(("TF_", "KERAS_"))}
        done = subprocess.run(
            [sys.executable, "-B", *arguments], cwd=ROOT, env=plain, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return execute
