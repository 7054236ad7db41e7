"""The database of the rooms: its tables, and how to connect to it.

The variable RNN_LENS_DATA names another folder for its file, a database of PostgreSQL for servers
on several machines, as `postgresql+psycopg://…`, or `off`: then all is kept in this process alone.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Engine,
    Float,
    Integer,
    MetaData,
    QueuePool,
    String,
    Table,
    create_engine,
    event,
)

SCHEMA = 6
"""The version of the tables. Those of another version are dropped, with the rooms in them. A new
language makes a new version too, as a room has its question in each."""

CODE_LENGTH = 4
DRAW_LENGTH = 32
TOKEN_LENGTH = 64

meta = MetaData()
schema = Table("rnn_lens_schema", meta, Column("version", Integer))
rooms = Table(
    "rnn_lens_rooms",
    meta,
    Column("code", String(CODE_LENGTH), primary_key=True),
    Column("secret", String(64)),  # its hash
    Column("used", Float),
    Column("lesson", String),
    Column("number", Integer),
    Column("seed", Integer),
    Column("asked", Integer),
    Column("round", Integer),
    Column("phase", String),
    Column("before", String),  # as JSON
    Column("draw", String(DRAW_LENGTH)),
    Column("ballots", String),  # as JSON
    Column("door", Boolean),  # whether it is open
    Column("salt", String(64)),
    Column("made", Float),
    Column("opened", Float),  # when a vote was opened last
    Column("asks_sure", Boolean),  # these three: see `choices.Choices`
    Column("pairs", Boolean),
    Column("seconds", Integer),
)
phones = Table(
    "rnn_lens_phones",
    meta,
    Column("code", String(CODE_LENGTH), primary_key=True),
    Column("token", String(TOKEN_LENGTH), primary_key=True),
    Column("seen", Float),
    Column("network", Integer),  # of its address: see `phones.network_of`
)
votes = Table(
    "rnn_lens_votes",
    meta,
    Column("code", String(CODE_LENGTH), primary_key=True),
    Column("token", String(TOKEN_LENGTH), primary_key=True),
    Column("asked", Integer, primary_key=True),
    Column("round", Integer, primary_key=True),
    Column("number", Integer),
    Column("seed", Integer),
    Column("option", Integer),
    Column("changes", Integer),
    Column("sure", Boolean),  # NULL if that was not said
    Column("pair", Integer),  # of a first vote, once the class is paired; so is this:
    Column("pair_agrees", Boolean),  # whether all of its pair have voted for the same
)
asked = Table(  # the questions on which a vote was opened, each as the class was asked it
    "rnn_lens_asked",
    meta,
    Column("code", String(CODE_LENGTH), primary_key=True),
    Column("asked", Integer, primary_key=True),
    Column("number", Integer),
    Column("seed", Integer),
    Column("ballots", String),  # as JSON
    Column("opened", Float),  # when its vote was first opened
    Column("round", Integer),  # how far the class came with it
    Column("phase", String),
    Column("present_1", Integer),  # phones, as each round was closed
    Column("present_2", Integer),
    Column("shown_between", Boolean),  # whether votes had been shown before the second round
)


def connect(data: str) -> Engine:
    """The database that a value of RNN_LENS_DATA names."""
    if data.startswith("postgresql"):
        return create_engine(data, pool_pre_ping=True, connect_args=_PATIENCE)
    if data == "off":
        # A database in memory is gone with its last connection, so all threads share a single one.
        one = {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
        return _in_turn(create_engine("sqlite://", **one, connect_args=_ANY_THREAD))
    return _in_file(Path(data) if data else user_data_path("rnn-lens", appauthor=False))


def _in_file(folder: Path) -> Engine:
    """The database in a folder, which is made once, with its file. If they are gone later, that is
    an outage: in a new file there would be no rooms, and each class would be told that its room is
    gone."""
    file, found = (folder / "rooms.sqlite").absolute(), False

    def open_file() -> sqlite3.Connection:
        nonlocal found
        if not found:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        mode = "rw" if found else "rwc"  # c: create
        opened = sqlite3.connect(f"{file.as_uri()}?mode={mode}", uri=True, **_ANY_THREAD)
        found = True
        return opened

    return _in_turn(create_engine(f"sqlite:///{file}", creator=open_file))


# PostgreSQL's time limits: seconds to connect, and milliseconds until what was sent is confirmed.
_PATIENCE = {"connect_timeout": 3, "tcp_user_timeout": 6000}

# SQLite waits so many seconds while another process writes. A phone gives up after eight.
_ANY_THREAD: dict[str, Any] = {"check_same_thread": False, "timeout": 6}


def _in_turn(engine: Engine) -> Engine:
    """Have SQLite let readers read beside the one who writes, and writers wait for each other."""

    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # else Python's module begins transactions by itself
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")

    @event.listens_for(engine, "begin")
    def begin(db: Connection) -> None:
        writes = db.get_execution_options().get("writes")
        db.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
