"""What a link gets wrong, told without its page: the same as the page tells."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from components.backend.lessons import Page
from components.backend.lessons.own import page_of
from components.backend.whatif import carry, twice
from components.panels.ask.address import OPEN
from components.panels.ask.ask_first import AskFirst
from components.panels.pages import PAGES
from components.texts import text
from dashboard import old_pages
from dashboard.page_links import asked, link_complaints
from tests.app.conftest import OpenApp
from tests.app.reading import sound


@pytest.mark.parametrize("page", PAGES)
def test_the_questions_of_a_page_are_those_that_it_opens(open_app: OpenApp, page: str) -> None:
    at = open_app(page)
    opened = {(each.model, each.prefix) for each in at.session_state[OPEN]}
    assert opened == {*asked(page), (AskFirst, "")}


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


OLD = {
    "/carry": Page("calls", {"reads": "rest"}),
    "/carry?how=stateful&hand_over=false&cell=GRU": Page(
        "calls", {"reads": "rest", "how": "stateful", "hand_over": "false", "cell": "GRU"}
    ),
    "/twice?cause=dropout&tokens=1%2C+2": Page(
        "calls", {"reads": "again", "cause": "dropout", "tokens": "1, 2"}
    ),
}


@pytest.mark.parametrize("link", OLD)
def test_an_older_link_leads_to_the_page_of_today(link: str) -> None:
    """From outside, and in a teacher's lesson; and that page knows all its names."""
    server = TestClient(Starlette(routes=old_pages.routes()))
    led = server.get(link, follow_redirects=False)
    assert led.status_code == 308
    for said in (link, led.headers["location"]):
        assert page_of(said) == OLD[link]
    assert link_complaints(OLD[link]) == []


def test_two_calls_take_all_that_either_takes() -> None:
    both = carry.Choice.model_fields.keys() | twice.Choice.model_fields.keys()
    known = {name for model, _ in asked("calls") for name in model.model_fields}
    assert both <= known
