"""Errors: a mistake beside the mended code, with what Keras says, as the backend runs them."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

import pytest

from components.backend.mistakes import BEGINS, MISTAKES, answer
from components.panels.mistakes import SEEN
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import address, html, links, move, sound


@pytest.mark.parametrize("name", ["four_states", "input_shape", "swapped_states"])
def test_both_are_shown_with_what_became_of_them(open_app: OpenApp, name: str) -> None:
    at = open_app("mistakes", mistake=name)
    sound(at)
    mistake, found = MISTAKES[name], answer(name)
    said = found.wrong.error or found.wrong.warning
    shown = [mistake.wrong, *([said] if said else []), mistake.right]
    assert [box.value for box in at.code] == [*shown, f"{BEGINS}{mistake.given}".rstrip()]
    assert text(f"mistakes.why.{name}") in [each.value for each in at.markdown]
    assert sum("0.03" in body for body in html(at)) == (name == "swapped_states")


def test_another_one_is_chosen(open_app: OpenApp) -> None:
    at = move(open_app("mistakes"), "mistake", "merge_mode")
    sound(at)
    assert at.code[1].value == answer("merge_mode").wrong.error
    assert address(at) == {"mistake": "merge_mode"}


def test_it_is_made_by_the_code_that_is_shown(open_app: OpenApp) -> None:
    """As a visitor would run it, from the top."""
    at = open_app("mistakes", mistake="no_steps")
    wrong, _, right, begins = (box.value for box in at.code)
    exec(f"{begins}\n{right}", names := {})
    assert tuple(names["y"].shape) == (2, 4)
    with pytest.raises(ValueError, match="expected ndim=3, found ndim=2"):
        exec(f"{begins}\n{wrong}", {})


@pytest.mark.parametrize("led", sorted(set(SEEN.values())))
def test_the_page_that_draws_it_takes_the_link(open_app: OpenApp, led: str) -> None:
    link = urlsplit(led)
    at = open_app(link.path, **dict(parse_qsl(link.query)))
    sound(at)
    assert not [*at.warning, *at.error]


def test_it_leads_to_the_page_that_draws_it(open_app: OpenApp) -> None:
    at = open_app("mistakes", mistake="everything")
    label = text("mistakes.see", page=text("pages.stack.title"))
    assert links(at)[label] == ("stack", {"hand_on": "everything"})
