"""The step and the unit that a visitor looks at: where a link says to begin, and their controls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from components.backend.question.linked import FieldRule, Int, Linked
from components.backend.question.sentences import MAX_STEPS
from components.charts.strips import MOST_DRAWN
from components.panels.ask.field_set import FieldSet
from components.panels.draw.follow_step import controls
from components.panels.write.notation import Numbers
from components.texts import text


class StepView(Linked):
    """The step (from 1) and the unit (from 0) at which a link says to look first. After that they
    are the browser's alone (`playhead.js`).

    It is not step 1: c and h before that are 0, and 0 times a gate shows nothing of the gate.
    """

    step: Annotated[Int, Field(ge=1, le=MAX_STEPS), FieldRule("browser")] = 3
    unit: Annotated[Int, Field(ge=0, le=MOST_DRAWN - 1), FieldRule("browser")] = 0


def step_controls(
    view: FieldSet[Any], numbers: Mapping[str, Numbers], *, key: str, begins: int | None = None
) -> None:
    """The ranges and buttons for the step and the unit.

    Args:
        view: a question with the fields of `StepView`, and its texts.
        numbers: "step", "unit" and "token", among others.
        begins: the step to show first, from 1; None for that of the view.
    """
    steps, last = len(numbers["step"].values), len(numbers["unit"].values) - 1
    names = tuple(StepView.model_fields)
    beyond = {
        "step": text("inside.beyond_step", asked="{asked}", steps=steps),
        "unit": text("inside.beyond_unit", asked="{asked}", last=last),
    }
    controls(
        numbers,
        key=f"{key}_controls",
        words={
            "buttons": [text("inside.previous"), text("inside.next")],
            "labels": [text(f"{view.texts}.{name}.label") for name in names],
            "help": [text(f"{view.texts}.{name}.help") for name in names],
            "beyond": [beyond[name] for name in names],
        },
        said=text("inside.step_of", step="{step}", token="{token}"),
        begins=begins or view.ordinary("step"),
        at={
            name: None if value == view.ordinary(name) else value
            for name, value in view.value
            if name in names
        },
    )
