"""What the page of lessons asks, by its widgets and its address."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.backend.lessons import MOST_SEED
from components.backend.lessons.own import MOST_OPTIONS, MOST_QUESTIONS
from components.backend.question.linked import Int
from components.panels.teaching.posed import ChosenLesson
from components.panels.teaching.sheet import Sheet


class LessonsView(ChosenLesson):
    """Which question of which lesson, and what was answered."""

    question: Annotated[Int, Field(ge=1, le=MOST_QUESTIONS)] = 1
    twin: Annotated[Int, Field(ge=0, le=MOST_SEED)] = 0
    answer: Annotated[Int, Field(ge=0, le=MOST_OPTIONS)] = 0
    """The option's number, from 1; 0 before one is chosen."""
    twins: Annotated[Int, Field(ge=0, le=MOST_SEED)] = 0
    """The seed of each question for which `twin` names none: who does a lesson at home finds other
    settings than the class had."""
    sheet: Sheet = "none"
    """Which sheet of all questions is shown, to be printed."""

    @property
    def seed(self) -> int:
        """The seed of the question."""
        return self.twin or self.twins
