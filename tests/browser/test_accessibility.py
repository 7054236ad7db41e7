"""Explore with each of its tabs, and Notebook, in both themes, on a wide and on a narrow screen:
WCAG A and AA as far as axe-core can tell, a name for all that a screen reader stops at, and nothing
beyond the edges. The tests of the other pages hold those against the same."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from components.texts import text
from tests.browser.dashboard import (
    NARROW,
    WIDE,
    Look,
    NewPage,
    choose,
    crowded_at_other_sizes,
    crowded_in_charts,
    expect_marked,
    faint_in_charts,
    follow,
    plot,
    slider,
    visit,
    wear,
)
from tests.browser.driver import settle

LOOKS = (("light", WIDE), ("dark", NARROW))
OTHER_LOOKS = (("dark", WIDE), ("light", NARROW))

TABS = {"Inside the cell": 2, "Shapes": 1, "Parameters": 2, "Code": 1, "PyTorch": 1, "Data": 1}

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Rule and the only elements that may break it, each for a reason.
EXCUSED = {
    # Streamlit's block of code scrolls sideways; browsers take such a box into the tab order.
    "scrollable-region-focusable": "[data-testid=stCode] pre",
    # On a phone Streamlit's own list of pages has a box round each group of them.
    "list": "[data-testid=stSidebarNavItems]",
    "listitem": "[data-testid=stSidebarNavItems] li",
}
BROKEN = """async ([options, excused]) => {
    const { violations } = await axe.run(options)
    return violations.flatMap(({ id, nodes }) => nodes
        .filter(({ target }) => !document.querySelector(target.at(-1))?.matches(excused[id] ?? "_"))
        .map((node) => `${id}: ${node.target} ${node.failureSummary}`))
}"""
AXE = Axe().axe_script  # half a megabyte, for each page once

# Chromium's own names for the roles.
NAMED = {"button", "checkbox", "combobox", "DisclosureTriangle", "heading", "link", "navigation"}
NAMED |= {"radio", "radiogroup", "region", "slider", "spinbutton", "switch", "table"}
NAMED |= {"textbox"}

# A chart is drawn in the page's colours, and as wide as there is room. One that is out of sight
# waits with that until it is seen.
DRAWN_TO_FIT = """chart => {
    const { width, font } = chart._fullLayout
    const colour = getComputedStyle(chart).getPropertyValue("--st-text-color")
    return width === chart.clientWidth && font.color === colour
}"""

# Boxes that are wider inside than outside, and so can be scrolled sideways.
SIDEWAYS = """() => [document.scrollingElement, document.querySelector('[data-testid="stMain"]')]
    .filter((box) => box.scrollWidth > box.clientWidth)
    .map((box) => `${box.tagName} ${box.scrollWidth} > ${box.clientWidth}`)"""


def places(page: Page) -> Iterator[tuple[str, int]]:
    """Goes through all that there is to see: what it is, and how many charts it has."""
    visit(page)
    expect(page.get_by_role("radiogroup", name="Cell")).to_be_visible()
    page.get_by_text("Advanced", exact=True).click()
    page.get_by_text("The products behind the sums").click()
    for tab, charts in TABS.items():
        choose(page, "tab", tab)
        yield tab, charts
    choose(page, "view", "table")
    yield "table", 0
    choose(page, "view", "lines")
    yield "lines", 1
    follow(page, "Notebook")
    page.get_by_text("All printed values").click()
    settle(page)
    yield "Notebook", 1


@pytest.mark.parametrize(
    "looks",
    [
        pytest.param(LOOKS, id="light-wide, dark-narrow"),
        pytest.param(OTHER_LOOKS, id="dark-wide, light-narrow", marks=pytest.mark.soak),
    ],
)
def test_everything_can_be_read_has_a_name_and_fits(
    new_page: NewPage, looks: tuple[Look, ...]
) -> None:
    (scheme, viewport), _ = looks
    page = new_page(color_scheme=scheme, viewport=viewport)
    for place, charts in places(page):
        own = charts - (place in TABS)  # each tab stands below the timeline, which is seen once
        if own:
            assert crowded_at_other_sizes(page) == [], place
        expect_readable(page, charts, looks, place)
        looks = looks[::-1]  # every other place is gone to on a phone, as the last is


def expect_readable(
    page: Page, charts: int, looks: tuple[Look, ...] = LOOKS, place: str = ""
) -> None:
    """All of a page has a name, can be read and fits, however it is looked at."""
    for look in looks:
        wear(page, look)
        expect_named_charts(page, charts)
        assert broken_rules(page) == [], (place, look)
        assert nameless(page) == [], (place, look)
        assert faint_in_charts(page) == [], (place, look)
        assert crowded_in_charts(page) == [], (place, look)
        assert page.evaluate(SIDEWAYS) == [], (place, look)


def expect_readable_with_code(page: Page, charts: int) -> None:
    page.get_by_text(text("what_if.code"), exact=True).click()
    expect(page.get_by_test_id("stCode").last).to_contain_text("import keras")
    page.get_by_test_id("stCode").last.scroll_into_view_if_needed()
    expect_readable(page, charts)
    assert crowded_at_other_sizes(page) == []


def broken_rules(page: Page) -> list[str]:
    """What axe-core finds against WCAG A and AA, but for what is excused."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    options = {"resultTypes": ["violations"], "runOnly": WCAG}
    return page.evaluate(BROKEN, [options, EXCUSED])


def test_axe_finds_what_is_wrong(page: Page) -> None:
    visit(page)
    pale = "#pale { color: #aaa; background: #fff; position: fixed; top: 50%; z-index: 9 }"
    page.add_style_tag(content=pale)
    page.evaluate(
        """() => document.querySelector("[data-testid=stMain]").insertAdjacentHTML("beforeend",
            "<button id=mute></button><p id=pale>pale</p>")"""
    )
    rules = [line.partition(" ")[0:3:2] for line in broken_rules(page)]
    assert sorted(rule for rule, _ in rules) == ["button-name:", "color-contrast:"]


def nameless(page: Page) -> list[str]:
    """The roles of those controls and tables that the browser finds no name for."""
    devtools = page.context.new_cdp_session(page)
    nodes = devtools.send("Accessibility.getFullAXTree")["nodes"]
    devtools.detach()
    seen = [node for node in nodes if not node["ignored"] and node["role"]["value"] in NAMED]
    assert len(seen) > 10
    return [node["role"]["value"] for node in seen if not node["name"]["value"].strip()]


def expect_named_charts(page: Page, count: int) -> None:
    """Each chart is drawn within the page's edges, and is a figure with a name."""
    charts = page.locator(".rnn-plot")
    expect(charts).to_have_count(count)
    for chart in charts.all():
        chart.scroll_into_view_if_needed()
        expect(chart.locator(".main-svg").first).to_be_visible()
        page.wait_for_function(DRAWN_TO_FIT, arg=chart.element_handle())
        expect(chart).to_have_role("figure")
        expect(chart).to_have_accessible_name(re.compile(r"\w"))
        box = chart.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= page.viewport_size["width"]
    assert page.locator("img:not([alt])").count() == 0


def test_a_table_has_a_name(page: Page) -> None:
    visit(page, "/?view=table")
    table = page.get_by_test_id("stDataFrame").first
    expect(table.get_by_role("region")).to_have_accessible_name(re.compile(r"\w"))


def test_tab_reaches_the_charts_and_shows_it(page: Page) -> None:
    visit(page)
    before = {
        "timeline": page.locator(".st-key-fixed").get_by_role("switch"),
        "inside": slider(page, "unit"),
    }
    for step, (key, control) in enumerate(before.items(), start=4):
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
