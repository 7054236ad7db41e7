"""The lesson that is being written, as the form has it. While there is no mistake in it, the page's
link has its text."""

from __future__ import annotations

from typing import Annotated, Any

import streamlit as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from components.backend.lessons import own
from components.backend.lessons.own import MOST_OPTIONS, MOST_QUESTIONS, Lesson, Written
from components.panels.ask.field_set import FieldSet
from components.panels.teaching.lessons_view import LessonsView

EDITED = "own_edited"
"""In the session: whether the draft has been edited since the visitor came."""

_DRAFT = "own_draft"  # in the session: the draft


def _drawable(asked: Written) -> Written:
    rows = len(asked.options)
    if rows > MOST_OPTIONS or len(asked.explained) != rows:
        raise ValueError("options and explanations are not those of a form")
    if asked.right not in (None, *range(rows)):
        raise ValueError("the right option is none of the options")
    return asked


_Questions = Annotated[
    dict[int, Annotated[Written, AfterValidator(_drawable)]],
    Field(min_length=1, max_length=MOST_QUESTIONS),
]


class Draft(BaseModel):
    """A title and questions, of which the browser keeps a copy."""

    model_config = ConfigDict(frozen=True)

    title: str = ""
    questions: _Questions = {1: Written()}
    """By numbers that stay with them: what is typed comes to its question, wherever that is then. A
    row of the form in which nothing is typed yet is an option without words."""

    @property
    def lesson(self) -> Lesson:
        """What it is as a lesson."""
        return Lesson(self.title, tuple(self.questions.values()))

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
            return self.model_copy(update={"title": own.tidy_line(said)})
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
        return self.of(self.questions | {number: asked._replace(**changed)})

    def of(self, questions: dict[int, Written]) -> Draft:
        """The draft with these questions in place of its own."""
        return self.model_copy(update={"questions": questions})


def draft() -> Draft:
    """The draft, after `open_draft`."""
    return st.session_state[_DRAFT]


def open_draft(view: FieldSet[LessonsView]) -> None:
    """Have the draft be what the link has, as the visitor comes, and without rows that were cleared
    since the last run."""
    state, said = st.session_state, view.value.own
    if view.arrived or _DRAFT not in state:
        state[EDITED] = False
        state[_DRAFT] = numbered(own.lesson(said)) if said else Draft()
    questions = draft().questions.items()
    state[_DRAFT] = draft().of({number: _without_gaps(asked) for number, asked in questions})


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
    return Draft(title=lesson.title, questions=dict(enumerate(lesson.questions, after + 1)))


def put(view: FieldSet[LessonsView], edited: Draft) -> None:
    """Make this the draft. Call it in a callback."""
    st.session_state[_DRAFT], st.session_state[EDITED] = edited, True
    if not (edited.is_begun and own.amiss(edited.lesson)):
        view.put(own=edited.text)
