"""What the unit tests share: how Hypothesis draws, an empty cache, and a process of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest

from components.backend.running import answers, engine, keras_model, model, model_run

ROOT = Path(__file__).parents[2]

# The same examples on every run, like all else here; the soak asks for the deep profile.
for name, count in {"steady": 20, "deep": 100}.items():
    hypothesis.settings.register_profile(name, derandomize=True, deadline=None, max_examples=count)
hypothesis.settings.load_profile("steady")


@pytest.fixture
def forget() -> Iterator[Callable[[], None]]:
    """Empties the cache of runs, so that the next one is computed; called once before the test."""

    answers.forget()
    yield answers.forget
    answers.forget()


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The thread of every build that somebody has asked for, as they come: what is only guessed
    after another test's page may be built at any time."""
    made: list[str] = []
    use_keras = engine.use_keras

    def counted() -> AbstractContextManager[tuple[Any, Any]]:
        name = threading.current_thread().name
        if name != "look-ahead":
            made.append(name)
        return use_keras()

    monkeypatch.setattr(engine, "use_keras", counted)
    return made


@pytest.fixture
def computed_once(monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[None]]:
    """While it is open, Keras computes settings that differ in their seed once for all of them: for
    tests of what becomes of very many runs, whatever their numbers."""

    @contextmanager
    def opened() -> Iterator[None]:
        compute = model_run.compute
        first = cache(lambda settings: compute(model.plain(settings), None))

        def again(
            asked: model.Model, *_: object, **__: object
        ) -> tuple[keras_model.KerasOutput, ...]:
            (raw,) = first(asked.settings.but(seed=0))
            outputs = tuple(tuple(map(np.copy, tensors)) for tensors in raw.outputs)
            weights = {name: values.copy() for name, values in raw.weights.items()}
            return (raw._replace(outputs=outputs, weights=weights),)

        with monkeypatch.context() as patch:
            patch.setattr(model_run, "compute", again)
            yield

    return opened


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
