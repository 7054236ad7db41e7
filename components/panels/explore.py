"""The page Explore: its switches, what it shows, and its tabs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from components.backend import Run, Setup
from components.backend.linked import Place
from components.backend.weights import Weights
from components.panels.code import code_panel
from components.panels.data import data_panel
from components.panels.inside import InsideView, inside_panel
from components.panels.page.asked import Asked
from components.panels.page.compute import Failure
from components.panels.parameters import parameters_panel
from components.panels.sentence import SentenceView
from components.panels.shapes import ShapesView, shapes_panel
from components.panels.timeline import TimelineView, chosen_scale


class ExploreView(TimelineView, InsideView, ShapesView, SentenceView):
    """What a visitor looks at, and how."""

    tab: Annotated[Literal["inside", "shapes", "parameters", "code", "data"], Place("tabs")] = (
        "inside"
    )


@dataclass(frozen=True)
class Shown:
    """What the page shows: an answer to a setup, and which sentence of it (from 0)."""

    setup: Setup
    weights: Weights | None
    answer: Run | Failure
    sentence: int


Panel = Callable[[Shown, Asked[ExploreView]], None]

TABS: Mapping[str, Panel] = {
    "inside": lambda what, view: inside_panel(
        what.answer, view, sentence=what.sentence, scale=chosen_scale(view.value)
    ),
    "shapes": lambda what, view: shapes_panel(what.setup.settings, view),
    "parameters": lambda what, view: parameters_panel(what.answer),
    "code": lambda what, view: code_panel(what.setup.settings, what.weights),
    "data": lambda what, view: data_panel(what.answer),
}
"""What each tab draws."""

RUN_TABS = frozenset({"inside", "parameters", "data"})
"""The tabs that have nothing to show where Keras failed."""
