"""The model from top to bottom, for one sentence, and which of its layers is open."""

from __future__ import annotations

import streamlit as st

from components.backend.question.linked import Message
from components.backend.your_model.answer import Answer
from components.backend.your_model.opened import Opened
from components.backend.your_model.question import Question
from components.panels.ask.field_set import FieldSet
from components.panels.write.plain import plain
from components.panels.your_model.rows import Line, lines_of, rows_panel
from components.panels.your_model.sentence import ShownSentence
from components.texts import text

_NAMED = 8  # layers that a message names


def unrun_panel(model: Opened) -> None:
    """The layers of a model of which nothing is run, and why."""
    st.info(text("your_model.unrun"))
    rows_panel(model)


def opened_line(answer: Answer, view: FieldSet[Question]) -> Line | None:
    """The layer that the link names, or else the first recurrent one, or the first of all; None if
    none was run."""
    able = [line for line in lines_of(answer.opened, answer.explained.layers) if line.call]
    wanted = view.value.layer
    if found := next((line for line in able if line.id == wanted), None):
        return found
    recurrent = (line for line in able if line.call and (line.call.cells or line.call.untraced))
    found = next(recurrent, able[0] if able else None)
    if wanted and view.arrived:
        names = ", ".join(line.id for line in able[:_NAMED])
        view.refuse("layer", Message("only", {"names": names}), shown=found.id if found else "")
    return found


def model_panel(shown: ShownSentence, line: Line | None, view: FieldSet[Question]) -> None:
    """Draw the model's layers.

    Args:
        line: the one that is open.
    """
    model, window = shown.answer.opened, shown.window
    told = "rows_told" if model.is_whole else "rows_told_part"
    st.caption(text(f"your_model.{told}", name=plain(shown.answer.results[0].name)))
    rows_panel(
        model,
        shown,
        opened=line.id if line else "",
        take=lambda name: view.put(layer=name),
    )
    if len(shown.drawn) < window.steps:
        ends = {"first": window.first + 1, "last": window.last, "steps": window.steps}
        st.caption(text("your_model.steps_cut", **ends))
