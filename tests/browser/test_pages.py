"""What is seen at once, in which colours, and what another page leaves as it was."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from components.panels.page.address import FROM, leads
from components.panels.questions import GROUPS
from components.panels.sidebar import TRAINED
from components.texts import text
from tests.browser.dashboard import (
    NARROW,
    WIDE,
    NewPage,
    crowded_in_charts,
    faint_in_charts,
    flip,
    plot,
    resize,
    start_from,
    type_tokens,
    unpack_line,
    visit,
)
from tests.browser.driver import PROJECTOR, VIEWPORT, settle


def test_what_came_back_is_seen_without_scrolling(page: Page) -> None:
    visit(page)
    expect_above_the_fold(page)
    flip(page, "return_sequences")
    flip(page, "return_state")
    assert unpack_line(page) == "outputs = LSTM(3)(x)"
    expect_above_the_fold(page)


def expect_above_the_fold(page: Page) -> None:
    """The line, the three cards, the whole timeline and the first two facts lie between the header
    and the edges. A small projector has the names of all pages, too."""
    main = page.get_by_role("main")
    cards = main.locator(".rnn-cards > div").all()
    for card, name in zip(cards, ("outputs", "state_h", "state_c"), strict=True):
        expect(card).to_contain_text(name)
    for size in (WIDE, PROJECTOR):
        page.set_viewport_size(size)
        settle(page)
        top = page.get_by_test_id("stHeader").bounding_box()["height"]
        facts = main.locator(".rnn-facts li")
        first = (facts.nth(0), facts.nth(1))
        for part in (main.locator(".rnn-call"), *cards, plot(page, "timeline"), *first):
            box = part.bounding_box()
            assert box["y"] >= top
            assert box["y"] + box["height"] <= size["height"]
            assert box["x"] + box["width"] <= size["width"]
    for name in (text("pages.notebook.title"), text("what_if.menu")):
        expect(page.get_by_test_id("stTopNav").get_by_text(name, exact=True)).to_be_in_viewport()


def test_what_comes_and_goes_has_nothing_else_drawn_anew(page: Page) -> None:
    """A click on a switch that is drawn from scratch at that moment would be lost."""
    visit(page)
    kept = ".st-key-view [role=radiogroup], .st-key-timeline .rnn-plot"
    page.evaluate("kept => { window.kept = [...document.querySelectorAll(kept)] }", kept)
    main = page.get_by_role("main")
    comes = [
        (lambda: type_tokens(page, "1, 2; 3, 4"), main.locator(".st-key-sentence")),
        (lambda: type_tokens(page, "1, x"), main.get_by_role("alert")),
        (lambda: type_tokens(page, "1, 2"), None),
        (lambda: start_from(page, "notebook"), main.locator(".st-key-weights_row")),
    ]
    for do, shown in comes:
        do()
        if shown:
            expect(shown).to_be_visible()
        assert page.evaluate("kept.map(element => element.isConnected)") == [True, True]


def test_tokens_that_are_words_do_not_touch(page: Page) -> None:
    settings, start = TRAINED["counts"]
    visit(page, f"/?{urlencode(settings.to_query() | start.to_query())}")
    for size in (WIDE, NARROW):
        resize(page, size)
        ticks = plot(page, "timeline").locator(".xtick").all_text_contents()
        assert any("pause" in tick for tick in ticks)
        assert crowded_in_charts(page) == []


def test_a_phone_has_a_menu_that_closes_after_a_choice(new_page: NewPage) -> None:
    page = new_page(viewport=NARROW)
    menu = page.get_by_role("button", name=text("app.menu"), exact=True)
    settings = page.get_by_test_id("stExpandSidebarButton")
    visit(page, "/padding?units=5")
    for name in ("stack", "questions", "padding"):
        expect(settings).to_be_visible(visible=name != "padding")  # Questions has none
        menu.click()
        chosen = page.get_by_role("link", name=text(f"pages.{name}.title"), exact=True)
        chosen.click()
        expect(page).to_have_title(text("app.tab", page=text(f"pages.{name}.title")))
        expect(chosen).to_be_hidden()
        settle(page)
    assert "units=5" in page.url


def test_the_first_page_finds_no_script_late_and_changes_its_theme(
    new_page: NewPage, server: str
) -> None:
    """All that it is made of stands in its head."""
    page = new_page(fresh=True, color_scheme="light")
    head = httpx.get(server, headers={"Accept": "text/html"}, follow_redirects=True).text
    told = set(re.findall(r"/js/([^/\"]+\.js)", head))
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    visit(page)
    scripts = {url.rpartition("/")[2] for url in fetched if "/static/js/" in url}
    assert scripts
    assert scripts <= told
    expect_theme_changed_without_a_reload(page)


def expect_theme_changed_without_a_reload(page: Page) -> None:
    charts = [plot(page, key) for key in ("timeline", "inside")]
    for chart in charts:
        chart.evaluate("plot => { plot.tag = true; plot.before = plot.layout.font.color }")
    page.emulate_media(color_scheme="dark")
    for chart in charts:
        page.wait_for_function(
            "plot => plot.tag && plot.layout.font.color !== plot.before",
            arg=chart.element_handle(),
        )
    assert faint_in_charts(page) == []


PARTS = ("asked", "also", "answer")


def shown(items: Locator) -> list[str]:
    """The names of the questions in a list."""
    links = [link.get_attribute("href") for link in items.get_by_role("link").all()]
    return [parse_qs(urlsplit(href).query)[FROM][0] for href in links]


def test_on_a_phone_the_questions_are_folded_up(new_page: NewPage) -> None:
    page = new_page(viewport=NARROW)
    page.goto("/questions")
    settle(page)
    groups, items = page.locator(".rnn-find details"), page.locator(".rnn-find li:visible")
    expect(items).to_have_count(0)
    expect(groups.last).to_be_in_viewport()
    groups.first.locator("summary").click()
    expect(items).to_have_count(len(GROUPS["returned"]))
    page.get_by_role("searchbox").fill("mask_zero")
    expect(items.first).to_contain_text(text("questions.mask.asked"))


def test_a_question_is_found_by_any_of_its_words(page: Page) -> None:
    page.goto("/questions")
    settle(page)
    field, items = page.get_by_role("searchbox"), page.locator(".rnn-find li:visible")
    every = items.count()
    for typed, found in (
        ("How many parameters", "parameters"),
        ("expected ndim=3 found ndim=2", "ndim"),
        ("Stateful", "stateful"),
    ):
        field.fill(typed)
        expect(items.filter(has_text=text(f"questions.{found}.asked"))).to_be_visible()
        assert items.count() < every
    # In its own wording, then in the words that find it too, then in the answer.
    field.fill("bias")
    expect(items.first).to_contain_text(text("questions.reset_after.asked"))
    parts = [[text(f"questions.{name}.{part}") for part in PARTS] for name in shown(items)]
    at = [next(n for n, said in enumerate(each) if "bias" in said.lower()) for each in parts]
    assert at == sorted(at)
    assert len({*at}) == len(PARTS)
    field.fill("zzz")
    expect(items).to_have_count(0)
    expect(page.locator(".rnn-find [role=status]")).to_have_text(text("questions.none"))
    field.fill("")
    expect(items).to_have_count(every)


@pytest.mark.parametrize("name", ["gates", "every_c"])
def test_a_question_leads_to_the_place_on_the_page(new_page: NewPage, name: str) -> None:
    page = new_page(viewport=PROJECTOR)
    place = page.get_by_role("main").get_by_text(text(f"questions.{name}.at"))
    page.goto("/questions")
    page.get_by_role("link", name=text(f"questions.{name}.asked")).click()
    expect(place).to_be_visible()
    expect(page.locator(".rnn-drawing svg")).to_be_visible()  # the tallest of all that is above
    settle(page)
    expect(place).not_to_be_in_viewport()
    page.get_by_role("link", name="Look at").click()
    expect(place).to_be_in_viewport()


def test_look_at_keeps_the_picture_in_sight(new_page: NewPage) -> None:
    page = new_page(viewport=VIEWPORT)
    visit(page, leads(GROUPS["states"]["stateful"], "stateful").removeprefix("."))
    page.get_by_role("link", name="Look at").click()
    place = page.get_by_role("main").get_by_text(text("questions.stateful.at"))
    expect(place.first).to_be_in_viewport()
    expect(page.locator(".st-key-carry .rnn-picture")).to_be_in_viewport(ratio=0.5)


ADD = "html => document.querySelector('[data-testid=stMain]').insertAdjacentHTML(...html)"


def test_words_that_are_not_there_yet_are_gone_to_once_they_are(page: Page) -> None:
    """Unless the visitor has done something else by then."""
    visit(page)
    for words, gone_to in (("others", False), ("these", True)):
        page.evaluate(ADD, ["afterbegin", f"<a href='#:~:text={words}%20too'>to {words}</a>"])
        page.get_by_text(f"to {words}").dispatch_event("click")
        if not gone_to:
            page.keyboard.press("Tab")
        page.evaluate(ADD, ["beforeend", f"<p style='margin-top: 5000px'>{words} too</p>"])
        place = expect(page.get_by_text(f"{words} too"))
        place.to_be_in_viewport() if gone_to else place.not_to_be_in_viewport()
