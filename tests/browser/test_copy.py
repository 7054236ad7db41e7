"""Buttons that copy: the line and the link, wherever the page is served and however pressed."""

import socket
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from components.texts import text
from tests.browser.dashboard import NewPage, choose, press, unpack_line, visit
from tests.browser.driver import ROOT, new_context, serve, settle

# What is pasted into a field of the page's own: the clipboard as any other program would see it.
FIELD = """() => {
    const field = document.createElement("textarea")
    field.id = "pasted"
    field.style.position = "fixed"
    field.style.top = 0
    document.body.append(field)
}"""

# What a browser says where a page may not use the clipboard, as in another page's frame.
REFUSED = "navigator.clipboard.writeText = () => Promise.reject(new DOMException('no'))"


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
    """Wait for what listens to the buttons: it is one module with the history's order."""
    page.wait_for_function("() => Object.hasOwn(history, 'pushState')")


def expect_said(button: Locator) -> None:
    """Wait until a live region says that it was copied, and until it is silent again."""
    status = button.locator("xpath=following-sibling::*")
    expect(status).to_have_role("status")
    expect(status).to_have_text(text("copy.done"))
    expect(status).to_be_empty(timeout=15_000)


def expect_copies(page: Page) -> None:
    """The line and the link, by mouse and by keys."""
    expect_loaded(page)
    copier(page, "line").click()
    expect_said(copier(page, "line"))
    assert pasted(page) == unpack_line(page)
    copier(page, "link").focus()
    page.keyboard.press("Enter")
    expect_said(copier(page, "link"))
    expect(copier(page, "link")).to_be_focused()
    assert pasted(page) == page.url
    page.keyboard.press("Escape")
    copier(page, "line").press(" ")
    expect_said(copier(page, "line"))
    assert pasted(page) == unpack_line(page)


def test_line_and_link_are_copied(page: Page) -> None:
    visit(page, "/?units=3")
    expect_copies(page)
    choose(page, "cell", "GRU")
    press(page, "units", "ArrowRight")
    assert "GRU(4" in unpack_line(page)
    expect_copies(page)  # what is shown by now


def test_copying_does_without_the_clipboard_of_the_browser(new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(REFUSED)
    visit(page)
    expect_copies(page)


def test_copying_that_fails_says_so(page: Page) -> None:
    page.add_init_script(f"{REFUSED}; document.execCommand = () => false")
    visit(page)
    expect_loaded(page)
    copier(page, "line").click()
    status = copier(page, "line").locator("xpath=following-sibling::*")
    expect(status).to_have_text(text("copy.failed"))


@pytest.fixture
def from_afar() -> Iterator[str]:
    """The dashboard's address as another machine of the same network has it: no secure context."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a datagram socket sends nothing by that
            own = probe.getsockname()[0]
        except OSError:
            pytest.skip("this machine has no address but its loopback")
    with serve(ROOT / "dashboard", options={"server.address": "0.0.0.0"}) as server:
        yield server.url.replace("127.0.0.1", own)


def test_copying_works_over_plain_http(browser: Browser, from_afar: str) -> None:
    context = new_context(browser, from_afar)
    page = context.new_page()
    visit(page)
    settle(page)
    assert not page.evaluate("isSecureContext")
    expect_copies(page)
    context.close()
