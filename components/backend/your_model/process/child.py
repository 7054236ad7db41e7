"""The processes that run visitors' models. The first has loaded TensorFlow and does nothing but
fork: each process that comes of it loads one model and runs it, within limits. Each has a folder
of its own, which lies in the first one's."""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.reduction import recv_handle
from pathlib import Path
from typing import Any, NoReturn

import h5py  # noqa: F401  # Keras imports it later, when there are no files any more

from components.backend.explained.explain import Explained
from components.backend.question.linked import Message, SettingsError
from components.backend.running import engine, process
from components.backend.running.engine import EngineError
from components.backend.running.process import DISK_FULL
from components.backend.running.replay import MismatchError
from components.backend.your_model.process import jail
from components.backend.your_model.process.loaded_model import LoadedModel
from components.backend.your_model.process.records import Opened, Snapshot
from components.backend.your_model.process.wire import MOST_BYTES, TooLongError, packed, unpacked
from components.backend.your_model.saved.declared import Declared
from components.texts import in_every_language, speaking, text

_LONGEST = 500  # characters of an error's text: TensorFlow's can be a page long

# What Python would load when a .keras or an .h5 is first read.
_LOADED_LATER = ("encodings.ascii", "encodings.cp437", "encodings.idna")


def _fork(conn: Connection, folder: Path) -> None:
    """The first process. "fork" comes with the new process's end of a connection, and is answered
    with that process's number. A number ends that process, and is answered with how it has ended:
    its exit code, or minus the number of a signal."""
    os.nice(process.NICE)
    with engine.use_keras_as_set():
        pass
    for name in _LOADED_LATER:
        importlib.import_module(name)
    in_every_language(lambda: text("problems.and"))  # reads the files of all texts
    gc.collect()
    gc.freeze()  # else each process would look for garbage there, and so copy it all
    codes: dict[int, int | None] = {}
    while conn.poll(jail.IDLE) or _any_runs(codes):
        if not conn.poll():
            continue
        request = conn.recv_bytes()
        if request == b"fork":
            own = Connection(recv_handle(conn))
            if not (number := os.fork()):
                conn.close()
                _run(own, folder)
            own.close()
            codes[number] = None
            conn.send_bytes(b"%d" % number)
        else:
            conn.send_bytes(b"%d" % _ended(int(request), codes))
            jail.remove(folder / request.decode())


def _any_runs(codes: dict[int, int | None]) -> bool:
    """Whether any forked process still runs.

    Args:
        codes: how each has ended, by its number; None while it runs. Brought up to date.
    """
    for number in [number for number, code in codes.items() if code is None]:
        ended, status = os.waitpid(number, os.WNOHANG)
        if ended:
            codes[number] = os.waitstatus_to_exitcode(status)
    return None in codes.values()


def _ended(number: int, codes: dict[int, int | None]) -> int:
    """How a process has ended, which is ended now if it has not been."""
    code = codes.pop(number)
    if code is None:
        os.kill(number, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    return code


def _run(conn: Connection, parent: Path) -> NoReturn:
    """A forked process. What it writes to a terminal is nobody's: a line of one visitor's model
    must not be told another visitor, nor fill a disk."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, sys.stdout.fileno())
    os.dup2(null, sys.stderr.fileno())
    folder, code = parent / str(os.getpid()), 1
    try:
        folder.mkdir()
        jail.enter(folder)
        _serve(conn, _Runner(folder))
        code = 0
    except OSError as error:
        code = error.errno or code  # by which the server knows that the disk is full
    finally:  # whatever is raised, such as EOFError: the server is gone, or wants no more of it
        os._exit(code)


def _serve(conn: Connection, runner: _Runner) -> None:
    """Answer requests until none comes for a long time."""
    while conn.poll(jail.IDLE):
        kind, *given = unpacked(conn.recv_bytes(), tuple)
        jail.allow_seconds(jail.SECONDS[kind])
        try:
            answer = packed(("found", _REQUESTS[kind](runner, *given)))
        except SettingsError as error:
            answer = packed(("settings", error.problems))
        except MismatchError as error:
            answer = packed(("mismatch", str(error)))
        except Exception as error:  # whatever it is, the visitor's page says so
            answer = packed(("engine", _message_of(error)))
        conn.send_bytes(answer)


class _Runner:
    """What answers each kind of request. The first request loads the model."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.model: LoadedModel | None = None

    def open(
        self, files: Mapping[str, bytes], declared: Declared, config: str, key: str
    ) -> tuple[Opened, Snapshot]:
        """Load the model in a visitor's files."""
        declared = replace(declared, config=json.loads(config))
        self.model = LoadedModel.of_files(files, declared, self.folder)
        return self.model.opened(key), self.model.snapshot(self.folder)

    def load(self, snapshot: Snapshot) -> None:
        """Load a model again."""
        self.model = LoadedModel.of_snapshot(snapshot, self.folder)

    def run(
        self, inputs: Any, masked: bool, calls: int, language: str, layers: bool
    ) -> tuple[Explained, ...]:
        """What the model computes."""
        if self.model is None:
            raise EngineError("no model is loaded")
        with speaking(language):
            return self.model.explained(inputs, masked=masked, calls=calls, layers=layers)


_REQUESTS = {"open": _Runner.open, "load": _Runner.load, "run": _Runner.run}


def _message_of(error: Exception) -> Message:
    """What is said of an error, to the visitor whose model it is, too."""
    if isinstance(error, TooLongError):
        return Message("model_answer", {"most": MOST_BYTES // 2**20})
    cause = error.__cause__ if isinstance(error, EngineError) else error
    if isinstance(cause, MemoryError) or type(cause).__name__ == "ResourceExhaustedError":
        return Message("model_memory", {"most": jail.MEMORY // 2**20})
    if isinstance(cause, OSError) and cause.errno in DISK_FULL:
        return Message("disk_full")
    kind = type(cause or error).__name__
    said = str(error).replace(f"{kind}: ", "", 1)  # which an EngineError has before its cause
    return Message("model_raised", {"kind": kind, "said": said[:_LONGEST]})


if __name__ == "__main__":
    with suppress(EOFError, OSError):  # the server is gone
        conn = Connection(int(sys.argv[1]))
        folder = Path(os.fsdecode(conn.recv_bytes()))
        try:
            _fork(conn, folder)
        finally:
            jail.remove(folder)
    os._exit(0)
