"""What a trained cell says is right or wrong by the rule of its task, and recorded as it trains."""

import numpy as np
import pytest

from components import charts
from components.backend import Settings, run
from components.backend.learning.learn import Question, answer
from components.backend.learning.predictions import predictions
from components.backend.learning.trained import LEARNED_SIZES, OFFERED, ends, last, learned
from components.backend.question.settings import QUOTES
from components.backend.whatif import carry, twice
from components.charts import Picture

READS = Settings(vocabulary_size=3, embedding_dim=3, tokens=(QUOTES,))
INSIDE = [0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0]
"""Whether one is inside quotation marks after each step of a b " a b " b a " a b b " a a b."""


@pytest.mark.parametrize("units", LEARNED_SIZES)
@pytest.mark.parametrize("cell", ["LSTM", "GRU", "SimpleRNN"])
def test_the_answers_are_those_of_the_readout(cell: str, units: int) -> None:
    settings = READS.but(cell=cell, units=units)
    trained = learned(settings)
    assert trained is not None
    ran = run(settings, trained.checkpoint.weights)
    says, readout = predictions(trained, 0, ran), trained.checkpoint.readout
    assert says is not None
    logits = ran.returned[0].values[0] @ readout["kernel"] + readout["bias"]
    np.testing.assert_array_equal(says.classes, logits.argmax(axis=-1))
    assert says.right.tolist() == INSIDE
    assert says.wrong.tolist() == (says.classes != INSIDE).tolist()
    last_alone = run(settings.but(return_sequences=False), trained.checkpoint.weights)
    at_end = predictions(trained, 0, last_alone)
    assert at_end is not None
    assert not at_end.wrong[:-1].any()
    assert at_end.asked.sum() == 1
    assert bool(says.wrong.any()) == (trained.checkpoint.accuracy < 1)


def test_a_sentence_in_two_calls_is_asked_as_one() -> None:
    trained = learned(READS)
    assert trained is not None
    first, second = (
        run(READS.reading((part,)), trained.checkpoint.weights)
        for part in (QUOTES[:10], QUOTES[10:])
    )
    says = predictions(trained, 0, first, second)
    assert says is not None
    assert says.right.tolist() == INSIDE
    assert says.wrong.tolist() == [False] * 10 + [True] * 6  # it forgets that a quotation is open


def shades(picture: Picture) -> list[list[float]]:
    """The row of answers: -1 where one is wrong."""
    (row,) = (np.asarray(t["z"]) for t in picture.figure["data"] if t.get("name") == "says")
    return row.tolist()


def test_pictures_mark_what_is_wrong() -> None:
    trained = learned(READS)
    assert trained is not None
    weights = trained.checkpoint.weights
    assert shades(charts.timeline(run(READS, weights), trained=trained)) == [INSIDE]
    last = charts.timeline(run(READS.but(return_sequences=False), weights), trained=trained)
    np.testing.assert_array_equal(shades(last), [[np.nan] * 15 + [0]])
    question = carry.Question(settings=READS, cut=10, hand_over=False)
    forgets = charts.carry(carry.answer(question, weights), trained=trained)
    assert shades(forgets) == [INSIDE, INSIDE[:10] + [-1] * 6]
    kept = carry.answer(question.but(hand_over=True), weights)
    assert shades(charts.carry(kept, trained=trained)) == [INSIDE, INSIDE]
    other = READS.but(cell="SimpleRNN")
    fails = learned(other)
    assert fails is not None
    runs = run(READS, weights), run(other, fails.checkpoint.weights)
    first, second = shades(charts.compare(*runs, trained=(trained, fails)))
    assert first == INSIDE
    failed = predictions(fails, 0, runs[1])
    assert failed is not None
    assert second.count(-1) == failed.wrong.sum() > 0


def test_nothing_is_right_or_wrong_where_the_cell_is_not_asked() -> None:
    counts = OFFERED["counts"]
    tie = counts.question.settings(((0, 1),))  # up, down
    ran = run(tie, counts.weights)
    found = predictions(counts, 0, ran)
    assert found is not None
    assert not found.asked.any()
    alone = charts.timeline(ran, trained=counts)
    again = charts.twice(twice.answer(twice.Question(settings=tie), counts.weights), trained=counts)
    for picture in (alone, again):
        assert "says" not in {trace.get("name") for trace in picture.figure["data"]}


def test_weights_of_no_training_say_nothing() -> None:
    trained = learned(READS)
    assert trained is not None
    weights = trained.checkpoint.weights
    assert predictions(None, 0, run(READS, weights)) is None
    assert predictions(trained, 0, run(READS)) is None
    assert predictions(trained, 0, run(READS, weights), run(READS)) is None
    anew = twice.Question(settings=READS, cause="anew")  # whose second layer draws its own
    for question, rows in ((anew, 0), (anew.but(mended=True), 2)):
        picture = charts.twice(twice.answer(question, weights), trained=trained)
        shown = [t for t in picture.figure["data"] if t.get("name") == "says"]
        assert [len(t["z"]) for t in shown] == [rows] * bool(rows)


@pytest.mark.parametrize(
    "change",
    [
        {"units": 9},
        {"activation": "relu"},
        {"go_backwards": True},
        {"vocabulary_size": 4},
        {"embedding": False},
        {"values": (((1.0,), (2.0,)),)},
    ],
    ids=str,
)
def test_no_other_layer_has_learned_it(change: dict[str, object]) -> None:
    assert learned(READS.but(**change)) is None
    assert learned(READS.but(return_state=False, seed=3)) == learned(READS)


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_an_end_is_recorded_as_it_trains(cell: str) -> None:
    question = Question(task="quotes", cell=cell, units=3)
    kept, now = ends()[question], answer(question).checkpoints[-1]
    assert last(question).checkpoint is kept
    assert kept.accuracy == pytest.approx(now.accuracy, abs=0.02)
    assert kept.weights.origin == now.weights.origin
    assert kept.weights.fit(question.settings())
