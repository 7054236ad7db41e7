"""A page that asks first: nothing that Keras answers is sent before it is uncovered."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from components.panels.pages import ASK_NOTHING, PAGES
from tests.app.conftest import OpenApp
from tests.app.reading import address, charts, html, messages, move, press

ASKING = [page for page in PAGES if page not in ASK_NOTHING]

ANSWERS = (
    "rnn-holds",
    "rnn-fails",
    "rnn-note",
    "rnn-cards",
    "rnn-ribbon",
    "rnn-compare",
    "rnn-cases",
    "rnn-shape",
)
"""Classes of what is drawn of an answer as HTML."""


def covered(at: AppTest) -> bool:
    return any(button.key == "uncover" for button in at.button)


def uncover_all(at: AppTest) -> int:
    """Uncover part after part; returns how many there were."""
    count = 0
    while covered(at):
        before = len(html(at)) + len(at.get("bidi_component")) + len(at.main)
        press(at, "uncover")
        assert len(html(at)) + len(at.get("bidi_component")) + len(at.main) >= before
        count += 1
    return count


@pytest.mark.parametrize("page", ASKING)
def test_a_page_shows_its_answer_part_by_part(open_app: OpenApp, page: str) -> None:
    at = open_app(page, ask="true")
    assert not at.exception
    assert charts(at) == []
    assert not [body for body in html(at) if any(f'"{name}"' in body for name in ANSWERS)]
    assert not [*at.code, *at.table]
    assert address(at)["ask"] == "true"
    assert uncover_all(at) > 1
    plain = open_app(page)
    assert charts(at) == charts(plain)
    assert html(at) == html(plain)
    assert not covered(plain)


@pytest.mark.parametrize("tab", ["inside", "shapes", "parameters", "code", "torch", "data"])
def test_a_tab_is_covered_too(open_app: OpenApp, tab: str) -> None:
    at = open_app(tab=tab, ask="true")
    assert uncover_all(at) >= 4
    assert charts(at) == charts(open_app(tab=tab))


def test_no_byte_tells_what_is_covered(open_app: OpenApp) -> None:
    at = open_app(units="5", ask="true", elsewhere="")
    sent = "".join(str(node.proto) for node in [*at.main, *at.sidebar] if hasattr(node, "proto"))
    assert "5 units" not in sent
    press(at, "uncover")
    sent = "".join(str(node.proto) for node in [*at.main, *at.sidebar] if hasattr(node, "proto"))
    assert "5 units" in sent


def test_what_is_uncovered_is_covered_again_when_something_is_moved(open_app: OpenApp) -> None:
    at = open_app(ask="true")
    press(at, "uncover")
    press(at, "uncover")
    assert charts(at) == ["timeline"]
    move(at, "units", 4)
    assert charts(at) == []
    assert uncover_all(at) >= 4
    assert address(at) == {"units": "4", "ask": "true"}


def test_a_link_that_asks_for_nonsense_is_complained_about(open_app: OpenApp) -> None:
    at = open_app(ask="perhaps")
    assert "perhaps" in "".join(messages(at))
    assert charts(at)
    assert "ask" not in address(at)


def test_the_answer_to_a_question_is_covered(open_app: OpenApp) -> None:
    at = open_app(**{"from": "states"}, ask="true")
    assert not at.info
    press(at, "uncover")
    assert at.info
    assert charts(at) == []
