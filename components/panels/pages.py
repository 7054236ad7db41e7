"""The registry of pages, a record a page: the menu, links between pages, the search and the checks
of links and of texts follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from pkgutil import resolve_name
from typing import Any, Literal, NamedTuple

import streamlit as st

from components.texts import has_text, text

FIRST = "explore"
"""The page at the address /."""


class Asked(NamedTuple):
    """A question that a page opens by its address, or a what-if, whose record names several."""

    where: str
    """Its module below `components`, and its name there. It is imported where a link is checked, as
    the first page would wait for what all pages import."""
    prefix: str = ""
    """Stands before each field's name in the address."""

    def load(self) -> Any:
        """The question's class, or the what-if's record."""
        return resolve_name(f"components.{self.where}")


class Page(NamedTuple):
    """What there is to know of a page without opening it."""

    name: str
    """Of its script, of its texts and, but for the first page, of its address."""
    icon: str
    """Among Google's Material Symbols."""
    menu: Literal["", "one_layer", "calls", "layers", "learn", "teachers"] = ""
    """Which heading it stands below: "" in the bar itself, which has no room for all; "teachers" in
    a box of its own."""
    sidebar: Literal["", "own", "layer", "layers"] = ""
    """What is set there: nothing, the page's own question, or the layer, which goes along from page
    to page; "layers" where others stand beside it, so that one layer's weights do not fit."""
    asks: tuple[Asked, ...] = ()
    """What its address can ask, besides the layer."""
    answers: bool = True
    """Whether it draws a model's answer, which a class can be asked for first."""
    at_inference: bool = False
    """Whether its models are called at inference, where dropout rates have no effect."""
    preset: str = ""
    """What is set where nobody has set anything; "" for the defaults."""
    opens: Mapping[str, str] = {}
    """Further fields of its questions, as an address has them, with which its effect is seen at
    once."""
    kept: bool = True
    """Whether it can be kept as a file: not if that had what only the visitor may have."""

    @property
    def address(self) -> str:
        """Its address, without the leading slash."""
        return "" if self.name == FIRST else self.name

    @property
    def script(self) -> str:
        """Its script, as Streamlit finds it."""
        return f"app_pages/{self.name}.py"

    @property
    def title(self) -> str:
        """What it is called."""
        return text(f"pages.{self.name}.title")

    @property
    def help(self) -> str | None:
        """What it is about, if that is said."""
        return text(told) if has_text(told := f"pages.{self.name}.help") else None


def _what_if(
    menu: Literal["one_layer", "calls", "layers"], name: str, icon: str, **has: Any
) -> Page:
    sidebar: Literal["layer", "layers"] = "layers" if menu == "layers" else "layer"
    record = Asked(f"panels.what_ifs.{name}:{name.upper()}")
    return Page(name, icon, menu, sidebar, (record,), **has)


PAGES: Mapping[str, Page] = {
    page.name: page
    for page in (
        Page(
            "explore",
            "search",
            "",
            "layer",
            (Asked("panels.layer.explore:ExploreView"),),
            preset="opening",
        ),
        Page(
            "learn",
            "school",
            "",
            "own",
            (Asked("panels.learn:LearnView", "learn."),),
            opens={"learn.race": "true"},
        ),
        Page(
            "model",
            "account_tree",
            asks=(
                Asked("backend.your_model.question:Question"),
                Asked("panels.your_model.layer:ModelView"),
            ),
            opens={"step": "9"},  # the word "not", which alone decides
        ),
        Page("questions", "help", answers=False),
        Page(
            "compare",
            "compare",
            "one_layer",
            "layer",
            (
                Asked("backend:Setup", "b."),
                Asked("backend:Setup", "c."),
                Asked("panels.what_ifs.compare:CompareView"),
            ),
            preset="opening",
            opens={"b.cell": "SimpleRNN"},
        ),
        Page(
            "edit",
            "edit",
            "one_layer",
            "layer",
            (Asked("panels.number_grid:EditView"),),
            preset="opening",
            opens={"edits": "forget=1"},
        ),
        _what_if("one_layer", "influence", "timeline", at_inference=True, preset="remembers"),
        _what_if(
            "calls",
            "calls",
            "redo",
            at_inference=True,
            preset="opening",
            opens={"cut": "10", "hand_over": "false"},  # within a quotation
        ),
        _what_if("calls", "padding", "density_small", opens={"pad.mask_zero": "false"}),
        Page(
            "series",
            "table_rows",
            "calls",
            "own",
            (
                Asked("panels.series:SeriesView"),
                Asked("panels.forecast:ForecastView", "forecast."),
            ),
        ),
        _what_if("layers", "stack", "layers", opens={"return_sequences": "false"}),
        _what_if("layers", "both_ways", "swap_horiz"),
        _what_if("layers", "encoder_decoder", "translate", at_inference=True),
        _what_if(
            "layers",
            "attention",
            "center_focus_strong",
            at_inference=True,
            opens={"score": "scaled", "scale": "20"},
        ),
        Page(
            "lessons",
            "quiz",
            "learn",
            asks=(Asked("panels.teaching.lessons_view:LessonsView"),),
            answers=False,
        ),
        Page("mistakes", "error", "learn", asks=(Asked("panels.teaching.mistakes:MistakesView"),)),
        Page("notebook", "menu_book", "learn", asks=(Asked("panels.notebook:NotebookView"),)),
        Page(
            "room",
            "groups",
            "teachers",
            asks=(Asked("panels.teaching.room:RoomView"),),
            answers=False,
            kept=False,
        ),
        Page("accessibility", "accessibility_new", "teachers", answers=False),
    )
}
"""By their names, in the menu's order."""

TOPICS = ("one_layer", "calls", "layers")
"""The headings of the pages that answer one question each."""

TAKE_SETTINGS = tuple(name for name, page in PAGES.items() if "layer" in page.sidebar)
"""The pages that share their settings."""

TAKE_WEIGHTS = tuple(name for name, page in PAGES.items() if page.sidebar == "layer")
"""The pages that can show any weights of one layer."""


def page_link(
    page: str, query: Mapping[str, str] | None = None, label: str = "", **looks: Any
) -> None:
    """A link to a page, with its icon.

    Args:
        query: what it sets there.
        label: in place of the page's title.
    """
    shown = PAGES[page]
    icon, said = f":material/{shown.icon}:", label or shown.title
    st.page_link(shown.script, label=said, icon=icon, query_params=query and dict(query), **looks)
