"""What has to hold of a language that is begun; run by test_toys in a copy of the project that has
it."""

from __future__ import annotations

import pytest

from components.panels.pages import PAGES
from components.texts import DEFAULT, LANGUAGES, preferred, speaking, text
from tests.app.conftest import OpenApp
from tests.app.reading import all_markdown, component, messages, sound


def test_what_it_says_is_said_and_all_else_is_in_english(open_app: OpenApp) -> None:
    at = open_app("calls", lang="de")
    assert not at.exception
    assert [title.value for title in at.title] == ["Was, wenn der Satz in zwei Aufrufen kommt?"]
    with speaking("de"):
        sound(at)
        assert text("pages.calls.title") == "Zwei Aufrufe"
    assert text("calls.look") in all_markdown(at)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_in_it(open_app: OpenApp, page: str) -> None:
    assert not open_app(page, lang="de").exception


def test_it_can_be_chosen_and_preferred(open_app: OpenApp) -> None:
    assert f'data-language="de">{LANGUAGES["de"]}<' in str(component(open_app(), "frame"))
    assert preferred("de-AT,ko;q=0.9") == "de"
    assert "de" in messages(open_app(lang="fr"))
    with speaking("de"):
        table, english = text("pages.calls"), [*text("pages")]
        assert [*table] == ["title", "help", "also"]  # in the order of the English ones
    with speaking(DEFAULT):
        assert english == [*text("pages")]
