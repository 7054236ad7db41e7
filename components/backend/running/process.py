"""Processes of the server's own that compute for it, so that pages do not wait meanwhile."""

from __future__ import annotations

import os
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

_ROOT = Path(__file__).parents[3]


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
        """The process's exit code, if it has ended, and the last line that it wrote."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(1)
        self.log.seek(max(0, self.log.seek(0, os.SEEK_END) - 4096))
        lines = self.log.read().decode("utf-8", "replace").strip().splitlines()
        code = self.process.poll()
        line = lines[-1] if lines else ""
        if code is None:
            return line
        if not line:
            return Message("ended", {"code": code})
        return Message("ended_saying", {"code": code, "line": line})

    def end(self) -> None:
        """End the process at once."""
        self.conn.close()
        self.process.kill()
        self.process.wait()
        self.log.close()
