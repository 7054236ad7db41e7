"""What a link to a page gets wrong, found without opening the page: for links in a lesson of one's
own, whose teacher is told while they type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from components.backend import Setup
from components.backend.lessons import Page
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import Linked, Query
from components.backend.your_model.question import Question
from components.panels.ask.address import BOX, FROM
from components.panels.ask.ask_first import AskFirst
from components.panels.ask.complain import unknown_lines
from components.panels.ask.field_set import complaint
from components.panels.ask.language import LANG
from components.panels.forecast import ForecastView
from components.panels.layer.explore import ExploreView
from components.panels.learn import LearnView
from components.panels.notebook import NotebookView
from components.panels.number_grid import EditView
from components.panels.series import SeriesView
from components.panels.teaching.lessons_view import LessonsView
from components.panels.teaching.mistakes import MistakesView
from components.panels.teaching.room import RoomView
from components.panels.what_ifs.compare import CompareView
from components.panels.what_ifs.known import KNOWN
from components.panels.your_model.layer import ModelView


class Asked(NamedTuple):
    """A question that a page asks by its address."""

    model: type[Linked]
    prefix: str = ""
    """Stands before each field's name in the address."""


_LAYER = Asked(Setup), Asked(WeightSource)

ASKED: Mapping[str, tuple[Asked, ...]] = {
    "explore": (*_LAYER, Asked(ExploreView)),
    "model": (Asked(Question), Asked(ModelView)),
    "questions": (),
    "mistakes": (Asked(MistakesView),),
    "lessons": (Asked(LessonsView),),
    "room": (Asked(RoomView),),
    "accessibility": (),
    "series": (Asked(SeriesView), Asked(ForecastView, "forecast.")),
    "learn": (Asked(LearnView, "learn."),),
    "notebook": (Asked(NotebookView),),
    "compare": (*_LAYER, Asked(Setup, "b."), Asked(Setup, "c."), Asked(CompareView)),
    "edit": (*_LAYER, Asked(EditView)),
    **{
        each.name: (
            *_LAYER,
            Asked(each.choice, each.prefix),
            *(Asked(model, prefix) for model, prefix in each.beside),
        )
        for each in KNOWN
    },
}
"""By page: the questions that it opens."""

_BESIDES = (LANG, FROM, BOX, "embed", "embed_options")
"""What any address may have besides."""


def link_complaints(page: Page) -> list[str]:
    """A line of Markdown for each value and each name in a link that its page refuses, as the page
    itself would say it. What a page can only refuse once it has run is not found."""
    query = {name: [said] for name, said in page.query.items() if name not in _BESIDES}
    own, ask = ASKED[page.name], Asked(AskFirst)
    known = {each.prefix + name for each in own for name in each.model.model_fields}
    unknown = [name for name in query if name not in {*known, *AskFirst.model_fields}]
    return [*_refused((*own, ask), query), *unknown_lines(unknown, known)]


def _refused(asked: tuple[Asked, ...], query: Query) -> Iterator[str]:
    shown = dict[type[Linked], Linked]()  # as a second question of a kind differs from the first
    for model, prefix in asked:
        good, problems = model.from_query(query, prefix=prefix, base=shown.get(model))
        shown.setdefault(model, good)
        for problem in problems:
            name = problem.field.removeprefix(prefix)
            yield complaint(problem._replace(field=name), good, problem.field)
