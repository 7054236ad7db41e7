"""Every page opens in each language. Its picture takes the window in front of a class; and all that
there is to see on it has a name, can be read and fits, in English on a large light screen and in
Korean, with no English left, on a dark phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest

import pytest
from playwright.sync_api import Locator, Page, expect

from components.backend.question.linked import choices
from components.panels.layer.explore import ExploreView
from components.panels.pages import FIRST, PAGES, TAKE_SETTINGS
from components.texts import LANGUAGES, speaking, text
from tests.browser.dashboard import (
    NARROW,
    NewPage,
    crowded_at_all_sizes,
    expect_marked,
    expect_seen_at_once,
    marked,
    plot,
    wear,
)
from tests.browser.driver import PROJECTOR, settle
from tests.browser.test_accessibility import expect_readable
from tests.browser.test_languages import expect_read_in_korean, expect_spoken, switch
from tests.browser.test_present import expect_presented

# The addresses that are no page's name.
ADDRESSES = {FIRST: "", "untrained": "learn?learn.task=switch&learn.seed=12"}

# These have no picture.
WORDS_ALONE = ("questions", "mistakes", "lessons", "room", "accessibility")

# These have no boxes to open.
ALL_OPEN = ("mistakes", "room", "accessibility")

# Which page can be presented as one picture.
PRESENTED = ("compare", "influence", "stack", "padding", "calls", "both_ways", "learn")

# Opens all boxes that are closed; how many there were.
OPEN = """() => {
    const closed = [...document.querySelectorAll("details:not([open]) > summary")]
    closed.forEach((summary) => summary.click())
    return closed.length
}"""


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_in_each_language(page: Page, name: str) -> None:
    for language in LANGUAGES:
        page.goto(f"/{ADDRESSES.get(name, name)}?lang={language}")
        expect_spoken(page, language)
        with speaking(language):
            expect(page).to_have_title(text("app.tab", page=text(f"pages.{name}.title")))
        if name not in WORDS_ALONE:
            picture = page.locator(".rnn-plot").first
            picture.scroll_into_view_if_needed()  # on the notebook's page it is far below
            expect(picture.locator(".main-svg").first).to_be_visible()
        expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.whole
@pytest.mark.parametrize(
    ("scheme", "other"),
    [
        ("light", "dark"),
        pytest.param("dark", "light", marks=pytest.mark.soak),
    ],
)
@pytest.mark.parametrize("name", [*PAGES, "untrained"])
def test_a_page_is_presented_read_and_said_in_korean(
    new_page: NewPage, name: str, scheme: str, other: str
) -> None:
    page = new_page(viewport=PROJECTOR, color_scheme=scheme)
    page.goto(f"/{ADDRESSES.get(name, name)}")
    settle(page)
    if name in TAKE_SETTINGS[1:]:
        expect_seen_at_once(page, plot(page, name))
        expect_stepped_through(page, name)
    if name in PRESENTED:
        page.keyboard.press("f")
        expect_presented(page)
        page.keyboard.press("f")
    seen = 0
    for part in parts(page):
        if page.locator(f":is({part}) .rnn-plot").count():
            assert crowded_at_all_sizes(page) == [], part
        expect_readable(page, part)
        seen += 1
    assert seen == (len(choices(ExploreView, "tab")) if name == FIRST else 1)
    assert (page.locator(".rnn-plot").count() > 0) == (name not in WORDS_ALONE)
    assert (page.locator("details[open]").count() > 0) == (name not in ALL_OPEN)
    switch(page, "ko")
    wear(page, (other, NARROW))
    for part in parts(page):
        expect_readable(page, part)
        expect_read_in_korean(page, part)


def parts(page: Page) -> Iterator[str]:
    """Opens all that a page has: its boxes, then each tab and each view of Explore that is not the
    open one. What of the page is new then."""
    open_boxes(page)
    yield "html"
    tabs, views = closed(page, "tab"), closed(page, "view")
    for tab, view in zip_longest(tabs, reversed(views)):
        tab.click()
        if view:
            view.click()
        settle(page)
        open_boxes(page)
        yield ".st-key-panel, .st-key-timeline" if view else ".st-key-panel"


def closed(page: Page, key: str) -> list[Locator]:
    """The options of a field's segmented control that are not chosen now."""
    options = page.locator(f".st-key-{key}").get_by_role("radio").all()
    return [option for option in options if not option.is_checked()]


def open_boxes(page: Page) -> None:
    while page.evaluate(OPEN):
        settle(page)


def expect_stepped_through(page: Page, name: str) -> None:
    plot(page, name).focus()
    step = marked(page, name) or 0
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect_marked(page, step + 2, name)
    said = page.locator("[aria-live=polite]")  # to screen readers
    expect(said).to_have_text(re.compile(rf"\b{step + 2}\b"))
