"""What a visitor pastes or types on the opening page, and where it leads."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from components.texts import text
from tests.browser.dashboard import NewPage, arrive, settle, visit
from tests.browser.test_accessibility import broken_rules

PASTE = """(field, text) => {
  const clipboardData = new DataTransfer()
  clipboardData.setData("text/plain", text)
  const options = { clipboardData, bubbles: true, cancelable: true }
  field.dispatchEvent(new ClipboardEvent("paste", options))
}"""

MODEL = """model = keras.Sequential([
    keras.Input((10, 8)),
    layers.LSTM(600, return_sequences=True),
    layers.Bidirectional(layers.GRU(16)),
])"""

ERROR = """Traceback (most recent call last):
  File "/home/kim/train.py", line 12, in <module>
    model.add(keras.layers.LSTM(32))
  File "/usr/lib/python3.11/site-packages/keras/src/utils/traceback_utils.py", line 122
    raise e.with_traceback(filtered_tb) from None
ValueError: Input 0 of layer "lstm_1" is incompatible with the layer: expected ndim=3, \
found ndim=2. Full shape received: (None, 64)"""


@pytest.mark.whole
def test_what_is_pasted_opens_on_the_page_that_shows_it(page: Page) -> None:
    visit(page)
    field = page.get_by_role("combobox", name=text("questions.find"))
    panel = page.locator(".st-key-pasted")
    field.evaluate(PASTE, "(32, 10, 8)")
    expect(panel).to_contain_text("8 features")
    panel.get_by_role("link").click()
    page.wait_for_url(lambda url: parse_qs(urlsplit(url).query).get("features") == ["8"])
    arrive(page)
    field.fill("LSTM(64, return_sequences=True)")
    field.press("Enter")
    expect(panel).to_contain_text("LSTM(64, return_sequences=True)")
    field.evaluate(PASTE, MODEL)
    expect(panel).to_contain_text("512, not 600")
    panel.get_by_role("link").click()
    page.wait_for_url(lambda url: urlsplit(url).path == "/stack")
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["units"], asked["2.cell"], asked["2.bidirectional"]) == (
        ["512"],
        ["GRU"],
        ["concat"],
    )
    visit(page)
    field.evaluate(PASTE, ERROR)
    expect(panel).to_contain_text("line 12")
    assert broken_rules(page, ".st-key-pasted") == []
    expect(panel.locator("code").last).to_contain_text("LSTM(64, return_sequences=True)")
    panel.get_by_role("button", name=text("pasted.close")).click()
    expect(panel).to_have_count(0)
    field.evaluate(PASTE, ERROR)
    panel.get_by_role("link").click()
    page.wait_for_url(lambda url: url.endswith("/mistakes?mistake=no_steps"))


UNKNOWN = """Traceback (most recent call last):
  File "train.py", line 3, in <module>
    layer = keras.layers.LSTM(32, return_sequences="yes")
ValueError: return_sequences must be a bool for a layer that is stacked on another layer"""
MESSAGE = ERROR.splitlines()[-1].removeprefix("ValueError: ")


@pytest.mark.whole
@pytest.mark.parametrize("path", ["/", "/questions"])
def test_of_an_error_the_list_says_first_that_it_is_explained(page: Page, path: str) -> None:
    page.goto(path)
    settle(page)
    field = page.locator(".rnn-find input")
    first, panel = page.locator(FIRST), page.locator(".st-key-pasted")
    field.fill(MESSAGE)  # as it is copied, without the name of the error
    expect(first).to_have_text(text("pasted.read.error"))
    assert broken_rules(page, ".rnn-find") == []
    field.press("Enter")
    expect(panel).to_contain_text("LSTM(64, return_sequences=True)")
    panel.get_by_role("button", name=text("pasted.close")).click()
    expect(panel).to_have_count(0)
    field.fill("LSTM(64, return_sequences=True)")
    expect(first).to_have_text(text("pasted.read.code"))
    first.click()
    expect(panel).to_contain_text("LSTM(64, return_sequences=True)")
    field.fill("ValueError: expected ndim=3")  # cut off: of it nothing can be explained
    expect(first).to_contain_text(text("questions.mistake"))


FIRST = ".rnn-find [role=option]:first-child, .rnn-find > ul > li:first-child > :first-child"


@pytest.mark.whole
def test_a_mistake_in_a_list_says_that_it_is_one(page: Page) -> None:
    mistake = f"{text('questions.mistake')} {text('mistakes_view.mistake.options.flatten')}"
    for path, found in (("/", "[role=option]"), ("/questions", "> ul a")):
        page.goto(path)
        settle(page)
        page.locator(".rnn-find input").fill("Flatten before a recurrent layer")
        every = page.locator(f".rnn-find {found}")
        expect(every.first).to_have_text(mistake)
        expect(every.filter(has_text=text("questions.flatten.asked"))).to_have_text(
            text("questions.flatten.asked")
        )


@pytest.mark.whole
def test_of_an_error_that_cannot_be_explained_the_entries_are_shown_that_fit(page: Page) -> None:
    visit(page)
    page.locator(".rnn-find input").evaluate(PASTE, UNKNOWN)
    panel = page.locator(".st-key-pasted")
    expect(panel).to_contain_text(text("pasted.errors.unknown"))
    found = panel.get_by_role("link")
    expect(found).to_have_count(5)
    assert broken_rules(page, ".st-key-pasted") == []
    address = found.first.get_attribute("href").removeprefix("./")
    found.first.click()
    page.wait_for_url(lambda url: url.split("/", 3)[-1].startswith(address))


@pytest.mark.whole
def test_a_question_is_found_by_the_keyboard(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visit(page)
    field = page.get_by_role("combobox", name=text("questions.find"))
    found = page.get_by_role("option")
    top = page.locator(".rnn-call").bounding_box()
    assert not [url for url in asked if "found." in url]  # loaded once somebody searches
    page.keyboard.press("/")
    expect(field).to_be_focused()
    page.keyboard.type("c above 1")
    expect(found.first).to_have_text(text("questions.unbounded.asked"))
    expect(field).to_have_attribute("aria-expanded", "true")
    assert found.count() <= 5
    assert broken_rules(page, ".rnn-find") == []
    assert page.locator(".rnn-call").bounding_box() == top
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-activedescendant", found.nth(1).get_attribute("id"))
    page.keyboard.press("ArrowUp")
    expect(found.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(found).to_have_count(0)
    field.fill("Does Keras's LSTM have peephole connections?")
    expect(page.locator(".rnn-find [role=status]")).to_have_text(text("questions.none"))
    address = page.url
    page.keyboard.press("Enter")
    field.fill("c above 1")
    expect(found.first).to_have_text(text("questions.unbounded.asked"))
    assert page.url == address  # Enter opened nothing
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "from=unbounded" in url)


@pytest.mark.whole
def test_what_is_typed_before_the_search_has_come_is_found(new_page: NewPage) -> None:
    page, held = new_page(fresh=True), list[Route]()
    page.route("**/search/find_over.js", lambda route: held.append(route))
    visit(page)
    field = page.get_by_role("combobox", name=text("questions.find"))
    field.fill("c above 1")
    expect(page.get_by_role("option")).to_have_count(0)
    for request in held:
        request.continue_()
    expect(page.get_by_role("option").first).to_have_text(text("questions.unbounded.asked"))
