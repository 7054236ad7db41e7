"""A PostgreSQL server of the tests' own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from sqlalchemy import create_engine, text

USER = "postgres"


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, which Debian does not have in the path."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


class Server(NamedTuple):
    """A server that runs."""

    new_database: Callable[[], str]
    """Makes an empty database, and returns its address."""
    start: Callable[[], None]
    stop: Callable[[], None]


@contextmanager
def serving(programs: Path) -> Iterator[Server]:
    """Run a server that listens on a socket in a folder of its own, and on no port."""
    as_root = os.geteuid() == 0
    with TemporaryDirectory(prefix="rnn-lens-") as folder:
        if as_root:
            shutil.chown(folder, USER)

        def run(program: str, *options: str) -> None:
            command = [programs / program, "-D", f"{folder}/data", *options]
            if as_root:  # as which PostgreSQL does not run
                command = ["runuser", "-u", USER, "--", *command]
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)

        run("initdb", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=300"
        start = partial(run, "pg_ctl", "start", "-w", "-l", f"{folder}/log", "-o", options)
        stop = partial(run, "pg_ctl", "stop", "-w", "-m", "immediate")
        start()
        try:
            yield Server(_maker(f"postgresql+psycopg://{USER}@/{{}}?host={folder}"), start, stop)
        finally:
            stop()


def _maker(address: str) -> Callable[[], str]:
    names = (f"test_{number}" for number in count())
    server = create_engine(address.format(USER), isolation_level="AUTOCOMMIT", pool_pre_ping=True)

    def make() -> str:
        name = next(names)
        with server.connect() as db:
            db.execute(text(f"CREATE DATABASE {name}"))
        return address.format(name)

    return make
