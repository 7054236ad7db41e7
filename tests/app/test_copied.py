"""Whatever code can be copied from a page runs, as it is, where it is pasted."""

from __future__ import annotations

import re
from html import unescape

import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings
from components.backend.question.linked import choices
from components.backend.scripts.code import runnable, unpack_line
from components.panels.pages import PAGES, TAKE_SETTINGS
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import html, open_box
from tests.kinds import DRAWN_BY, few_kinds, in_turn
from tests.scripts import executed

KINDS = [kind.but(units=2) for kind in few_kinds()]
OTHERS = {name: choices(Settings, name)[1] for name in DRAWN_BY}
OLD = [kind for kind in KINDS if kind.recurrent_activation == "hard_sigmoid_keras2"]
BUTTON = re.compile(rf'data-copies="([^"]*)"[^>]*>{re.escape(text("copy.code"))}<')


def copied(at: AppTest) -> list[str]:
    """All the code on a page that has a button to copy it."""
    buttons = [unescape(code) for body in html(at) for code in BUTTON.findall(body)]
    return buttons + [box.value for box in at.code if box.language == "python"]


VIEWS: list[tuple[str, dict[str, str], str]] = [
    ("explore", {"tab": "inside"}, "inside_every_c"),
    ("explore", {"tab": "code"}, ""),
    *((page, {}, f"{page}_code") for page in TAKE_SETTINGS if page != "explore"),
]
"""Each page, what a link says to have it show its code, and the box that then has to be opened."""


@pytest.mark.parametrize("kind", [KINDS[0], OLD[0].but(**OTHERS)])
def test_the_line_runs(open_app: OpenApp, kind: Settings) -> None:
    """That of any other kind, too: test_code has all of them."""
    at = open_app(**kind.to_query())
    assert copied(at) == [runnable(unpack_line(kind), kind)]
    names, _ = executed(copied(at)[0])
    assert "outputs" in names


@pytest.mark.parametrize(("view", "kind"), in_turn(range(len(VIEWS)), range(len(OLD))))
def test_all_code_of_a_page_runs(open_app: OpenApp, view: int, kind: int) -> None:
    """With the function that Keras does not have, wherever the cell takes one.

    A stack on a layer without return_sequences is refused by Keras, as its code is there to show.
    """
    (page, query, box), settings = VIEWS[view], OLD[kind]
    if page == "stack":
        settings = settings.but(return_sequences=True)
    at = open_app(page, **settings.to_query(), **query)
    if box:
        open_box(at, box)
    codes = copied(at)
    assert codes
    for code in codes:
        assert "hard_sigmoid_keras2" in code
        executed(code)


def test_no_page_is_left_out() -> None:
    """The code of the training, the series and a visitor's model is the backend's, whose tests run
    it."""
    others = {"model", "series", "learn", "notebook", "questions", "mistakes", "lessons", "room"}
    others |= {"accessibility"}
    assert {*PAGES} == {*TAKE_SETTINGS, *others}
