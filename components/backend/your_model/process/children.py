"""The server's end of the processes that run visitors' models, of which a few live at once."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from multiprocessing.reduction import send_handle
from pathlib import Path
from typing import Any, Literal
from weakref import WeakValueDictionary

from components.backend.explained.explain import Explained
from components.backend.question.linked import Message, Problem, SettingsError
from components.backend.running import engine
from components.backend.running.engine import EngineError
from components.backend.running.process import DISK_FULL, Process, how_ended
from components.backend.running.replay import MismatchError
from components.backend.your_model.process import jail
from components.backend.your_model.process.jail import IDLE, MEMORY, SECONDS
from components.backend.your_model.process.records import Opened, Snapshot
from components.backend.your_model.process.wire import MOST_BYTES, ForgedError, packed, unpacked
from components.backend.your_model.saved.declared import Declared

MOST = 4
"""How many of these processes live at once."""

LATEST = 60.0
"""Seconds that anybody waits for an answer, however busy the machine is."""

_PASSED_ON = ("PATH", "PYTHON", "LD_LIBRARY_PATH", "DYLD_", "HOME", "LANG", "LC_", "TMPDIR")
_PASSED_ON += ("TF_", "XLA_", "KERAS_", "CUDA_", "OMP_", "OPENBLAS_")
_AT_ONCE = threading.BoundedSemaphore(2)  # how many of them compute at once
_SPARE = 30.0  # seconds before a process ends by itself, in which it is not asked any more
_CHECK = 0.05  # seconds between two checks for whether an answer is still wanted

Failed = (
    tuple[Literal["settings"], tuple[Problem, ...]]
    | tuple[Literal["mismatch"], str]
    | tuple[Literal["engine"], Message]
)
Answers = {
    "open": tuple[Literal["found"], tuple[Opened, Snapshot]] | Failed,
    "load": tuple[Literal["found"], None] | Failed,
    "run": tuple[Literal["found"], tuple[Explained, ...]] | Failed,
}
"""What a process may answer to each kind of request."""


class _FirstProcess:
    """The process of which the others come. It is started once it is needed, and again if it has
    ended."""

    def __init__(self) -> None:
        self.process: Process | None = None
        self.folder: Path | None = None  # in which each process that comes of it has its own
        self.lock = threading.Lock()

    def fork(self) -> tuple[Process, Connection, int]:
        """A new process: the one that it comes of, its connection, and its number."""
        with _held(self.lock):
            for _ in range(2):  # the second time if the first process has ended meanwhile
                try:
                    process = self._started()
                    return process, *self._forked(process)
                except (OSError, EOFError) as error:
                    said = self._end()
                    failure = EngineError(said) if said else error
        is_full = isinstance(failure, OSError) and failure.errno in DISK_FULL
        raise EngineError(Message("disk_full" if is_full else "model_no_process")) from failure

    def start(self) -> None:
        """Have it load TensorFlow; what goes wrong is raised by the next `fork`."""
        with self.lock, suppress(OSError):
            self._started()

    def end_child(self, child: _ChildProcess) -> None:
        """End a process that comes of it, and note how it has ended. Its number alone would not do:
        once it has ended, the system may give the number to another process."""
        with self.lock:
            if child.code is not None or child.first is not self.process:
                return
            try:
                child.first.conn.send_bytes(b"%d" % child.number)
                child.code = self._answered(child.first)
            except (OSError, EOFError):
                self._end()  # else a late answer would be taken for the next one

    def _started(self) -> Process:
        if self.process is None or self.process.process.poll() is not None:
            self._end()
            # Without what else the environment has: a password for a database, perhaps.
            known = {name: os.environ[name] for name in os.environ if name.startswith(_PASSED_ON)}
            self.folder = Path(tempfile.mkdtemp(prefix="rnn-lens-"))
            self.folder.chmod(0o711)  # other users, too, find what they know the name of
            self.process = Process("components.backend.your_model.process.child", known)
            self.process.conn.send_bytes(os.fsencode(self.folder))
        return self.process

    def _forked(self, process: Process) -> tuple[Connection, int]:
        ours, theirs = Pipe()
        with theirs:
            process.conn.send_bytes(b"fork")
            send_handle(process.conn, theirs.fileno(), process.process.pid)
        return ours, self._answered(process)

    def _answered(self, process: Process) -> int:
        if not process.conn.poll(LATEST):
            raise TimeoutError
        return int(process.conn.recv_bytes())

    def end(self) -> None:
        """End it, if it lives."""
        with self.lock:
            self._end()

    def _end(self) -> str | Message:
        said: str | Message = ""
        if self.process is not None:
            said = self.process.last_words()
            self.process.end()
            self.process = None
        if self.folder is not None:
            jail.remove(self.folder)
            self.folder = None
        return said


class _ChildProcess:
    """The server's end of one process."""

    def __init__(self) -> None:
        self.first, self.conn, self.number = _first.fork()
        self.code: int | None = None  # how it has ended, as far as that is known
        self.used = time.monotonic()
        self.behind = 0  # how many answers will come that nobody has waited for
        self.is_late = False  # whether it was ended for that

    def is_there(self) -> bool:
        """Whether it has not ended, and will not soon."""
        try:
            for _ in range(self.behind):
                self._received()
        except (OSError, EOFError):
            return False
        self.behind = 0
        return time.monotonic() - self.used < IDLE - _SPARE and not self.conn.poll()

    def ask(self, kind: str, *given: Any) -> Any:
        """Its answer to a request.

        Raises:
            SettingsError, EngineError, MismatchError: what it raised.
            ForgedError, EOFError, OSError: it has ended, or has to be.
        """
        with self._killed_later():
            self.conn.send_bytes(packed((kind, *given)))
            try:
                while not self.conn.poll(_CHECK):
                    engine.still_wanted()
            except BaseException:
                self.behind += 1
                raise
        said, found = unpacked(self._received(), Answers[kind])
        self.used = time.monotonic()
        if said == "settings":
            raise SettingsError(*found)
        if said != "found":
            raise (MismatchError if said == "mismatch" else EngineError)(found)
        return found

    def end(self) -> Message:
        """End it at once; why it has ended, if it had already."""
        _first.end_child(self)
        self.conn.close()  # which ends it, too, if the first process is another one by now
        if self.is_late or self.code == -signal.SIGXCPU:
            return Message("model_seconds", SECONDS)
        if self.code in DISK_FULL:  # `child._run` exits with the number of an OSError
            return Message("disk_full")
        return Message("model_ended", {"how": how_ended(self.code), "most": MEMORY // 2**20})

    @contextmanager
    def _killed_later(self) -> Generator[None]:
        """End the process if the block takes too long, so that what waits for it goes on."""
        timer = threading.Timer(LATEST, self._end_late)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _end_late(self) -> None:
        self.is_late = True
        _first.end_child(self)

    def _received(self) -> bytes:
        with self._killed_later():
            return self.conn.recv_bytes(MOST_BYTES)


class ProcessPlace:
    """A model's process, if it lives. One thread at a time has it, by `alone`."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.child: _ChildProcess | None = None

    def open(
        self, files: Mapping[str, bytes], declared: Declared, key: str
    ) -> tuple[Opened, Snapshot]:
        """The model in a visitor's files, in a new process."""
        self._start()
        try:
            said = json.dumps(declared.config)  # whose lists stay lists in this form alone
            return self._ask("open", files, replace(declared, config={}), said, key)
        except BaseException:
            self.end()
            raise

    def explained(self, snapshot: Snapshot, *given: Any) -> tuple[Explained, ...]:
        """What the model computes, in a new process if it has none."""
        if self.child is None or not self.child.is_there():
            self.end()
            self._start()
            try:
                self._ask("load", snapshot)
            except BaseException:
                self.end()
                raise
        return self._ask("run", *given)

    def end(self) -> Message:
        """End its process, if it has one; why it has ended, if it had already."""
        child, self.child = self.child, None
        return child.end() if child else Message("none")

    def _start(self) -> None:
        _make_room(self)
        self.child = _ChildProcess()

    def _ask(self, kind: str, *given: Any) -> Any:
        child = self.child
        assert child is not None
        try:
            with _held(_AT_ONCE):
                return child.ask(kind, *given)
        except ForgedError as error:
            self.end()
            raise EngineError(Message("model_forged")) from error
        except (EOFError, OSError):
            raise EngineError(self.end()) from None


@contextmanager
def alone(key: str) -> Generator[ProcessPlace]:
    """A model's place, with all other threads kept out of it."""
    with _changed:
        place = _places.setdefault(key, ProcessPlace())
    with _held(place.lock):
        try:
            yield place
        finally:
            with _changed:
                _alive.pop(place, None)
                if place.child is not None:
                    _alive[place] = None  # the last one: it was used last
    with _changed:
        _changed.notify_all()


@contextmanager
def _held(lock: threading.Lock | threading.Semaphore) -> Generator[None]:
    """Hold a lock, for which this waits as long as the answer is wanted."""
    while not lock.acquire(timeout=_CHECK):
        engine.still_wanted()
    try:
        yield
    finally:
        lock.release()


def _make_room(place: ProcessPlace) -> None:
    """Wait until this place may have a process: one that nobody uses is ended if it has to be."""
    # The stack is left after the lock: nobody else has to wait until a process has ended.
    with ExitStack() as ends, _changed:
        while len(_alive.keys() - {place}) >= MOST:
            idle = next((each for each in _alive if each.lock.acquire(blocking=False)), None)
            if idle is None:
                _changed.wait(_CHECK)
                engine.still_wanted()
                continue
            del _alive[idle]
            ends.callback(idle.lock.release)
            ends.callback(idle.end)  # which is called first, as the last one of a stack
        _alive[place] = None


def warm_up() -> None:
    """Have TensorFlow loaded for the models' processes, unless it has been."""
    _first.start()


def end() -> None:
    """End all these processes."""
    with _changed:
        places = list(_alive)
    for place in places:
        with place.lock:
            place.end()
        with _changed:
            _alive.pop(place, None)
    _first.end()


_first = _FirstProcess()
_changed = threading.Condition()  # its lock guards what follows
_places: WeakValueDictionary[str, ProcessPlace] = WeakValueDictionary()
# Those that have a process, or soon will; the one used last is last.
_alive: dict[ProcessPlace, None] = {}
