"""Same x twice: each cause and what mends it, as the backend answers."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings, Setup
from components.backend.cells import CELLS
from components.backend.question.linked import choices
from components.backend.whatif import twice
from components.backend.whatif.twice import Choice, Question
from components.charts.twice import twice as chart_of
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    chart,
    charts,
    figure,
    move,
    press,
    same_again,
    sound,
    told,
    widgets,
)

CAUSES = choices(Choice, "cause")


def draws(at: AppTest, question: Question, sentence: int = 0) -> None:
    """Both calls, their difference, the alternative text and the fact are the backend's."""
    sound(at)
    answer = twice.answer(question)
    strips = [t for t in figure(at, "twice")["data"] if t["type"] == "heatmap"]
    outputs = [np.array(s["z"], "float32") for s in strips if s["name"] == "outputs"]
    for values, result in zip(outputs, (answer.first, answer.second), strict=True):
        np.testing.assert_array_equal(values, result.tensor("outputs")[sentence].T)
    (apart,) = (np.array(s["z"], "float32") for s in strips if s["name"] == "difference")
    np.testing.assert_array_equal(np.abs(apart).max(axis=0), answer.difference[sentence])
    assert chart(at, "twice")["alt"] == chart_of(answer, sentence=sentence).alt
    for fact in twice.facts(answer):
        assert told(at, fact, "twice_facts") == {True: "holds", None: "note"}[fact.holds]


@pytest.mark.parametrize("cell", CELLS)
def test_it_opens(open_app: OpenApp, cell: str) -> None:
    at = open_app("twice", cell=cell)
    draws(at, Question(settings=Settings(cell=cell)))
    assert address(at) == ({} if cell == "LSTM" else {"cell": cell})
    assert charts(at) == ["twice"]


def test_each_cause_and_what_mends_it(open_app: OpenApp) -> None:
    """A cause that is chosen is not mended yet, whatever was switched on for the one before."""
    at = open_app("twice")
    for cause in CAUSES:
        draws(move(at, "cause", cause), Question(cause=cause))
        if cause == "none":
            assert "mended" not in widgets(at)
            continue
        draws(press(at, "twice_try"), Question(cause=cause, mended=True))
        same_again(at, open_app, "twice")


def test_where_nothing_differs_nothing_is_mended(open_app: OpenApp) -> None:
    """Whatever a link says."""
    draws(open_app("twice", cause="none", mended="true"), Question(cause="none"))
    draws(open_app("twice", cause="anew", mended="true"), Question(cause="anew", mended=True))


def test_several_sentences(open_app: OpenApp) -> None:
    three = Setup(sentences=3).settings
    at = open_app("twice", sentences="3")
    draws(move(at, "sentence", 3), Question(settings=three), sentence=2)
    assert address(at) == {"sentences": "3", "sentence": "3"}
