"""What holds on every page: it says what a link gets wrong, takes any settings, leads on to the
others, and says so where Keras fails."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from html import escape

import pytest
import streamlit as st

from components.backend import Setup
from components.backend.origins import ahead
from components.backend.origins.notebook import cases
from components.backend.running import engine
from components.backend.whatif import padding
from components.backend.whatif.series import Question
from components.panels.number_grid import EditView
from components.panels.pages import PAGES, TAKE_SETTINGS, TAKE_WEIGHTS
from components.panels.run import turns
from components.panels.what_ifs.calls import CallsView
from components.panels.what_ifs.influence import InfluenceView
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    charts,
    component,
    follow,
    html,
    links,
    messages,
    move,
    same_again,
    settings,
    shows,
    sound,
    widgets,
    without_code,
)
from tests.app.test_errors import raising, says
from tests.kinds import in_turn


@pytest.mark.parametrize("page", PAGES)
def test_a_name_that_the_page_does_not_know_is_said(open_app: OpenApp, page: str) -> None:
    at = open_app(page, Cell="GRU", foo="bar", embed="true", embed_options="dark_theme")
    assert not at.exception
    (told,) = at.main.warning
    heading, blank, *lines = told.value.splitlines()
    assert (heading, blank) == (text("link.unknown"), "")
    like = "cell" if page in TAKE_SETTINGS else "calls" if page == "model" else ""
    of_cell = text(f"link.{'like' if like else 'unlike'}", name="`Cell`", like=like)
    assert lines == [f"- {of_cell}", "- " + text("link.unlike", name="`foo`")]
    assert not {"Cell", "foo"} & address(at).keys()
    if page == "explore":  # the one message stays
        at.run()
        assert [each.value for each in at.main.warning] == [told.value]


@pytest.mark.parametrize("page", PAGES)
def test_the_column_of_settings_is_hidden_only_where_it_is_empty(
    open_app: OpenApp, page: str
) -> None:
    """Streamlit leaves it in place where a visitor goes on from a page with settings."""
    is_empty = len(open_app(page).sidebar) == 0
    told = f"what {page} has in its sidebar is not what panels/pages.py says"
    assert is_empty == (not PAGES[page].sidebar), told


@pytest.mark.parametrize("page", TAKE_WEIGHTS)
def test_weights_that_do_not_fit_are_refused_on_every_page(open_app: OpenApp, page: str) -> None:
    at = open_app(page, case="1-2 LSTM")
    for _ in range(2):
        assert not at.exception
        assert "- case: `'1-2 LSTM'`; " in messages(at)
        at.run()


BAD: dict[str, str | list[str]] = {
    "empty": "",
    "doubled": ["7", "7"],
    "markup": "<script>**x**</script>`;",
    "too large": "9" * 11,
}
"""What a link can say of any field and no page takes, but for an empty text."""

FIELDS = {
    "padding": [f"pad.{name}" for name in padding.Choice.model_fields],
    "calls": [*CallsView.model_fields],
    "influence": [*InfluenceView.model_fields],
    "edit": [*EditView.model_fields, "edits", "uploaded"],
    "series": [*Question.model_fields],
}
MAY_BE_EMPTY = {"state_h", "state_c", "edits", "uploaded"}


@pytest.mark.parametrize(("page", "kind"), in_turn(FIELDS, BAD))
def test_a_bad_link_is_reported_field_by_field(open_app: OpenApp, page: str, kind: str) -> None:
    names = FIELDS[page]
    at = open_app(page, **dict.fromkeys(names, BAD[kind]))
    assert not at.exception
    fine = MAY_BE_EMPTY if kind == "empty" else set()
    silent = {name for name in names if f"- {name}: " not in messages(at)}
    assert silent == fine & {*names}
    assert "<script>" not in without_code(all_markdown(at))
    assert charts(at) == charts(open_app(page))
    same_again(at, open_app, page)


# -- Settings --------------------------------------------------------------------------------------


TABLE = "open;close\n1;2\n3.5;4\n\n-1;0\n0.25;1"
RATES = {"dropout": "0.5", "recurrent_dropout": "0.25"}
MASKING = ("both_ways", "encoder_decoder", "stack", "influence")


@pytest.mark.parametrize("page", TAKE_SETTINGS)
def test_a_page_takes_numbers_and_says_what_drops_them(open_app: OpenApp, page: str) -> None:
    masked = {"mask_zero": "true"} if page in MASKING else {}
    at = open_app(page, values=TABLE, **RATES, **masked)
    sound(at)
    assert "embedding" not in widgets(at)
    captions = [each.value for each in at.caption]
    said = [name for name in ("training", "at_inference") if text(f"what_if.{name}") in captions]
    expected = ["at_inference" if PAGES[page].at_inference else "training"]
    assert said == ([] if page == "explore" else expected)  # there the line of Python says it
    assert RATES.items() <= address(at).items()


LAYER = {"cell": "GRU", "units": "5", "return_sequences": "false", "return_state": "false"}


@pytest.mark.parametrize("page", TAKE_SETTINGS)
def test_a_picture_says_its_layer_where_the_settings_are_out_of_sight(
    open_app: OpenApp, page: str
) -> None:
    """Presented or printed; also while the page has covered it."""
    at = open_app(page, **LAYER)
    line = component(at, "timeline" if page == "explore" else page)["code"]
    # Attention needs all h, and says so.
    assert f"GRU(5, return_sequences={page == 'attention'}" in line
    if page == "explore":
        assert line == "outputs = GRU(5, return_sequences=False)(x)\n# no state"
    elif page != "both_ways":  # the line of Python says it there
        covered = open_app(page, ask="true", **LAYER)
        assert [said for said in html(covered) if escape(line) in said]


@pytest.mark.usefixtures("forget")
@pytest.mark.parametrize("page", TAKE_SETTINGS)
def test_what_a_page_computes_ahead_is_all_that_a_step_asks(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, page: str
) -> None:
    at = open_app(page)
    shown, start, ask = ahead._shown
    near = shown.but(units=shown.units + 1).settings
    ask(near, start.fitting(near).weights(near))
    monkeypatch.setattr(engine, "use_keras", raising(AssertionError("Keras is asked again")))
    sound(move(at, "units", near.units))


_, *WHAT_IFS = TAKE_SETTINGS
QUERY = {"cell": "GRU", "units": "5", "source": "seven", "length": "5", "return_state": "false"}
QUERY |= {"activation": "relu", "bias_initializer": "glorot_uniform"}
SHOWN = Setup.from_query({name: [said] for name, said in QUERY.items()})[0].settings


def title(page: str) -> str:
    return text(f"pages.{page}.title")


def test_settings_hold_all_the_way_round_by_the_links_of_each_page(open_app: OpenApp) -> None:
    at = open_app(**QUERY)
    for page in (*WHAT_IFS, "explore"):
        follow(at, title(page))
        sound(at)
        led = links(at)
        assert {label: link.page for label, link in led.items()} == {
            title(other): other for other in TAKE_SETTINGS if other != page
        }
        assert all(link.query == QUERY for link in led.values()), page
        assert {n: said for n, said in address(at).items() if not n.startswith("b.")} == QUERY
    shows(at, SHOWN)


def test_a_notebook_cases_weights_come_along(open_app: OpenApp) -> None:
    case = next(case for case in cases() if case.id == "1-2 LSTM")
    query = Setup.of(case.settings).to_query() | {"case": case.id}
    at = open_app("calls", **query)
    sound(at)
    follow(at, title("explore"))
    sound(at)
    shows(at, settings(at), result=case.run())


@pytest.mark.parametrize(
    ("page", "where"), in_turn(WHAT_IFS, ["engine._import_keras", "keras_layers.recurrent"])
)
@pytest.mark.usefixtures("forget")
def test_where_keras_fails_the_page_says_so_and_leads_on(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, page: str, where: str
) -> None:
    monkeypatch.setattr(f"components.backend.running.{where}", raising(ImportError("not today")))
    at = open_app(page, units="5")
    says(at, "engine", "ImportError")
    assert {"cell", "units"} <= widgets(at).keys()
    assert len(links(at)) == len(WHAT_IFS)


def test_a_run_does_nothing_before_its_turn(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else those who flood the server with new runs hold up the one at work."""
    made, page = list[str](), st.Page
    monkeypatch.setattr(st, "Page", lambda at, **more: made.append(at) or page(at, **more))
    monkeypatch.setattr(turns, "LONGEST", math.inf)  # nobody works beside another one
    at_work = turns._line.join(turns.Session())
    with ThreadPoolExecutor(1) as visitor:
        opened = visitor.submit(open_app)
        while not turns._line._waiting:
            assert not opened.done()
            time.sleep(0.001)
        waited = list(made)
        turns._line.leave(at_work)
        assert not opened.result().exception
    assert waited == []
    assert len(made) >= len(PAGES)
