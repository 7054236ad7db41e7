"""What rooms are kept in fails, and is back."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from components.backend.rooms.store import Store

FILE = "rooms.sqlite"


@contextmanager
def taken_away(folder: Path, store: Store) -> Iterator[None]:
    """The folder is not there, as a disk that was taken out; what the store has open is closed."""
    aside = folder.rename(folder.with_name("aside"))
    store.engine.dispose()
    try:
        yield
    finally:
        aside.rename(folder)


@contextmanager
def full() -> Iterator[None]:
    """Nothing can be written to any file of this process, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another process writes, and does not come to an end."""
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            other.execute("ROLLBACK")
