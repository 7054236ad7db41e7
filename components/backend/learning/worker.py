"""The worker: a process in which trainings run one after the other.

This module knows nothing of what is trained. A training is a function and its question, which can
be pickled; the process calls the function with the question and sends back what it yields.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from components.backend.question.linked import Message
from components.backend.running import engine, process
from components.backend.running.engine import EngineError
from components.backend.running.process import Process

Train = Callable[[Any], Iterator[Any]]
"""A generator function at the top level of a module, so that it can be pickled."""

STARTING = 300.0
"""Seconds until a worker that has sent nothing counts as hung, and is replaced. Generous, because
it loads TensorFlow first, its priority is lower than the server's, and the machine may be busy."""

SILENT = 60.0
"""Seconds between two messages of a worker, after which it counts as hung."""

POLL_INTERVAL = 0.01
"""Seconds between two checks for a message, and for whether the training is still wanted."""


class Lost(Exception):
    """The worker died, hung, or could not be started."""

    def __init__(self, error: str | Message) -> None:
        super().__init__(error)
        self.error = error  # the process's last line or exit code, as far as it is known


class NotStarted(Exception):
    """The worker's process has started, but has sent nothing for STARTING seconds."""


class Worker(Process):
    """The server's end of the process.

    Raises:
        Lost: it could not be started.
    """

    def __init__(self) -> None:
        self.has_spoken = False  # whether it has sent a message
        self.size = 0  # its resident memory at the end of its last training, in bytes
        try:
            super().__init__("components.backend.learning.worker")
        except OSError as error:
            raise Lost(f"{type(error).__name__}: {error}") from None

    def run(self, train: Train, question: Any, is_wanted: Callable[[], bool]) -> Iterator[Any]:
        """Run a training and yield what it yields, until it ends or is not wanted any more.

        Raises:
            EngineError: the training raised.
            NotStarted, Lost: the worker has to be replaced.
        """
        try:
            self.conn.send((train, question))
            stopping, heard = False, time.monotonic()
            while True:
                if not stopping and not is_wanted():
                    self.conn.send("stop")
                    stopping = True
                if not self.conn.poll(POLL_INTERVAL):
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
            raise Lost(self.last_words() or f"{type(error).__name__}: {error}") from None

    def _check_patience(self, silent: float) -> None:
        if not self.has_spoken and silent > STARTING:
            raise NotStarted
        if self.has_spoken and silent > SILENT:
            raise Lost(Message("silent", {"seconds": SILENT}))


def load_tensorflow(_: object) -> Iterator[Any]:
    """A training that loads TensorFlow and does nothing else."""
    with engine.use_keras():
        yield from ()


# What runs in the worker's process


def _serve(conn: Connection) -> None:
    """Run the trainings that come in, until the server closes its end."""
    os.nice(process.NICE)
    wanted: queue.Queue[tuple[Train, Any]] = queue.Queue()
    stop = threading.Event()

    def listen() -> None:
        while True:
            try:
                message = conn.recv()
            except (EOFError, OSError):
                os._exit(0)  # the server is gone, whatever is being computed
            except Exception:  # a training that cannot be unpickled
                traceback.print_exc()
                os._exit(1)
            if message == "stop":
                stop.set()
            else:
                stop.clear()
                wanted.put(message)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        train, question = wanted.get()
        try:
            for found in train(question):
                if stop.is_set():
                    break
                conn.send(("found", found))
            conn.send(("end", _size()))
        except EngineError as error:
            conn.send(("error", str(error)))


def _size() -> int:
    """This process's resident memory, in bytes.

    On Linux, `ru_maxrss` will not do: a process begins with the peak of the one that started it.
    """
    with suppress(OSError):
        _, resident, *_ = Path("/proc/self/statm").read_text("utf-8").split()
        return int(resident) * os.sysconf("SC_PAGE_SIZE")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # bytes, where there is no /proc


if __name__ == "__main__":
    _serve(Connection(int(sys.argv[1])))
