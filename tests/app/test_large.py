"""Layers of hundreds of units on every page, and numbers that are typed."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import NumberInput, Slider

from components.backend import Settings
from components.backend.question.settings import MAX_UNITS
from components.charts.strips import MOST_DRAWN
from components.panels.pages import TAKE_SETTINGS
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    chart,
    charts,
    figure,
    messages,
    move,
    open_box,
    settings,
    shows,
    widgets,
)

LARGEST = {"units": "512", "embedding_dim": "512"}
LONGEST = {"length": "100", "sentences": "8"}
MOST_SENT = 3 * 2**20  # bytes of one element; the server sends at most 4 MB
CUT = text("charts.cut", drawn=MOST_DRAWN, units=MAX_UNITS)


def sizes(at: AppTest) -> list[int]:
    """The bytes of all that the page is sent, element by element."""
    sent = (getattr(node, "proto", None) for node in [*at.main, *at.sidebar])
    return [proto.ByteSize() for proto in sent if proto is not None]


def counted(at: AppTest) -> bool:
    """Whether the page says that something was counted and not run."""
    start = text("counted.why", work=0, most=0).split("**")[1]
    return any(start in info.value for info in at.info)


@pytest.mark.parametrize("page", TAKE_SETTINGS)
def test_every_page_takes_the_largest_layer(open_app: OpenApp, page: str) -> None:
    at = open_app(page, **LARGEST, **(LONGEST if page in ("calls", "edit") else {}))
    assert not at.exception
    assert not messages(at)
    assert max(sizes(at)) < MOST_SENT
    if not counted(at):
        traces = [trace for key in charts(at) for trace in figure(at, key)["data"]]
        heatmaps = [trace for trace in traces if trace["type"] == "heatmap"]
        assert heatmaps
        assert max(len(trace["z"]) for trace in heatmaps) <= 2 * MOST_DRAWN  # two directions
        assert any(CUT in chart(at, key).get("note", "") for key in charts(at))


@pytest.mark.parametrize("tab", ["inside", "shapes", "parameters", "code", "torch", "data"])
def test_every_tab_takes_the_largest_layer(open_app: OpenApp, tab: str) -> None:
    at = open_app(**LARGEST, **LONGEST, tab=tab)
    if tab == "inside":
        open_box(at, "inside_products")
    assert not at.exception
    assert max(sizes(at)) < MOST_SENT


def test_many_features_of_a_series_are_typed(open_app: OpenApp) -> None:
    at = open_app(source="sine", tab="inside", features="16")
    move(at, "features_typed", 512)
    assert address(at)["features"] == "512"
    assert not messages(at)
    assert max(sizes(at)) < MOST_SENT
    assert text("charts.cut_features", drawn=MOST_DRAWN, of=512) in all_markdown(at)
    move(at, "length", 100)
    move(at, "sentences", 8)
    assert "- features: `512`; allowed: a whole number from 1 to 64" in messages(at)
    assert address(at)["features"] == "64"


def test_features_are_not_typed_where_they_have_no_slider(open_app: OpenApp) -> None:
    at = open_app("padding", source="sine", units="64", features="16")
    assert "features_typed" not in widgets(at)
    assert "units_typed" in widgets(at)


def test_what_is_drawn_is_said_once(open_app: OpenApp) -> None:
    at = open_app(**LARGEST)
    shows(at, Settings(units=512, embedding_dim=512))
    said = [chart(at, key).get("note", "") for key in charts(at)]
    assert [CUT in note for note in said].count(True) == 1
    move(at, "units", MOST_DRAWN)
    assert not any(CUT in chart(at, key).get("note", "") for key in charts(at))
    move(at, "tab", "parameters")
    assert text("parameters.cut", drawn=MOST_DRAWN) in all_markdown(at)  # 512 features


@pytest.mark.parametrize("page", ["both_ways", "encoder_decoder", "stack"])
def test_what_is_too_large_is_counted(open_app: OpenApp, page: str) -> None:
    large = {f"{number}.units": "512" for number in (2, 3, 4)} | {"layers": "4"}
    at = open_app(page, **LARGEST, **LONGEST, **(large if page == "stack" else {}))
    assert not at.exception
    assert not at.error
    assert counted(at)
    assert not charts(at)
    table = at.table[0].value
    assert (
        table[text("counted.parameters")].iloc[0].replace(",", "") == "2099200" or page != "stack"
    )
    assert all(
        "512 units" in said or "1024 units" in said for said in table[text("counted.returned")]
    )
    move(at, "units", 4)
    assert not at.exception


def test_a_layer_that_gets_no_sequence_is_left_open(open_app: OpenApp) -> None:
    large = {f"{number}.units": "512" for number in (2, 3, 4)}
    flags = {"layers": "4", "2.return_sequences": "false"}
    at = open_app("stack", **LARGEST, **LONGEST, **large, **flags)
    returned = list(at.table[0].value[text("counted.returned")])
    assert ["512 units" in said for said in returned] == [True, True, False, False]
    assert returned[2:] == [text("counted.open")] * 2


def test_influence_says_what_it_takes(open_app: OpenApp) -> None:
    at = open_app("influence", units="512")
    assert counted(at)
    assert not at.exception
    move(at, "units", 128)
    assert not counted(at)
    assert len(charts(at)) == 2


def test_a_number_that_is_not_allowed_is_named(open_app: OpenApp) -> None:
    """The picture stays as it is, and the number in its field, to be corrected."""
    at = open_app(units="64")
    allowed = text("problems.whole", low=1, high=512)
    for got in (3.7, 1e9, 0.0, -1.0, 513.0):
        move(at, "units_typed", got)
        shown = f"{got:.0f}" if got.is_integer() else f"{got}"
        line = text("link.line", field="units", got=f"`{shown}`", allowed=allowed, used="`64`")
        assert f"- {line}" in messages(at)
        shows(at, Settings(units=64))
        assert widgets(at)["units_typed"].value == got
        assert address(at) == {"units": "64"}
    move(at, "units_typed", 5)
    assert not messages(at)
    assert "units_typed" not in widgets(at)
    assert widgets(at)["units"].value == 5
    shows(at, Settings(units=5))
    assert address(at) == {"units": "5"}
    move(at, "units", 64)
    assert widgets(at)["units_typed"].value is None
    move(at, "units_typed", 1e9)
    move(at, "units", 7)
    assert not messages(at)


@pytest.mark.parametrize("name", ["seed", "vocabulary_size"])
def test_any_number_is_taken_as_typed(open_app: OpenApp, name: str) -> None:
    at = open_app()
    before = getattr(settings(at), name)
    move(at, name, 90.5)
    assert f"- {name}: `90.5`; " in messages(at)
    assert getattr(settings(at), name) == before
    assert widgets(at)[name].value == 90.5
    move(at, name, 91)
    assert getattr(settings(at), name) == 91
    assert address(at) == {name: "91"}


def test_a_field_takes_the_place_of_a_slider_that_ends_before(open_app: OpenApp) -> None:
    at = open_app(units="64")
    assert (widgets(at)["units"].proto.min, widgets(at)["units"].proto.max) == (1, 64)
    move(at, "units_typed", 128)
    for units in (300, 65, 64, 20, 21):
        assert (type(widgets(at)["units"]) is NumberInput) == (settings(at).units > 64)
        assert ("units_typed" in widgets(at)) == (settings(at).units == 64)
        move(at, "units", units)
        assert widgets(at)["units"].value == settings(at).units == units
        assert address(at) == {"units": str(units)}
    assert type(widgets(at)["units"]) is Slider


@pytest.mark.parametrize(("got", "used"), [(0.0, 1), (-5.0, 1), (1e9, 512), (3.7, 100)])
def test_a_number_that_is_not_allowed_is_named_where_the_field_is_alone(
    open_app: OpenApp, got: float, used: int
) -> None:
    at = open_app(units="100")
    move(at, "units", got)
    shown = f"{got:.0f}" if got.is_integer() else f"{got}"
    allowed = text("problems.whole", low=1, high=512)
    line = text("link.line", field="units", got=f"`{shown}`", allowed=allowed, used=f"`{used}`")
    assert f"- {line}" in messages(at)
    shows(at, Settings(units=used))
    assert address(at) == {"units": str(used)}


def test_a_layer_of_its_own_is_typed_too(open_app: OpenApp) -> None:
    at = open_app("compare", **{"b.units": "200"})
    assert widgets(at)["b.units"].value == 200
    move(at, "b.units", 3.7)
    assert "- b.units: `3.7`; " in messages(at)
    move(at, "b.units", 300)
    assert address(at)["b.units"] == "300"
    assert not messages(at)
