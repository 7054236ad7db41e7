"""What people type in the field of Questions, in words of their own, and what it finds for them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page

from components.panels.run import scripts
from components.panels.teaching.found import index
from components.texts import LANGUAGES, speaking
from tests.browser.dashboard import NewPage

LEAST = {
    "wordings": (0.85, 0.95),
    "wordings_unseen": (0.80, 0.90),
    "wordings_pages": (0.75, 0.90),
}
"""By the file of wordings, the least share whose entry comes first, or among the first three."""

LEAST_REJECTED = 0.70
"""Of what no entry answers the least share for which nothing is found."""

FOUND = """async ([search, index, wordings]) => {
  const { searcher } = await import(search)
  const { entries, synonyms } = await (await fetch(index)).json()
  return wordings.map(searcher(entries, synonyms))
}"""


def wordings_of(file: str) -> Mapping[str, Mapping[str, Sequence[str]]]:
    """By language and by what people type, the names of the entries that they mean."""
    return tomllib.loads((Path(__file__).parent / f"{file}.toml").read_text("utf-8"))


def rank(found: Sequence[str], meant: Sequence[str]) -> int:
    """The place, from 0, of the first entry that is meant; behind all, if none is found."""
    return next((place for place, name in enumerate(found) if name in meant), len(found) + 3)


def found_for(page: Page, language: str, wordings: Sequence[str]) -> list[list[str]]:
    """For each wording the names of the entries that are found."""
    page.goto("/questions")
    with speaking(language):
        asked = [scripts.address("search/search.js"), index(), wordings]
    return page.evaluate(FOUND, asked)


@pytest.mark.whole
@pytest.mark.parametrize("file", LEAST)
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_people_type_finds_what_they_mean(new_page: NewPage, language: str, file: str) -> None:
    wordings = wordings_of(file)[language]
    every = [
        [name if "." in name else f"questions.{name}" for name in found]
        for found in found_for(new_page(), language, list(wordings))
    ]
    ranks = {
        typed: (rank(found, wordings[typed]), found)
        for typed, found in zip(wordings, every, strict=True)
    }
    for typed, (place, found) in ranks.items():
        if place:
            print(typed, wordings[typed], "after", found[:3])
    places = [place for place, _ in ranks.values()]
    first, in_three = LEAST[file]
    assert sum(place == 0 for place in places) >= first * len(places)
    assert sum(place < 3 for place in places) >= in_three * len(places)


@pytest.mark.whole
@pytest.mark.parametrize("language", LANGUAGES)
def test_of_what_no_entry_answers_nothing_is_found(new_page: NewPage, language: str) -> None:
    groups = wordings_of("wordings_nothing")[language].values()
    wordings = [wording for group in groups for wording in group]
    every = found_for(new_page(), language, wordings)
    for wording, found in zip(wordings, every, strict=True):
        if found:
            print(wording, "finds", found[0])
    assert sum(not found for found in every) >= LEAST_REJECTED * len(wordings)
