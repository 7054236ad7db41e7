"""A page that the house does not have: what a new one takes."""

from typing import Annotated, Literal

from pydantic import Field

from components.backend.question.linked import FieldRule, Int, Linked
from components.charts.picture import Picture
from components.panels.ask.complain import complain
from components.panels.ask.field_set import FieldSet, opened
from components.panels.ask.widgets import widgets
from components.panels.draw.plot import drawn, plot


class Growth(Linked):
    texts = "toy"
    units: Annotated[Int, Field(ge=1, le=20), FieldRule("growth")] = 5
    view: Annotated[Literal["squares", "cubes"], FieldRule("growth")] = "squares"


def growth(*, units: int, view: str) -> Picture:
    y = [x ** (2 if view == "squares" else 3) for x in range(units)]
    return Picture({"data": [{"type": "scatter", "y": y}], "layout": {}}, f"{units} {view}")


(fields,) = opened("toy", FieldSet(Growth))
widgets(fields, "growth")
complain()
picture = drawn(growth, **dict(fields.value))
plot(picture, key="growth", file="growth.png")
