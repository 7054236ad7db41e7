"""The pages that ask a what-if: they keep the settings, and each shows what it asks about."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from components.texts import text
from tests.browser.dashboard import (
    NARROW,
    NewPage,
    crowded_at_all_sizes,
    crowded_in_charts,
    elsewhere,
    figure,
    flip,
    plot,
    press,
    resize,
    slider,
    type_tokens,
    unpack_line,
    visit,
)
from tests.browser.driver import TALL, settle


@pytest.mark.whole
def test_a_thought_is_followed_from_page_to_page(page: Page) -> None:
    """With the same settings, by the menu, the sidebar and the links."""
    visit(page, "/?cell=GRU&units=6&source=typed&tokens=1,2,3")
    press(page, "units", "ArrowRight")
    type_tokens(page, "1, 2, 3; 4, 5")  # of different lengths, which have a page of their own
    page.get_by_role("link", name=text("sidebar.padding")).click()
    expect_page(page, "padding")
    expect(page.get_by_role("textbox", name="Sentences")).to_have_value(re.compile("1, 2, 3; 4, 5"))
    assert [len(t["z"][0]) for t in figure(page, "padding") if t.get("name") == "outputs"] == [3, 3]
    expect_switches_to_stay(page)
    elsewhere(page).filter(has_text=text("pages.stack.title")).click()
    expect_page(page, "stack")
    menu = page.get_by_test_id("stTopNav")
    here = menu.get_by_role("button", name=text("menu.layers"))
    expect(here).to_have_attribute("data-here", "")
    menu.get_by_role("button", name=text("menu.one_layer")).click()
    page.get_by_role("menuitem", name=text("pages.compare.title")).click()
    expect_page(page, "compare")
    elsewhere(page).filter(has_text=text("pages.explore.title")).click()
    expect_page(page, "explore", "timeline")
    assert unpack_line(page).startswith("outputs, state_h = GRU(7, ")
    query = parse_qs(urlsplit(page.url).query)
    assert (query["cell"], query["units"], query["tokens"]) == (["GRU"], ["7"], ["1, 2, 3"])


def expect_page(page: Page, name: str, chart: str | None = None) -> None:
    expect(page).to_have_title(text("app.tab", page=text(f"pages.{name}.title")))
    expect(page.locator(f".st-key-{chart or name} .main-svg").first).to_be_visible()
    settle(page)
    assert slider(page, "units").input_value() == "7"


def expect_switches_to_stay(page: Page) -> None:
    """Each where it is, whatever other switches come and go with it."""
    for name in ("initial_state", "pass_mask", "bidirectional"):
        switch = page.locator(f".st-key-pad-{name}")
        before = switch.bounding_box()
        flip(page, f"pad-{name}")
        assert switch.bounding_box() == before


def test_quick_changes_of_a_and_b_are_all_shown(page: Page) -> None:
    """And a title that is too long for its chart is cut, beside the name of a state, in a window
    that is neither a phone's nor a projector's."""
    differs = "b.recurrent_activation=hard_sigmoid_keras2&b.embeddings_initializer=uniform"
    visit(page, f"/compare?{differs}&b.use_bias=false&b.return_sequences=false&b.units=2")
    for _ in range(2):
        slider(page, "units").press("ArrowRight")
        page.locator(".st-key-b-units input").press("ArrowUp")
    page.locator(".st-key-return_state").get_by_role("switch").press(" ")
    settle(page)
    query = parse_qs(urlsplit(page.url).query)
    assert (query["units"], query["b.units"]) == (["5"], ["4"])
    assert query["return_state"] == ["false"]
    rows = [len(t["z"]) for t in figure(page, "compare") if t.get("name") == "outputs"]
    assert rows == [5, 4]
    resize(page, {"width": 640, "height": 900})
    expect(plot(page, "compare")).to_contain_text("…")
    assert crowded_in_charts(page) == []


SHORT_AND_LONG = f"pad.sentences=81,87;77,66,54;{','.join(map(str, range(1, 31)))}"


@pytest.mark.whole
@pytest.mark.parametrize(
    ("link", "charts"),
    [
        ("padding", 1),  # of a padded sentence the states are small
        (f"padding?seed=2&{SHORT_AND_LONG}&pad.mask_zero=false", 1),
        ("influence?source=random&length=100", 2),  # the sizes reach down to 1e−12
        ("calls?how=stateful&source=random&sentences=3&lang=ko", 1),
    ],
)
def test_every_label_has_its_place_and_every_strip_its_numbers(
    new_page: NewPage, link: str, charts: int
) -> None:
    page = new_page()
    visit(page, f"/{link}")
    assert page.locator(".rnn-plot").count() == charts
    assert crowded_at_all_sizes(page) == []
    resize(page, NARROW)
    assert crowded_in_charts(page) == []
    first = page.locator(".rnn-plot").first
    heads = first.locator(".annotation-text").all_text_contents()
    if "pad.sentences" in link:
        assert {"81", "77", "1"} <= set(heads)


# What is on top at a point, of all that is drawn there.
ON_TOP = """([x, y]) => {
  const style = document.createElement("style")
  style.textContent =
    ":is(.rnn-rows, .rnn-playhead, .hoverlayer) * { pointer-events: all !important }"
  document.head.append(style)
  const found = document.elementFromPoint(x, y)
  style.remove()
  return Boolean(found.closest(".hoverlayer"))
}"""


def test_what_is_said_at_the_pointer_is_before_the_frames(new_page: NewPage) -> None:
    page = new_page(viewport=TALL)
    visit(page, "/?tab=inside")
    chart = plot(page, "inside")
    box = chart.bounding_box()
    said = chart.locator(".hoverlayer .hovertext")
    outline = chart.locator("xpath=..").locator(".rnn-rows i").nth(4).bounding_box()  # of c
    page.mouse.move(box["x"] + box["width"] / 2, outline["y"] + outline["height"] + 3)
    expect(said).to_be_visible()
    settle(page)
    label = said.bounding_box()
    x = label["x"] + label["width"] / 2
    frames = [outline["y"] + 1, outline["y"] + outline["height"] - 1]
    crossing = [y for y in frames if label["y"] < y < label["y"] + label["height"]]
    assert crossing
    assert all(page.evaluate(ON_TOP, [x, y]) for y in crossing)


@pytest.mark.whole
def test_facts_stay_unfolded_when_their_numbers_change(page: Page) -> None:
    visit(page, "/padding")
    facts = page.locator(".rnn-facts details li").first
    expect(facts).to_be_hidden()
    page.locator(".rnn-facts summary").click()
    expect(facts).to_be_visible()
    before = page.locator(".rnn-facts").text_content()
    press(page, "units", "ArrowRight")
    settle(page)
    assert page.locator(".rnn-facts").text_content() != before
    expect(facts).to_be_visible()
    page.locator(".rnn-facts summary").click()
    press(page, "units", "ArrowRight")
    settle(page)
    expect(facts).to_be_hidden()


@pytest.mark.whole
@pytest.mark.parametrize("look", ["", "#present=true"])
def test_a_key_flips_what_makes_the_difference_and_the_picture_stays(page: Page, look: str) -> None:
    visit(page, f"/calls{look}", on_proof=True)
    picture = plot(page, "calls")
    top = picture.bounding_box()
    for wrong in (0, 6):
        page.keyboard.press("x")
        settle(page)
        says = [t for t in figure(page, "calls") if t.get("name") == "says"]
        assert sum(value == -1 for trace in says for row in trace["z"] for value in row) == wrong
        assert picture.bounding_box() == top
