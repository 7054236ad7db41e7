"""Panels stand twice on a page: what a visitor does with one leaves the other as it is."""

from __future__ import annotations

import json

import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings, run
from components.charts import timeline
from components.panels.draw.plot import drawn
from tests.app.conftest import TIMEOUT
from tests.app.reading import address, chart, charts, looked, messages, sound, widgets

ONE, OTHER = Settings(), Settings(cell="GRU", units=5)


def two_of_each() -> None:
    """A page that asks how to look at two runs, and draws both panels for each."""

    from components.backend import Settings, run
    from components.panels.ask.address import write_address
    from components.panels.ask.complain import complain
    from components.panels.ask.field_set import FieldSet, opened
    from components.panels.layer.explore import ExploreView
    from components.panels.layer.timeline import timeline_panel, timeline_widgets
    from components.panels.parts.inside import inside_panel

    views = opened(
        "series",
        FieldSet(ExploreView),
        FieldSet(ExploreView, prefix="b."),
    )
    answers = run(Settings()), run(Settings(cell="GRU", units=5))
    for view, answer in zip(views, answers, strict=True):
        view.within(step=(1, answer.settings.steps), unit=(0, answer.settings.units - 1))
    complain()
    for view, answer in zip(views, answers, strict=True):
        timeline_panel(answer, view, key=f"{view.prefix}timeline")
        timeline_widgets(view, 1)
        inside_panel(answer, view, key=f"{view.prefix}inside")
    write_address()


def opened(**query: str) -> AppTest:
    at = AppTest.from_function(two_of_each, default_timeout=TIMEOUT)
    at.query_params |= query
    return at.run()


def looks(at: AppTest, prefix: str, settings: Settings, view: str, unit: int, step: int) -> None:
    """The two panels of a prefix show that, and the widgets agree."""
    result = run(settings)
    if view == "table":
        assert f"{prefix}timeline" not in charts(at)
    else:
        expected = drawn(timeline, result, sentence=0, scale="fitted", view=view)
        assert chart(at, f"{prefix}timeline")["alt"] == expected.alt
        assert chart(at, f"{prefix}timeline")["figure"] == json.loads(expected.figure)
    assert chart(at, f"{prefix}inside")["alt"]
    wished = {"step": None if step == 3 else step, "unit": unit or None}
    assert looked(at, f"{prefix}inside_controls") == wished
    assert at.get_by_key(f"{prefix}view").value == view


def test_both_are_drawn_with_keys_of_their_own() -> None:
    at = opened()
    sound(at)
    assert set(charts(at)) == {"timeline", "inside", "b.timeline", "b.inside"}
    keys = list(widgets(at))
    assert {f"b.{key}" for key in keys if not key.startswith("b.")} == {
        key for key in keys if key.startswith("b.")
    }
    looks(at, "", ONE, "heatmap", 0, 3)
    looks(at, "b.", OTHER, "heatmap", 0, 3)


def test_what_is_done_to_one_leaves_the_other() -> None:
    at = opened(**{"unit": "2", "step": "2", "b.step": "5"})
    at.get_by_key("b.view").set_value("lines").run()
    sound(at)
    looks(at, "", ONE, "heatmap", 2, 2)
    looks(at, "b.", OTHER, "lines", 0, 5)
    linked = opened(**address(at))
    sound(linked)
    assert linked.get_by_key("b.view").value == "lines"
    assert linked.get_by_key("view").value == "heatmap"


@pytest.mark.parametrize("name", ["view", "step", "unit"])
def test_what_is_wrong_with_one_is_reported_of_that_one(name: str) -> None:
    wrong = {"view": "evil", "step": "0", "unit": "-1"}[name]
    at = opened(**{f"b.{name}": wrong})
    assert f"- b.{name}: `" in messages(at)
    assert f"- {name}: `" not in messages(at)
    looks(at, "", ONE, "heatmap", 0, 3)
    looks(at, "b.", OTHER, "heatmap", 0, 1 if name == "step" else 3)  # 1 is nearest to 0


def two_tabs(panel: str) -> None:
    """A page with one of the other tabs' panels, of two settings."""

    from components.backend import Settings, run
    from components.panels.ask.field_set import FieldSet, opened
    from components.panels.layer.explore import ExploreView
    from components.panels.layer.parameters import parameters_panel
    from components.panels.layer.shapes import shapes_panel
    from components.panels.parts.code import code_panel
    from components.panels.parts.data import data_panel
    from components.panels.parts.torch_code import torch_panel

    views = opened(
        "series",
        FieldSet(ExploreView),
        FieldSet(ExploreView, prefix="b."),
    )
    for view, settings in zip(views, (Settings(), Settings(cell="GRU", units=5)), strict=True):
        if panel == "shapes":
            shapes_panel(settings, view)
        elif panel == "code":
            code_panel(settings, key=view.prefix)
        else:
            panels = {"parameters": parameters_panel, "data": data_panel, "torch": torch_panel}
            draw = panels[panel]
            draw(run(settings), key=view.prefix)


@pytest.mark.parametrize("panel", ["shapes", "parameters", "code", "torch", "data"])
def test_a_panel_stands_twice(panel: str) -> None:
    at = AppTest.from_function(two_tabs, default_timeout=TIMEOUT, kwargs={"panel": panel}).run()
    sound(at)
    keys = {*widgets(at), *charts(at)}
    assert keys
    assert {f"b.{key}" for key in keys if not key.startswith("b.")} == {
        key for key in keys if key.startswith("b.")
    }


def test_two_next_layers_are_chosen_apart() -> None:
    at = AppTest.from_function(two_tabs, default_timeout=TIMEOUT, kwargs={"panel": "shapes"}).run()
    at.get_by_key("b.next_layer").set_value("Dense(5)").run()
    sound(at)
    assert at.get_by_key("next_layer").value == "LSTM(5)"
    calls = [element.value for element in at.markdown]
    assert any(call.startswith("`LSTM(5)(outputs)`") for call in calls)
    assert any(call.startswith("`Dense(5)(outputs)`") for call in calls)
