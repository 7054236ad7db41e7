"""A trained forecast: what is recorded is what Keras gives, the first samples alone train it, and
what is said of it is measured on the others."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from components.backend import SettingsError
from components.backend.whatif import forecast, series
from components.backend.whatif.forecast import Answer, Question, facts, script
from components.backend.whatif.trained_forecasts import RECORDED, recorded
from components.charts import trained_forecast
from components.texts import text
from tests.facts import assert_sentences
from tests.scripts import executed

WALK = Question(table=series.Question(kind="walk", rows=200, seed=28))
"""The table to which the question about a late forecast leads."""


def named(answer: Answer) -> set[str]:
    return {fact.name for fact in facts(answer)}


def forecasting(answer: Answer, values: np.ndarray) -> Answer:
    """The answer, had the layer forecast this."""
    last = answer.checkpoints[-1]._replace(forecast=values)
    return replace(answer, checkpoints=(*answer.checkpoints[:-1], last))


# Training


@pytest.mark.parametrize("question", RECORDED, ids=lambda q: f"{q.table.kind} {q.table.rows}")
def test_a_recorded_training_begins_as_keras_trains(question: Question) -> None:
    """No later step can change what an earlier one gave. The whole is trained again in a soak
    test."""
    kept = recorded()[question].checkpoints
    scale = question.table.table.std()
    for now, then in zip(forecast.train(question), kept, strict=False):
        assert now.step == then.step
        np.testing.assert_allclose(now.forecast, then.forecast, atol=2e-3 * scale)
        if now.step >= 60:
            return
    pytest.fail("it was recorded with fewer steps")


@pytest.mark.soak
@pytest.mark.parametrize("question", RECORDED, ids=lambda q: f"{q.table.kind} {q.table.rows}")
def test_a_recorded_training_is_keras_own(question: Question) -> None:
    now = Answer(question, tuple(forecast.train(question)))
    np.testing.assert_allclose(now.errors, recorded()[question].errors, rtol=0.05)
    assert named(now) == named(recorded()[question])


def test_nothing_is_known_of_the_rows_held_out() -> None:
    """Tables that differ only there give the same weights, and so the same forecasts before."""
    rows = [[float(n % 7), float(n % 3)] for n in range(40)]
    found = []
    for later in (0.0, 50.0):
        first = Question(table=series.Question(pasted=cells(rows)), steps=20)
        known = first.table.targets_at[first.trained - 1] + 1
        changed = [*rows[:known], *([a + later, b - later] for a, b in rows[known:])]
        question = first.but(table=series.Question(pasted=cells(changed)))
        *_, last = forecast.train(question)
        found.append(last.forecast[: question.trained])
    np.testing.assert_array_equal(*found)
    assert not np.isin(forecast._drawn(first, 0, 99), range(first.trained, 99)).any()


def cells(rows: list[list[float]]) -> str:
    return "\n".join("\t".join(map(str, row)) for row in rows)


def test_what_is_too_short_is_refused() -> None:
    for table, got in ((series.Question(rows=11), "7 sample"), (series.Question(horizon=0), "21")):
        assert not forecast.can_train(table)
        with pytest.raises(SettingsError, match=re.escape(f"table: got {got}")):
            Question(table=table)
    assert forecast.can_train(series.Question(rows=12))


def test_the_script_trains_the_same_layer() -> None:
    question = Question(table=series.Question(rows=40, horizon=2, stride=2, target=1), steps=40)
    found = Answer(question, tuple(forecast.train(question)))
    code = script(question)
    assert all(len(line) <= 100 for line in code.splitlines())
    _, said = executed(code)
    printed = dict(re.findall(r"^(trained|last_step|mean) (\S+)$", said, re.MULTILINE))
    assert [*map(float, printed.values())] == pytest.approx([*found.errors], rel=1e-3)


# What is said of it


def test_the_example_is_the_true_curve_late_and_no_better() -> None:
    found = recorded()[WALK]
    assert named(found) == {"trained_no_better_last", "nearest_last"}
    held = slice(found.question.trained, None)
    column = WALK.table.table[:, 0]
    at = WALK.table.targets_at[held]
    values = facts(found)[1].values
    assert values["to_last"] == pytest.approx(np.mean((found.forecast[held] - column[at - 1]) ** 2))
    assert values["to_target"] == pytest.approx(np.mean((found.forecast[held] - column[at]) ** 2))
    assert values["to_last"] < values["to_target"] / 5
    assert found.errors.last == pytest.approx(np.mean((column[at - 1] - column[at]) ** 2))
    assert found.errors.mean == pytest.approx(np.mean((found.mean - column[at]) ** 2))


def test_what_the_other_examples_show() -> None:
    """A sine can be learned, and noise only by heart."""
    sine, noise = (
        recorded()[Question(table=series.Question(**values))]
        for values in ({}, {"kind": "noise", "rows": 200})
    )
    assert {"trained_better", "nearest_target", "few"} <= named(sine)
    assert {"trained_no_better_mean", "nearest_mean"} <= named(noise)


def test_a_fact_changes_with_the_forecast() -> None:
    found = recorded()[WALK]
    perfect = forecasting(found, found.targets)
    assert named(perfect) == {"trained_better", "nearest_target"}
    flat = forecasting(found, np.full_like(found.targets, found.mean))
    assert "nearest_mean" in named(flat)
    late = forecasting(found, found.last_step)
    assert named(late) == {"trained_no_better_last", "nearest_last"}  # as good is not better
    known = found.targets + np.where(np.arange(len(found.targets)) < WALK.trained, 0, 9)
    assert "by_heart" in named(forecasting(found, known))


def test_facts_have_their_sentences() -> None:
    told = [fact for answer in recorded().values() for fact in facts(answer)]
    assert_sentences("forecast_facts", told)
    assert all(fact.holds is not False for fact in told)


def test_the_chart_draws_what_was_held_out() -> None:
    found = recorded()[WALK]
    picture = trained_forecast(found)
    held = slice(WALK.trained, None)
    lines = {trace["name"]: trace for trace in picture.figure["data"]}
    for name, values in (
        ("target_column", found.targets),
        ("repeated", found.last_step),
        ("trained", found.forecast),
    ):
        line = lines[text(f"series.{name}")]
        assert line["x"] == WALK.table.targets_at[held].tolist()
        np.testing.assert_array_equal(line["y"], values[held])
    assert f"{found.errors.trained:.3g}" in picture.alt
