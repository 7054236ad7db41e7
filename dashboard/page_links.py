"""What a link to a page gets wrong, found without opening the page: for links in a lesson of one's
own, whose teacher is told while they type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from components.backend import Setup
from components.backend.lessons import Page
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import Linked, Query
from components.panels.ask.address import BOX, FROM
from components.panels.ask.ask_first import AskFirst
from components.panels.ask.complain import unknown_lines
from components.panels.ask.field_set import complaint
from components.panels.ask.language import LANG
from components.panels.pages import PAGES, TAKE_SETTINGS
from components.panels.what_ifs.what_if import WhatIf

_BESIDES = (LANG, FROM, BOX, "embed", "embed_options")
"""What any address may have besides."""


def asked(page: str) -> Iterator[tuple[type[Linked], str]]:
    """The questions that a page opens by its address, each with what stands before its names."""
    if page in TAKE_SETTINGS:
        yield from ((Setup, ""), (WeightSource, ""))
    for each in PAGES[page].asks:
        found = each.load()
        if isinstance(found, WhatIf):
            yield from ((found.choice, found.prefix), *found.beside)
        else:
            yield found, each.prefix


def link_complaints(page: Page) -> list[str]:
    """A line of Markdown for each value and each name in a link that its page refuses, as the page
    itself would say it. What a page can only refuse once it has run is not found."""
    query = {name: [said] for name, said in page.query.items() if name not in _BESIDES}
    own = [*asked(page.name)]
    known = {prefix + name for model, prefix in own for name in model.model_fields}
    unknown = [name for name in query if name not in {*known, *AskFirst.model_fields}]
    return [*_refused([*own, (AskFirst, "")], query), *unknown_lines(unknown, known)]


def _refused(questions: Iterable[tuple[type[Linked], str]], query: Query) -> Iterator[str]:
    shown = dict[type[Linked], Linked]()  # as a second question of a kind differs from the first
    for model, prefix in questions:
        good, problems = model.from_query(query, prefix=prefix, base=shown.get(model))
        shown.setdefault(model, good)
        for problem in problems:
            name = problem.field.removeprefix(prefix)
            yield complaint(problem._replace(field=name), good, problem.field)
