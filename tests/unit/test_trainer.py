"""The process that trains: once for all who ask, as long as anybody looks, and what goes wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing import Pipe
from pathlib import Path

import pytest

from components.backend import engine, trainer
from components.backend.engine import EngineError

ROOT = Path(__file__).parents[2]
PATIENCE = 90  # seconds on a busy machine


def counting(count: int) -> Iterator[tuple[int, int]]:
    """Numbers, each with the process that it comes from."""
    for number in range(count):
        yield number, os.getpid()


def endless(_: object) -> Iterator[int]:
    number = 0
    while True:
        time.sleep(0.01)
        yield (number := number + 1)


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


@pytest.fixture(autouse=True)
def board(monkeypatch: pytest.MonkeyPatch) -> Iterator[trainer._Board]:
    """A board of the test's own, whose worker ends with it."""
    board = trainer._Board()
    monkeypatch.setattr(trainer, "_board", board)
    yield board
    for question in list(board.jobs):
        board.stop(question)
    until(lambda: board.waiting.empty() and all(not j.active for j in board.jobs.values()))
    board._end_worker()


def until(holds: Callable[[], object]) -> None:
    """Wait for a state."""
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


def wait_for(train: trainer.Train, question: object) -> list:
    """All that a training yields."""
    return list(trainer.stream(train, question))


def state(question: object) -> str:
    return trainer.look(question).state


def test_it_is_done_in_another_process() -> None:
    found = wait_for(counting, 3)
    assert [number for number, _ in found] == [0, 1, 2]
    assert {process for _, process in found}.isdisjoint({os.getpid()})
    assert state(3) == "done"


def test_once_for_all_who_ask() -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda _: wait_for(counting, 5), range(4)))
    assert all(one == found[0] for one in found)
    assert trainer._board.worker.jobs == 1


def test_it_is_handed_out_as_it_comes() -> None:
    found = trainer.stream(endless, 0)
    assert [next(found) for _ in range(3)] == [1, 2, 3]
    assert state(0) == "running"
    trainer.stop(0)
    with pytest.raises(EngineError, match="stopped"):
        list(found)


def test_the_rest_wait_with_their_place() -> None:
    for question in "abc":
        trainer.ask(endless, question)
    until(lambda: state("a") == "running")
    assert [trainer.look(question).ahead for question in "abc"] == [0, 1, 2]
    trainer.stop("a")
    until(lambda: state("b") == "running")
    assert trainer.look("c").ahead == 1


def test_stop_keeps_what_was_found() -> None:
    trainer.ask(endless, 0)
    until(lambda: len(trainer.look(0).found) > 3)
    trainer.stop(0)
    until(lambda: state(0) == "stopped")
    kept = trainer.look(0).found
    assert kept == tuple(range(1, len(kept) + 1))
    assert trainer.ask(endless, 0).live  # asked for again, it begins again


def test_what_nobody_looks_at_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "UNWATCHED", 0.5)
    trainer.ask(endless, 0)
    job = trainer._board.jobs[0]
    until(lambda: job.state == "stopped")
    assert trainer.look(0) is None  # it is nobody's wish that it has ended
    assert trainer.ask(endless, 0).live


def test_it_goes_on_for_as_long_as_one_of_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "UNWATCHED", 2.0)
    for _ in range(2):
        trainer.ask(endless, 0)
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert trainer.look(0).live
        time.sleep(0.02)


def test_a_worker_that_dies_is_told_of_and_replaced() -> None:
    with pytest.raises(EngineError, match="exit code 3: last words"):
        wait_for(dying, 0)
    assert state(0) == "failed"
    assert trainer.look(0).found == (1,)
    assert [number for number, _ in wait_for(counting, 2)] == [0, 1]


def test_a_failure_is_remembered_until_it_is_asked_for_again() -> None:
    with pytest.raises(EngineError, match="no such luck"):
        wait_for(refusing, 0)
    worker = trainer._board.worker
    assert state(0) == "failed"
    assert trainer.ask(refusing, 0).live
    until(lambda: state(0) == "failed")
    assert trainer._board.worker is worker  # it is as good as before


def test_what_has_ended_is_let_go_of_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for(counting, 1)
    wait_for(counting, 2)
    assert {1, 2} <= trainer._board.jobs.keys()
    monkeypatch.setitem(trainer._REMEMBERED, "done", 0.0)
    wait_for(counting, 3)
    assert trainer._board.jobs.keys() == {3}


def test_a_worker_that_hangs_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for(counting, 1)  # so that it is there, whatever the machine does
    monkeypatch.setattr(trainer, "SILENT", 0.5)
    with pytest.raises(EngineError, match="no word for"):
        wait_for(silent, 0)
    monkeypatch.setattr(trainer, "SILENT", 60.0)
    assert [number for number, _ in wait_for(counting, 2)] == [0, 1]


def unpicklable(_: object) -> Iterator[Callable[[], None]]:
    yield lambda: None


def test_what_goes_wrong_in_no_foreseen_way_ends_one_job_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(EngineError, match="pickle"):
        wait_for(unpicklable, 0)
    monkeypatch.setattr(trainer, "Pipe", lambda: 1 / 0)
    trainer._board._end_worker()
    with pytest.raises(EngineError, match="ZeroDivisionError"):
        wait_for(counting, 1)
    monkeypatch.setattr(trainer, "Pipe", Pipe)
    assert [number for number, _ in wait_for(counting, 2)] == [0, 1]


def test_a_training_that_was_broken_off_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes back while it is being stopped has it begun anew."""
    trainer.ask(endless, 0)
    until(lambda: trainer.look(0).found)
    job, worker = trainer._board.jobs[0], trainer._board.worker
    send = worker.conn.send

    class Back:
        """A connection; as soon as the training is told to stop, somebody looks at it again."""

        def send(self, message: object) -> None:
            send(message)
            if message == "stop":
                monkeypatch.setattr(trainer, "UNWATCHED", 60.0)

        def __getattr__(self, name: str) -> object:
            return getattr(conn, name)

    conn, worker.conn = worker.conn, Back()
    monkeypatch.setattr(trainer, "UNWATCHED", -1.0)
    until(lambda: not job.active)
    assert job.wanted
    assert job.state == "stopped"
    assert trainer.look(0) is None
    assert trainer.ask(endless, 0).live


def test_only_so_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "MOST_WAITING", 2)
    trainer.ask(endless, 0)
    until(lambda: state(0) == "running")
    assert [trainer.ask(endless, number).state for number in (1, 2, 3)] == (
        ["waiting", "waiting", "failed"]
    )
    assert "2 trainings are waiting already" in trainer.look(3).error
    trainer.stop(1)
    assert trainer.ask(endless, 3).state == "waiting"
    assert trainer.look(3).ahead == 2


def test_whoever_waits_and_is_gone_waits_no_longer() -> None:
    class Gone(BaseException):
        pass

    def gone() -> None:
        raise Gone

    with engine.asking(gone), pytest.raises(Gone):
        wait_for(endless, 0)


def test_a_worker_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(EngineError, match="FileNotFoundError"):
        wait_for(counting, 1)


def test_a_worker_is_replaced_after_so_many_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainer, "JOBS_A_WORKER", 2)
    processes = [wait_for(counting, count)[0][1] for count in (1, 2, 3)]
    assert processes[0] == processes[1] != processes[2]


def test_no_worker_outlives_its_server() -> None:
    """Nor one that is in the middle of something."""
    server = textwrap.dedent("""
        import os, time
        from components.backend import trainer
        from tests.unit.test_trainer import counting, endless, wait_for
        trainer.warm_up()
        print(wait_for(counting, 1)[0][1], flush=True)
        trainer.ask(endless, 0)
        while not trainer.look(0).found:
            time.sleep(0.01)
        os._exit(0)
    """)
    said = subprocess.run(
        [sys.executable, "-c", server], cwd=ROOT, capture_output=True, text=True, check=True
    )
    worker = int(said.stdout)
    until(lambda: not alive(worker))


def alive(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text("utf-8")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
