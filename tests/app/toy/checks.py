"""What has to hold of the toy page; run by test_toys in a copy of the house that has it.

Its fields are called as some of Explore's are, so that the two could fight.
"""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings
from components.texts import text
from tests.app.conftest import OpenApp, page_file
from tests.app.reading import (
    address,
    chart,
    charts,
    figure,
    messages,
    move,
    send,
    shows,
    sound,
    widget,
    widgets,
)


def draws(at: AppTest, units: int, view: str) -> None:
    """The chart is that of these values, and so is the address."""
    assert not at.exception
    assert charts(at) == ["growth"]
    power = {"squares": 2, "cubes": 3}[view]
    assert list(figure(at, "growth")["data"][0]["y"]) == [x**power for x in range(units)]
    assert chart(at, "growth")["alt"] == f"{units} {view}"
    assert (widget(at, "units").value, widget(at, "view").value) == (units, view)


def go(at: AppTest, name: str) -> AppTest:
    """The page after a click on another one in the navigation, whose link names no parameter."""
    at.query_params.clear()
    return at.switch_page(page_file(name)).run()


def test_it_opens_with_its_defaults(open_app: OpenApp) -> None:
    at = open_app("toy")
    sound(at)
    draws(at, 5, "squares")
    assert address(at) == {}
    assert {widget(at, name).proto.label for name in ("units", "view")} == {
        text("toy.units.label"),
        text("toy.view.label"),
    }
    assert widget(at, "view").options == ["Square numbers", "Cube numbers"]


def test_its_values_are_in_the_link(open_app: OpenApp) -> None:
    at = open_app("toy")
    at.get_by_key("units").set_value(7).run()
    at.get_by_key("view").set_value("cubes").run()
    sound(at)
    draws(at, 7, "cubes")
    assert address(at) == {"units": "7", "view": "cubes"}
    reader = open_app("toy", **address(at))
    sound(reader)
    draws(reader, 7, "cubes")
    assert address(reader) == address(at)


@pytest.mark.parametrize(
    ("query", "told", "units"),
    [
        ({"units": "21"}, "units: `21`; allowed: a whole number from 1 to 20; ", 20),
        ({"units": "x"}, "units: `'x'`; allowed: a whole number from 1 to 20; ", 5),
        ({"view": "lines"}, "view: `'lines'`; allowed: squares or cubes; ", 5),
        ({"view": ["squares", "cubes"]}, "view: `'squares' and 'cubes'`; allowed: ", 5),
    ],
)
def test_a_bad_value_is_complained_about(
    open_app: OpenApp, query: dict[str, Any], told: str, units: int
) -> None:
    at = open_app("toy", **query)
    assert f"- {told}" in messages(at)
    draws(at, units, "squares")
    at.get_by_key("units").set_value(6).run()
    sound(at)
    draws(at, 6, "squares")


def test_a_forged_value_is_complained_about(open_app: OpenApp) -> None:
    at = open_app("toy")
    send(at, at.get_by_key("view").proto.id, string_value="evil")
    assert "- view: `'evil'`; allowed: squares or cubes; " in messages(at)
    draws(at, 5, "squares")


def test_settings_on_two_pages_do_not_fight(open_app: OpenApp) -> None:
    at = move(move(open_app(), "units", 9), "view", "lines")
    go(at, "toy")
    sound(at)
    draws(at, 5, "squares")
    at.get_by_key("units").set_value(3).run()
    at.get_by_key("view").set_value("cubes").run()
    for _ in range(2):
        go(at, "explore")
        sound(at)
        assert (widget(at, "units").value, widget(at, "view").value) == (9, "lines")
        assert address(at) == {"units": "9", "view": "lines"}
        move(at, "view", "heatmap")
        shows(at, Settings(units=9))
        move(at, "view", "lines")
        go(at, "questions")
        sound(at)
        assert "units" not in widgets(at)
        go(at, "toy")
        sound(at)
        draws(at, 3, "cubes")
        assert address(at) == {"units": "3", "view": "cubes"}


def test_a_link_sets_its_own_page_alone(open_app: OpenApp) -> None:
    at = open_app("toy", units="12", view="cubes")
    draws(at, 12, "cubes")
    go(at, "explore")
    sound(at)
    assert address(at) == {}
    shows(at, Settings())
    go(at, "toy")
    sound(at)
    draws(at, 12, "cubes")
