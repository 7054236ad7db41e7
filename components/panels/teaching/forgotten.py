"""What of a lesson of one's own may have been forgotten, though the lesson can be read."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from components.backend.lessons import LESSONS, own
from components.texts import in_every_language, text


def unfinished(lesson: str) -> list[str]:
    """A line for each sentence with which the form began a question and which nobody has replaced:
    phones must not be asked that.

    Args:
        lesson: as `pose` takes it.
    """
    if lesson in LESSONS or own.mistake(lesson):
        return []
    asked = enumerate(own.read(lesson), 1)
    return [
        text("lessons.own.unfinished", number=number, shown=own.literal(said))
        for number, each in asked
        for said in (each.prompt, *each.options)
        if said in _examples()
    ]


def left_open(lesson: str) -> Iterator[str]:
    """A line for each question in which no option is marked as right."""
    for number, each in enumerate(own.read(lesson), 1):
        if each.right is None:
            yield text("lessons.own.left_open", number=number)


@cache
def _examples() -> frozenset[str]:
    """The sentences of the question that the form adds, in each language."""
    added = in_every_language(lambda: own.read(text("lessons.form.new"))).values()
    return frozenset(said for (each,) in added for said in (each.prompt, *each.options))
