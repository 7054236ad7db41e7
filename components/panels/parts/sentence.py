"""Which sentence of a batch a page draws."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from components.backend.question.linked import Int, Linked
from components.backend.question.sentences import MAX_SENTENCES
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.texts import text


class SentenceView(Linked):
    """Which sentence (from 1) is drawn."""

    sentence: Annotated[Int, Field(ge=1, le=MAX_SENTENCES)] = 1


def sentence_widget(view: FieldSet[Any], count: int) -> None:
    """The widget for the sentence that is drawn, if there are several: the last of its row, where
    nothing is moved when it comes and goes."""
    if count > 1:
        widget(view, "sentence", typed=True, width=150)


def checked_on(count: int, heading: str = "what_if.facts", **values: str) -> str:
    """The heading of facts about all sentences of a batch, of which the page draws one."""
    named = f"{heading}_all" if count > 1 else heading
    return text(named, count=count, **values)
