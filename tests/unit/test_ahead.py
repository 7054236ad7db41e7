"""What is computed before anybody asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from components.backend import Settings, ahead, engine, results, run
from components.backend.ahead import look_ahead, neighbours
from components.backend.settings import MAX_STEPS

Forget = Callable[[], None]


def wait_for(kept: Settings, timeout: float = 20) -> bool:
    """Whether that run comes to be in the cache."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if results._recall((kept, None)):
            return True
        time.sleep(0.01)
    return False


def test_neighbours_are_one_step_of_a_slider_away() -> None:
    more, less, longer, shorter = neighbours(Settings())
    assert (more.units, less.units) == (5, 3)
    assert (longer.steps, shorter.steps) == (11, 9)
    assert longer.tokens[0][:10] == Settings().tokens[0]
    assert shorter.tokens[0] == Settings().tokens[0][:9]


@pytest.mark.parametrize(
    ("settings", "units", "steps"),
    [
        (Settings(units=1, tokens=((1,),)), {1, 2}, {1, 2}),
        (Settings(units=64, tokens=((0,) * MAX_STEPS,)), {63, 64}, {MAX_STEPS - 1, MAX_STEPS}),
    ],
)
def test_neighbours_stay_within_the_limits(
    settings: Settings, units: set[int], steps: set[int]
) -> None:
    found = list(neighbours(settings))
    assert {near.units for near in found} == units
    assert {near.steps for near in found} == steps


def test_a_neighbour_is_there_before_it_is_asked_for(
    forget: Forget, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Settings(cell="GRU", seed=31)
    run(shown)
    look_ahead(shown)
    for near in neighbours(shown):
        assert wait_for(near)
    monkeypatch.setattr(engine, "compute", None)
    assert run(shown.but(units=5)).settings.units == 5


def test_only_what_is_shown_last_counts(forget: Forget) -> None:
    for seed in range(40, 50):
        run(Settings(seed=seed))
        look_ahead(Settings(seed=seed))
    assert wait_for(Settings(seed=49, units=5))
    assert results._recall((Settings(seed=40, units=5), None)) is None


def test_nothing_is_guessed_while_somebody_asks(
    forget: Forget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "QUIET", 1)  # a busy machine may keep this thread waiting
    asked, shown = Settings(units=2), Settings(units=9, seed=51)
    run(asked)
    look_ahead(shown)
    end = time.monotonic() + 3 * ahead.QUIET
    while time.monotonic() < end:
        run(asked)
        time.sleep(ahead.QUIET / 50)
    assert not any(results._recall((near, None)) for near in neighbours(shown))
    assert wait_for(next(neighbours(shown)))


def test_nothing_is_guessed_while_somebody_waits(
    forget: Forget, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute, started, go_on = engine.compute, threading.Event(), threading.Event()

    def slow(settings: Settings, weights: object) -> engine.Raw:
        started.set()
        go_on.wait(20)
        return compute(settings, weights)

    monkeypatch.setattr(engine, "compute", slow)
    asking = threading.Thread(target=run, args=(Settings(units=3, seed=55),))
    asking.start()
    assert started.wait(20)
    assert results.quiet_for() == 0
    time.sleep(2 * ahead.QUIET)
    assert results.quiet_for() == 0
    answered = time.monotonic()
    go_on.set()
    asking.join()
    assert 0 < results.quiet_for() <= time.monotonic() - answered


def test_guesses_take_no_place_of_what_was_asked_for(forget: Forget) -> None:
    tiny = Settings(cell="SimpleRNN", units=1, embedding=False, tokens=((1,),))
    asked = run(tiny)
    for seed in range(1, 300):
        results.guess(tiny.but(seed=seed))
    assert run(tiny) is asked
    assert len(results._guesses) < 50


def test_a_guess_that_fails_is_told_to_whoever_asks(
    forget: Forget, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = threading.Event()

    def fail(settings: Settings, weights: object) -> None:
        tried.set()
        raise engine.EngineError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(engine, "compute", fail)
        look_ahead(Settings(seed=61))
        assert tried.wait(20)
        with pytest.raises(engine.EngineError, match="broken"):
            run(Settings(seed=61, units=5))
    look_ahead(Settings(seed=62))
    assert wait_for(Settings(seed=62, units=5))
