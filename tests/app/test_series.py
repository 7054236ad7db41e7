"""Time series: the page draws and says what the backend cuts, whatever is set."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import EngineError, run
from components.backend.question.linked import LONGEST_TEXT, to_text
from components.backend.question.table import MOST_NUMBERS, read_pasted
from components.backend.whatif import forecast, series
from components.backend.whatif.series import Answer, Question
from components.backend.whatif.trained_forecasts import recorded
from components.charts import forecasts, reshaped, trained_forecast
from components.charts import series as series_chart
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    chart,
    charts,
    follow,
    html,
    links,
    messages,
    move,
    open_box,
    press,
    same_again,
    send,
    settings,
    sound,
    told,
    when_ended,
    widget,
    widgets,
)

CELLS = "a\tb\n1.5\t2\n3\t4\n5\t6\n7\t8\n9\t10\n11\t12\n"


def untrained(at: AppTest) -> list[str]:
    """The charts, without that of a training that may be recorded."""
    return [key for key in charts(at) if key != "trained_forecast"]


def draws(at: AppTest, **values: Any) -> Answer:
    """The charts, the shape, the facts and Keras's error are those of the backend's answer."""
    sound(at)
    answer = series.answer(Question(**values))
    told_of = series.forecasts(answer)
    pictures = {"series": series_chart} | ({"forecasts": forecasts} if told_of else {})
    pictures |= {"reshaped": reshaped}
    assert untrained(at) == [*pictures]
    for key, draw in pictures.items():
        expected = draw(answer)
        shown = chart(at, key)
        assert shown["alt"] == expected.alt
        drawn = [trace["type"] for trace in shown["figure"]["data"]]
        assert drawn == [trace["type"] for trace in expected.figure["data"]]
    said = " ".join(re.sub("<.*?>", " ", unescape(body)) for body in html(at))
    assert f"(samples, steps, features) = {answer.samples.shape}" in said
    assert answer.error in said
    for fact in (*series.facts(answer), *told_of, *series.mistakes(answer)[1:]):
        assert told(at, fact, "series_facts") == {True: "holds", None: "note"}[fact.holds]
    return answer


def trained(at: AppTest, answer: forecast.Answer) -> None:
    """A trained forecast is drawn, and what was measured on it is told."""
    sound(at)
    assert chart(at, "trained_forecast")["alt"] == trained_forecast(answer).alt
    for fact in forecast.facts(answer):
        told(at, fact, "forecast_facts")


def test_it_opens_with_sample_0(open_app: OpenApp) -> None:
    at = open_app("series")
    draws(at)
    trained(at, recorded()[forecast.Question()])
    assert address(at) == {}
    (said,) = (body for body in html(at) if "rnn-first" in body)
    assert "<strong>Sample 0 has 4 steps of 2 features</strong>: rows 0 to 3" in said
    assert "is feature 0 in row 4" in said
    assert text("series.first_inside").strip("*") not in said


def test_a_horizon_of_0_is_told_at_once(open_app: OpenApp) -> None:
    at = open_app("series", horizon="0")
    (said,) = (body for body in html(at) if "rnn-first" in body)
    assert "is feature 0 in row 3" in said
    assert text("series.first_inside").strip("*") in said


def test_every_field_is_set_and_linked(open_app: OpenApp) -> None:
    at, said = open_app("series"), dict[str, Any]()
    for name, value in (
        ("kind", "walk"),
        ("kind", "spike"),
        ("rows", 30),
        ("features", 5),
        ("seed", 7),
        ("window", 8),
        ("stride", 4),
        ("horizon", 0),
        ("target", 1),
    ):
        said[name] = value
        draws(move(at, name, value), **said)
        assert address(at) == {
            field: to_text(Question, field, set_) for field, set_ in said.items()
        }
    same_again(at, open_app, "series")


def test_a_table_is_pasted(open_app: OpenApp) -> None:
    at = move(open_app("series"), "kind", "pasted")
    draws(at, kind="pasted")
    assert not {"rows", "features", "seed"} & widgets(at).keys()
    move(at, "pasted", CELLS)
    draws(at, kind="pasted", pasted=CELLS)
    assert widget(at, "pasted").value == CELLS
    assert read_pasted(address(at)["pasted"]) == read_pasted(CELLS)
    (said,) = (body for body in html(at) if "rnn-first" in body)
    assert "is feature 0 (<code>a</code>) in row 4" in said
    again = same_again(at, open_app, "series")
    draws(open_app("series", pasted=CELLS), kind="pasted", pasted=CELLS)
    move(again, "kind", "sine")
    draws(again)
    draws(move(again, "kind", "pasted"), kind="pasted", pasted=CELLS)


def test_what_is_used_in_place_of_a_wrong_table_is_an_excerpt(open_app: OpenApp) -> None:
    at = open_app("series", pasted="a\tb\n1\tx\n" * 9)
    excerpt = text("problems.lines", start="temperature humidity", count=13)
    assert messages(at).endswith(f"`{excerpt}`")


@pytest.mark.parametrize("page", ["series", "explore"])
def test_how_a_table_was_read_is_said_below_its_field(open_app: OpenApp, page: str) -> None:
    field = "pasted" if page == "series" else "values"
    said = "Datum;t;rain\n" + "31.12.2026;1,5;2\n" * 6
    at = move(open_app(page, **{"kind" if page == "series" else "source": "pasted"}), field, said)
    sound(at)
    notes = [
        text("problems.without_dates", columns="Datum"),
        text("problems.decimal_commas"),
    ]
    assert [caption.value for caption in at.caption if caption.value in notes] == notes
    assert widget(at, field).value == said
    again = open_app(page, **address(at))
    sound(again)
    assert not [caption for caption in again.caption if caption.value in notes]


def test_of_a_table_that_is_too_large_a_button_keeps_as_many_rows_as_fit(
    open_app: OpenApp,
) -> None:
    lines = [f"{n}\t20.25\t3\t4\t5" for n in range(1000)]
    at = move(open_app("series", kind="pasted"), "pasted", "\n".join(lines))
    most = {"numbers": MOST_NUMBERS, "characters": LONGEST_TEXT}
    said = text("series.too_large_rows", rows=1000, features=5, **most)
    assert said in [caption.value for caption in at.caption]
    draws(press(at, "series_keep"), kind="pasted", pasted="\n".join(lines[::2]))
    assert not messages(at)
    assert not [each for each in at.button if each.key == "series_keep"]
    same_again(at, open_app, "series")


def test_a_wrong_cell_is_named_and_can_be_corrected(open_app: OpenApp) -> None:
    wrong = CELLS.replace("3\t4", "3\tfour")
    for at in (
        move(open_app("series", pasted=CELLS), "pasted", wrong),
        open_app("series", pasted=wrong),
    ):
        assert not at.exception
        assert "- pasted: `'four' in line 3, cell 2`; allowed: 5 to 1,000 lines " in messages(at)
        assert widget(at, "pasted").value == wrong
        assert untrained(at) == ["series", "forecasts", "reshaped"]
        draws(move(at, "pasted", CELLS), kind="pasted", pasted=CELLS)


def test_a_name_is_shown_as_it_is(open_app: OpenApp) -> None:
    at = open_app("series", pasted="<b>x</b>\t**y**\n" + "1\t2\n" * 9)
    draws(at, kind="pasted", pasted="<b>x</b>\t**y**\n" + "1\t2\n" * 9)
    assert "<b>x</b>" not in json.dumps(chart(at, "series")["figure"])


@pytest.mark.parametrize(
    ("query", "told_of", "used"),
    [
        ({"window": "40"}, "- window: `40`; allowed: a whole number from 1 to 23: ", 23),
        ({"horizon": "40"}, "- horizon: `40`; allowed: a whole number from 0 to 20: ", 20),
        ({"target": "2"}, "- target: `2`; allowed: a whole number from 0 to 1: ", 1),
        ({"rows": "5000"}, "- rows: `5000`; allowed: a whole number from 5 to 1,000; ", 1000),
    ],
)
def test_what_does_not_fit_is_replaced_by_what_does(
    open_app: OpenApp, query: dict[str, str], told_of: str, used: int
) -> None:
    at = open_app("series", **query)
    assert told_of in messages(at)
    (name,) = query
    assert widget(at, name).value == used
    draws(move(at, "seed", 1), **{name: used}, seed=1)


@pytest.mark.parametrize(
    ("name", "forged"),
    [
        ("kind", {"string_value": "evil"}),
        ("pasted", {"string_value": "1\n" * 20_000}),
        ("pasted", {"string_value": "<script>`"}),
        ("window", {"double_value": 2.0**31}),
        ("target", {"double_value": -1.0}),
    ],
)
def test_a_forged_value_is_complained_about(
    open_app: OpenApp, name: str, forged: dict[str, Any]
) -> None:
    at = open_app("series", pasted=CELLS)
    send(at, at.get_by_key(name).proto.id, **forged)
    assert not at.exception
    assert f"- {name}: " in messages(at)
    single = name == "window"  # the nearest leaves one sample, of which there is no forecast
    assert charts(at) == ["series", *["forecasts"] * (not single), "reshaped"]


def test_a_sample_is_opened_in_explore(open_app: OpenApp) -> None:
    at = open_app("series", pasted=CELLS, window="2", sample="1")
    answer = series.answer(Question(pasted=read_pasted(CELLS), kind="pasted", window=2))
    at = follow(at, text("series.open", sample=1))
    sound(at)
    read = run(settings(at)).trace.inputs
    np.testing.assert_array_equal(read, answer.samples[1:2])


def test_a_sample_that_there_is_not(open_app: OpenApp) -> None:
    at = open_app("series", window="20", sample="9")
    assert "- sample: `9`; allowed: a whole number from 0 to 3" in messages(at)
    assert text("series.open", sample=3) in links(at)


def test_try_this(open_app: OpenApp) -> None:
    at = press(open_app("series"), "series_try")
    draws(at, horizon=0)
    assert address(at) == {"horizon": "0"}
    draws(press(at, "series_try_back"))
    full = open_app("series", window="24", horizon="0")
    draws(full, window=24, horizon=0)
    assert full.button(key="series_try_back").disabled


def test_the_code_is_the_answers(open_app: OpenApp) -> None:
    at = open_box(open_app("series", kind="walk", stride="2"), "series_code")
    (code,) = at.code
    assert code.value == series.script(Question(kind="walk", stride=2)).strip()


@pytest.mark.usefixtures("worker", "patient")
def test_an_lstm_is_trained_on_the_table(open_app: OpenApp) -> None:
    at = open_app("series", rows="30", **{"forecast.steps": "20"})
    assert text("forecast.idle") in [caption.value for caption in at.caption]
    assert "trained_forecast" not in charts(at)
    when_ended(press(at, "forecast_train"))
    question = forecast.Question(table=Question(rows=30), steps=20)
    trained(at, forecast.answer(question))
    assert address(at) == {"rows": "30", "forecast.steps": "20", "forecast.train": "true"}
    move(at, "window", 5)  # another table: nothing is trained until it is asked for
    assert forecast.TRAININGS.poll(question.but(table=Question(rows=30, window=5))) is None
    assert "forecast.train" not in address(at)
    assert "forecast_train" in {button.key for button in at.button}
    press(move(at, "window", 4), "forecast_train")
    trained(at, forecast.answer(question))  # known already, so it is there at once
    assert at.button(key="forecast_done").disabled


def test_too_few_samples_train_nothing(open_app: OpenApp) -> None:
    at = open_app("series", rows="9")
    assert text("forecast.too_few", least=forecast.LEAST) in [each.value for each in at.caption]
    assert "forecast_train" not in {button.key for button in at.button}


def test_a_failure_is_shown_in_its_place(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch, forget: None
) -> None:
    def fail(*_: object) -> None:
        raise EngineError("broken")

    monkeypatch.setattr(series, "_by_keras", fail)
    at = open_app("series")
    assert not at.exception
    assert text("errors.engine") in messages(at)
    assert "window" in widgets(at)


def test_a_pasted_table_comes_back_with_its_field(open_app: OpenApp) -> None:
    at = move(open_app("series"), "kind", "pasted")
    move(at, "pasted", CELLS)
    move(at, "kind", "sine")
    move(at, "window", 5)
    move(at, "window", 4)
    move(at, "kind", "pasted")
    draws(at, kind="pasted", pasted=read_pasted(CELLS))
