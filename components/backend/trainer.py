"""Trainings in a process of their own: one at a time, once for all who ask, in turn between those
who wait, and only as long as somebody looks.

Whoever looks at a training wants it for UNWATCHED seconds from then on, and has to say who he is:
a looker, such as a session. Nobody is refused. All who wait stand in a line of their own, and the
lines take turns; a training that nobody wants any more leaves the lines, or is ended.

This module knows nothing of what is trained. A job is a function and its question, which fit into a
pickle; the worker calls the one with the other and sends on what it yields.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import closing, suppress
from itertools import zip_longest
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal, NamedTuple

from cachetools import TLRUCache

from components.backend import engine
from components.backend.engine import EngineError
from components.texts import text

Train = Callable[[Any], Iterator[Any]]

UNWATCHED = 15.0
"""Seconds after a look at a training for which it is wanted. Pages look twice a second; on a busy
server, or in a browser's background tab, later."""

A_LOOKER = 3
"""Trainings that one looker can wait for at a time: a race of three cells. A fourth takes the place
of the one looked at first."""

LATE = 30.0
"""Seconds without the first word of a new worker, which has to load TensorFlow, after which those
who wait for it are told."""

STARTING = 300.0
"""The same, after which it is taken for hung, and replaced. Long, as it stands back behind all that
serves pages, and the machine may be busy."""

SILENT = 60.0
"""Seconds between two words of a worker, after which it is taken for hung."""

IDLE = 600.0
"""Seconds without a job, after which the worker is ended, and its memory with it."""

LARGEST = 0.85e9
"""Bytes of resident memory, after which the worker is replaced: each graph that TensorFlow traces
leaks some 20 MB, whatever is cleared. Of these bytes 0.48e9 are TensorFlow's files, which all
processes share."""

MOST_REMEMBERED = 100
"""Trainings that are remembered after they have ended."""

# Seconds for which a training is remembered after it has ended: done, so that all who watch it hear
# of that; failed, so that it is not tried again until somebody asks for that.
_REMEMBERED = {"done": 60.0, "failed": 3600.0}
_GLANCE = 0.01  # seconds between two looks at what has come, or is wanted
# What trains stands back behind what serves pages, and still gets a quarter of a core that both
# want: at 19 it got next to nothing on a busy machine, and took minutes to load TensorFlow.
_NICE = 5
_ROOT = Path(__file__).parents[2]

State = Literal["waiting", "running", "done", "stopped", "failed"]

LIVE: tuple[State, ...] = ("waiting", "running")
"""The states after which there is more to come."""


class Progress(NamedTuple):
    """How a training stands for one who looks at it.

    state: "stopped" only for whoever has stopped it. found: what it has yielded so far. ahead: how
    many are trained before it. error: why it failed. late: whether it waits for a worker that does
    not start, which is tried again.
    """

    state: State
    found: tuple[Any, ...] = ()
    ahead: int = 0
    error: str = ""
    late: bool = False

    @property
    def live(self) -> bool:
        """Whether there is more to come."""
        return self.state in LIVE


class _Job:
    """A training, and who looks at it."""

    def __init__(self, train: Train, question: Hashable) -> None:
        self.train, self.question = train, question
        self.state: State = "waiting"
        self.found: list[Any] = []
        self.error = ""
        self.lookers: set[Hashable] = set()


class _Lost(Exception):
    """The worker died, hung, or could not be started; says what is known of it."""


class _NotStarted(Exception):
    """The worker is there, and has not said its first word."""


class _Worker:
    """The process in which all trainings run, one after the other.

    size: bytes of resident memory that it had at most until the end of its last job.
    """

    def __init__(self) -> None:
        self.has_spoken, self.size = False, 0
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

    def run(self, job: _Job, is_wanted: Callable[[], bool]) -> Iterator[Any]:
        """What the job yields, until it ends or is not wanted any more.

        Raises:
            EngineError: the training raised.
            _NotStarted, _Lost: the worker is of no use any more.
        """
        try:
            self.conn.send((job.train, job.question))
            told_to_stop, heard = False, time.monotonic()
            while True:
                if not told_to_stop and not is_wanted():
                    self.conn.send("stop")
                    told_to_stop = True
                if not self.conn.poll(_GLANCE):
                    self._check_patience(time.monotonic() - heard)
                    continue
                heard, self.has_spoken = time.monotonic(), True
                kind, what = self.conn.recv()
                if kind == "end":
                    self.size = what
                    return
                if kind == "error":
                    raise EngineError(what)
                yield what
        except (EOFError, OSError) as error:
            raise _Lost(self._last_words() or f"{type(error).__name__}: {error}") from None

    def _check_patience(self, silent: float) -> None:
        if not self.has_spoken and silent > STARTING:
            raise _NotStarted
        if self.has_spoken and silent > SILENT:
            raise _Lost(text("learn.silent", seconds=SILENT))

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
    """All trainings that are known, and the thread that has them run one by one.

    live: the trainings that are wanted and have not ended, by their questions. looks: when each
    looker has last looked at each question, the longest ago first. lines: what each looker waits
    for, the looker whose turn it is first. current: the training that the worker has, or is started
    for. starting_since: when a worker was started, if neither that nor one in its place has said
    a word yet.
    """

    def __init__(self) -> None:
        self.news = threading.Condition()  # whose lock goes round all that is here
        self.live: dict[Hashable, _Job] = {}
        self.ended: TLRUCache[Hashable, _Job] = TLRUCache(
            MOST_REMEMBERED, lambda _, job, now: now + _REMEMBERED[job.state]
        )
        self.looks: OrderedDict[tuple[Hashable, Hashable], float] = OrderedDict()
        self.lines: OrderedDict[Hashable, dict[Hashable, _Job]] = OrderedDict()
        self.current: _Job | None = None
        self.starting_since: float | None = None
        self.thread: threading.Thread | None = None
        self.worker: _Worker | None = None

    def ask(self, train: Train, question: Hashable, looker: Hashable) -> Progress:
        with self.news:
            self._forget_gone()
            ended = self.ended.get(question)
            if question not in self.live and (ended is None or ended.state == "failed"):
                self.ended.pop(question, None)
                self.live[question] = _Job(train, question)
            return self.look(question, looker)

    def look(self, question: Hashable, looker: Hashable) -> Progress | None:
        with self.news:
            self._forget_gone()
            if (job := self.live.get(question)) is None:
                ended = self.ended.get(question)
                return ended and Progress(ended.state, tuple(ended.found), error=ended.error)
            job.lookers.add(looker)
            self.looks[looker, question] = time.monotonic()
            self.looks.move_to_end((looker, question))
            if job is self.current:
                return Progress(job.state, tuple(job.found), late=self._is_late())
            self._line_up(job, looker)
            training = self.current is not None and self.current.train is not _load
            return Progress("waiting", ahead=training + self._place(job), late=self._is_late())

    def _is_late(self) -> bool:
        since = self.starting_since
        return since is not None and time.monotonic() - since > LATE

    def stop(self, question: Hashable, looker: Hashable) -> Progress:
        with self.news:
            if (job := self.live.get(question)) is None:
                return self.look(question, looker) or Progress("stopped")
            self._leave(looker, question)
            return Progress("stopped", tuple(job.found))

    def warm_up(self) -> None:
        with self.news:
            if self.thread is None:
                self.ask(_load, object(), None)

    def _line_up(self, job: _Job, looker: Hashable) -> None:
        """Have a looker wait for a training, in place of what he has waited for longest if he waits
        for A_LOOKER others."""
        line = self.lines.setdefault(looker, {})
        line.setdefault(job.question, job)
        if len(line) > A_LOOKER:
            self._leave(looker, next(iter(line)))
        if self.thread is None:
            self.thread = threading.Thread(target=self._run, name="trainings", daemon=True)
            self.thread.start()
        self.news.notify()

    def _place(self, job: _Job) -> int:
        """How many are trained before a training that waits: the first of each line has its turn
        before the second of any."""
        turns = zip_longest(*(line.values() for line in self.lines.values()))
        order = dict.fromkeys(each for turn in turns for each in turn if each)
        return list(order).index(job)

    def _forget_gone(self) -> None:
        """Let go of what was not looked at again in time."""
        while self.looks:
            (looker, question), at = next(iter(self.looks.items()))
            if time.monotonic() - at < UNWATCHED:
                return
            self._leave(looker, question)

    def _leave(self, looker: Hashable, question: Hashable) -> None:
        """Have a looker want a training no longer; let go of it if he was the last."""
        self.looks.pop((looker, question), None)
        self._leave_line(looker, question)
        job = self.live[question]
        job.lookers.discard(looker)
        if not job.lookers:
            del self.live[question]

    def _leave_line(self, looker: Hashable, question: Hashable) -> None:
        line = self.lines.get(looker, {})
        line.pop(question, None)
        if not line:
            self.lines.pop(looker, None)

    def _is_wanted(self, job: _Job) -> bool:
        with self.news:
            self._forget_gone()
            return self.live.get(job.question) is job

    def _run(self) -> None:
        while job := self._next():
            self._train(job)

    def _next(self) -> _Job | None:
        """The training whose turn it is, once there is one; None if there was none for long."""
        with self.news:
            self.current = None
            self._forget_gone()
            while not self.lines:
                self.starting_since = None
                if not self.news.wait(IDLE):
                    self._end_worker()
                    self.thread = None
                    return None
                self._forget_gone()
            looker, line = next(iter(self.lines.items()))
            self.lines.move_to_end(looker)
            self.current = next(iter(line.values()))
            for each in self.current.lookers:
                self._leave_line(each, self.current.question)
            return self.current

    def _train(self, job: _Job) -> None:
        while self._is_wanted(job):
            try:
                self._start_worker()
                for found in self.worker.run(job, lambda: self._is_wanted(job)):
                    self._keep(job, found)
            except _NotStarted:
                self._end_worker()
                continue
            except EngineError as error:
                self._end(job, "failed", str(error))
            except _Lost as lost:
                self._end_worker()
                self._end(job, "failed", str(lost))
            except Exception as error:  # whatever it is, the next job gets its turn
                self._end_worker()
                self._end(job, "failed", f"{type(error).__name__}: {error}")
            else:
                self._end(job, "done")
                if self.worker.size > LARGEST:
                    self._end_worker()
                    self.ask(_load, object(), None)  # so that the next one is ready
            return

    def _keep(self, job: _Job, found: Any) -> None:
        with self.news:
            job.found.append(found)
            job.state, self.starting_since = "running", None

    def _end(self, job: _Job, state: State, error: str = "") -> None:
        """Remember how a training has ended, unless it did as nobody wanted it any more."""
        with self.news:
            self.starting_since = None
            if self._is_wanted(job):
                job.state, job.error = state, error
                self.ended[job.question] = job
                for looker in tuple(job.lookers):
                    self._leave(looker, job.question)

    def _start_worker(self) -> None:
        if self.worker is None:
            self.starting_since = self.starting_since or time.monotonic()
            self.worker = _Worker()

    def _end_worker(self) -> None:
        if self.worker is not None:
            self.worker.end()
            self.worker = None


_board = _Board()


def ask(train: Train, question: Hashable, looker: Hashable = None) -> Progress:
    """Have a question trained, unless it is or was already; what has failed is tried again.

    Args:
        train: a function of a module, which yields.
        looker: who asks, as for `look`.
    """
    return _board.ask(train, question, looker)


def look(question: Hashable, looker: Hashable = None) -> Progress | None:
    """How a training stands; None if nobody has asked for it, or all who did have stopped looking.
    It goes on for as long as somebody looks.

    Args:
        looker: who looks, such as a session: those who wait take turns.
    """
    return _board.look(question, looker)


def stop(question: Hashable, looker: Hashable = None) -> Progress:
    """Look no longer: ends the training if nobody else has looked at it lately. How far it was, or
    how it has ended before."""
    return _board.stop(question, looker)


def warm_up() -> None:
    """Start the worker if there is none, so that the first training need not wait for it."""
    _board.warm_up()


def stream(train: Train, question: Hashable) -> Iterator[Any]:
    """All that a training yields, as it comes; it goes on for as long as that is waited for.

    Raises:
        EngineError: it failed, or does not start.
    """
    looker, given, began = object(), 0, time.monotonic()
    progress = ask(train, question, looker)
    try:
        while progress.live:
            yield from progress.found[given:]
            given = len(progress.found)
            if progress.late and time.monotonic() - began > STARTING:
                raise EngineError(text("learn.not_started"))
            time.sleep(_GLANCE)
            engine.still_wanted()
            progress = look(question, looker) or ask(train, question, looker)
    finally:
        stop(question, looker)
    if progress.state == "failed":
        raise EngineError(progress.error)
    yield from progress.found[given:]


def _load(_: object) -> Iterator[Any]:
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
            for found in train(question):
                if stop.is_set():
                    break
                conn.send(("found", found))
            conn.send(("end", _size()))
        except EngineError as error:
            conn.send(("error", str(error)))


def _size() -> int:
    """Bytes of memory that this process has had at most."""
    import resource  # which Windows lacks

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))
