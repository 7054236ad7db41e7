"""What is seen at once, what is found, and what comes and goes."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from components.backend.lessons import title
from components.backend.mistakes.mistakes import MISTAKES
from components.panels.ask.address import FROM, leads
from components.panels.ask.questions import GROUPS, QUESTIONS
from components.texts import text
from tests.browser.dashboard import (
    NARROW,
    WIDE,
    NewPage,
    crowded_in_charts,
    figure,
    plot,
    resize,
    start_from,
    type_tokens,
    unpack_line,
    visit,
)
from tests.browser.driver import PROJECTOR, TALL, settle


@pytest.mark.whole
def test_what_comes_and_goes_has_nothing_else_drawn_anew(page: Page) -> None:
    """A click on a switch that is drawn from scratch at that moment would be lost. What came back
    is seen without scrolling all the while."""
    visit(page)
    expect_above_the_fold(page)
    kept = ".st-key-view [role=radiogroup], .st-key-timeline .rnn-plot"
    page.evaluate("kept => { window.kept = [...document.querySelectorAll(kept)] }", kept)
    main = page.get_by_role("main")
    comes = [
        (lambda: type_tokens(page, "1, 2; 3, 4"), main.locator(".st-key-sentence")),
        (lambda: type_tokens(page, "1, x"), main.get_by_role("alert")),
        (lambda: start_from(page, "notebook"), main.locator(".st-key-weights_row")),
        (lambda: start_from(page, "keras"), None),
    ]
    for do, shown in comes:
        do()
        if shown:
            expect(shown).to_be_visible()
        assert page.evaluate("kept.map(element => element.isConnected)") == [True, True]
    assert unpack_line(page) == "outputs = LSTM(3)(x)"
    expect_above_the_fold(page)


def expect_above_the_fold(page: Page) -> None:
    """The line, the whole timeline and what becomes of the old state lie between the header and
    the edges. A small projector has the names of all pages, too."""
    main = page.get_by_role("main")
    cards = main.locator(".rnn-cards > div").all()
    for card, name in zip(cards, ("outputs", "state_h", "state_c"), strict=True):
        expect(card).to_contain_text(name)
    for size in (WIDE, PROJECTOR):
        page.set_viewport_size(size)
        settle(page)
        top = page.get_by_test_id("stHeader").bounding_box()["height"]
        for part in (main.locator(".rnn-call"), plot(page, "timeline"), main.locator(".rnn-step")):
            box = part.bounding_box()
            assert box["y"] >= top
            assert box["y"] + box["height"] <= size["height"]
            assert box["x"] + box["width"] <= size["width"]
    for name in (text("pages.model.title"), text("menu.layers"), text("menu.learn")):
        expect(page.get_by_test_id("stTopNav").get_by_text(name, exact=True)).to_be_in_viewport()


@pytest.mark.whole
def test_a_trained_cells_words_do_not_touch_and_there_is_a_way_back(page: Page) -> None:
    """From what sets nearly all that there is, and takes a field off the page."""
    visit(page, "/?units=5")
    before, line = figure(page, "timeline"), unpack_line(page)
    start_from(page, "counts")
    there = page.url
    for size in (WIDE, NARROW):
        resize(page, size)
        ticks = plot(page, "timeline").locator(".xtick").all_text_contents()
        assert any("pause" in tick for tick in ticks)
        assert crowded_in_charts(page) == []
    resize(page, TALL)
    page.go_back()
    expect(page.locator(".rnn-call")).to_have_text(line)
    settle(page)
    assert urlsplit(page.url).query == "units=5"
    assert figure(page, "timeline") == before
    page.go_forward()
    expect(page.locator(".rnn-call")).not_to_have_text(line)
    settle(page)
    assert "trained=" in page.url
    assert page.url == there


def test_a_phone_has_a_menu_that_closes_after_a_choice(new_page: NewPage) -> None:
    page = new_page(viewport=NARROW)
    menu = page.get_by_role("button", name=text("app.menu"), exact=True)
    settings = page.get_by_test_id("stExpandSidebarButton")
    visit(page, "/padding?units=5")
    for name in ("questions", "padding"):
        expect(settings).to_be_visible(visible=name == "questions")  # which has none
        menu.click()
        chosen = page.get_by_role("link", name=text(f"pages.{name}.title"), exact=True)
        chosen.click()
        expect(page).to_have_title(text("app.tab", page=text(f"pages.{name}.title")))
        expect(chosen).to_be_hidden()
        settle(page)
        if name == "questions":
            expect_questions_folded_up(page)
    assert "units=5" in page.url


def expect_questions_folded_up(page: Page) -> None:
    groups, items = page.locator(".rnn-find > div > details"), page.locator(".rnn-find li:visible")
    expect(items).to_have_count(0)
    expect(groups.last).to_be_in_viewport()
    groups.first.locator("> summary").click()
    expect(items).to_have_count(len(GROUPS["returned"]))
    page.get_by_role("searchbox").fill("mask_zero")
    expect(items.first).to_contain_text(text("questions.mask.asked"))


MOST = 5
"""The most entries that are shown of those that fit."""


def shown(items: Locator) -> list[str]:
    """The names of the questions in a list, without the mistakes in it."""
    return [name for _, name in led(items) if name]


def led(items: Locator) -> list[tuple[str, str]]:
    """For each entry of a list the name of the mistake, or that of the question."""
    links = [link.get_attribute("href") for link in items.get_by_role("link").all()]
    asked = [dict(parse_qsl(urlsplit(href).query)) for href in links]
    return [(query.get("mistake", ""), query.get(FROM, "")) for query in asked]


def test_a_question_is_found_by_any_of_its_words(page: Page) -> None:
    page.goto("/questions")
    settle(page)
    field, items = page.get_by_role("searchbox"), page.locator(".rnn-find li:visible")
    every = items.count()
    for typed, found in (
        ("How many parameters", "parameters"),
        ("apply Dense at every step", "dense"),
        ("Stateful", "stateful"),
        ("What is input_dim?", "embedding"),
        ("Loss is NaN with relu", "relu"),
    ):
        field.fill(typed)
        expect(items.filter(has_text=text(f"questions.{found}.asked"))).to_be_visible()
        assert items.count() <= MOST
    field.fill("reset gate")  # side by side in one entry, and apart in another
    for found in ("reset_after", "gates"):
        expect(items.filter(has_text=text(f"questions.{found}.asked"))).to_be_visible()
    field.fill("What is my input shape for an LSTM?")  # no entry of that question has all words
    expect(items.first).to_contain_text(text("questions.samples.asked"))
    field.fill("notebook")
    notebook = items.first.get_by_role("link", name=text("pages.notebook.title"))
    expect(notebook).to_have_attribute("href", "./notebook")
    for unknown in ("zzz", "128", "what is the weather"):
        field.fill(unknown)
        expect(items).to_have_count(0)
        expect(page.locator(".rnn-find [role=status]")).to_have_text(text("questions.none"))
    field.fill("lost mask")
    found = shown(items)
    items.first.get_by_role("link").click()
    settle(page)
    page.go_back()
    expect(field).to_have_value("lost mask")
    assert shown(items) == found
    field.fill("")
    expect(items).to_have_count(every)
    expect_words_gone_to_once_they_are_there(page)


@pytest.mark.whole
def test_an_error_finds_its_mistake(page: Page) -> None:
    page.goto("/questions")
    settle(page)
    field, items = page.get_by_role("searchbox"), page.locator(".rnn-find > ul li")
    for mistake in MISTAKES.values():
        if mistake.says:
            field.fill(mistake.says)
            items.first.wait_for()  # what is searched is loaded with the first
            (found, _), *_ = led(items)
            assert found
            assert MISTAKES[found].says == mistake.says  # two mistakes may have one error


@pytest.mark.whole
def test_a_question_leads_to_the_place_on_the_page(new_page: NewPage) -> None:
    page, name = new_page(viewport=PROJECTOR), "every_c"
    place = page.get_by_role("main").get_by_text(text(f"questions.{name}.at"))
    page.goto("/questions")
    page.get_by_role("link", name=text(f"questions.{name}.asked")).click()
    expect(place).to_be_visible()
    expect(page.locator(".rnn-drawing svg")).to_be_visible()  # the tallest of all that is above
    settle(page)
    expect(place).not_to_be_in_viewport()
    page.get_by_role("link", name="Look at").click()
    expect(place).to_be_in_viewport()
    expect_answer_kept_over_a_reload_and_one_step_back_to_the_questions(page)


def expect_answer_kept_over_a_reload_and_one_step_back_to_the_questions(page: Page) -> None:
    answer = page.get_by_role("main").get_by_text(text("questions.every_c.answer"))
    page.reload()
    expect(answer).to_be_visible()
    settle(page)
    page.go_back()
    page.wait_for_url("**/questions")


@pytest.mark.whole
def test_look_at_frames_the_strip_that_it_names(new_page: NewPage) -> None:
    """The answer stands above the widgets, and the picture below them is still in sight. The strip
    is scrolled to, and its name, but no other strip's, is in its frame."""
    page = new_page(viewport=PROJECTOR)
    for group, name, key, within, above in (
        ("layers", "repeat", "stack", "LSTM(3)", "(1, 3)"),
        ("states", "stateful", "calls", "At the cut", "First call"),
    ):
        visit(page, leads(GROUPS[group][name].address, name).removeprefix("."))
        answer = page.locator(".st-key-led").bounding_box()
        cells = plot(page, key).locator(".nsewdrag").first.bounding_box()
        assert answer["y"] + answer["height"] < cells["y"]
        if name == "repeat":
            assert cells["y"] + cells["height"] <= PROJECTOR["height"]
        expect_framed_alone(page, key, within, above)
    expect_predicted_and_gone_on(page)


def expect_framed_alone(page: Page, key: str, within: str, above: str) -> None:
    """Look at leads to the strip of a picture whose name has the one words, and frames it without
    the strip above it."""
    page.get_by_role("link", name="Look at").click()
    frame = page.locator(f".st-key-{key} .rnn-looked-at")
    expect(frame).to_be_in_viewport(ratio=1)
    own, other = (
        plot(page, key).locator(".annotation-text", has_text=words).last.bounding_box()
        for words in (within, above)
    )
    box = frame.bounding_box()
    assert box["y"] - 1 <= own["y"] < box["y"] + box["height"]
    assert other["y"] + other["height"] <= box["y"] + 1


@pytest.mark.whole
def test_look_at_frames_the_two_biases_of_a_gru(page: Page) -> None:
    """In a picture that is drawn once it is scrolled to, below the page's own."""
    visit(page, leads(QUESTIONS["reset_after"].address, "reset_after").removeprefix("."))
    expect_framed_alone(page, "parameters", "bias", "recurrent_kernel")


def expect_predicted_and_gone_on(page: Page) -> None:
    """The links below an answer lead to a lesson's question, and to the next page."""
    after = text("questions.next", page=text("pages.both_ways.title"))
    asked = text("questions.predict", lesson=title("calls"))
    expect(page.get_by_role("link", name=after)).to_be_visible()
    page.get_by_role("link", name=asked).click()
    expect(page.get_by_role("radiogroup", name=text("lessons.options"))).to_be_visible()
    query = {"lesson": "calls", "question": "3", FROM: "stateful"}
    assert dict(parse_qsl(urlsplit(page.url).query)) == query


@pytest.mark.whole
def test_look_at_goes_to_the_fact_below_and_not_to_the_same_beside_the_answer(page: Page) -> None:
    visit(page, leads(QUESTIONS["padding"].address, "padding").removeprefix("."))
    page.get_by_role("link", name="Look at").click()
    framed = page.locator(".rnn-facts [data-looked-at]")
    expect(framed).to_contain_text(text("questions.padding.at"))
    expect(framed).to_be_in_viewport(ratio=1)
    expect(page.locator("[data-looked-at]")).to_have_count(1)
    expect(page.locator(".rnn-beside")).to_contain_text(text("questions.padding.at"))


PARTS = {
    name: asked.look.removeprefix("part=")
    for name, asked in QUESTIONS.items()
    if asked.look.startswith("part=")
}


@pytest.mark.whole
@pytest.mark.parametrize("name", PARTS)
def test_look_at_frames_the_part_that_it_names(new_page: NewPage, name: str) -> None:
    page = new_page(viewport=PROJECTOR)
    page.goto(leads(QUESTIONS[name].address, name).removeprefix("."))
    settle(page)
    page.get_by_role("link", name="Look at").click()
    framed = page.locator(f".stMain .{PARTS[name]}[data-looked-at]")
    expect(framed).to_be_in_viewport()
    settle(page)
    expect(framed).to_be_in_viewport()
    expect(page.locator("[data-looked-at]")).to_have_count(1)


ADD = "html => document.querySelector('[data-testid=stMain]').insertAdjacentHTML(...html)"


def expect_words_gone_to_once_they_are_there(page: Page) -> None:
    """Unless the visitor has done something else by then."""
    for words, gone_to in (("others", False), ("these", True)):
        page.evaluate(ADD, ["afterbegin", f"<a href='#:~:text={words}%20too'>to {words}</a>"])
        page.get_by_text(f"to {words}").dispatch_event("click")
        if not gone_to:
            page.keyboard.press("Tab")
        page.evaluate(ADD, ["beforeend", f"<p style='margin-top: 5000px'>{words} too</p>"])
        place = expect(page.get_by_text(f"{words} too"))
        place.to_be_in_viewport() if gone_to else place.not_to_be_in_viewport()
