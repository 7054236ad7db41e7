"""Time series in a browser: it can be read whatever is asked, and takes a spreadsheet."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from components.backend.question.table import read_pasted
from components.texts import text
from tests.browser.dashboard import (
    NARROW,
    WIDE,
    NewPage,
    crowded_at_all_sizes,
    expect_seen_at_once,
    faint_in_charts,
    figure,
    pick,
    plot,
    type_number,
    visit,
    wear,
)
from tests.browser.driver import PROJECTOR, settle
from tests.browser.test_accessibility import expect_readable

pytestmark = pytest.mark.whole

CELLS = "place,speed\n1.5,2\n3,4\n5,6\n7,8\n9,10\n11,12"


def test_it_can_be_read_has_names_and_fits_at_its_bounds(page: Page) -> None:
    for link in (
        "kind=spike&horizon=0&stride=4",
        "rows=200&features=16&window=60&stride=9&target=7",
        "kind=pasted&window=1",
    ):
        visit(page, f"/series?{link}")
        assert crowded_at_all_sizes(page) == [], link
        assert faint_in_charts(page) == [], link
    expect_readable(page)
    wear(page, ("dark", NARROW))
    expect_readable(page)


def test_a_table_is_pasted(new_page: NewPage) -> None:
    page = new_page(viewport=PROJECTOR)
    visit(page, "/series")
    for size in (PROJECTOR, NARROW, WIDE):
        page.set_viewport_size(size)
        settle(page)
        for part in (page.locator(".rnn-first"), plot(page, "series")):
            expect_seen_at_once(page, part)
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
