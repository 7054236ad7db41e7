"""A panel can stand on a page twice, beside itself."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings, run
from components.texts import text
from tests.app.conftest import TIMEOUT
from tests.app.reading import charts, html, sound, widgets

PANELS = ("inside", "shapes", "parameters", "code", "data")


def page(panel: str) -> None:
    """Two of the panel, of two settings, side by side."""
    from importlib import import_module

    from components.backend import Settings, run

    draw = getattr(import_module(f"components.panels.{panel}"), f"{panel}_panel")
    for key, settings in (("", Settings()), ("b.", Settings(cell="GRU", units=3))):
        given = settings if panel == "shapes" else run(settings)
        draw(given, *[0] * (panel == "inside"), key=key)


def twice(panel: str) -> AppTest:
    at = AppTest.from_function(page, default_timeout=TIMEOUT, kwargs={"panel": panel}).run()
    sound(at)
    return at


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_stands_twice(panel: str) -> None:
    keys = [*widgets(twice(panel)), *charts(twice(panel))]
    first = {key for key in keys if not key.startswith("b.")}
    second = {key.removeprefix("b.") for key in keys if key.startswith("b.")}
    assert second
    assert first == second


def test_two_panels_are_moved_apart() -> None:
    at = twice("inside")
    at.slider(key="b.step").set_value(4).run()
    at.button(key="b.step_next").click().run()
    at.button(key="step_next").click().run()
    at.slider(key="b.unit").set_value(2).run()
    sound(at)
    assert (at.slider(key="step").value, at.slider(key="b.step").value) == (2, 5)
    assert (at.slider(key="unit").value, at.slider(key="b.unit").value) == (0, 2)
    tokens = [run(Settings()).trace.tokens[0, step - 1] for step in (2, 5)]
    for step, token, unit in zip((2, 5), tokens, (0, 2), strict=True):
        said = text("inside.read", step=step, token=token, order="", unit=unit)
        assert said in [element.value for element in at.markdown]
    assert len([body for body in html(at) if "rnn-equations" in body]) == 2


def test_two_next_layers_are_chosen_apart() -> None:
    at = twice("shapes")
    at.get_by_key("b.next_layer").set_value("Dense(3)").run()
    sound(at)
    assert at.get_by_key("next_layer").value == "LSTM(3)"
    calls = [element.value for element in at.markdown]
    assert any(call.startswith("`LSTM(3)(outputs)`") for call in calls)
    assert any(call.startswith("`Dense(3)(outputs)`") for call in calls)
