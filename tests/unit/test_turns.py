"""Whose turn it is to work, and that nobody stays in line who is gone."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from statistics import median
from timeit import repeat

import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings
from components.backend.lessons import pose
from components.backend.mistakes import mistakes
from components.backend.running import answers, engine
from components.backend.running.next_layer import next_layer
from components.backend.whatif import influence
from components.panels.run import turns
from components.panels.run.compute import Failure, attempt
from components.panels.run.turns import BREAK, LONGEST, PATIENCE, SAVED, SLICE, Line, Session, Turn

DEAR, CHEAP = 0.15, 0.06
"""Seconds of work of a run: with 64 units and 100 steps, and with the default settings."""


class Clock:
    """Tells the time that a test has set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def line(clock: Clock) -> Line:
    return Line(clock)


def has_used(seconds: float) -> Session:
    session = Session()
    session.used = seconds
    return session


def begun(waiting: list[Turn]) -> list[Turn]:
    return [turn for turn in waiting if turn.begun.is_set()]


def serve(line: Line, waiting: list[Turn], clock: Clock, cost: Callable[[Session], float]) -> Turn:
    """Have the one whose turn it is work and leave."""
    (turn,) = begun(waiting)
    waiting.remove(turn)
    clock.now += cost(turn.session)
    line.leave(turn, cost(turn.session))
    return turn


def test_who_is_alone_takes_no_break_for_its_own_short_turns(line: Line) -> None:
    session = Session()
    for seconds in (CHEAP, DEAR, CHEAP, DEAR, DEAR):
        turn = line.join(session)
        assert turn.begun.is_set()
        line.leave(turn, seconds)


def test_who_has_a_short_turn_too_still_takes_a_break_for_another(line: Line, clock: Clock) -> None:
    both, short = Session(), Session()
    for session, seconds in ((short, CHEAP), (both, CHEAP), (both, DEAR)):
        clock.now += seconds
        line.leave(line.join(session), seconds)
    waiting = line.join(both)
    assert not waiting.begun.is_set()
    clock.now += BREAK * DEAR
    line.call()
    assert waiting.begun.is_set()


def test_one_works_at_a_time_and_of_those_who_wait_the_one_next_who_has_used_least(
    line: Line, clock: Clock
) -> None:
    first, *waiting = [line.join(has_used(seconds)) for seconds in (0.0, 0.4, 0.2, 0.3, 0.2)]
    assert first.begun.is_set()
    assert begun(waiting) == []
    line.leave(first)
    wanted = [waiting[1], waiting[3], waiting[2], waiting[0]]  # of equals, the one that came first
    assert [serve(line, waiting, clock, lambda _: 0.01) for _ in wanted] == wanted


def test_who_asks_without_end_get_the_same_time_whatever_a_run_costs(line: Line) -> None:
    costs = {Session(): 0.2, Session(): 0.4, Session(): 0.7}
    waiting = [line.join(session) for session in costs]
    got = dict.fromkeys(costs, 0.0)
    for _ in range(1000):
        (turn,) = begun(waiting)
        waiting.remove(turn)
        waiting.append(line.join(turn.session))  # it asks for more before it has what it asked for
        got[turn.session] += costs[turn.session]
        line.leave(turn, costs[turn.session])
    assert max(got.values()) - min(got.values()) <= 2 * max(costs.values())


@pytest.mark.parametrize("cost", [DEAR, 3 * DEAR])
def test_who_moves_a_slider_beside_long_turns_finds_the_server_free_most_times(
    line: Line, clock: Clock, cost: float
) -> None:
    """And those who have the long ones still get most of what they would get without breaks."""
    waiting = [line.join(Session()) for _ in range(3)]
    light, waits, served = Session(), list[float](), 0

    def work_until(done: Callable[[], bool]) -> None:
        nonlocal served
        while not done():
            if begun(waiting):
                waiting.append(line.join(serve(line, waiting, clock, lambda _: cost).session))
                served += 1
            else:
                clock.now += 0.01
                line.call()

    for _ in range(200):
        moved = clock.now + 0.2
        work_until(lambda until=moved: clock.now >= until)
        turn, came = line.join(light), clock.now
        work_until(turn.begun.is_set)
        waits.append(clock.now - came)
        clock.now += CHEAP
        line.leave(turn, CHEAP)
    assert median(waits) == 0
    assert max(waits[1:]) <= cost  # at first nobody has had a turn
    assert served * cost >= 0.25 * clock.now


def test_nobody_saves_up_more_than_so_much_by_staying_away(line: Line, clock: Clock) -> None:
    steady, back, new = Session(), Session(), Session()
    line.leave(line.join(back), CHEAP)
    for _ in range(1000):
        line.leave(line.join(steady), 1.0)
        clock.now += 10.0  # the one that is back has had a short turn, so a break follows
    for session in (steady, back, new):
        line.join(session)
    assert steady.used == back.used == new.used - SAVED


def test_who_works_on_goes_before_a_class_that_comes_in_at_once(line: Line, clock: Clock) -> None:
    """Also who was alone until then, and has had whatever the server gave."""
    here = Session()
    for _ in range(5):
        line.leave(line.join(here), CHEAP)
        clock.now += SAVED
    class_ = [line.join(Session()) for _ in range(80)]
    for _ in range(int(SAVED / CHEAP)):
        step = line.join(here)
        serve(line, class_, clock, lambda _: DEAR)
        assert step.begun.is_set()
        line.leave(step, CHEAP)


def test_looking_whether_a_turn_has_begun_takes_no_longer_the_more_wait(line: Line) -> None:
    """Each of them looks again and again, while one Python does the work of all."""
    line.join(Session())
    alone = min(repeat(line.call, number=100))
    for _ in range(2000):
        line.join(Session())
    assert min(repeat(line.call, number=100)) < 20 * alone


def test_between_two_pictures_those_go_first_who_have_used_less(line: Line) -> None:
    turn = line.join(has_used(1.0))
    assert line.may_go_on(turn, 100.0)  # nobody waits
    equal = line.join(has_used(1.0))
    assert line.may_go_on(turn, SLICE)
    assert not line.may_go_on(turn, SLICE + 0.01)
    line.leave(equal)
    line.join(has_used(0.5))
    assert not line.may_go_on(turn, 0.0)


@pytest.mark.parametrize("begins", [False, True])
def test_who_gives_up_waiting_is_not_waited_for(line: Line, begins: bool) -> None:
    """Nor is one that gives up just as its turn begins."""
    working, gone, next_ = (line.join(has_used(seconds)) for seconds in (0.0, 0.1, 0.2))
    for turn in (working, gone) if begins else (gone, working):
        line.leave(turn)
    assert gone.begun.is_set() == begins
    assert next_.begun.is_set()


@pytest.mark.parametrize("clients", [1, 3, 10])
def test_nobody_waits_for_new_sessions_that_come_without_end(
    line: Line, clock: Clock, clients: int
) -> None:
    """Each client opens the page anew once it has it, so that each of its sessions has one run."""
    steady = Session()
    waiting = [line.join(Session()) for _ in range(clients)]
    for _ in range(100):
        turn, asked = line.join(steady), clock.now
        while not turn.begun.is_set():
            serve(line, waiting, clock, lambda _: DEAR)
            waiting.append(line.join(Session()))
        assert clock.now - asked <= 2 * clients * DEAR
        clock.now += CHEAP
        line.leave(turn, CHEAP)


def test_who_has_waited_long_goes_first_in_the_order_in_which_they_came(
    line: Line, clock: Clock
) -> None:
    waiting = [line.join(has_used(seconds)) for seconds in (0.0, 100.0, 50.0)]
    clock.now = PATIENCE
    line.may_go_on(waiting[0], 0.0)  # it begins with its next part
    waiting.append(line.join(Session()))
    wanted = list(waiting)
    assert [serve(line, waiting, clock, lambda _: 0.01) for _ in wanted] == wanted


def test_a_run_that_is_stuck_does_not_hold_up_the_next(line: Line, clock: Clock) -> None:
    stuck, waiting, last = (line.join(Session()) for _ in range(3))
    clock.now = 0.9 * LONGEST
    assert line.may_go_on(stuck, 0.0)  # it begins with its next part
    clock.now = 1.8 * LONGEST
    line.call()
    assert not waiting.begun.is_set()
    clock.now = 2 * LONGEST
    line.call()
    assert waiting.begun.is_set()
    assert not line.may_go_on(stuck, 0.0)  # it has to wait in line before its next part
    line.leave(stuck, 30.0)
    assert not last.begun.is_set()  # the one beside it still works
    line.leave(waiting)
    assert last.begun.is_set()


class Outdated(BaseException):
    """A widget has moved: stands for what Streamlit raises then, which is no Exception either."""


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """The line of this process, in which each thread is a session."""
    local = threading.local()

    def session() -> Session:
        local.session = getattr(local, "session", None) or Session()
        return local.session

    line = Line(lambda: 0.0)  # so no run takes too long, however busy the machine is
    monkeypatch.setattr(turns, "LONG", math.inf)
    monkeypatch.setattr(turns, "_line", line)
    monkeypatch.setattr(turns, "_session", session)
    monkeypatch.setattr(turns, "end_if_outdated", lambda: None)
    yield line
    assert line._working is None
    assert line._waiting == []


def beside(work: Callable[[], None]) -> tuple[threading.Thread, threading.Event]:
    """A thread with a run, and whether that has had its turn."""
    done = threading.Event()

    def run() -> None:
        with turns.turn():
            work()
            done.set()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, done


def until_in_line(line: Line, count: int = 1) -> None:
    while len(line._waiting) < count:
        threading.Event().wait(0.001)


def test_a_waiting_run_ends_once_a_widget_has_moved(
    runs: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that fails leaves the line, which is empty after each of these tests."""

    def outdated() -> None:
        raise Outdated

    def wait() -> None:
        with pytest.raises(Outdated), turns.turn():
            pass
        ended.set()

    ended = threading.Event()
    monkeypatch.setattr(turns, "end_if_outdated", outdated)
    with turns.turn():
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
        assert ended.is_set()
        assert runs._waiting == []


def test_between_two_parts_and_while_it_waits_a_run_lets_others_work(runs: Line) -> None:
    def fail() -> None:
        beside(lambda: None)[0].join()
        raise ZeroDivisionError

    with turns.turn():
        turns._session().used = 1.0
        thread, done = beside(lambda: None)
        until_in_line(runs)
        assert not done.is_set()
        turns.let_others_in()
        assert done.is_set()
        thread.join()
        with pytest.raises(ZeroDivisionError), turns.aside():
            fail()
        assert has_its_turn(runs)  # again, although the wait failed


def has_its_turn(line: Line) -> bool:
    """Whether it is the turn of this thread's run."""
    return line._working is turns._run.get().turn


def test_a_run_that_ends_while_it_waits_aside_does_not_stand_in_line_again(runs: Line) -> None:
    def until_moved() -> None:
        waits.set()
        moved.wait()
        raise Outdated

    def wait() -> None:
        with pytest.raises(Outdated), turns.turn(), turns.aside():
            until_moved()

    waits, moved = threading.Event(), threading.Event()
    thread = threading.Thread(target=wait)
    thread.start()
    waits.wait()
    with turns.turn():
        moved.set()
        thread.join()


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> engine._Start:
    """TensorFlow is being loaded."""
    start, taken = engine._Start(), threading.Lock()
    taken.acquire()
    monkeypatch.setattr(engine, "_start", start)
    monkeypatch.setattr(engine, "_warm_up_once", taken)
    monkeypatch.setattr(engine, "_loaded", threading.Event())
    return start


def test_a_run_waits_for_tensorflow_aside_and_computes_in_its_turn(
    runs: Line, start: engine._Start
) -> None:
    def ask() -> bool:
        without_tensorflow = has_its_turn(runs)
        asked.release()
        with engine.exclusive():
            return without_tensorflow and has_its_turn(runs)

    found, asked = list[object](), threading.Semaphore(0)
    threads = [beside(lambda: found.append(attempt(ask)))[0] for _ in range(2)]
    for _ in threads:  # the second has its turn although the first has not ended
        asked.acquire()
    with turns.turn():
        start.ended.set()
        until_in_line(runs, len(threads))
        assert found == []
    for thread in threads:
        thread.join()
    assert found == [True, True]


@pytest.mark.usefixtures("forget")
@pytest.mark.parametrize(
    "ask",
    [
        lambda: mistakes.answer("mse"),
        lambda: next_layer(Settings(), "Dense(5)"),
        lambda: pose("shapes", 1, 3),
        lambda: influence.answer(influence.Question(settings=Settings())),
    ],
)
def test_all_who_ask_the_same_wait_for_tensorflow_aside(
    runs: Line, start: engine._Start, ask: Callable[[], object]
) -> None:
    """Else the one that computes the answer for all could not go on before they do."""

    def wait_for_it() -> None:
        asked.release()
        assert isinstance(attempt(ask), Failure)

    asked = threading.Semaphore(0)
    threads, done = zip(*(beside(wait_for_it) for _ in range(3)), strict=True)
    for _ in threads:
        assert asked.acquire(timeout=60)
    with turns.turn():  # which has to wait for one that is not aside
        start.failure = engine.StartError("not today")
        start.ended.set()
    for thread in threads:
        thread.join()
    assert all(each.is_set() for each in done)


@pytest.mark.parametrize("kind", ["slow", "start"])
def test_a_run_that_waited_for_tensorflow_in_vain_says_so_in_its_turn(
    runs: Line, start: engine._Start, kind: str
) -> None:
    def ask() -> None:
        with engine.exclusive():
            pytest.fail("computes without TensorFlow")

    if kind == "slow":
        start.began = -engine.PATIENCE
    else:
        start.failure = engine.StartError("not today")
        threading.Timer(0.2, start.ended.set).start()
    with turns.turn():
        found = attempt(ask)
        assert isinstance(found, Failure)
        assert found.kind == kind
        assert has_its_turn(runs)


def test_what_is_no_run_neither_computes_ahead_nor_waits_nor_is_charged(runs: Line) -> None:
    with turns.turn():
        assert answers.quiet_for() == 0
        thread, _ = beside(lambda: None)
        until_in_line(runs)
        other = threading.Thread(target=turns.let_others_in)
        other.start()
        other.join()
        assert len(runs._waiting) == 1
    thread.join()
    assert answers.quiet_for() > 0


def test_a_session_is_charged_for_all_its_runs() -> None:
    def page() -> None:
        import time

        from components.panels.run import turns

        with turns.turn():
            until = time.thread_time() + 0.05
            while time.thread_time() < until:
                pass
        turns.st.session_state["used"] = turns._session().used

    at = AppTest.from_function(page).run()
    once = at.session_state["used"]
    assert once >= 0.05
    assert at.run().session_state["used"] >= once + 0.05
