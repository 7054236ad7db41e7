"""Names for those who do not see the page, and the keyboard for those who do not use a mouse."""

import re

from playwright.sync_api import Page, expect

from tests.browser.dashboard import choose, expect_marked, follow, plot, slider, visit
from tests.browser.driver import settle

# Chromium's own names for the roles.
NAMED = {"button", "checkbox", "combobox", "DisclosureTriangle", "heading", "link", "navigation"}
NAMED |= {"radio", "radiogroup", "region", "slider", "spinbutton", "switch", "tab", "table"}
NAMED |= {"tabpanel", "textbox"}
TABS = {"Inside the cell": 2, "Shapes": 1, "Parameters": 2, "Code": 1, "Data": 1}


def nameless(page: Page) -> list[str]:
    """The roles of those controls and tables that the browser finds no name for."""
    devtools = page.context.new_cdp_session(page)
    nodes = devtools.send("Accessibility.getFullAXTree")["nodes"]
    seen = [node for node in nodes if not node["ignored"] and node["role"]["value"] in NAMED]
    assert len(seen) > 10
    return [node["role"]["value"] for node in seen if not node["name"]["value"].strip()]


def expect_named_charts(page: Page, count: int) -> None:
    charts = page.locator(".rnn-plot")
    expect(charts).to_have_count(count)
    names = [chart.get_attribute("aria-label") for chart in charts.all()]
    assert all(names)
    for chart, name in zip(charts.all(), names, strict=True):
        expect(chart).to_have_role("img")
        expect(chart).to_have_accessible_name(name)
    assert page.locator("img:not([alt])").count() == 0


def test_everything_on_explore_has_a_name(page: Page) -> None:
    visit(page)
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_text("The products behind the sums").click()
    for tab, charts in TABS.items():
        page.get_by_role("tab", name=tab).click()
        settle(page)
        expect_named_charts(page, charts)
        assert nameless(page) == [], tab
    choose(page, "view", "table")
    assert nameless(page) == []
    table = page.get_by_test_id("stDataFrame").first
    expect(table.get_by_role("region")).to_have_accessible_name(re.compile(r"\w"))


def test_everything_on_notebook_has_a_name(page: Page) -> None:
    visit(page)
    follow(page, "Notebook")
    page.get_by_text("All printed values").click()
    settle(page)
    expect_named_charts(page, 1)
    assert nameless(page) == []


def test_tab_reaches_the_charts_and_shows_it(page: Page) -> None:
    visit(page)
    before = {
        "timeline": page.locator(".st-key-fixed").get_by_role("switch"),
        "inside": slider(page, "unit"),
    }
    for step, (key, control) in enumerate(before.items(), start=2):
        control.focus()
        chart = plot(page, key)
        for _ in range(5):
            page.keyboard.press("Tab")
            if chart.evaluate("chart => chart === document.activeElement"):
                break
        expect(chart).to_be_focused()
        assert chart.evaluate("chart => getComputedStyle(chart).outlineStyle") == "solid"
        page.keyboard.press("ArrowRight")
        expect_marked(page, step)
