"""What a link gets wrong, told without its page: the same as the page tells."""

from __future__ import annotations

import pytest

from components.backend.lessons import Page
from components.panels.ask.address import OPEN
from components.panels.ask.ask_first import AskFirst
from components.panels.pages import PAGES
from components.texts import text
from dashboard.page_links import ASKED, Asked, link_complaints
from tests.app.conftest import OpenApp
from tests.app.reading import sound


@pytest.mark.parametrize("page", PAGES)
def test_the_questions_of_a_page_are_those_that_it_opens(open_app: OpenApp, page: str) -> None:
    at = open_app(page)
    opened = {Asked(each.model, each.prefix) for each in at.session_state[OPEN]}
    assert opened == {*ASKED[page], Asked(AskFirst)}


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("explore", {"units": "99999", "cell": "GRU", "Unit": "3", "tokens": "a"}),
        ("compare", {"units": "9", "b.units": "0", "c.cell": "x"}),
        ("stack", {"2.units": "9999", "ending": "Nonsense(3)", "5.units": "1"}),
        ("learn", {"learn.task": "?", "ask": "perhaps", "task": "quotes"}),
        ("padding", {"pad.mask_zero": "no", "seed": "-1"}),
    ],
)
def test_it_says_what_the_page_says(open_app: OpenApp, page: str, query: dict[str, str]) -> None:
    at = open_app(page, **query)
    told = [line for warning in at.main.warning for line in warning.value.splitlines()]
    headings = {text("link.bad"), text("link.unknown"), ""}
    said = [line.removeprefix("- ") for line in told if line not in headings]
    assert said == link_complaints(Page(page, query))
    assert len(said) >= 2


def test_a_good_link_is_not_complained_about(open_app: OpenApp) -> None:
    query = {"cell": "GRU", "b.cell": "LSTM", "lang": "ko", "box": "compare_code", "embed": "true"}
    sound(open_app("compare", **query))
    assert link_complaints(Page("compare", query)) == []
