"""A what-if's page: a record says what it asks and shows, and `page` draws it.

What a page has of its own are functions of a `Page`, which its record names; `body` is what most
pages have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import streamlit as st

from components.backend import Settings, Setup
from components.backend.origins.ahead import look_ahead
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import Linked
from components.backend.question.weights import Weights
from components.backend.running.facts import Fact
from components.backend.scripts.script import line
from components.charts import Picture
from components.panels.ask.answered import answered, show_failure
from components.panels.ask.field_set import FieldSet, opened
from components.panels.ask.widgets import widget
from components.panels.draw.plot import drawn, plot
from components.panels.pages import PAGES
from components.panels.parts.facts import fact_list
from components.panels.parts.sentence import SentenceView, checked_on, sentence_widget
from components.panels.parts.weight_source import FittingSetup, chosen_weights, say_if_seeded
from components.panels.parts.whatif import code_box, files, note_of, try_this, what_if
from components.panels.run.compute import MOST_WORK, Failure
from components.texts import text


@dataclass
class Page:
    """A what-if's page in one run of its script: what it asks, and then what is answered."""

    shows: WhatIf
    setup: FieldSet[Setup]
    start: FieldSet[WeightSource]
    view: FieldSet[Any]
    beside: list[FieldSet[Any]]
    named: list[FieldSet[Any]]
    """Those of its questions that its files are named after."""
    question: Any = None
    weights: Weights | None = None
    answer: Any = None

    @property
    def settings(self) -> Settings:
        """The layer of the sidebar, and what it reads."""
        return self.setup.value.settings

    @property
    def of_sentence(self) -> dict[str, int]:
        """Which sentence (from 0) is drawn, for a chart of one; nothing for a chart of all."""
        shown = self.view.shown
        return {"sentence": shown.sentence - 1} if isinstance(shown, SentenceView) else {}

    def file(self, chart: str = "") -> Callable[[str], str]:
        """Names the page's files, given a suffix; those of a second chart by its name."""
        return files(self.shows.name, self.settings, self.weights, *self.named, chart=chart)


class Try(NamedTuple):
    """A button that changes one thing, and says what to look at."""

    change: Callable[[Any], Mapping[str, Any]]
    """The fields that it sets, given the question that has them; none if there is no button."""
    which: Callable[[Any], str] = lambda _: ""
    """The end of its label's name in the texts, "_back" of "try_back", given the page's choice."""
    of_layer: bool = False
    """Whether the fields are the sidebar's, and not the page's own."""


def in_a_row(page: Page) -> None:
    """Draw a widget for each field of the page's choice that has an effect."""
    choice = page.shows.choice
    own = [name for name in choice.model_fields if name not in SentenceView.model_fields]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name in own:
            if name in page.view.active:
                widget(page.view, name)
        if issubclass(choice, SentenceView):
            sentence_widget(page.view, len(page.settings.rows))


def asked(page: Page) -> Any:
    """The page's question."""
    return page.view.question(page.shows.question, settings=page.settings)


def weights_of(page: Page) -> Weights | Failure | None:
    """The weights that the visitor has chosen, if they fit; one layer's do not fit several."""
    if page.shows.several:
        say_if_seeded(page.start)
        return None
    return chosen_weights(page.setup, page.start)


def picture(page: Page, *, note: str = "", code: str = "") -> None:
    """Draw the chart.

    Args:
        note: in place of that of the texts.
        code: what is called, in one line; "" for the question's model.
    """
    name = page.shows.name
    options: dict[str, Any] = {**page.of_sentence}
    if page.shows.says:
        options["trained"] = page.start.value.training(page.settings)
    plot(
        drawn(page.shows.chart, page.answer, **options),
        key=name,
        file=page.file()("png"),
        note=note or note_of(name, page.settings.cell),
        code=code or line(page.question.model),
    )


def statements(page: Page, *, told: str = "", section: str = "", but: Iterable[Fact] = ()) -> None:
    """Draw the facts, with the answer to the page's question above them.

    Args:
        told: the end of that answer's name in the texts, "_each" of "told_each".
        section: of the facts' texts, if it is not named after the page.
        but: facts that stand elsewhere.
    """
    name = page.shows.name
    facts = answered(lambda: page.shows.facts(page.answer))  # some run Keras once more
    if facts is not None:
        count = len(page.settings.rows) if page.of_sentence else 1
        others = (fact for fact in facts if fact not in but)
        said = text(f"{name}.told{told}")
        fact_list(others, section or f"{name}_facts", heading=checked_on(count), told=said)


def tries(page: Page) -> None:
    """Draw the buttons that change one thing."""
    for each in page.shows.tries:
        fields = page.setup if each.of_layer else page.view
        if change := each.change(fields.value):
            said = text(f"{page.shows.name}.try{each.which(page.view.value)}")
            try_this(page.shows.name, partial(fields.put, **change), said=said)


def code(page: Page) -> None:
    """Draw the box with the script that gives the same numbers."""
    source = partial(page.shows.script, page.question, page.weights)
    code_box(page.shows.name, source, page.file())


def body(page: Page) -> None:
    """Draw the answer as most pages do."""
    picture(page)
    statements(page)
    tries(page)
    code(page)


class WhatIf(NamedTuple):
    """A what-if, and what its page has."""

    name: str
    """Of its texts, its address, its files and its picture."""
    choice: type[Linked]
    """What the page asks beside the layer. A `SentenceView` draws one sentence of several."""
    question: type[Linked]
    """The choice and the settings; its `model` is what is run, or what is run first."""
    answer: Callable[[Any, Weights | None], Any]
    chart: Callable[..., Picture]
    facts: Callable[[Any], Iterable[Fact]]
    script: Callable[[Any, Weights | None], str]
    tries: tuple[Try, ...] = ()
    widgets: Callable[[Page], None] = in_a_row
    body: Callable[[Page], None] = body
    """Draws the answer from top to bottom."""
    asked: Callable[[Page], Any] = asked
    """The question; None if there is nothing to ask, which it says."""
    weights: Callable[[Page], Weights | Failure | None] = weights_of
    first: str = "settings"
    """The field of the question that has the settings of the sidebar."""
    prefix: str = ""
    """Stands before the choice's names in the address."""
    beside: tuple[tuple[type[Linked], str], ...] = ()
    """Further questions of the page, each with its prefix."""
    says: bool = False
    """Whether the chart has what a trained cell says: it takes the training that gave the
    weights."""
    most: float = MOST_WORK
    """The most multiply-adds; beyond those of other pages, the page says what it waits for."""

    @property
    def several(self) -> bool:
        """Whether further layers stand beside that of the sidebar."""
        return PAGES[self.name].sidebar == "layers"


def page(shows: WhatIf) -> None:
    """A what-if's page from top to bottom."""
    start = FieldSet(WeightSource)
    setup = FieldSet(Setup) if shows.several else FittingSetup(start)
    view = FieldSet(shows.choice, prefix=shows.prefix)
    beside = [FieldSet(model, prefix=prefix) for model, prefix in shows.beside]
    opened(shows.name, setup, start, view, *beside)
    shown = Page(shows, setup, start, view, beside, [view])
    one = issubclass(shows.choice, SentenceView)
    what_if(shows.name, partial(_render, shown), setup, start, view, *beside, sentence=one)


def _render(page: Page) -> None:
    """The page's own widgets, and the answer or why there is none."""
    shows = page.shows
    if issubclass(shows.choice, SentenceView):
        page.view.within(sentence=(1, len(page.settings.rows)))
    page.question = shows.asked(page)
    if page.question is None:
        return
    shows.widgets(page)
    weights = shows.weights(page)
    if isinstance(weights, Failure):
        show_failure(weights)
        return
    page.weights = weights
    waits = st.spinner(text(f"{shows.name}.asking")) if shows.most > MOST_WORK else nullcontext()
    with waits:
        ask = partial(shows.answer, page.question, weights)
        page.answer = answered(ask, most=shows.most)
    if page.answer is not None:
        shows.body(page)
        _look_ahead(page)


def _look_ahead(page: Page) -> None:
    """Have the answers for the layer's neighbours computed, with what is stated of them."""
    shows, question = page.shows, page.question

    def ask(near: Settings, weights: Weights | None) -> object:
        other = question.but(**{shows.first: near})
        return shows.facts(shows.answer(other, None if shows.several else weights))

    look_ahead(page.setup.value, page.start.value, ask)
