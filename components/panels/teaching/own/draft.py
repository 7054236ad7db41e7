"""The lesson that is being written, as the form has it. While there is no mistake in it, the page's
link has its text."""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple

import streamlit as st
from pydantic import AfterValidator, Field

from components.backend.lessons import own
from components.backend.lessons.own import MOST_OPTIONS, MOST_QUESTIONS, Lesson, Written
from components.backend.question.linked import Problem
from components.panels.ask.field_set import FieldSet
from components.panels.teaching.lessons_view import LessonsView

EDITED = "own_edited"
"""In the session: whether the draft has been edited since the visitor came."""

_DRAFT = "own_draft"  # in the session: the draft


def _drawable(asked: Written) -> Written:
    rows, said = len(asked.options), len(asked.explained)
    if rows > MOST_OPTIONS or said != rows or asked.right not in (None, *range(rows)):
        raise ValueError("no form has such a question")
    return asked


class Draft(NamedTuple):
    """A title and questions, of which the browser keeps a copy."""

    title: str
    questions: Annotated[
        dict[int, Annotated[Written, AfterValidator(_drawable)]],
        Field(min_length=1, max_length=MOST_QUESTIONS),
    ]
    """By numbers that stay with them: what is typed comes to its question, wherever that is."""

    @property
    def lesson(self) -> Lesson:
        """What it is as a lesson."""
        return Lesson(self.title, tuple(self.questions.values()))

    @property
    def mistake(self) -> Problem | None:
        """What is missing or wrong in it; None if it is a lesson."""
        return own.amiss(self.lesson)

    @property
    def is_begun(self) -> bool:
        """Whether anything is asked."""
        return bool(own.written(self.lesson._replace(title="")).strip())

    @property
    def text(self) -> str:
        """What it is as a text; nothing while nothing is asked."""
        return own.written(self.lesson) if self.is_begun else ""

    def edited(self, number: int, field: str, row: int, said: Any) -> Draft:
        """The draft with what was typed into a field of the form.

        Args:
            number: the question's; any for the title.
            field: "title", or a field of the question's.
            row: that of the option; 0 for a field that is no option's.
            said: for the right option its row, from 1; 0 for none.
        """
        if field == "title":
            return self._replace(title=own.tidy_line(said))
        asked = self.questions.get(number)
        if asked is None:  # it has been removed meanwhile
            return self
        changed = dict[str, Any]()
        if field in ("options", "explained"):
            new = ("",) * (row + 1 - len(asked.options))
            asked = asked._replace(options=asked.options + new, explained=asked.explained + new)
            rows = [*getattr(asked, field)]
            rows[row] = own.tidy_line(said)
            changed[field] = tuple(rows)
        elif field == "right":
            changed[field] = said - 1 if said else None
        else:
            changed[field] = (own.tidy_code if field == "code" else own.tidy_line)(said)
        return self._replace(questions=self.questions | {number: asked._replace(**changed)})


def draft() -> Draft:
    """The draft, after `open_draft`."""
    return st.session_state[_DRAFT]


def put(edited: Draft) -> None:
    """Make this the draft. Call it in a callback."""
    st.session_state[_DRAFT], st.session_state[EDITED] = edited, True


def open_draft(view: FieldSet[LessonsView]) -> None:
    """Have the draft be what the link has, as the visitor comes, and then have the link follow the
    draft. Rows that were cleared since the last run are gone."""
    state, said = st.session_state, view.value.own
    if view.arrived or _DRAFT not in state:
        lesson = own.lesson(said) if said else Lesson("", (Written(),))
        state[_DRAFT], state[EDITED] = numbered(lesson), False
    kept = {number: _without_gaps(asked) for number, asked in draft().questions.items()}
    state[_DRAFT] = draft()._replace(questions=kept)
    if draft().text != said and not (draft().is_begun and draft().mistake):
        view.put(own=draft().text)


def _without_gaps(asked: Written) -> Written:
    said = zip(asked.options, asked.explained, strict=True)
    rows = [row for row, each in enumerate(said) if any(each)]
    return asked._replace(
        options=tuple(asked.options[row] for row in rows),
        explained=tuple(asked.explained[row] for row in rows),
        right=rows.index(asked.right) if asked.right in rows else None,
    )


def numbered(lesson: Lesson, after: int = 0) -> Draft:
    """A lesson as a draft.

    Args:
        after: a number below those of its questions.
    """
    return Draft(lesson.title, dict(enumerate(lesson.questions, after + 1)))
