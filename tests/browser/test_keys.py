"""What a plain key is, on all keyboards and in all kinds of fields."""

from typing import Any

import pytest
from playwright.sync_api import Page

from components.panels.run import scripts
from tests.browser.dashboard import NewPage, press_said

UNTYPED = {
    "nothing": "<p class=field tabindex=0>",
    "a button": "<button class=field>",
    "a switch": "<input class=field type=checkbox role=switch>",
    "an option": "<input class=field type=radio>",
    "a slider": "<input class=field type=range>",
    "a box": "<div role=dialog><p class=field tabindex=0></div>",
}
TYPED = {
    "a line": "<input class=field>",
    "a search": "<input class=field type=search>",
    "a number": "<input class=field type=number>",
    "lines": "<textarea class=field></textarea>",
    "rich text": "<div class=field contenteditable=true>",
    "a list": "<select class=field>",
    "a menu": "<div role=menu><p class=field tabindex=0></div>",
    "a grid": "<canvas class=field tabindex=0>",
}

# Keeps what a key that is pressed is taken for, and what it would be in front of a class.
HEAR = """async (address) => {
  const { plainKey, freeKey } = await import(address)
  window.addEventListener("keydown", (event) => {
    window.heard = [plainKey(event), freeKey(event, false), freeKey(event, true)]
  })
}"""
FOCUS = "document.querySelector('.field').focus()"

INPUT_METHOD = {"key": "Process", "windowsVirtualKeyCode": 229}
SAID = [
    ({"key": "f", "code": "KeyF"}, "f"),
    ({"key": "F", "code": "KeyF"}, "f"),  # with Caps Lock
    ({"key": "ㄹ", "code": "KeyF"}, "f"),
    ({**INPUT_METHOD, "code": "KeyF"}, "f"),
    ({"key": "Unidentified", "code": "KeyF"}, "f"),
    ({"key": "а", "code": "KeyF"}, "f"),  # Russian
    ({"key": "q", "code": "KeyA"}, "q"),  # French
    ({"key": "u", "code": "KeyF"}, "u"),  # Dvorak
    ({"key": ",", "code": "KeyM"}, ","),  # French
    ({"key": "б", "code": "Comma"}, ","),
    ({"key": "。", "code": "Period"}, "."),
    ({**INPUT_METHOD, "code": "Space"}, " "),
    ({**INPUT_METHOD, "code": "Enter"}, "Enter"),
    ({"key": "PageDown", "code": "PageDown"}, "PageDown"),
    *(({"key": "f", "code": "KeyF", "modifiers": bit}, "") for bit in (1, 2, 4)),
    ({"key": "F", "code": "KeyF", "modifiers": 8}, ""),
    ({"key": "é", "code": "Digit2"}, "Digit2"),  # French: no key of the house
]


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page with this module alone."""
    page = new_page(fresh=True)
    page.goto("/_stcore/health")
    page.evaluate(HEAR, scripts.address("browser/keys.js"))
    return page


def hear(page: Page, said: dict[str, Any]) -> list[str]:
    press_said(page, said)
    return page.evaluate("heard")


def put(page: Page, field: str) -> None:
    page.evaluate("html => { document.body.innerHTML = html }", field)
    page.evaluate(FOCUS)


def test_a_key_is_what_is_printed_on_it(page: Page) -> None:
    for said, key in SAID:
        assert hear(page, said) == [key] * 3, said


def test_a_key_is_plain_where_nothing_is_typed(page: Page) -> None:
    """Arrows, Space and Enter are left to what uses them; in front of a class, only to a box, and
    to what was reached by the keyboard."""
    letter, space = {"key": "ㄹ", "code": "KeyF"}, {"key": " ", "code": "Space"}
    for name, field in UNTYPED.items():
        put(page, field)
        assert hear(page, letter) == ["f"] * 3, name
        free, in_class = name == "nothing", name != "a box"
        assert hear(page, space) == [" ", " " * free, " " * in_class], name
    put(page, UNTYPED["a switch"])
    page.keyboard.press("Tab")
    page.evaluate(FOCUS)
    assert hear(page, space) == [" ", "", ""]
    assert hear(page, letter) == ["f"] * 3
    page.mouse.click(1, 1)
    page.evaluate(FOCUS)
    assert hear(page, space) == [" ", "", " "]
    for name, field in TYPED.items():
        put(page, field)
        assert hear(page, letter) == hear(page, space) == [""] * 3, name
