"""Runs trainings one at a time in a process of their own, and shares each among all who ask.

A subscriber, such as a session, submits trainings and polls them for their progress. Each poll
keeps a training wanted for UNWATCHED seconds. A training that no subscriber wants any more is
dropped or, if it runs, stopped. Each subscriber has a queue of trainings that wait, and the queues
take turns: three students with three trainings each all get their first one before any gets a
second. Nobody is refused.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from itertools import zip_longest
from typing import Any, Literal, NamedTuple

from cachetools import TLRUCache

from components.backend.learning import worker
from components.backend.learning.worker import (
    POLL_INTERVAL,
    Lost,
    NotStarted,
    Train,
    Worker,
    load_tensorflow,
)
from components.backend.question.linked import Message
from components.backend.running import engine
from components.backend.running.engine import EngineError
from components.texts import text

UNWATCHED = 15.0
"""Seconds for which one poll keeps a training wanted. Pages poll twice a second, but more rarely on
a busy server or in a browser's background tab."""

MOST_QUEUED = 3
"""The most trainings in one subscriber's queue: a race of three cells. A fourth takes the place of
the first."""

LATE = 30.0
"""Seconds until a new worker, which has to load TensorFlow, counts as late if it has sent nothing.
"""

IDLE = 600.0
"""Seconds without a job after which the worker is killed, to free its memory."""

LARGEST = 0.85e9
"""Bytes of resident memory above which the worker is replaced after a job: each graph that
TensorFlow traces leaks some 20 MB, whatever is cleared. TensorFlow's files, which all processes
share, are 0.48e9 of these bytes."""

MOST_REMEMBERED = 100
"""The most trainings that are remembered after they have ended."""

# Seconds for which a training is remembered after it has ended: a done one so that all its
# subscribers see that; a failed one so that it is not tried again until somebody asks for it.
_REMEMBERED = {"done": 60.0, "failed": 3600.0}

State = Literal["waiting", "running", "done", "stopped", "failed"]

LIVE: tuple[State, ...] = ("waiting", "running")
"""The states of a training that has not ended."""


class Progress(NamedTuple):
    """A training's progress, for one subscriber."""

    state: State  # "stopped" only for a subscriber who has cancelled it
    found: tuple[Any, ...] = ()  # what it has yielded so far
    ahead: int = 0  # how many trainings run before it
    error: str | Message = ""  # why it failed
    late: bool = False  # whether it waits for a worker that is late

    @property
    def live(self) -> bool:
        """Whether it has not ended."""
        return self.state in LIVE

    @property
    def reason(self) -> str:
        """What a visitor may see of `error`, in their language: the rest can name the server's
        folders."""
        return str(self.error).partition(":")[0]


class _Job:
    """A training and its subscribers."""

    def __init__(self, train: Train, question: Hashable) -> None:
        self.train, self.question = train, question
        self.state: State = "waiting"
        self.found: list[Any] = []
        self.error: str | Message = ""
        self.subscribers: set[Hashable] = set()


class _Scheduler:
    """All known trainings, and the thread that has the worker run them one by one."""

    def __init__(self) -> None:
        self.changed = threading.Condition()  # its lock guards all that follows but the worker
        # Both by question: trainings that are wanted and have not ended, and trainings that have.
        self.live: dict[Hashable, _Job] = {}
        self.ended: TLRUCache[Hashable, _Job] = TLRUCache(
            MOST_REMEMBERED, lambda _, job, now: now + _REMEMBERED[job.state]
        )
        # When each subscriber last polled each question, the oldest poll first.
        self.last_polls: OrderedDict[tuple[Hashable, Hashable], float] = OrderedDict()
        # Each subscriber's queue, by question. The subscriber whose turn it is comes first.
        self.queues: OrderedDict[Hashable, dict[Hashable, _Job]] = OrderedDict()
        self.current: _Job | None = None  # the worker runs it, or is being started for it
        # When a worker was started, if no worker has sent anything since.
        self.starting_since: float | None = None
        self.thread: threading.Thread | None = None
        self.worker: Worker | None = None  # used by that thread alone

    def submit(self, train: Train, question: Hashable, subscriber: Hashable) -> Progress:
        with self.changed:
            self._drop_expired()
            ended = self.ended.get(question)
            if question not in self.live and (ended is None or ended.state == "failed"):
                self.ended.pop(question, None)
                self.live[question] = _Job(train, question)
            progress = self.poll(question, subscriber)
            assert progress is not None  # it is live, or has ended
            return progress

    def poll(self, question: Hashable, subscriber: Hashable) -> Progress | None:
        with self.changed:
            self._drop_expired()
            if (job := self.live.get(question)) is None:
                if (ended := self.ended.get(question)) is None:
                    return None
                return Progress(ended.state, tuple(ended.found), error=ended.error)
            job.subscribers.add(subscriber)
            self.last_polls[subscriber, question] = time.monotonic()
            self.last_polls.move_to_end((subscriber, question))
            if job is self.current:
                return Progress(job.state, tuple(job.found), late=self._is_late())
            self._enqueue(job, subscriber)
            training = self.current is not None and self.current.train is not load_tensorflow
            return Progress(
                "waiting", ahead=training + self._queued_before(job), late=self._is_late()
            )

    def _is_late(self) -> bool:
        since = self.starting_since
        return since is not None and time.monotonic() - since > LATE

    def cancel(self, question: Hashable, subscriber: Hashable) -> Progress:
        with self.changed:
            if (job := self.live.get(question)) is None:
                return self.poll(question, subscriber) or Progress("stopped")
            self._leave(subscriber, question)
            return Progress("stopped", tuple(job.found))

    def warm_up(self) -> None:
        with self.changed:
            if self.thread is None:
                self.submit(load_tensorflow, object(), None)

    def _enqueue(self, job: _Job, subscriber: Hashable) -> None:
        """Put a training into a subscriber's queue, and drop the first one beyond MOST_QUEUED."""
        queue = self.queues.setdefault(subscriber, {})
        queue.setdefault(job.question, job)
        if len(queue) > MOST_QUEUED:
            self._leave(subscriber, next(iter(queue)))
        if self.thread is None:
            self.thread = threading.Thread(target=self._run, name="trainings", daemon=True)
            self.thread.start()
        self.changed.notify()

    def _queued_before(self, job: _Job) -> int:
        """How many queued trainings run before this one: the first of each queue comes before the
        second of any."""
        turns = zip_longest(*(queue.values() for queue in self.queues.values()))
        order = list(dict.fromkeys(each for turn in turns for each in turn if each))
        return sum(each.train is not load_tensorflow for each in order[: order.index(job)])

    def _drop_expired(self) -> None:
        """Take out each subscriber who has not polled a training for UNWATCHED seconds."""
        while self.last_polls:
            (subscriber, question), at = next(iter(self.last_polls.items()))
            if time.monotonic() - at < UNWATCHED:
                return
            self._leave(subscriber, question)

    def _leave(self, subscriber: Hashable, question: Hashable) -> None:
        """Take a subscriber out of a training, and drop the training if nobody else wants it."""
        self.last_polls.pop((subscriber, question), None)
        self._leave_queue(subscriber, question)
        job = self.live[question]
        job.subscribers.discard(subscriber)
        if not job.subscribers:
            del self.live[question]

    def _leave_queue(self, subscriber: Hashable, question: Hashable) -> None:
        queue = self.queues.get(subscriber, {})
        queue.pop(question, None)
        if not queue:
            self.queues.pop(subscriber, None)

    def _is_wanted(self, job: _Job) -> bool:
        with self.changed:
            self._drop_expired()
            return self.live.get(job.question) is job

    def _run(self) -> None:
        while job := self._next():
            self._train(job)

    def _next(self) -> _Job | None:
        """Wait for the next training; None if there is none for IDLE seconds."""
        with self.changed:
            self.current = None
            self._drop_expired()
            while not self.queues:
                self.starting_since = None
                if not self.changed.wait(IDLE):
                    self._end_worker()
                    self.thread = None
                    return None
                self._drop_expired()
            subscriber, queue = next(iter(self.queues.items()))
            self.queues.move_to_end(subscriber)
            self.current = next(iter(queue.values()))
            for each in self.current.subscribers:
                self._leave_queue(each, self.current.question)
            return self.current

    def _train(self, job: _Job) -> None:
        while self._is_wanted(job):
            try:
                worker = self._started_worker()
                for found in worker.run(job.train, job.question, lambda: self._is_wanted(job)):
                    self._keep(job, found)
            except NotStarted:
                self._end_worker()
                continue
            except EngineError as error:
                self._end(job, "failed", str(error))
            except Lost as lost:
                self._end_worker()
                self._end(job, "failed", lost.error)
            except Exception as error:  # whatever it is, the next job has to run
                self._end_worker()
                self._end(job, "failed", f"{type(error).__name__}: {error}")
            else:
                self._end(job, "done")
                if worker.size > LARGEST:
                    self._end_worker()
                    self.submit(load_tensorflow, object(), None)  # so that the next one is ready
            return

    def _keep(self, job: _Job, found: Any) -> None:
        with self.changed:
            job.found.append(found)
            job.state, self.starting_since = "running", None

    def _end(self, job: _Job, state: State, error: str | Message = "") -> None:
        """Remember how a training ended, unless it was stopped because nobody wanted it."""
        with self.changed:
            self.starting_since = None
            if self._is_wanted(job):
                job.state, job.error = state, error
                self.ended[job.question] = job
                for subscriber in tuple(job.subscribers):
                    self._leave(subscriber, job.question)

    def _started_worker(self) -> Worker:
        if self.worker is None:
            with self.changed:
                self.starting_since = self.starting_since or time.monotonic()
            self.worker = Worker()
        return self.worker

    def _end_worker(self) -> None:
        if self.worker is not None:
            self.worker.end()
            self.worker = None


_scheduler = _Scheduler()


def submit(train: Train, question: Hashable, subscriber: Hashable = None) -> Progress:
    """Have a question trained, unless it is or was already; a failed training is tried again.

    Args:
        subscriber: who asks, as for `poll`.
    """
    return _scheduler.submit(train, question, subscriber)


def poll(question: Hashable, subscriber: Hashable = None) -> Progress | None:
    """A training's progress; None if nobody has submitted it, or nobody wants it any more.

    Args:
        subscriber: who asks, such as a session. The training goes on as long as anybody polls it.
    """
    return _scheduler.poll(question, subscriber)


def cancel(question: Hashable, subscriber: Hashable = None) -> Progress:
    """End a subscriber's interest, which stops the training if nobody else has polled it lately.
    Returns how far the training came or, if it had ended already, how."""
    return _scheduler.cancel(question, subscriber)


def warm_up() -> None:
    """Start the worker unless it runs, so that the next training need not wait for it."""
    _scheduler.warm_up()


def stream(train: Train, question: Hashable) -> Iterator[Any]:
    """All that a training yields, as it comes. Closing this iterator cancels it for its caller.

    Raises:
        EngineError: the training failed, or does not start.
    """
    subscriber, given, began = object(), 0, time.monotonic()
    progress = submit(train, question, subscriber)
    try:
        while progress.live:
            yield from progress.found[given:]
            given = len(progress.found)
            if progress.late and time.monotonic() - began > worker.STARTING:
                raise EngineError(text("learn.not_started"))
            time.sleep(POLL_INTERVAL)
            engine.still_wanted()
            progress = poll(question, subscriber) or submit(train, question, subscriber)
    finally:
        cancel(question, subscriber)
    if progress.state == "failed":
        raise EngineError(progress.error)
    yield from progress.found[given:]
