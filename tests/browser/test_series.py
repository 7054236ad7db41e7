"""Samples, steps, features in a browser: it can be read, is seen at once, and takes a
spreadsheet."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from components.backend.whatif.series import read_pasted
from components.texts import text
from tests.browser.dashboard import (
    NARROW,
    WIDE,
    NewPage,
    figure,
    pick,
    plot,
    type_number,
    visit,
)
from tests.browser.driver import PROJECTOR, settle
from tests.browser.test_accessibility import expect_readable_with_code

CELLS = "place,speed\n1.5,2\n3,4\n5,6\n7,8\n9,10\n11,12"

EVERY_LINK = pytest.mark.parametrize(
    "link",
    [
        "/series",
        "/series?kind=spike&horizon=0&stride=4",
        "/series?rows=200&features=16&window=60&stride=9&target=7",
        "/series?kind=pasted&window=1",
    ],
)


@EVERY_LINK
def test_it_can_be_read_has_names_and_fits(new_page: NewPage, link: str) -> None:
    page = new_page(viewport=WIDE)
    visit(page, link)
    expect_readable_with_code(page, 2)


@pytest.mark.parametrize("viewport", [WIDE, PROJECTOR, NARROW])
def test_the_first_sample_is_seen_at_once(new_page: NewPage, viewport: dict[str, int]) -> None:
    page = new_page(viewport=viewport)
    visit(page, "/series")
    top = page.get_by_test_id("stHeader").bounding_box()["height"]
    for part in (page.locator(".rnn-first"), plot(page, "series")):
        box = part.bounding_box()
        assert box["y"] >= top
        assert box["y"] + box["height"] <= viewport["height"]


def test_a_table_is_pasted(page: Page) -> None:
    visit(page)
    page.get_by_role("link", name=text("pages.series.title"), exact=True).click()
    expect(plot(page, "series").locator(".main-svg").first).to_be_visible()
    settle(page)
    pick(page, "kind", text("series_view.kind.options.pasted"))
    field = page.get_by_role("textbox", name=text("series_view.pasted.label"))
    field.fill(CELLS)
    field.press("Control+Enter")
    settle(page)
    type_number(page, "window", 2)
    table, first, *_ = (t for t in figure(page, "series") if t["type"] == "heatmap")
    assert (len(table["text"]), len(first["text"])) == (6, 2)
    expect(plot(page, "series")).to_contain_text("speed")
    query = parse_qs(urlsplit(page.url).query)
    assert query["window"] == ["2"]
    assert read_pasted(query["pasted"][0]) == read_pasted(CELLS)
    before = figure(page, "series")
    visit(page, page.url)
    assert figure(page, "series") == before
    field.fill(CELLS.replace("10", "ten"))
    field.press("Control+Enter")
    expect(page.get_by_role("alert").first).to_contain_text("'ten' in line 6, cell 2")
