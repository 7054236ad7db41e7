"""What holds of each page in both themes, on a wide and on a narrow screen: WCAG A and AA as far as
axe-core can tell, a name for all that a screen reader stops at, and nothing beyond the edges."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from components.backend.lessons import LESSONS
from components.backend.rooms.database import connect
from components.backend.rooms.room import Ballot, Room, moves
from components.backend.rooms.store import Store
from components.panels import accessibility
from components.texts import LANGUAGES, text
from tests.browser.dashboard import NARROW, SIDEWAYS, crowded_in_charts, faint_in_charts
from tests.browser.driver import PROJECTOR, settle

pytestmark = pytest.mark.whole

BROKEN = """async ([part, options, excused]) => {
    const { violations } = await axe.run(part, options)
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


def expect_readable(page: Page, part: str = "html") -> None:
    """All of a page has a name, can be read and fits, as it is looked at.

    Args:
        part: what of the page axe-core looks at, as the rest is no other than it was.
    """
    unroll(page)
    expect_named_charts(page)
    assert broken_rules(page, part) == [], part
    assert nameless(page) == [], part
    assert faint_in_charts(page) == [], part
    assert crowded_in_charts(page) == [], part
    assert page.evaluate(SIDEWAYS) == [], part


def unroll(page: Page) -> None:
    """Make the window so tall that all of the page is in it: axe-core passes over the colours of
    what has to be scrolled to."""
    height = page.evaluate("document.querySelector('.stMain').scrollHeight + 100")
    page.set_viewport_size(page.viewport_size | {"height": height})
    settle(page)


def broken_rules(page: Page, part: str = "html") -> list[str]:
    """What axe-core finds against WCAG A and AA in a part of the page, but for what is excused."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    options = {"resultTypes": ["violations"], "runOnly": [*accessibility.WCAG]}
    return page.evaluate(BROKEN, [part, options, {**accessibility.EXCUSED}])


def test_axe_finds_what_is_wrong(page: Page) -> None:
    page.goto("/questions")
    settle(page)
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


def expect_named_charts(page: Page) -> None:
    """Each chart is drawn within the page's edges, and is a figure with a name."""
    for chart in page.locator(".rnn-plot").all():
        chart.scroll_into_view_if_needed()
        expect(chart.locator(".main-svg").first).to_be_visible()
        page.wait_for_function(DRAWN_TO_FIT, arg=chart.element_handle())
        expect(chart).to_have_role("figure")
        expect(chart).to_have_accessible_name(re.compile(r"\w"))
        box = chart.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= page.viewport_size["width"]
    assert page.locator("img:not([alt])").count() == 0


def test_the_page_says_what_is_run() -> None:
    assert f"axe v{accessibility.AXE}" in AXE
    widths = accessibility.WIDE, accessibility.NARROW
    assert widths == (PROJECTOR["width"], NARROW["width"])


SHORT_PHONE = {"width": 320, "height": 480}
# So long that the last option is below the window.
PROMPT = " ".join(["Which of these?"] * 9)
BALLOT = Ballot(PROMPT, ("one", "two", "three", "four"), 1, "SAID", ("BELIEVED",) * 4)

# What is pressed and less than 24 px wide or high.
SMALL = """() => [...document.querySelectorAll("a, button")]
    .map((each) => [each.textContent, each.getBoundingClientRect()])
    .filter(([, box]) => Math.min(box.width, box.height) < 24)
    .map(([name]) => name)"""

# What has the focus, and whether another element lies over its middle.
FOCUSED = """() => {
    const { left, top, width, height } = document.activeElement.getBoundingClientRect()
    const there = document.elementFromPoint(left + width / 2, top + height / 2)
    return [document.activeElement.outerHTML, !document.activeElement.contains(there)]
}"""


def test_a_phone_is_read_and_used_by_keyboard_in_each_state(page: Page, rooms: Path) -> None:
    """A form, a vote, whether one is sure of it, the pair to discuss it with, and the answer; all
    in one small window. Tab stops at what can be pressed, and at the other language."""
    store, room = Store(connect(str(rooms))), Room(next(iter(LESSONS)))
    key = store.open(room, dict.fromkeys(LANGUAGES, BALLOT))
    store.choose(key, sure=True, pairs=True, seconds=90)
    page.set_viewport_size(SHORT_PHONE)
    page.goto("/join")
    expect_usable(page, stops=3)
    page.goto(f"/join/{key.code}")
    expect(page.get_by_role("status")).to_have_text(text("phones.said.waiting"))
    expect_usable(page, stops=1)
    for move, seen, stops in (
        ("open", page.locator("main button:enabled"), 5),
        ("close", page.locator(".pair"), 1),
        ("count", page.locator("small"), 1),
        ("answer", page.locator(".right"), 1),
    ):
        then = moves(room, 1)[move]
        store.move(key, room, then, None)
        room = then
        expect(seen.first).to_be_visible()
        expect_usable(page, stops=stops)
        if move == "open":
            store.vote(key.code, f"{1:032}", "1.1", 1)
            page.get_by_role("button", name="three").press("Enter")
            expect(page.get_by_role("button", name=text("phones.sure.no"))).to_be_visible()
            expect_usable(page, stops=7)


def expect_usable(page: Page, *, stops: int) -> None:
    """Axe finds nothing, all is large enough, and Tab comes to so many stops, none of them covered,
    and then to the browser's own."""
    assert broken_rules(page) == []
    assert page.evaluate(SMALL) == []
    reached = set()
    for _ in range(stops + 1):
        page.keyboard.press("Tab")
        focused, is_covered = page.evaluate(FOCUSED)
        assert not is_covered or focused.startswith("<body"), focused
        reached.add(focused)
    assert len(reached) == stops + 1


def test_settings_on_a_phone_do_not_cover_the_focus(page: Page) -> None:
    page.set_viewport_size(NARROW)
    page.goto("/stack")
    settle(page)
    page.get_by_test_id("stExpandSidebarButton").click()
    settle(page)
    page.locator("main button").filter(visible=True).last.focus()
    focused, is_covered = page.evaluate(FOCUSED)
    assert not is_covered, focused
