"""dropout and recurrent_dropout in the app: what Explore shows of them, and where they do
nothing."""

from __future__ import annotations

import pytest

from components.backend import Settings, run
from components.backend.running import dropped
from components.charts import dropped as picture_of
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    chart,
    charts,
    messages,
    move,
    shows,
    told,
    worked_out,
)

RATES = {"dropout": "0.5", "recurrent_dropout": "0.25"}
DROPS = Settings(dropout=0.5, recurrent_dropout=0.25)


@pytest.mark.parametrize("settings", [DROPS, DROPS.but(cell="GRU", recurrent_dropout=0.0)])
def test_explore(open_app: OpenApp, settings: Settings) -> None:
    at = open_app(**settings.to_query())
    shows(at, settings)
    result = run(settings)
    for fact in dropped.facts(result):
        assert told(at, fact, "dropout_facts") == "holds"
    assert chart(at, "inside_dropped")["alt"] == picture_of(result).alt
    assert text("inside.dropped_sums") in worked_out(at)


def test_the_widgets(open_app: OpenApp) -> None:
    at = open_app()
    assert "inside_dropped" not in charts(at)
    move(move(at, "dropout", "0.5"), "recurrent_dropout", "0.25")
    shows(at, DROPS)
    assert RATES.items() <= address(at).items()
    move(move(at, "dropout", "0"), "recurrent_dropout", "0")
    shows(at, Settings())
    assert "inside_dropped" not in charts(at)


def test_a_rate_that_is_not_offered(open_app: OpenApp) -> None:
    at = open_app(dropout="0.33")
    shows(at, Settings())
    assert "dropout: `0.33`; allowed: 0.0, 0.05" in messages(at)


def test_pytorch(open_app: OpenApp) -> None:
    at = move(open_app(**RATES), "tab", "torch")
    for name in RATES:
        assert text(f"torch.lacks.{name}") in all_markdown(at)
    assert not at.code
