"""Processes of the server's own that compute for it, so that pages do not wait meanwhile."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import closing, suppress
from multiprocessing import Pipe
from pathlib import Path

from components.backend.question.linked import Message
from components.backend.running import engine

NICE = 5
"""By how much the priority of such a process is lower than the server's. It still gets a quarter of
a core that both want. At 19 it got next to nothing on a busy machine, and took minutes to load
TensorFlow."""

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What an OSError has as its `errno` where a disk has no room left."""

_ROOT = Path(__file__).parents[3]


def how_ended(code: int | None) -> Message:
    """How a process has ended, by its exit code: minus the number of the signal that killed it, or
    None if that is not known."""
    if code is None:
        return Message("ended_unseen")
    if code >= 0:
        return Message("ended", {"code": code})
    number = -code
    is_named = number in {*signal.Signals}
    return Message("killed", {"signal": signal.Signals(number).name if is_named else number})


class Process:
    """The server's end of a process that runs a module. The module gets the number of its end of
    the connection as its argument, and ends once this end is closed.

    Raises:
        OSError: it could not be started.
    """

    def __init__(self, module: str, environment: Mapping[str, str] = os.environ) -> None:
        self.log = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the process lives
        self.conn, theirs = Pipe()
        with closing(theirs):
            self.process = subprocess.Popen(
                [sys.executable, "-m", module, str(theirs.fileno())],
                cwd=_ROOT,
                env={**environment, **engine.ONE_THREAD},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=self.log,
                stderr=self.log,
            )

    def last_words(self) -> str | Message:
        """How the process has ended, if it has, and the last line that it wrote."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        self.log.seek(max(0, self.log.seek(0, os.SEEK_END) - 4096))
        lines = self.log.read().decode("utf-8", "replace").strip().splitlines()
        code = self.process.poll()
        line = lines[-1] if lines else ""
        if code is None:
            return line
        how = how_ended(code)
        return Message("ended_saying", {"how": how, "line": line}) if line else how

    def end(self) -> None:
        """End the process at once."""
        self.conn.close()
        self.process.kill()
        self.process.wait()
        self.log.close()
