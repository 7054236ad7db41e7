"""A lesson of one's own, read from a text that a teacher types.

    Which shape comes back?
    /?cell=GRU&return_sequences=false
    - (1, 10, 4)
    * (1, 4)

    Which cell would you take?
    - LSTM
    - GRU

A blank line stands between two questions. The link may be left out, and the right option's * too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from components.backend.lessons.question import Page
from components.backend.question.linked import Message, Problem, SettingsError, refusal, shown
from components.texts import has_text

MOST_QUESTIONS, LEAST_OPTIONS, MOST_OPTIONS = 12, 2, 8
MOST_CHARACTERS = 4000

ALLOWED = Message(
    "own",
    {
        "questions": MOST_QUESTIONS,
        "least": LEAST_OPTIONS,
        "options": MOST_OPTIONS,
        "characters": MOST_CHARACTERS,
    },
)

# The list of pages is the panels', which stand above this: here a page is known by its texts.
_FIRST = "explore"  # the page whose address has no name
_OPTION = re.compile(r"\s*([-*])\s+(.*\S)\s*")
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")  # a database may refuse these

_MARK = re.compile(r"[!-/:-@\[-`{-~]")

Line = tuple[int, str]
"""A line, and its number from 1."""


class Written(NamedTuple):
    """A question as it was typed."""

    prompt: str
    page: Page | None
    """The page on which the answer is seen; None without a link."""
    options: tuple[str, ...]
    right: int | None
    """The index of the right option; None if it is left open."""


@lru_cache(256)
def read(said: str) -> tuple[Written, ...]:
    """The questions of a text.

    Raises:
        SettingsError: it is too long, or not written as this module's docstring says.
    """
    _require(len(said) <= MOST_CHARACTERS, Message("characters", {"count": len(said)}))
    lines = list(enumerate(said.splitlines(), 1))
    for line in lines:
        _require(not _UNSEEN.search(line[1]), Message("own_line", _at(line)))
    found = [[*block] for filled, block in groupby(lines, _is_typed) if filled]
    _require(found, Message("own_nothing"))
    first_lines = [number for (number, _), *_ in found]
    if beyond := first_lines[MOST_QUESTIONS:]:
        too_many = Message("own_questions", {"count": len(found), "line": beyond[0]})
        raise SettingsError(Problem("own", too_many, ALLOWED))
    return tuple(_question(number, block) for number, block in enumerate(found, 1))


def mistake(said: str) -> Problem | None:
    """The first mistake in a text; None if it is a lesson."""
    try:
        read(said)
    except SettingsError as error:
        return error.problems[0]
    return None


def checked(said: str) -> str:
    """The text itself, if it is empty or a lesson: a validator for a field of pydantic's.

    Raises:
        PydanticCustomError: it is refused.
    """
    if said and (found := mistake(said)):
        raise refusal(found)
    return said


def literal(typed: str) -> str:
    """The Markdown that reads as what was typed, whatever that is."""
    # Streamlit draws :icons: and links to www.sites even where marks are escaped; a character that
    # is not seen keeps it from that.
    return _MARK.sub(r"\\\g<0>", re.sub("[:.]", "\N{WORD JOINER}\\g<0>", typed))


def typed(markdown: str) -> str:
    """The text from which `literal` made this Markdown."""
    return re.sub(r"\\(.)", r"\1", markdown.replace("\N{WORD JOINER}", ""))


def _is_typed(line: Line) -> bool:
    return bool(line[1].strip())


def _question(number: int, block: Sequence[Line]) -> Written:
    """The question of a block of lines."""
    first, *rest = block
    _require(not _OPTION.fullmatch(first[1]), Message("own_first", _at(first)))
    page = None if not rest or _OPTION.fullmatch(rest[0][1]) else _page(rest.pop(0))
    options, right = list[str](), None
    for line in rest:
        option = _OPTION.fullmatch(line[1])
        if option is None:
            raise SettingsError(Problem("own", Message("own_option", _at(line)), ALLOWED))
        _require(option[2] not in options, Message("own_same", _at(line)))
        if option[1] == "*":
            _require(right is None, Message("own_rights", _at(line)))
            right = len(options)
        options.append(option[2])
    in_bounds = LEAST_OPTIONS <= len(options) <= MOST_OPTIONS
    counted = {"number": number, "count": len(options), "line": first[0]}
    _require(in_bounds, Message("own_options", counted))
    return Written(first[1].strip(), page, tuple(options), right)


def _page(line: Line) -> Page:
    """The page of this app that a link leads to, whatever server the link names."""
    try:
        link = urlsplit(line[1].strip())
    except ValueError:
        link = urlsplit("no-link")  # which is no page's name
    name = link.path.rpartition("/")[2] or _FIRST
    is_link = link.scheme in ("", "http", "https") and name.isidentifier()
    _require(is_link and has_text(f"pages.{name}.title"), Message("own_link", _at(line)))
    return Page(name, dict(parse_qsl(link.query, keep_blank_values=True)))


def _require(holds: Any, otherwise: Message) -> None:
    if not holds:
        raise SettingsError(Problem("own", otherwise, ALLOWED))


def _at(line: Line) -> dict[str, Any]:
    """The values with which a problem's text names a line."""
    number, said = line
    return {"line": number, "shown": shown(said.strip())}
