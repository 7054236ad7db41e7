"""What is computed before anybody asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from components.backend import Settings, Setup, run
from components.backend.origins import ahead
from components.backend.origins.ahead import look_ahead, neighbours
from components.backend.origins.notebook import cases
from components.backend.origins.weight_source import WeightSource
from components.backend.question.sentences import MAX_STEPS
from components.backend.question.weights import Weights
from components.backend.running import (
    answers,
    chain_rule,
    engine,
    keras_layers,
    keras_model,
    model_run,
    results,
)
from components.backend.whatif import influence

Forget = Callable[[], None]
ComputedOnce = Callable[[], AbstractContextManager[None]]


PATIENCE = 20  # seconds that only a test which fails takes


def is_there(setup: Setup, weights: Weights | None = None) -> bool:
    """Whether that run is in the cache."""
    return answers.recall(results.run_key(setup.settings, weights)) is not None


def wait_until(found: Callable[[], object]) -> bool:
    """Whether something comes to be found."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found():
            return True
        time.sleep(0.01)
    return False


def wait_for(kept: Setup, weights: Weights | None = None) -> bool:
    """Whether that run comes to be in the cache."""
    return wait_until(lambda: is_there(kept, weights))


class Clock:
    """Time as the backend sees it: it passes when a test says so, and at no other moment."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.wake_at: float | None = None  # for when whoever sleeps wants to be woken
        self.stopped = False
        self.changed = threading.Condition()

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self.changed:
            self.wake_at = wake_at = self.now + seconds
            self.changed.notify_all()
            self.changed.wait_for(lambda: self.stopped or self.now >= wake_at)

    def wait_until_asleep(self) -> None:
        with self.changed:
            asleep = self.changed.wait_for(lambda: (self.wake_at or 0) > self.now, PATIENCE)
        assert asleep

    def go_on(self, seconds: float) -> None:
        with self.changed:
            self.now += seconds
            self.changed.notify_all()

    def stop(self) -> None:
        with self.changed:
            self.stopped = True
            self.changed.notify_all()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """In place of the clock by which it is told whether anybody asks for anything."""
    found = Clock()
    with monkeypatch.context() as patch:
        patch.setattr(ahead, "time", found)
        patch.setattr(answers, "time", found)
        patch.setattr(answers, "_last", found.now)
        yield found
    found.stop()


def test_neighbours_are_one_step_of_a_slider_away() -> None:
    more, less, longer, shorter = neighbours(Setup())
    assert (more.units, less.units) == (4, 2)
    assert (longer.settings.steps, shorter.settings.steps) == (11, 9)
    assert longer.ids[0][:10] == Settings().tokens[0]
    assert shorter.ids[0] == Settings().tokens[0][:9]


@pytest.mark.parametrize(
    ("setup", "units", "steps"),
    [
        (Setup(units=1, tokens=((1,),)), {1, 2}, {1, 2}),
        (Setup(units=512, tokens=((0,) * MAX_STEPS,)), {511, 512}, {MAX_STEPS - 1, MAX_STEPS}),
    ],
)
def test_neighbours_stay_within_the_limits(setup: Setup, units: set[int], steps: set[int]) -> None:
    found = list(neighbours(setup))
    assert {near.units for near in found} == units
    assert {near.settings.steps for near in found} == steps


def test_a_neighbour_is_there_before_it_is_asked_for(
    forget: Forget, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = Setup(cell="GRU", seed=31)
    run(shown.settings)
    look_ahead(shown, WeightSource(), run)
    for near in neighbours(shown):
        assert wait_for(near)
    monkeypatch.setattr(model_run, "compute", None)
    assert run(shown.but(units=4).settings).settings.units == 4
    assert run(shown.but(length=11).settings).settings.steps == 11


def test_all_that_a_page_asks_is_there(forget: Forget, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = Setup(units=2, length=4, seed=33)

    def ask(settings: Settings, weights: Weights | None = None) -> influence.Answer:
        return influence.answer(influence.Question(settings=settings), weights)

    ask(shown.settings)
    look_ahead(shown, WeightSource(), ask)
    last = list(neighbours(shown))[-1].settings
    key = answers.key_of(influence.Question(settings=last), None)
    assert wait_until(lambda: answers.recall(key))
    monkeypatch.setattr(engine, "use_keras", None)
    for near in neighbours(shown):
        assert ask(near.settings).own.layer.units == near.units


def test_a_guess_ends_where_somebody_asks(
    forget: Forget, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two of its runs; what it has found by then is there, and the rest comes later."""
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    first, second, shown = Setup(units=2), Setup(units=3), Setup(seed=57, tokens=((1,),))

    def ask(*_: object) -> None:
        try:
            run(first.settings)
            begun.set()
            assert go_on.wait(PATIENCE)
            run(second.settings)
        finally:
            ended.set()

    look_ahead(shown, WeightSource(), ask)
    clock.wait_until_asleep()
    clock.go_on(ahead.QUIET)
    assert begun.wait(PATIENCE)
    with answers.awaited():
        go_on.set()
        assert ended.wait(PATIENCE)
        assert wait_for(first)
        assert not is_there(second)
    clock.wait_until_asleep()
    clock.go_on(2 * ahead.QUIET)
    assert wait_for(second)


def test_a_guess_that_ends_within_keras_is_tried_again(forget: Forget, clock: Clock) -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()
    tries = list[Settings]()

    def ask(settings: Settings, _: object) -> None:
        tries.append(settings)
        try:
            with engine.use_keras():
                begun.set()
                assert go_on.wait(PATIENCE)
                run(settings)
        finally:
            ended.set()

    shown = Setup(seed=58, tokens=((1,),))
    first = next(neighbours(shown))
    look_ahead(shown, WeightSource(), ask)
    clock.wait_until_asleep()
    clock.go_on(ahead.QUIET)
    assert begun.wait(PATIENCE)
    with answers.awaited():
        go_on.set()
        assert ended.wait(PATIENCE)
    assert not is_there(first)
    clock.wait_until_asleep()
    clock.go_on(2 * ahead.QUIET)
    assert wait_for(first)
    assert tries[:2] == [first.settings] * 2


def test_what_was_guessed_together_is_asked_for_together(
    forget: Forget, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parts of a guess outlast all later guesses once somebody has asked for the whole."""
    question = influence.Question(settings=Settings(units=2, tokens=((1, 2, 3),)))
    with answers.guessing():
        influence.answer(question)
    found = influence.answer(question)
    answers._guesses.clear()
    monkeypatch.setattr(keras_layers, "recurrent", None)
    assert chain_rule.gradients(question.settings) is found.own
    assert run(question.settings) is found.run


def test_only_what_is_shown_last_counts(forget: Forget, clock: Clock) -> None:
    for seed in range(40, 50):
        run(Settings(seed=seed))
        look_ahead(Setup(seed=seed), WeightSource(), run)
    clock.wait_until_asleep()
    clock.go_on(ahead.QUIET)
    assert wait_for(Setup(seed=49, units=4))
    for seed in range(40, 49):
        assert not is_there(Setup(seed=seed, units=4))


def test_nothing_is_guessed_while_somebody_asks(forget: Forget, clock: Clock) -> None:
    asked, shown = Settings(units=2), Setup(units=9, seed=51)
    run(asked)
    look_ahead(shown, WeightSource(), run)
    for _ in range(10):
        clock.wait_until_asleep()
        clock.go_on(0.6 * ahead.QUIET)
        run(asked)
    clock.wait_until_asleep()
    assert not any(is_there(near) for near in neighbours(shown))
    clock.go_on(ahead.QUIET)
    assert wait_for(next(neighbours(shown)))


def test_nothing_is_guessed_while_somebody_waits(
    forget: Forget, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    compute, started, answer = model_run.compute, threading.Event(), threading.Event()

    def slow(*asked: object, **more: object) -> tuple[keras_model.KerasOutput, ...]:
        started.set()
        answer.wait(PATIENCE)
        return compute(*asked, **more)

    monkeypatch.setattr(model_run, "compute", slow)
    asking = threading.Thread(target=run, args=(Settings(units=3, seed=55),))
    asking.start()
    assert started.wait(PATIENCE)
    clock.go_on(2 * ahead.QUIET)
    assert answers.quiet_for() == 0
    answer.set()
    asking.join()
    assert answers.quiet_for() == 0
    clock.go_on(2 * ahead.QUIET)
    assert answers.quiet_for() == pytest.approx(2 * ahead.QUIET)


def test_named_weights_are_kept_for_those_neighbours_that_they_fit(forget: Forget) -> None:
    """The weights of one unit fit a longer sentence, and no second unit."""
    case = cases()[0]
    shown, weights = Setup.of(case.settings), case.weights
    run(shown.settings, weights)
    look_ahead(shown, WeightSource(case=case.id), run)
    more, longer, shorter = neighbours(shown)
    assert (more.units, longer.length, shorter.length) == (2, 11, 9)
    assert wait_for(longer, weights)
    assert wait_for(shorter, weights)
    assert wait_for(more)
    assert not any(is_there(near) for near in (longer, shorter))
    assert run(longer.settings, weights).weights.origin == ("case", case.id)


def test_guesses_take_no_place_of_what_was_asked_for(
    forget: Forget, computed_once: ComputedOnce
) -> None:
    asked = run(Settings())
    large = Settings(units=64, tokens=(tuple(range(100)),) * 8)
    with computed_once():
        for seed in range(25):  # more than there is room for, even among what was asked for
            with answers.guessing():
                run(large.but(seed=seed))
    assert run(Settings()) is asked
    assert 0 < len(answers._guesses) < 20


def test_a_guess_that_fails_fails_again_for_a_visitor_who_asks(
    forget: Forget, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = threading.Event()

    def fail(*_: object, **__: object) -> None:
        tried.set()
        raise engine.EngineError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(model_run, "compute", fail)
        look_ahead(Setup(seed=61), WeightSource(), run)
        assert tried.wait(PATIENCE)
        with pytest.raises(engine.EngineError, match="broken"):
            run(Settings(seed=61, units=5))
    look_ahead(Setup(seed=62), WeightSource(), run)
    for near in neighbours(Setup(seed=62)):  # all: none is left half done at the process's end
        assert wait_for(near)
