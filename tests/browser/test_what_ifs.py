"""The pages that ask a what-if: they keep the settings, and each shows what it asks about."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from components.texts import text
from tests.browser.dashboard import (
    NewPage,
    crowded_in_charts,
    elsewhere,
    figure,
    flip,
    plot,
    press,
    slider,
    unpack_line,
    visit,
)
from tests.browser.driver import settle


def test_a_thought_is_followed_from_page_to_page(page: Page) -> None:
    """By the menu and by the links, with the same settings, and back to where it began."""
    visit(page, "/?cell=GRU&units=6&source=random&length=7")  # Padding has no such sentence
    press(page, "units", "ArrowRight")
    line = unpack_line(page)
    page.get_by_role("button", name=text("what_if.menu")).click()
    page.get_by_role("menuitem", name=text("pages.compare.title")).click()
    for name in ("padding", "stack", "explore"):
        page.get_by_role("heading", level=1).wait_for()
        settle(page)
        link = elsewhere(page).filter(has_text=text(f"pages.{name}.title"))
        asked = parse_qs(urlsplit(link.get_attribute("href")).query)
        assert (asked["cell"], asked["units"]) == (["GRU"], ["7"])
        link.click()
        chart = page.locator(f".st-key-{'timeline' if name == 'explore' else name}")
        expect(chart.locator(".main-svg").first).to_be_visible()
        settle(page)
        expect(page).to_have_title(text("app.tab", page=text(f"pages.{name}.title")))
    assert unpack_line(page) == line
    query = parse_qs(urlsplit(page.url).query)
    assert (query["source"], query["length"]) == (["random"], ["7"])


def test_another_page_opens_in_a_new_tab_with_the_same_settings(page: Page) -> None:
    visit(page, "/padding?cell=GRU&units=5")
    with page.context.expect_page() as opened:
        there = elsewhere(page).filter(has_text=text("pages.stack.title"))
        there.click(modifiers=["ControlOrMeta"])
    tab = opened.value
    expect(tab).to_have_title(text("app.tab", page=text("pages.stack.title")))
    expect(slider(tab, "units")).to_have_value("5")
    expect(page).to_have_title(text("app.tab", page=text("pages.padding.title")))


def test_a_switch_stays_where_it_is(page: Page) -> None:
    """Whatever other switches come and go with it."""
    visit(page, "/padding")
    for name in ("initial_state", "pass_mask", "bidirectional"):
        switch = page.locator(f".st-key-pad-{name}")
        before = switch.bounding_box()
        flip(page, f"pad-{name}")
        assert switch.bounding_box() == before


def test_two_quick_changes_of_a_and_b_are_both_shown(page: Page) -> None:
    visit(page, "/compare?b.units=2")
    for _ in range(3):
        slider(page, "units").press("ArrowRight")
        page.locator(".st-key-b-units input").press("ArrowUp")
        page.locator(".st-key-return_state").get_by_role("switch").press(" ")
    settle(page)
    query = parse_qs(urlsplit(page.url).query)
    assert (query["units"], query["b.units"]) == (["6"], ["5"])
    assert query["return_state"] == ["false"]
    rows = [len(t["z"]) for t in figure(page, "compare") if t.get("name") == "outputs"]
    assert rows == [6, 5]


def test_sentences_of_different_lengths_find_their_page(page: Page) -> None:
    visit(page, "/?source=typed&tokens=1,2,3")
    field = page.get_by_role("textbox", name="Token ids")
    field.fill("1, 2, 3; 4, 5")
    field.press("Enter")
    settle(page)
    page.get_by_role("link", name=text("sidebar.padding")).click()
    expect(page.locator(".st-key-padding .main-svg").first).to_be_visible()
    settle(page)
    expect(page.get_by_role("textbox", name="Sentences")).to_have_value(re.compile("1, 2, 3; 4, 5"))
    assert [len(t["z"][0]) for t in figure(page, "padding") if t.get("name") == "outputs"] == [3, 3]
    for name, chart in (("explore", "timeline"), ("stack", "stack")):  # and ways on from there
        elsewhere(page).filter(has_text=text(f"pages.{name}.title")).click()
        expect(page.locator(f".st-key-{chart} .main-svg").first).to_be_visible()


def test_what_keras_refuses_stands_in_place(page: Page) -> None:
    visit(page, "/carry?how=encoder_decoder&decoder=larger")
    expect(page.get_by_test_id("stCode").first).to_contain_text("Matrix size-incompatible")
    flip(page, "hand_over")
    expect(page.get_by_text("begins with zeros").first).to_be_visible()


def test_a_title_that_is_too_long_for_its_chart_is_cut(new_page: NewPage) -> None:
    """Beside the name of a state, in a window that is neither a phone's nor a projector's."""
    page = new_page(viewport={"width": 640, "height": 900})
    differs = "b.recurrent_activation=hard_sigmoid_keras2&b.embeddings_initializer=uniform"
    visit(page, f"/compare?{differs}&b.use_bias=false&b.return_sequences=false")
    expect(plot(page, "compare")).to_contain_text("…")
    assert crowded_in_charts(page) == []
