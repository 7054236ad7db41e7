"""The buttons that download what came of a room, as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from components.backend.rooms.room import Asked, Room
from components.backend.rooms.store import Key, StoreError, store
from components.backend.rooms.voting import Vote
from components.panels.parts.code import download
from components.panels.run.log import log
from components.panels.teaching.results_file import summary_csv, votes_csv
from components.texts import text

MakeTable = Callable[[Sequence[Asked], Iterable[Vote], Room], str]


def downloads(key: Key, name: str) -> None:
    """The buttons that download all votes, and how many chose each option.

    Args:
        name: what the buttons' keys end with.
    """
    files: Mapping[str, MakeTable] = {"votes": votes_csv, "summary": summary_csv}
    labels = {"votes": text("room.download"), "summary": text("results.download")}
    for kind, table in files.items():
        download(
            partial(votes_file, key, table),
            f"{kind}-{key.code}.csv",
            "text/csv",
            labels[kind],
            key=f"room_{kind}_{name}",
        )


def votes_file(key: Key, table: MakeTable = votes_csv) -> bytes:
    """A table of a room's votes as a file, with the mark by which Excel knows that it is UTF-8:
    without it, no letter of Korean is right there. It is made when the button is clicked: if the
    room is gone then, or cannot be read, the file says so."""
    try:
        found = store().history(key)
        said = table(found.asked, found.votes, found.led.room) if found else text("room.gone")
    except StoreError as error:
        log(error)
        said = text(f"room.failed.{error.kind}")
    return said.encode("utf-8-sig")
