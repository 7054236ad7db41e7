"""Every page, opened once: all that there is to see on it can be read, has a name and fits; its
picture takes the window in front of a class; and in Korean no English is left on it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from components.panels.pages import ASK_NOTHING, PAGES, WHAT_IFS
from tests.browser.dashboard import (
    NARROW,
    WIDE,
    Look,
    NewPage,
    choose,
    crowded_at_other_sizes,
    expect_marked,
    figure,
    marked,
    plot,
    press,
    resize,
    visit,
)
from tests.browser.driver import PROJECTOR, TALL, settle
from tests.browser.test_accessibility import LOOKS, expect_readable, open_code
from tests.browser.test_languages import expect_no_english, switch
from tests.browser.test_learn import SHORT, press_train
from tests.browser.test_present import expect_presented

OTHER_LOOKS = (("dark", WIDE), ("light", NARROW))


class Place(NamedTuple):
    """Something to see: how many charts are on the page then, and what of the page is new."""

    name: str
    charts: int
    part: str = "html"


Walk = Callable[[Page], Iterator[Place]]
"""Opens a page and goes through all that there is to see on it."""

PANEL = ".st-key-panel"


def explore(page: Page) -> Iterator[Place]:
    visit(page)
    expect(page.get_by_role("radiogroup", name="Cell")).to_be_visible()
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_text("The products behind the sums").click()
    settle(page)
    yield Place("Inside the cell", 2)
    choose(page, "tab", "Shapes")
    yield Place("Shapes", 1, PANEL)
    choose(page, "view", "lines")
    yield Place("lines", 1, ".st-key-timeline")
    choose(page, "view", "table")
    table = page.get_by_test_id("stDataFrame").first
    expect(table.get_by_role("region")).to_have_accessible_name(re.compile(r"\w"))
    yield Place("table", 0, "[data-testid=stDataFrame]")
    for tab in ("Parameters", "Code", "PyTorch", "Data"):
        choose(page, "tab", tab)
        yield Place(tab, int(tab == "Parameters"), PANEL)
    choose(page, "view", "heatmap")


def notebook(page: Page) -> Iterator[Place]:
    page.goto("/notebook")
    page.get_by_text("All printed values").click()
    settle(page)
    yield Place("notebook", 1)


def series(page: Page) -> Iterator[Place]:
    visit(page, "/series")
    for size in (WIDE, PROJECTOR, NARROW):
        page.set_viewport_size(size)
        settle(page)
        for part in (page.locator(".rnn-first"), plot(page, "series")):
            expect_seen_at_once(page, part)
    open_code(page)
    yield Place("series", 2)


def learn(page: Page) -> Iterator[Place]:
    """A training of its own, that is not known yet."""
    visit(page, f"/learn?{SHORT}&learn.task=switch&learn.seed=12")
    yield Place("task", 1)
    press_train(page)
    yield Place("film", 3, "[data-testid=stMain]")


def what_if(page: Page, name: str, charts: int = 1) -> Iterator[Place]:
    page.set_viewport_size(PROJECTOR)
    visit(page, f"/{name}")
    expect_seen_at_once(page, plot(page, name))
    expect_stepped_through(page, name)
    expect_moved_and_linked(page, name)
    open_code(page)
    yield Place(name, charts)


def asks_nothing(page: Page, name: str) -> Iterator[Place]:
    page.goto(f"/{name}")
    settle(page)
    yield from ()


WALKS: dict[str, Walk] = {
    "explore": explore,
    "notebook": notebook,
    "series": series,
    "learn": learn,
    **{name: partial(what_if, name=name) for name in WHAT_IFS},
    "influence": partial(what_if, name="influence", charts=2),
    **{name: partial(asks_nothing, name=name) for name in ASK_NOTHING},
}

# Which page can be presented as one picture.
PRESENTED = ("compare", "influence", "stack", "padding", "carry", "both_ways", "learn")


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    "looks",
    [
        pytest.param(LOOKS, id=""),
        pytest.param(OTHER_LOOKS, id="dark-wide, light-narrow", marks=pytest.mark.soak),
    ],
)
def test_a_page_is_read_presented_and_said_in_korean(
    new_page: NewPage, name: str, looks: tuple[Look, ...]
) -> None:
    (scheme, viewport), _ = looks
    page = new_page(color_scheme=scheme, viewport=viewport)
    for place in WALKS[name](page):
        if page.locator(f"{place.part} .rnn-plot").count():
            assert crowded_at_other_sizes(page) == [], place
        expect_readable(page, place.charts, looks, place.name, place.part)
        looks = looks[::-1]  # every other place is gone to on a phone, as the last is
    if name in PRESENTED:
        page.keyboard.press("f")
        expect_presented(page)
        page.keyboard.press("f")
    page.set_viewport_size(PROJECTOR)
    switch(page, "ko")
    resize(page, TALL)
    expect_no_english(page, name)


def expect_seen_at_once(page: Page, part: Locator) -> None:
    box = part.bounding_box()
    assert box["y"] >= page.get_by_test_id("stHeader").bounding_box()["height"]
    assert box["y"] + box["height"] <= page.viewport_size["height"]


def expect_stepped_through(page: Page, name: str) -> None:
    plot(page, name).focus()
    step = marked(page, name) or 0
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect_marked(page, step + 2, name)


def expect_moved_and_linked(page: Page, name: str) -> None:
    """Another size changes the picture, and stands in the link."""
    before = figure(page, name)
    press(page, "units", "ArrowRight")
    assert figure(page, name) != before
    assert parse_qs(urlsplit(page.url).query)["units"] == ["4"]
    press(page, "units", "ArrowLeft")
    assert figure(page, name) == before
