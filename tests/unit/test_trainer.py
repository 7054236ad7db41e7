"""The process that trains: once for all who ask, in turn, as long as anybody looks, and what goes
wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from pathlib import Path

import pytest

from components.backend.learning import trainer, worker
from components.backend.learning.worker import Train, Worker
from components.backend.running import engine, process
from components.backend.running.engine import EngineError

ROOT = Path(__file__).parents[2]
PATIENCE = 300  # seconds on a busy machine


def counting(count: int) -> Iterator[tuple[int, int]]:
    """Numbers, each with the process that it comes from."""
    for number in range(count):
        yield number, os.getpid()


def endless(_: object) -> Iterator[int]:
    number = 0
    while True:
        time.sleep(0.01)
        yield (number := number + 1)


def slow(count: int) -> Iterator[int]:
    for number in range(count):
        time.sleep(0.01)
        yield number


def drawing(_: object) -> Iterator[float]:
    """Another number each time that it is trained."""
    yield time.monotonic()


def dying(_: object) -> Iterator[int]:
    yield 1
    print("last words", flush=True)
    os._exit(3)


def refusing(_: object) -> Iterator[int]:
    yield 1
    raise EngineError("no such luck")


def silent(_: object) -> Iterator[int]:
    time.sleep(3600)
    yield 1


@pytest.fixture(scope="module")
def spare() -> Iterator[list[Worker]]:
    """The worker that the last test has left, if it has left one."""
    workers: list[Worker] = []
    yield workers
    for left in workers:
        left.end()


@pytest.fixture(autouse=True)
def board(monkeypatch: pytest.MonkeyPatch, spare: list[Worker]) -> Iterator[trainer._Scheduler]:
    """A board of the test's own; a worker takes long to start, and goes from one to the next."""
    board = trainer._Scheduler()
    board.worker = spare.pop() if spare else None
    monkeypatch.setattr(trainer, "_scheduler", board)
    # However busy the machine is: a worker imports all of this module for its first job.
    monkeypatch.setattr(trainer, "UNWATCHED", 2 * PATIENCE)
    monkeypatch.setattr(worker, "SILENT", PATIENCE)
    yield board
    for subscriber, question in list(board.last_polls):
        board.cancel(question, subscriber)
    if (left := board.worker) is not None and not left.has_spoken:
        left.process.kill()  # it may be loading TensorFlow
    until(lambda: board.thread is None or board.current is None)
    if board.worker is not None:
        spare.append(board.worker)
        board.worker = None  # its thread would end it at some time


def until(holds: Callable[[], object]) -> None:
    """Wait for a state."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def until_it_is(state: trainer.State, question: object, subscriber: object = None) -> None:
    """Wait until a training has come to that state; one that ends in another has failed."""
    until(lambda: (now := trainer.poll(question, subscriber)).state == state or not now.live)
    now = trainer.poll(question, subscriber)
    assert now.state == state, now.error


def wait_for(train: Train, question: object) -> list:
    """All that a training yields."""
    return list(trainer.stream(train, question))


def state(question: object) -> str:
    return trainer.poll(question).state


def test_it_is_done_in_another_process() -> None:
    found = wait_for(counting, 3)
    assert [number for number, _ in found] == [0, 1, 2]
    assert {process for _, process in found}.isdisjoint({os.getpid()})
    assert state(3) == "done"


def test_once_for_all_who_ask() -> None:
    for subscriber in range(4):
        trainer.submit(drawing, "a", subscriber)
    until_it_is("done", "a")
    assert len({trainer.poll("a", subscriber).found for subscriber in range(4)}) == 1


def test_it_is_yielded_as_it_comes() -> None:
    found = trainer.stream(endless, 0)
    assert [next(found) for _ in range(3)] == [1, 2, 3]
    assert state(0) == "running"


def test_the_rest_wait_with_their_place() -> None:
    for subscriber, question in enumerate("abc"):
        trainer.submit(endless, question, subscriber)
    until_it_is("running", "a", 0)
    assert [
        trainer.poll(question, subscriber).ahead for subscriber, question in enumerate("abc")
    ] == ([0, 1, 2])
    trainer.cancel("a", 0)
    until_it_is("running", "b", 1)
    assert trainer.poll("c", 2).ahead == 1


def test_those_who_wait_take_turns() -> None:
    """One who submits three, and three more, does not hold up one with a single training."""
    trainer.submit(endless, "first", "somebody")
    until_it_is("running", "first", "somebody")
    for number in range(3):
        trainer.submit(counting, 10 + number, "greedy")
    trainer.submit(counting, 20, "one")
    trainer.submit(counting, 30, "another")
    asked = [(10, "greedy"), (11, "greedy"), (12, "greedy"), (20, "one"), (30, "another")]
    assert [trainer.poll(*each).ahead for each in asked] == [1, 4, 5, 2, 3]
    trainer.cancel("first", "somebody")
    served = in_order([10, 11, 12, 20, 30])
    assert served == [10, 20, 30, 11, 12]


def in_order(questions: list[int]) -> list[int]:
    """Questions in the order in which they are done, none of which anybody looks at any more."""
    until(lambda: not trainer._scheduler.live)
    return [question for question in trainer._scheduler.ended if question in questions]


def test_a_subscriber_who_asks_again_and_again_lets_others_pass() -> None:
    trainer.submit(endless, "first", "somebody")
    until_it_is("running", "first", "somebody")
    trainer.submit(endless, "second", "greedy")
    trainer.submit(endless, "third", "greedy")
    trainer.submit(endless, "fourth", "one")
    trainer.cancel("first", "somebody")
    until_it_is("running", "second", "greedy")
    trainer.submit(endless, "fifth", "greedy")
    places = [trainer.poll("fourth", "one").ahead, trainer.poll("third", "greedy").ahead]
    assert [*places, trainer.poll("fifth", "greedy").ahead] == [1, 2, 3]


def test_one_waits_for_a_few_at_a_time() -> None:
    """What is asked for beyond that comes in as it is asked for again."""
    trainer.submit(endless, "first", "somebody")
    until_it_is("running", "first", "somebody")
    for number in range(20):
        assert trainer.submit(counting, number, "greedy").state == "waiting"
    assert len(trainer._scheduler.live) == 1 + trainer.MOST_QUEUED
    assert trainer.submit(counting, 0, "greedy").state == "waiting"
    assert trainer.submit(counting, 50, "one").ahead == 2
    assert list(trainer._scheduler.queues["greedy"]) == [18, 19, 0]
    trainer.cancel("first", "somebody")
    until_it_is("done", 0)


def test_three_classes_wait_and_nobody_is_refused() -> None:
    for subscriber in range(90):
        assert trainer.submit(endless, subscriber, subscriber).state == "waiting"
    until_it_is("running", 0, 0)
    assert [trainer.poll(subscriber, subscriber).ahead for subscriber in range(90)] == list(
        range(90)
    )
    for subscriber in range(1, 90):
        assert trainer.submit(drawing, (1, subscriber), subscriber).ahead == 89 + subscriber
    for subscriber in range(89):
        trainer.cancel(subscriber, subscriber)
    until_it_is("running", 89, 89)


def test_stop_is_for_the_subscriber_who_presses_it() -> None:
    trainer.submit(endless, 0, "one")
    trainer.submit(endless, 0, "other")
    until(lambda: len(trainer.poll(0, "other").found) > 3)
    stopped = trainer.cancel(0, "one")
    assert stopped.state == "stopped"
    assert stopped.found == tuple(range(1, len(stopped.found) + 1))
    so_far = len(trainer.poll(0, "other").found)
    until(lambda: len(trainer.poll(0, "other").found) > so_far + 10)
    assert trainer.poll(0, "other").state == "running"


def test_the_last_one_to_stop_ends_it() -> None:
    trainer.submit(endless, 0, "one")
    trainer.submit(endless, 0, "other")
    until(lambda: trainer.poll(0, "one").found)
    trainer.cancel(0, "one")
    assert len(trainer.cancel(0, "other").found) >= 1
    until(lambda: trainer._scheduler.current is None)
    assert trainer.poll(0, "one") is None
    assert trainer.cancel(0, "one").state == "stopped"


def test_what_was_stopped_is_trained_to_its_end_for_a_subscriber_who_asks() -> None:
    trainer.submit(slow, 50, "one")
    until(lambda: trainer.poll(50, "one").found)
    trainer.cancel(50, "one")
    assert wait_for(slow, 50) == list(range(50))


def test_what_has_ended_cannot_be_stopped() -> None:
    wait_for(counting, 1)
    assert trainer.cancel(1).state == "done"


def test_what_nobody_looks_at_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "UNWATCHED", 0.5)
    trainer.submit(endless, 0, "one")
    trainer.submit(endless, 1, "one")
    until(lambda: not trainer._scheduler.live)
    assert trainer.poll(0, "one") is trainer.poll(1, "one") is None
    assert not trainer._scheduler.queues
    assert not trainer._scheduler.last_polls
    assert trainer.submit(endless, 0, "one").live


def test_it_goes_on_for_as_long_as_one_of_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "UNWATCHED", 2.0)
    for subscriber in range(2):
        trainer.submit(endless, 0, subscriber)
    until(lambda: trainer.poll(0, 1).live and trainer._scheduler.live[0].subscribers == {1})
    so_far = len(trainer.poll(0, 1).found)
    until(lambda: len(trainer.poll(0, 1).found) > so_far)


def test_a_subscriber_who_comes_back_during_the_stop_has_it_trained_to_its_end() -> None:
    for _ in range(20):
        trainer.submit(slow, 5, "one")
        until(lambda: trainer.poll(5, "one").found)
        trainer.cancel(5, "one")
        assert wait_for(slow, 5) == list(range(5))
        trainer._scheduler.ended.clear()


def test_a_worker_that_dies_is_reported_and_replaced() -> None:
    with pytest.raises(EngineError, match="exit code 3: last words"):
        wait_for(dying, 0)
    assert state(0) == "failed"
    assert trainer.poll(0).found == (1,)
    assert [number for number, _ in wait_for(counting, 2)] == [0, 1]


def test_a_failure_is_remembered_until_it_is_asked_for_again() -> None:
    with pytest.raises(EngineError, match="no such luck"):
        wait_for(refusing, 0)
    before = trainer._scheduler.worker
    assert state(0) == "failed"
    assert trainer.submit(refusing, 0).live
    until_it_is("failed", 0)
    assert trainer._scheduler.worker is before  # it is as good as before


def test_what_has_ended_is_let_go_of_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for(counting, 1)
    wait_for(counting, 2)
    assert state(1) == state(2) == "done"
    monkeypatch.setitem(trainer._REMEMBERED, "done", 0.0)
    trainer.submit(counting, 3)
    until(lambda: trainer.poll(3) is None)
    assert not trainer._scheduler.live


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many trainings there were, nothing that a look goes through grows with them."""
    monkeypatch.setattr(trainer, "MOST_REMEMBERED", 5)
    monkeypatch.setattr(trainer, "_scheduler", trainer._Scheduler())
    for number in range(12):
        wait_for(counting, number)
        with pytest.raises(EngineError):
            wait_for(refusing, (0, number))
    board = trainer._scheduler
    assert len(board.ended) == 5
    assert not (board.live)
    assert not (board.queues)
    assert not (board.last_polls)
    board._end_worker()


def test_a_worker_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for(counting, 1)  # so that it is there, whatever the machine does
    with monkeypatch.context() as patience:
        patience.setattr(worker, "SILENT", 0.5)
        with pytest.raises(EngineError, match="no word for"):
            wait_for(silent, 0)
    assert [number for number, _ in wait_for(counting, 2)] == [0, 1]


def unpicklable(_: object) -> Iterator[Callable[[], None]]:
    yield lambda: None


def test_what_goes_wrong_in_no_foreseen_way_ends_one_job_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(EngineError, match="pickle"):
        wait_for(unpicklable, 0)
    monkeypatch.setattr(process, "Pipe", lambda: 1 / 0)
    trainer._scheduler._end_worker()
    with pytest.raises(EngineError, match="ZeroDivisionError"):
        wait_for(counting, 1)
    monkeypatch.setattr(process, "Pipe", Pipe)
    assert [number for number, _ in wait_for(counting, 2)] == [0, 1]


def test_a_subscriber_who_is_gone_waits_no_longer() -> None:
    class Gone(BaseException):
        pass

    def gone() -> None:
        raise Gone

    with engine.asking(gone), pytest.raises(Gone):
        wait_for(endless, 0)


def test_a_worker_that_cannot_start(
    monkeypatch: pytest.MonkeyPatch, board: trainer._Scheduler
) -> None:
    board._end_worker()
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(EngineError, match="FileNotFoundError"):
        wait_for(counting, 1)


def growing(megabytes: int) -> Iterator[int]:
    """A job that takes memory, of which some is not given back."""
    yield os.getpid()
    kept.append(bytearray(os.urandom(1)) * (megabytes * 10**6))


kept: list[bytearray] = []


def nothing(_: object) -> Iterator[None]:
    yield from ()


def test_a_worker_that_has_grown_large_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for(counting, 1)
    monkeypatch.setattr(
        trainer, "load_tensorflow", nothing
    )  # with TensorFlow each would be too large
    monkeypatch.setattr(trainer, "LARGEST", trainer._scheduler.worker.size + 100e6)
    processes = [wait_for(growing, megabytes)[0] for megabytes in (10, 11, 150, 12)]
    assert processes[0] == processes[1] == processes[2] != processes[3]


HANGING = """
import pathlib, time
while pathlib.Path({hangs!r}).exists():
    time.sleep(0.05)
"""


def loading(_: object) -> Iterator[str]:
    """A job that needs TensorFlow, or what a test has put in its place."""
    import tensorflow

    yield tensorflow.__name__


def test_a_worker_that_does_not_start_is_reported_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, board: trainer._Scheduler, tmp_path: Path
) -> None:
    """A TensorFlow that hangs: the worker has it loaded for whoever opens the page, others wait."""
    hangs = tmp_path / "hangs"
    hangs.touch()
    (tmp_path / "tensorflow.py").write_text(HANGING.format(hangs=str(hangs)))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path), str(ROOT))))
    monkeypatch.setattr(trainer, "LATE", 0.5)
    board._end_worker()
    trainer.warm_up()
    until(lambda: board.current)
    trainer.submit(loading, 0, "one")
    trainer.submit(counting, 1, "other")
    until(lambda: trainer.poll(0, "one").late and trainer.poll(1, "other").late)
    assert trainer.poll(0, "one").state == trainer.poll(1, "other").state == "waiting"
    hanging = board.worker
    with monkeypatch.context() as patience:
        patience.setattr(worker, "STARTING", 0.5)
        with pytest.raises(EngineError, match="does not start"):
            wait_for(loading, 2)
        until(lambda: board.worker not in (hanging, None))
    hangs.unlink()
    until_it_is("done", 0, "one")
    until_it_is("done", 1, "other")
    assert board.starting_since is None


@pytest.mark.whole
def test_no_worker_outlives_its_server() -> None:
    """Nor one that is in the middle of something."""
    server = textwrap.dedent("""
        import os, time
        from components.backend.learning import trainer
        from tests.unit.test_trainer import PATIENCE, counting, endless, wait_for
        trainer.worker.SILENT = PATIENCE
        trainer.warm_up()
        print(wait_for(counting, 1)[0][1], flush=True)
        trainer.submit(endless, 0)
        while not trainer.poll(0).found:
            time.sleep(0.01)
        os._exit(0)
    """)
    said = subprocess.run(
        [sys.executable, "-c", server], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
    )
    process = int(said.stdout)
    until(lambda: not alive(process))


def alive(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text("utf-8")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
