"""Seeds of their own, and what becomes of an error inside of Keras."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import pytest

from components.backend import EngineError, Settings, run
from components.backend.running import engine, keras_model
from components.backend.running.keras_layers import weight_seed

Forget = Callable[[], None]


@pytest.mark.parametrize("seed", [0, 1, 715_827_883, 2**31 - 1])
def test_every_weight_has_a_seed_of_its_own(seed: int) -> None:
    roles = ("embeddings", "kernel", "recurrent_kernel", "bias")
    seeds = {weight_seed(seed, role, layer) for role in roles for layer in range(4)}
    assert len(seeds) == 16
    assert all(0 <= seed < 2**31 for seed in seeds)
    # A layer starts as the one below it does with the next seed: a link keeps its weights.
    assert all(weight_seed(seed, role, 1) == weight_seed(seed + 1, role) for role in roles)


def test_keras_that_comes_back(forget: Forget, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, "keras", None)
        with pytest.raises(EngineError, match="keras"):
            run(Settings())
    assert run(Settings()).returned


def test_an_error_while_building(forget: Forget, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError("no room for the kernel")

    monkeypatch.setattr(keras_model, "_build", fail)
    with pytest.raises(EngineError, match="^MemoryError: no room for the kernel$"):
        run(Settings())


class NotWanted(BaseException):
    """Stands for what Streamlit raises in a run that another has replaced."""


def not_wanted() -> None:
    raise NotWanted


def test_what_is_not_wanted_any_more_is_not_computed(forget: Forget, builds: list[str]) -> None:
    run(Settings())
    builds.clear()
    with engine.asking(not_wanted), pytest.raises(NotWanted):
        run(Settings(units=7))
    assert builds == []
    assert run(Settings(units=7)).returned
    assert len(builds) == 1


def test_a_thread_whose_answer_is_not_wanted_leaves_the_queue(
    forget: Forget, builds: list[str]
) -> None:
    """While somebody else has Keras, and without waiting for that to end."""
    run(Settings())
    builds.clear()
    left = threading.Event()

    def ask() -> None:
        with engine.asking(not_wanted), pytest.raises(NotWanted):
            run(Settings(units=9))
        left.set()

    with engine.exclusive():
        threading.Thread(target=ask, daemon=True).start()
        assert left.wait(60)
    assert builds == []


class Clock:
    """In place of the module `time`: what each clock says is set by hand."""

    def __init__(self) -> None:
        self.wall = self.processor = 0.0

    def monotonic(self) -> float:
        return self.wall

    def thread_time(self) -> float:
        return self.processor

    def run(self, *, processor: float, beside: float) -> None:
        """Let this thread work for so long, and then wait."""
        self.processor += processor
        self.wall += processor + beside


def test_busy_is_ones_own_work_and_what_tensorflow_does_meanwhile(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engine, "time", clock := Clock())
    before = engine.busy()
    clock.run(processor=1, beside=100)  # waits for others: not counted
    assert engine.busy() - before == 1
    with engine.exclusive():
        clock.run(processor=2, beside=10)
        with engine.exclusive():
            clock.run(processor=3, beside=20)
    assert engine.busy() - before == 1 + 2 + 10 + 3 + 20
