"""Whose turn it is to work, and that nobody stays in line who is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest

from components.backend import answers
from components.panels.page import turns
from components.panels.page.turns import LONGEST, PATIENCE, SAVED, SLICE, Line, Session, Turn

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


def test_nobody_waits_while_nobody_works(line: Line) -> None:
    session = Session()
    for _ in range(100):
        turn = line.join(session)
        assert turn.begun.is_set()
        line.leave(turn, 10.0)


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
    costs = {Session(): 0.1, Session(): 0.4, Session(): 0.7}
    waiting = [line.join(session) for session in costs]
    got = dict.fromkeys(costs, 0.0)
    for _ in range(1000):
        (turn,) = begun(waiting)
        waiting.remove(turn)
        waiting.append(line.join(turn.session))  # it asks for more before it has what it asked for
        got[turn.session] += costs[turn.session]
        line.leave(turn, costs[turn.session])
    assert max(got.values()) - min(got.values()) <= 2 * max(costs.values())


def test_who_moves_a_slider_now_and_then_waits_for_nobody_but_the_one_at_work(
    line: Line, clock: Clock
) -> None:
    """For as long as they use less than their share."""
    heavy = [Session() for _ in range(3)]
    waiting = [line.join(session) for session in heavy]
    for _ in range(20):  # they are there before
        waiting.append(line.join(serve(line, waiting, clock, lambda _: DEAR).session))
    light = Session()
    for _ in range(200):
        turn = line.join(light)
        assert not turn.begun.is_set()
        waiting.append(line.join(serve(line, waiting, clock, lambda _: DEAR).session))
        assert turn.begun.is_set()
        line.leave(turn, CHEAP)
        waiting.append(line.join(serve(line, waiting, clock, lambda _: DEAR).session))


def test_nobody_saves_up_more_than_so_much_by_staying_away(line: Line, clock: Clock) -> None:
    steady, back = Session(), Session()
    line.leave(line.join(back))
    for _ in range(1000):
        line.leave(line.join(steady), 1.0)
    line.leave(line.join(steady))
    line.join(back)
    assert back.used == steady.used - SAVED


def test_between_two_pictures_those_go_first_who_have_used_less(line: Line) -> None:
    turn = line.join(has_used(1.0))
    assert line.may_go_on(turn, 100.0)  # nobody waits
    equal = line.join(has_used(1.0))
    assert line.may_go_on(turn, SLICE)
    assert not line.may_go_on(turn, SLICE + 0.01)
    line.leave(equal)
    line.join(has_used(0.5))
    assert not line.may_go_on(turn, 0.0)


def test_who_gives_up_waiting_is_not_waited_for(line: Line) -> None:
    working, gone, next_ = (line.join(has_used(seconds)) for seconds in (0.0, 0.1, 0.2))
    line.leave(gone)
    line.leave(working)
    assert next_.begun.is_set()
    assert not gone.begun.is_set()


def test_who_gives_up_just_as_the_turn_begins_hands_it_on(line: Line) -> None:
    working, gone, next_ = (line.join(has_used(seconds)) for seconds in (0.0, 0.1, 0.2))
    line.leave(working)
    assert gone.begun.is_set()
    line.leave(gone)
    assert next_.begun.is_set()


def test_who_asks_again_while_waiting_is_not_put_behind(line: Line, clock: Clock) -> None:
    """A drag gives its place up at each move, and takes another with the newest value."""
    dragged, others = Session(), [Session() for _ in range(3)]
    waiting = [line.join(session) for session in others]
    turn, served = line.join(dragged), 0
    for _ in range(100):
        line.leave(turn)
        turn = line.join(dragged)
        waiting.append(line.join(serve(line, waiting, clock, lambda _: DEAR).session))
        if turn.begun.is_set():
            served += 1
            line.leave(turn, DEAR)
            turn = line.join(dragged)
    assert served >= 100 // len(others) - 1


def test_nobody_starves_while_others_come_who_have_used_less(line: Line, clock: Clock) -> None:
    working, patient = line.join(Session()), line.join(has_used(100.0))
    waiting = [working]
    while not patient.begun.is_set():
        waiting.append(line.join(Session()))
        serve(line, waiting, clock, lambda _: 0.5)
        assert clock.now <= PATIENCE + 0.5
    assert clock.now >= PATIENCE


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


class Outdated(Exception):
    """A widget has moved."""


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """The line of this process, in which each thread is a session."""
    local = threading.local()

    def session() -> Session:
        local.session = getattr(local, "session", None) or Session()
        return local.session

    line = Line(lambda: 0.0)  # so no run takes too long, however busy the machine is
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


def test_a_run_waits_for_the_one_at_work(runs: Line) -> None:
    with turns.turn():
        thread, done = beside(lambda: None)
        until_in_line(runs)
        assert not done.is_set()
    thread.join()
    assert done.is_set()


def test_a_run_that_fails_gives_its_turn_to_the_next(runs: Line) -> None:
    def fail() -> None:
        with turns.turn():
            threads.append(beside(lambda: None)[0])
            until_in_line(runs)
            raise ZeroDivisionError

    threads = list[threading.Thread]()
    with pytest.raises(ZeroDivisionError):
        fail()
    threads[0].join()


def test_a_waiting_run_ends_once_a_widget_has_moved(
    runs: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Event()

    def outdated() -> None:
        raise Outdated

    def wait() -> None:
        with pytest.raises(Outdated), turns.turn():
            pass
        ended.set()

    monkeypatch.setattr(turns, "end_if_outdated", outdated)
    with turns.turn():
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()
        assert ended.is_set()
        assert runs._waiting == []


def test_between_two_parts_and_while_it_waits_a_run_lets_others_work(runs: Line) -> None:
    with turns.turn():
        turns._session().used = 1.0
        thread, done = beside(lambda: None)
        until_in_line(runs)
        turns.let_others_in()
        assert done.is_set()
        thread.join()
        with turns.aside():
            thread, done = beside(lambda: None)
            thread.join()
        assert runs._working is turns._run.get().turn


def test_nothing_is_computed_ahead_while_a_run_waits_or_works(runs: Line) -> None:
    with turns.turn():
        assert answers.quiet_for() == 0
        thread, _ = beside(lambda: None)
        until_in_line(runs)
    thread.join()
    assert answers.quiet_for() > 0


def test_what_is_no_run_of_a_page_neither_waits_nor_is_charged(runs: Line) -> None:
    with turns.turn():
        thread = threading.Thread(target=turns.let_others_in)
        thread.start()
        thread.join()
        assert runs._waiting == []


def test_a_session_is_charged_for_all_its_runs() -> None:
    def page() -> None:
        import time

        from components.panels.page import turns

        with turns.turn():
            until = time.thread_time() + 0.05
            while time.thread_time() < until:
                pass
        turns.st.session_state["used"] = turns._session().used

    at = AppTest.from_function(page).run()
    once = at.session_state["used"]
    assert once >= 0.05
    assert at.run().session_state["used"] >= once + 0.05
