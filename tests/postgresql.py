"""A PostgreSQL server of the tests' own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import create_engine, text

USER = "postgres"


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, which Debian does not have in the path."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@contextmanager
def serving(programs: Path) -> Iterator[Callable[[], str]]:
    """Run a server that listens on a socket in a folder of its own, and on no port.

    Returns a function that makes an empty database, and returns its address.
    """
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
        run("pg_ctl", "start", "-w", "-l", f"{folder}/log", "-o", options)
        try:
            yield _maker(f"postgresql+psycopg://{USER}@/{{}}?host={folder}")
        finally:
            run("pg_ctl", "stop", "-w", "-m", "immediate")


def _maker(address: str) -> Callable[[], str]:
    names = (f"test_{number}" for number in count())
    server = create_engine(address.format(USER), isolation_level="AUTOCOMMIT")

    def make() -> str:
        name = next(names)
        with server.connect() as db:
            db.execute(text(f"CREATE DATABASE {name}"))
        return address.format(name)

    return make
