"""Trainings in a process of their own: one at a time, once for all who ask, as long as anybody
watches.

This module knows nothing of what is trained. A job is a function and its question, which fit into a
pickle; the worker calls the one with the other and sends on what it yields.
"""

from __future__ import annotations

import math
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import closing, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal, NamedTuple

from components.backend import engine
from components.backend.engine import EngineError
from components.texts import text

Train = Callable[[Any], Iterator[Any]]

UNWATCHED = 8.0
"""Seconds that nobody has looked at a training, after which it is stopped."""

STARTING = 300.0
"""Seconds until the first word of a new worker, which has to load TensorFlow and stands back behind
all else, after which it is taken for hung."""

SILENT = 60.0
"""The same between two words."""

MOST_WAITING = 20
"""Trainings that may wait at a time; one more is refused."""

IDLE = 600.0
"""Seconds without a job, after which the worker is ended, and its memory with it."""

JOBS_A_WORKER = 40
"""After so many jobs the worker is replaced: every graph that TensorFlow traces leaks some
megabytes, whatever is cleared."""

# Seconds that a training is remembered which has ended: whoever watches it hears of that, and of a
# failure it is known that it failed.
_REMEMBERED = {"done": 60.0, "stopped": 60.0, "failed": 3600.0}
_GLANCE = 0.01  # seconds between two looks at what has come, or is wanted
_NICE = 19  # what trains stands back behind what serves pages
_ROOT = Path(__file__).parents[2]

State = Literal["waiting", "running", "done", "stopped", "failed"]

LIVE: tuple[State, ...] = ("waiting", "running")
"""The states after which there is more to come."""


class Progress(NamedTuple):
    """How a training stands.

    found: what it has yielded so far. ahead: how many are trained before it. error: why it failed.
    """

    state: State
    found: tuple[Any, ...] = ()
    ahead: int = 0
    error: str = ""

    @property
    def live(self) -> bool:
        """Whether there is more to come."""
        return self.state in LIVE


class _Job:
    """A training, and who wants it: whoever has looked at it lately."""

    def __init__(self, train: Train, question: Hashable) -> None:
        self.train, self.question = train, question
        self.state: State = "waiting"
        self.found: list[Any] = []
        self.error = ""
        self.seen = time.monotonic()
        self.unwanted = False  # somebody pressed stop
        self.broken_off = False  # before it had yielded all

    @property
    def active(self) -> bool:
        return self.state in LIVE

    @property
    def is_remembered(self) -> bool:
        patience = _REMEMBERED.get(self.state, math.inf)
        return time.monotonic() - self.seen < patience

    @property
    def abandoned(self) -> bool:
        """Whether it was ended as nobody looked any longer, and not by anybody's wish."""
        return self.state == "stopped" and not self.unwanted

    @property
    def wanted(self) -> bool:
        return not self.unwanted and time.monotonic() - self.seen < UNWATCHED


class _Lost(Exception):
    """The worker died, hung, or could not be started; says what is known of it."""


class _Worker:
    """The process in which all trainings run, one after the other."""

    def __init__(self) -> None:
        self.jobs, self.has_spoken = 0, False
        # One thread of TensorFlow's: more do not help cells as small as these, and sums stay in
        # one order.
        threads = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}
        try:
            self.said = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the process lives
            self.conn, theirs = Pipe()
            with closing(theirs):
                self.process = subprocess.Popen(
                    [sys.executable, "-m", "components.backend.trainer", str(theirs.fileno())],
                    cwd=_ROOT,
                    env=os.environ | threads,
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=self.said,
                    stderr=self.said,
                )
        except OSError as error:
            raise _Lost(f"{type(error).__name__}: {error}") from None

    def run(self, job: _Job) -> Iterator[Any]:
        """What the job yields, until it ends or is not wanted any more; notes in it which.

        Raises:
            EngineError: the training raised.
            _Lost: the worker is of no use any more.
        """
        self.jobs += 1
        try:
            self.conn.send((job.train, job.question))
            asked_to_stop, heard = False, time.monotonic()
            while True:
                if not job.wanted and not asked_to_stop:
                    self.conn.send("stop")
                    asked_to_stop = True
                if not self.conn.poll(_GLANCE):
                    patience = SILENT if self.has_spoken else STARTING
                    if time.monotonic() - heard > patience:
                        raise _Lost(text("learn.silent", seconds=patience))
                    continue
                heard, self.has_spoken = time.monotonic(), True
                kind, what = self.conn.recv()
                if kind == "end":
                    job.broken_off = what
                    return
                if kind == "error":
                    raise EngineError(what)
                yield what
        except (EOFError, OSError) as error:
            raise _Lost(self._last_words() or f"{type(error).__name__}: {error}") from None

    def _last_words(self) -> str:
        """The last line that the process wrote."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        self.said.seek(0)
        lines = self.said.read()[-4096:].decode("utf-8", "replace").strip().splitlines()
        code = self.process.poll()
        ended = text("learn.exit_code", code=code) if code is not None else ""
        return ": ".join(filter(None, (ended, lines[-1] if lines else "")))

    def end(self) -> None:
        self.conn.close()
        self.process.kill()
        self.process.wait()
        self.said.close()


class _Board:
    """All trainings that are known, and the thread that has them run one by one."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.jobs: dict[Hashable, _Job] = {}
        self.waiting: queue.Queue[_Job] = queue.Queue()
        self.thread: threading.Thread | None = None
        self.worker: _Worker | None = None

    def ask(self, train: Train, question: Hashable) -> Progress:
        with self.lock:
            self.jobs = {name: job for name, job in self.jobs.items() if job.is_remembered}
            job = self.jobs.get(question)
            if job is None or job.state in ("failed", "stopped") or job.unwanted:
                job = self.jobs[question] = _Job(train, question)
                if len(self._queue()) >= MOST_WAITING:
                    job.state, job.error = "failed", text("learn.full", count=MOST_WAITING)
                else:
                    self._enqueue(job)
        return self.look(question)

    def _queue(self) -> list[_Job]:
        """The trainings that wait for their turn."""
        jobs = list(self.waiting.queue)
        return [job for job in jobs if job.active and job.wanted and job.question is not None]

    def look(self, question: Hashable) -> Progress | None:
        with self.lock:
            job = self.jobs.get(question)
            if job is None or job.abandoned:  # whoever comes now has it begun anew
                return None
            job.seen = time.monotonic()
            queued = self._queue()
            ahead = queued.index(job) if job in queued else 0
            running = any(one.state == "running" for one in self.jobs.values())
            ahead += running and job.state == "waiting"
            return Progress(job.state, tuple(job.found), ahead, job.error)

    def stop(self, question: Hashable) -> None:
        with self.lock:
            job = self.jobs.get(question)
            if job is not None:
                job.unwanted = True
                if job.state == "waiting":
                    job.state = "stopped"

    def warm_up(self) -> None:
        with self.lock:
            if self.thread is None:
                self._enqueue(_Job(_nothing, None))

    def _enqueue(self, job: _Job) -> None:
        self.waiting.put(job)
        if self.thread is None:
            self.thread = threading.Thread(target=self._run, name="trainings", daemon=True)
            self.thread.start()

    def _run(self) -> None:
        while True:
            try:
                job = self.waiting.get(timeout=IDLE)
            except queue.Empty:
                with self.lock:
                    if self.waiting.empty():
                        self._end_worker()
                        self.thread = None
                        return
                continue
            if job.wanted:
                self._train(job)
            else:
                job.state = "stopped"

    def _train(self, job: _Job) -> None:
        job.state = "running"
        try:
            if self.worker is None:
                self.worker = _Worker()
            for found in self.worker.run(job):
                job.found.append(found)
        except EngineError as error:
            job.error, job.state = str(error), "failed"
        except _Lost as lost:
            self._end_worker()
            job.error, job.state = str(lost), "failed"
        except Exception as error:  # whatever it is, the next job gets its turn
            self._end_worker()
            job.error, job.state = f"{type(error).__name__}: {error}", "failed"
        else:
            job.state = "stopped" if job.broken_off else "done"
            if self.worker.jobs >= JOBS_A_WORKER:
                self._end_worker()

    def _end_worker(self) -> None:
        if self.worker is not None:
            self.worker.end()
            self.worker = None


_board = _Board()


def ask(train: Train, question: Hashable) -> Progress:
    """Have a question trained, unless it is or was already; what has failed or was stopped is tried
    again.

    Args:
        train: a function of a module, which yields.
    """
    return _board.ask(train, question)


def look(question: Hashable) -> Progress | None:
    """How a training stands, which goes on for as long as somebody looks; None if nobody has asked
    for it, or it was not looked at to its end."""
    return _board.look(question)


def stop(question: Hashable) -> None:
    """End a training, for all who watch it; what it has found is kept."""
    _board.stop(question)


def warm_up() -> None:
    """Start the worker if there is none, so that the first training need not wait for it."""
    _board.warm_up()


def stream(train: Train, question: Hashable) -> Iterator[Any]:
    """All that a training yields, as it comes; it goes on for as long as that is waited for.

    Raises:
        EngineError: it failed, or somebody stopped it.
    """
    progress, given = ask(train, question), 0
    while True:
        yield from progress.found[given:]
        given = len(progress.found)
        if not progress.live:
            break
        time.sleep(_GLANCE)
        engine.still_wanted()
        progress = look(question) or Progress("stopped")
    if progress.state != "done":
        raise EngineError(progress.error or "the training was stopped")


def _nothing(_: None) -> Iterator[Any]:
    """A job that loads TensorFlow and no more."""
    with engine.door():
        pass
    return iter(())


# The worker's own side


def _serve(conn: Connection) -> None:
    """Run the jobs that come in, until nobody is at the other end."""
    os.nice(_NICE)
    jobs: queue.Queue[tuple[Train, Any]] = queue.Queue()
    stop = threading.Event()

    def listen() -> None:
        while True:
            try:
                message = conn.recv()
            except (EOFError, OSError):
                os._exit(0)  # the server is gone, whatever is being computed
            if message == "stop":
                stop.set()
            else:
                stop.clear()
                jobs.put(message)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        train, question = jobs.get()
        try:
            broken_off = False
            for found in train(question):
                if broken_off := stop.is_set():
                    break
                conn.send(("found", found))
            conn.send(("end", broken_off))
        except EngineError as error:
            conn.send(("error", str(error)))


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))
