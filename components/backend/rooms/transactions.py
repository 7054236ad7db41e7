"""Reads and writes in the database of the rooms, and what is done while it fails."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from typing import Literal

from sqlalchemy import Connection, Engine, func, insert, select
from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from components.backend.rooms.database import SCHEMA, meta, schema
from components.backend.rooms.room_rows import forget_old

_LOCK = 20_140  # among PostgreSQL's advisory locks; the same for every version of the tables
_PAUSE = 1.0  # seconds after a failure in which nobody tries again, as all would wait for it


class StoreError(Exception):
    """Rooms cannot be read or written now: the disk is full, the database is down. It is tried
    again with the next question.

    Args:
        kind: what rooms are kept in.
        where: the path or the address of that, for the log.
    """

    def __init__(self, kind: Literal["file", "database"], where: str) -> None:
        super().__init__(f"rooms cannot be kept in {where}")
        self.kind = kind


class Transactions:
    """The transactions of a database. Each raises a StoreError where the database fails.

    Args:
        engine: the database. All tables are made there on first use, if need be.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # SQLite has writers of other processes try again and again; those of this one take turns.
        self._on_sqlite = engine.dialect.name == "sqlite"
        # SQLite reads all of a transaction at one moment. PostgreSQL does if it is told to.
        at_once = {} if self._on_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._reader = engine.execution_options(**at_once)
        self._turn = threading.Lock() if self._on_sqlite else nullcontext()
        self._making = threading.Lock()
        self._has_tables = False
        self._failure: Exception | None = None
        self._failed_at = 0.0

    @contextmanager
    def reading(self) -> Generator[Connection]:
        """A connection that only reads, and all that it reads as it stood at one moment."""
        with self._safely(), self._reader.connect() as db:
            yield db

    @contextmanager
    def writing(self) -> Generator[Connection]:
        """A connection in a transaction that ends with the block."""
        with self._safely(), self._transaction() as db:
            yield db

    @contextmanager
    def _transaction(self) -> Generator[Connection]:
        with self._turn:
            self._check_pause()
            with self._engine.connect().execution_options(writes=True) as db, db.begin():
                yield db

    @contextmanager
    def _safely(self) -> Generator[None]:
        """For a block that uses the tables: makes them if need be, and raises a StoreError where
        the database fails. It is then opened anew: another database may stand there when it is
        back, such as one on a disk that was mounted again."""
        try:
            self._make_tables()
            yield
        except (DataError, IntegrityError):  # it is well, and refuses what it got
            raise
        except (OSError, SQLAlchemyError) as error:
            if error is not self._failure:
                self._failure, self._failed_at = error, time.monotonic()
                if self._engine.url.database:  # one in memory would be gone
                    self._has_tables = False
                    self._engine.dispose()
            kind = "file" if self._on_sqlite else "database"
            raise StoreError(kind, str(self._engine.url)) from error

    def _check_pause(self) -> None:
        """Raise the last failure again if it was a moment ago."""
        if self._failure and time.monotonic() < self._failed_at + _PAUSE:
            raise self._failure

    def _make_tables(self) -> None:
        self._check_pause()
        with self._making:
            if self._has_tables:
                return
            with self._transaction() as db:
                if not self._on_sqlite:  # servers that start together make them one by one
                    db.execute(select(func.pg_advisory_xact_lock(_LOCK)))
                schema.create(db, checkfirst=True)
                if db.scalar(select(schema.c.version)) != SCHEMA:
                    meta.drop_all(db)
                    meta.create_all(db)
                    db.execute(insert(schema).values(version=SCHEMA))
                forget_old(db)
            self._has_tables = True
