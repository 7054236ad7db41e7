"""Buttons that copy: the line as code, and the link, wherever the page is served."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from components.texts import text
from tests.browser.conftest import CLASSROOM, Watch
from tests.browser.dashboard import NewPage, choose, press, unpack_line, visit
from tests.browser.driver import settle
from tests.scripts import executed

pytestmark = pytest.mark.whole

# What is pasted into a field of the page's own: the clipboard as any other program would see it.
FIELD = """() => {
    const field = document.createElement("textarea")
    field.id = "pasted"
    field.style.position = "fixed"
    field.style.top = 0
    document.body.append(field)
}"""

# What a browser says where a page may not use the clipboard, as in another page's frame.
REFUSE = "() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException('no')) }"


def copier(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=text(f"copy.{name}"), exact=True)


def pasted(page: Page) -> str:
    if not page.locator("#pasted").count():
        page.evaluate(FIELD)
    field = page.locator("#pasted")
    field.fill("")
    field.press("Control+v")
    return field.input_value()


def expect_loaded(page: Page) -> None:
    """Wait for what listens to the buttons: it is one module with what letter keys are for."""
    page.wait_for_function("() => document.documentElement.dataset.letters")


def expect_said(button: Locator, act: Callable[[], None]) -> None:
    """Silence a live region, act, and wait until it says that it was copied."""
    status = button.locator("xpath=following-sibling::*")
    expect(status).to_have_role("status")
    status.evaluate("status => status.textContent = ''")
    act()
    expect(status).to_have_text(text("copy.done"))


def expect_copies(page: Page) -> None:
    """The line, with all that it needs for Python to run it, and the link, by mouse and by keys."""
    expect_loaded(page)
    code, link = copier(page, "code"), copier(page, "link")
    expect_said(code, code.click)
    copied = pasted(page)
    assert copied.splitlines()[-1] == unpack_line(page)
    assert "outputs" in executed(copied)[0]
    link.focus()
    expect_said(link, lambda: page.keyboard.press("Enter"))
    expect(link).to_be_focused()
    assert pasted(page) == page.url
    page.keyboard.press("Escape")
    expect_said(code, lambda: code.press(" "))
    assert pasted(page) == copied


def test_line_and_link_are_copied(page: Page) -> None:
    """Also without the browser's clipboard; where nothing helps, it says so."""
    visit(page, "/?units=5")
    expect_copies(page)
    choose(page, "cell", "GRU")
    press(page, "units", "ArrowRight")
    assert "GRU(6" in unpack_line(page)
    page.evaluate(REFUSE)
    expect_copies(page)  # what is shown by now
    page.evaluate("() => { document.execCommand = () => false }")
    copier(page, "code").click()
    status = copier(page, "code").locator("xpath=following-sibling::*")
    expect(status).to_have_text(text("copy.failed"))
    expect(status).to_be_empty()  # after a while


def test_a_page_that_shows_no_code_has_its_link_to_copy(page: Page) -> None:
    page.goto("/questions")
    settle(page)
    expect_loaded(page)
    expect_said(copier(page, "link"), copier(page, "link").click)
    assert pasted(page) == page.url


def test_copying_works_over_plain_http(new_page: NewPage, server: str, watch: Watch) -> None:
    """By a name that is not localhost's, as from another machine of a classroom: no secure
    context."""
    page = new_page(fresh=True)
    visit(page, server.replace("127.0.0.1", CLASSROOM))
    assert not page.evaluate("isSecureContext")
    expect_copies(page)
    assert {urlsplit(url).hostname for url in watch.foreign_requests} == {CLASSROOM}
    watch.foreign_requests.clear()
