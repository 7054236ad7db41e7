"""From page to page: the same settings, by the links that each page has to the others; and where
Keras fails, the way out."""

from __future__ import annotations

import pytest

from components.backend import Setup
from components.backend.notebook import cases
from components.panels.pages import WHAT_IFS
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import address, follow, links, settings, shows, sound, widgets
from tests.app.test_errors import raising, says

PAGES = ("explore", *WHAT_IFS)
QUERY = {"cell": "GRU", "units": "5", "source": "seven", "length": "5", "return_state": "false"}
QUERY |= {"activation": "relu", "bias_initializer": "glorot_uniform"}
SHOWN = Setup.from_query({name: [said] for name, said in QUERY.items()})[0].settings


def title(page: str) -> str:
    return text(f"pages.{page}.title")


@pytest.mark.parametrize("page", PAGES)
def test_every_page_leads_to_the_others_with_its_settings(open_app: OpenApp, page: str) -> None:
    at = open_app(page, **QUERY)
    sound(at)
    assert {label: link.page for label, link in links(at).items()} == {
        title(other): other for other in PAGES if other != page
    }
    assert all(link.query == QUERY for link in links(at).values())
    if page != "explore":
        follow(at, title("explore"))
    shows(at, SHOWN)
    assert address(at) == QUERY


def test_settings_hold_all_the_way_round(open_app: OpenApp) -> None:
    at = open_app(**QUERY)
    for page in (*WHAT_IFS, "explore"):
        follow(at, title(page))
        sound(at)
        assert {n: said for n, said in address(at).items() if not n.startswith("b.")} == QUERY
    shows(at, SHOWN)


def test_a_notebook_cases_weights_come_along(open_app: OpenApp) -> None:
    case = next(case for case in cases() if case.id == "1-2 LSTM")
    query = Setup.of(case.settings).to_query() | {"case": case.id}
    at = open_app("carry", **query)
    sound(at)
    follow(at, title("explore"))
    sound(at)
    shows(at, settings(at), result=case.run())


@pytest.mark.parametrize("page", WHAT_IFS)
@pytest.mark.parametrize("where", ["engine._import_keras", "keras_layers.recurrent"])
@pytest.mark.usefixtures("forget")
def test_where_keras_fails_the_page_says_so_and_leads_on(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, page: str, where: str
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(f"components.backend.{where}", raising(ImportError("not today")))
        at = open_app(page, units="5")
        says(at, "engine", "ImportError")
        assert {"cell", "units"} <= widgets(at).keys()
        assert len(links(at)) == len(PAGES) - 1
    at.run()
    sound(at)
