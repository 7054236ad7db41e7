"""The votes of a room as tables, with the same names in every language, and times in UTC."""

from __future__ import annotations

import csv
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from string import ascii_uppercase
from typing import Any

from components.backend.lessons import own
from components.backend.rooms.room import Asked, Room
from components.backend.rooms.summary import results, without_answer
from components.backend.rooms.voting import Vote
from components.panels.teaching.posed import fields_of
from components.texts import as_typed

_VOTES = (*Vote._fields, *("opened_at", "lesson", "phones_present", "votes_shown_before"))
_OPTIONS = ("asked", "question", "twin", "round", "option", "count", *_VOTES[len(Vote._fields) :])
_WORDS = ("prompt", "text", "right")


def votes_csv(asked: Sequence[Asked], votes: Iterable[Vote], room: Room) -> str:
    """A row for each vote on one of the questions.

    Args:
        room: as it is now; what is right is left out until the class has seen it.
    """
    by = {each.asked: without_answer(each, room) for each in asked}
    rows = (
        vote._asdict() | _about(by[vote.asked], room, vote.round, vote.option)
        for vote in votes
        if vote.asked in by
    )
    return _table((*_VOTES, *_WORDS), rows)


def summary_csv(asked: Sequence[Asked], votes: Iterable[Vote], room: Room) -> str:
    """A row for each option of each vote, also for those that nobody chose.

    Args:
        room: as for `votes_csv`.
    """
    return _table((*_OPTIONS, *_WORDS), _options(asked, votes, room))


def _options(
    asked: Sequence[Asked], votes: Iterable[Vote], room: Room
) -> Iterator[Mapping[str, Any]]:
    found = results([without_answer(each, room) for each in asked], votes)
    for each in sorted((one for r in found for one in (r, *r.twins)), key=lambda r: r.asked.asked):
        of = {"asked": each.asked.asked, "question": each.asked.number, "twin": each.asked.seed}
        for round_, counts in each.counts.items():
            for option, count in enumerate(counts):
                about = _about(each.asked, room, round_, option)
                yield of | {"round": round_, "count": count} | about


def _about(asked: Asked, room: Room, round_: int, option: int) -> dict[str, Any]:
    """What there is to say of an option, and of the vote in a round."""
    ballot = asked.ballot
    return {
        "opened_at": datetime.fromtimestamp(asked.opened, UTC).isoformat(timespec="seconds"),
        "lesson": fields_of(room.lesson)["lesson"],
        "phones_present": asked.present.get(round_, ""),
        "votes_shown_before": round_ > 1 and asked.shown_between,
        "prompt": _in_table(ballot.prompt),
        "option": ascii_uppercase[option],
        "text": _in_table(ballot.options[option]),
        "right": "" if ballot.right is None else option == ballot.right,
    }


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    written = StringIO()
    table = csv.DictWriter(written, columns)
    table.writeheader()
    table.writerows(rows)
    return written.getvalue()


def _in_table(markdown: str) -> str:
    """A text without the marks of code."""
    return _inert(as_typed(own.typed(markdown, marks=False)))


def _inert(said: str) -> str:
    """A text for a table, in which a spreadsheet would compute what begins like a formula, be it
    with a full-width sign or after a tab."""
    seen = (c for c in unicodedata.normalize("NFKC", said) if c.isprintable() and c != " ")
    return f"'{said}" if next(seen, "") in ("=", "+", "-", "@") else said
