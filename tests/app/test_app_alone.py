"""Without the launcher nothing serves the charts' script: Streamlit's own chart stands in."""

from __future__ import annotations

import json

import numpy as np
import pytest

from components.backend import Settings, run
from components.charts import inside, timeline
from components.panels.page import plotly_js
from components.panels.page.plot import to_json_plotly
from tests.app.conftest import OpenApp
from tests.app.reading import charts, looked, move, sound, worked_out
from tests.page import decoded


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plotly_js, "is_served", lambda: False)


@pytest.mark.usefixtures("alone")
def test_the_same_figures_are_drawn(open_app: OpenApp) -> None:
    at = open_app(step="3")
    for settings in (Settings(), Settings(units=5)):
        move(at, "units", settings.units)
        sound(at)
        assert charts(at) == []
        for draw in (timeline, inside):
            chart = at.get_by_key(draw.__name__).proto
            shown, expected = (
                decoded(json.loads(text))
                for text in (chart.spec, to_json_plotly(draw(run(settings)).figure))
            )
            assert chart.alt == draw(run(settings)).alt
            for one, other in zip(shown["data"], expected["data"], strict=True):
                np.testing.assert_array_equal(one.get("z"), other.get("z"))


@pytest.mark.usefixtures("alone")
def test_the_equations_are_there_all_the_same(open_app: OpenApp) -> None:
    at = open_app(step="4")
    assert looked(at)["step"] == 4
    assert "Step 4 reads" in worked_out(at, step=4)
