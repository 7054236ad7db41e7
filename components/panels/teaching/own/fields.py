"""What the fields of the form say of a question, and how that and the text become one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from components.backend.lessons import own
from components.backend.lessons.own import MOST_OPTIONS, Lesson, Written

OPEN = -1
"""In place of an option's index: none is right."""

Field = tuple[str, int | None]
"""A field of the form: its name and, if each option has one, the option's row."""

Fields = Mapping[Field, Any]
"""What fields say."""


class Merged(NamedTuple):
    """A lesson after what was typed into the form."""

    lesson: Lesson
    at: int
    """The index of the question in the form."""
    edits: Fields
    """What was typed, by the fields that the form has now."""
    left: Fields
    """What of that the lesson cannot have: the explanation of an option that is not there yet."""
    has_other_options: bool
    """Whether its question had another number of options when the form was filled."""


def rows(asked: Written) -> int:
    """How many options the form has fields for: one more than there are."""
    return min(len(asked.options) + 1, MOST_OPTIONS)


def fields_at(lesson: Lesson, at: int) -> dict[Field, Any]:
    """What the fields say where the text says this.

    Args:
        at: the index of the question in the form.
    """
    asked = lesson.questions[at]
    fields: dict[Field, Any] = {("title", None): lesson.title}
    fields |= {(name, None): getattr(asked, name) for name in ("prompt", "code", "link")}
    for row in range(rows(asked)):
        there = row < len(asked.options)
        fields["option", row] = asked.options[row] if there else ""
        fields["explained", row] = asked.explained[row] if there else ""
    return fields | {("right", None): OPEN if asked.right is None else asked.right}


def edits(before: Fields, fields: Fields) -> dict[Field, Any]:
    """The fields that say something else than before, but for spaces that the text does not keep.

    Args:
        fields: those that are on the page.
    """
    return {
        field: fields[field]
        for field, said in before.items()
        if field in fields and _kept(field, fields[field]) != _kept(field, said)
    }


def merged(before: Lesson, at: int, typed: Fields, now: Lesson) -> Merged | None:
    """The lesson with both what was typed into the form and what was typed into the text. Where
    both have changed the same field, the form's is taken; None if its question is gone.

    Args:
        before: the lesson of which the form was filled.
        at: the index of the question in the form then.
        typed: as `edits` gives it.
        now: the lesson of the text.
    """
    there = _place(before.questions, at, now.questions)
    if there is None:
        return None
    was, text = before.questions[at], now.questions[there]
    placed = _placed(typed, was, text)
    fields = fields_at(now, there) | placed
    asked, new = _written(fields), len(text.options)
    early = "" if fields.get(("option", new), "").strip() else fields.get(("explained", new), "")
    questions = (*now.questions[:there], asked, *now.questions[there + 1 :])
    return Merged(
        Lesson(fields["title", None], questions),
        there,
        placed,
        {("explained", len(asked.options)): early},
        len(asked.options) != len(was.options),
    )


def _kept(field: Field, said: Any) -> Any:
    """What the text keeps of what a field says."""
    if not isinstance(said, str):
        return said
    return own.tidy_code(said) if field[0] == "code" else said.strip()


def _place(before: Sequence, at: int, now: Sequence) -> int | None:
    """The index at which something stands now; None if it is gone, or nobody knows where it is.
    What stands in its place is taken for it, unless that is another one that has moved there."""
    same = [index for index, each in enumerate(now) if each == before[at]]
    if same:
        return min(same, key=lambda index: abs(index - at))
    return at if len(before) == len(now) and now[at] not in before else None


def _placed(typed: Fields, before: Written, now: Written) -> dict[Field, Any]:
    """What was typed, by the rows in which the options stand now. An option that is gone comes
    after the others, as one that is new."""
    places = dict[int | None, int | None]({None: None})
    for row in range(rows(before)):
        is_new = row == len(before.options)
        place = None if is_new else _place(before.options, row, now.options)
        after = len(now.options) + len(before.options) - row
        places[row] = after if place is None else place
    placed = {(name, places[row]): said for (name, row), said in typed.items()}
    if ("right", None) in placed:
        right = places.get(placed["right", None])
        is_there = right is not None and right < len(now.options)
        placed["right", None] = right if is_there else OPEN
    return placed


def _written(fields: Fields) -> Written:
    """The question that these fields say."""
    options = {row: said for (name, row), said in fields.items() if name == "option"}
    order = sorted(row for row, said in options.items() if row is not None and said.strip())
    right = fields["right", None]
    return Written(
        prompt=fields["prompt", None],
        page=None,
        options=tuple(options[row] for row in order),
        right=order.index(right) if right in order else None,
        explained=tuple(fields.get(("explained", row), "") for row in order),
        code=fields["code", None],
        link=fields["link", None],
    )
