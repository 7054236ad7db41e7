"""Pages open on the case in which their effect is seen, until a visitor has set anything."""

import pytest

from components.backend import Settings, Setup
from components.backend.learning.trained import OFFERED, trained_text
from components.panels.ask.opening import opening
from components.panels.pages import PAGES
from tests.app.conftest import OpenApp, page_file
from tests.app.reading import address, all_markdown, html, move, same, settings, sound, start_from
from tests.page import plain

OPEN = [page for page in PAGES if opening(page)]


@pytest.mark.parametrize("page", OPEN)
def test_a_bare_address_opens_the_page_on_its_proof(open_app: OpenApp, page: str) -> None:
    at = open_app(page, on_proof=True)
    sound(at)
    assert address(at) == dict(opening(page))
    again = open_app(page, **address(at))
    assert html(again) == html(at)


@pytest.mark.parametrize("page", OPEN)
def test_a_link_that_sets_anything_means_what_it_says(open_app: OpenApp, page: str) -> None:
    at = open_app(page, **plain(page))
    sound(at)
    assert at.query_params  # else it would mean what the page opens on
    assert not opening(page).items() & address(at).items()


def test_pages_open_on_their_proof_until_something_is_moved(open_app: OpenApp) -> None:
    at = open_app(on_proof=True)
    at.query_params = {}
    at.switch_page(page_file("influence")).run()
    assert address(at) == dict(opening("influence"))
    at.query_params = {}
    at.switch_page(page_file("calls")).run()
    assert address(at) == dict(opening("calls"))
    move(at, "cell", "GRU")
    at.query_params = {}
    at.switch_page(page_file("compare")).run()
    sound(at)
    assert settings(at).cell == "GRU"
    assert address(at)["learned"] == "quotes"
    assert "b.cell" not in address(at) or address(at)["b.cell"] != "SimpleRNN"


def test_the_seeds_own_cell_is_one_choice_away_and_stays_there(open_app: OpenApp) -> None:
    at = start_from(open_app(on_proof=True), "drawn")
    sound(at)
    assert same(settings(at), Settings())
    assert at.query_params == plain("explore")
    assert same(settings(open_app(**address(at))), Settings())


@pytest.mark.parametrize("page", [page for page in OPEN if PAGES[page].sidebar == "layer"])
def test_reset_sets_a_page_as_it_opens(open_app: OpenApp, page: str) -> None:
    at = start_from(open_app(page, cell="GRU", units="6", **plain(page)), "opening")
    sound(at)
    assert address(at) == dict(opening(page))
    assert html(at) == html(open_app(page, on_proof=True))


def test_a_size_of_which_no_trained_cell_is_recorded_is_said_to_be_drawn(
    open_app: OpenApp,
) -> None:
    at = open_app(**{**opening("explore"), "units": "9"})
    sound(at)
    assert "1\N{EN DASH}8" in all_markdown(at)
    at = move(at, "units", 8)
    assert "1\N{EN DASH}8" not in all_markdown(at)
    assert "16 of 16" in "".join(html(at))


def test_a_cell_that_is_not_asked_is_not_said_to_be_right(open_app: OpenApp) -> None:
    counts = {**Setup.of(OFFERED["counts"].question.settings()).to_query(), "tokens": "0, 1"}
    trained = trained_text(OFFERED["counts"])
    for flag in ("true", "false"):
        at = open_app(**counts, trained=trained, return_sequences=flag)
        sound(at)
        assert "rnn-begin" not in "".join(html(at))  # as many ups as downs
