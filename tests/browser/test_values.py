"""Numbers in place of ids, in a browser: pasted, drawn, and carried over from a series."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from components.backend.question.sentences import read_values
from components.texts import text
from tests.browser.dashboard import (
    NARROW,
    crowded_in_charts,
    faint_in_charts,
    figure,
    follow,
    pick,
    plot,
    resize,
    visit,
    wear,
)
from tests.browser.driver import TALL, settle
from tests.browser.test_accessibility import expect_readable

pytestmark = pytest.mark.whole

CELLS = "place,speed\n1.5,2\n3,4\n5,-6"


def numbers_drawn(page: Page) -> list[list[float]]:
    """Those of the picture of what is read, a row for each feature."""
    expect(plot(page, "inside_inputs").locator(".main-svg").first).to_be_visible(timeout=90_000)
    cells = next(t for t in figure(page, "inside_inputs") if t["type"] == "heatmap")
    return [[float(value) for value in row] for row in cells["z"]]


def test_a_table_is_pasted(page: Page) -> None:
    visit(page, "/?source=pasted")
    field = page.get_by_role("textbox", name=text("settings.values.label"))
    field.fill(CELLS)
    field.press("Control+Enter")
    settle(page)
    assert numbers_drawn(page) == [[1.5, 3, 5], [2, 4, -6]]
    expect(page.get_by_text("Step 3 reads x₃")).to_be_visible()
    query = parse_qs(urlsplit(page.url).query)
    assert read_values(query["values"][0]) == read_values(CELLS)
    expect_readable(page)
    wear(page, ("dark", NARROW))
    expect_readable(page)
    resize(page, TALL)
    pick(page, "source", text("settings.source.options.walk"))
    assert len(numbers_drawn(page)) == 1


def test_many_features_fit(page: Page) -> None:
    visit(page, "/?source=sine&features=16&length=100")
    for size in (NARROW, TALL):
        resize(page, size)
        assert crowded_in_charts(page) == [], size
    assert faint_in_charts(page) == []


def test_a_sample_of_a_series_is_opened(page: Page) -> None:
    visit(page, "/series?kind=pasted&window=2&sample=1")
    follow(page, text("series.open", sample=1))
    settle(page)
    np.testing.assert_allclose(numbers_drawn(page), [[11.8, 11.5], [83, 85]], rtol=1e-6)
