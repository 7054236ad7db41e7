"""Gradients: lines, strips and facts as the backend answers, whatever is moved or
linked."""

from __future__ import annotations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings, Setup
from components.backend.cells import CELLS
from components.backend.learning.trained import OFFERED
from components.backend.origins.weight_source import WeightSource
from components.backend.question.weights import Weights
from components.backend.weight_files.edits import Edits, edits_text
from components.backend.whatif import influence
from components.backend.whatif.influence import Answer, Question
from components.charts import another_token
from components.charts import influence as influence_chart
from components.panels.ask.address import FROM
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    chart,
    charts,
    figure,
    messages,
    move,
    open_box,
    press,
    same_again,
    sound,
    told,
    widget,
)


def draws(
    at: AppTest, question: Question, weights: Weights | None = None, sentence: int = 0
) -> Answer:
    """Lines, strips, alternative texts and facts are those of the backend's answer."""
    sound(at)
    answer = influence.answer(question, weights)
    lines = figure(at, "influence")["data"]
    for (gradients, state), line in zip(answer.lines, lines, strict=True):
        sizes = np.array([size or 0 for size in line["y"]], float)
        np.testing.assert_allclose(sizes, gradients.sizes(state)[sentence], rtol=1e-12)
    strips = [trace for trace in figure(at, "change")["data"] if trace["type"] == "heatmap"]
    for strip, apart in zip(strips, answer.apart.values(), strict=True):
        np.testing.assert_array_equal(np.array(strip["z"], "float32"), apart[sentence].T)
    for key, draw in (("influence", influence_chart), ("change", another_token)):
        assert chart(at, key)["alt"] == draw(answer, sentence=sentence).alt
    assert chart(at, "change")["chooses"]
    found = influence.facts(answer, sentence=sentence)
    for fact in (*found, *influence.change_facts(answer, sentence=sentence)):
        assert told(at, fact, "influence_facts") == {True: "holds", None: "note"}[fact.holds]
    return answer


@pytest.mark.parametrize("cell", CELLS)
def test_it_opens(open_app: OpenApp, cell: str) -> None:
    at = open_app("influence", cell=cell)
    draws(at, Question(settings=Settings(cell=cell)))
    assert address(at) == ({} if cell == "LSTM" else {"cell": cell})
    assert charts(at) == ["influence", "change"]


def test_a_gap_is_explained_where_there_is_one(open_app: OpenApp) -> None:
    at = open_app("influence", tokens="4, 0, 64", source="typed")
    assert text("influence.note_gap") not in chart(at, "influence")["note"]
    move(at, "mask_zero", True)
    assert text("influence.note_gap") in chart(at, "influence")["note"]
    assert text("influence.note_beyond") not in chart(at, "influence")["note"]


def test_another_token(open_app: OpenApp) -> None:
    at = open_app("influence")
    draws(move(at, "changed_step", 4), Question(changed_step=4))
    draws(move(at, "token", 30), Question(changed_step=4, token=30))
    assert address(at) == {"changed_step": "4", "token": "30"}
    assert "13→30" in str(figure(at, "change")["layout"]["xaxis"]["ticktext"])
    draws(move(at, "token", 13), Question(changed_step=4, token=13))  # it reads that already
    same_again(at, open_app, "influence")


def test_a_hundred_steps_and_several_sentences(open_app: OpenApp) -> None:
    setup = Setup(source="random", length=100, sentences=3)
    at = open_app("influence", **setup.to_query(), sentence="2", changed_step="60")
    draws(at, Question(settings=setup.settings, changed_step=60), sentence=1)
    move(at, "length", 20)
    shorter = Setup(source="random", length=20, sentences=3)
    assert "- changed_step: `60`; " in messages(at)
    move(at, "changed_step", 20)
    draws(at, Question(settings=shorter.settings, changed_step=20), sentence=1)
    draws(move(at, "sentence", 3), Question(settings=shorter.settings, changed_step=20), sentence=2)


def test_a_mask(open_app: OpenApp) -> None:
    tokens = ((4, 0, 64, 13, 0),)
    at = open_app("influence", tokens="4, 0, 64, 13, 0")
    settings = Settings(tokens=tokens)
    draws(at, Question(settings=settings))
    answer = draws(move(at, "mask_zero", True), Question(settings=settings, mask_zero=True))
    assert (answer.gradients[0, [1, 4]] == 0).all()
    assert address(at)["mask_zero"] == "true"
    same_again(at, open_app, "influence")


def test_a_trained_cell_beside_others_that_are_trained(open_app: OpenApp) -> None:
    """Its memory reaches back over many steps, and where that of a SimpleRNN is gone."""
    remembers = OFFERED["remembers"]
    at = press(open_app("influence", **{FROM: "vanishing"}), "influence_try_trained")
    said = [*(each.value for each in at.info), chart(at, "influence")["note"]]
    assert not [each for each in said if "light blue" in each.lower()]  # no such line any more
    settings = remembers.question.settings()
    (star,) = np.flatnonzero(np.array(settings.tokens[0]) >= 3)
    assert star == 1
    token = int(address(at)["token"])
    assert token >= 3
    assert token != settings.tokens[0][star]
    question = Question(settings=settings, changed_step=2, token=token)
    answer = draws(at, question, remembers.weights)
    names = [line["name"] for line in figure(at, "influence")["data"]]
    assert names == [
        "LSTM, trained",
        "LSTM, trained: last c",
        "GRU, trained",
        "SimpleRNN, trained",
    ]
    left = {
        n: f.sizes(s)[0, 1] / f.sizes(s)[0, -1]
        for n, (f, s) in zip(names, answer.lines, strict=True)
    }
    assert left["LSTM, trained: last c"] > 0.1
    assert left["GRU, trained"] > 0.1
    assert left["SimpleRNN, trained"] < 1e-10
    assert "trained" in address(at)
    again = open_app("influence", **address(at))
    assert chart(again, "influence") == chart(at, "influence")


def test_a_cell_of_another_training_is_compared_with_untrained_ones(open_app: OpenApp) -> None:
    counts = OFFERED["counts"]
    settings = counts.question.settings()
    query = Setup.of(settings).to_query() | WeightSource(trained=counts).to_query()
    at = open_app("influence", **query)
    draws(at, Question(settings=settings), counts.weights)
    others = [f"{cell}, drawn from the seed" for cell in CELLS]
    names = [line["name"] for line in figure(at, "influence")["data"]]
    assert names == ["LSTM, trained", "LSTM, trained: last c", *others]


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_the_forget_gates_are_opened_and_closed_again(open_app: OpenApp, cell: str) -> None:
    at = press(open_app("influence", cell=cell), "influence_try_open")
    settings, edits = Settings(), Edits(forget_bias=5)
    draws(at, Question(settings=settings), WeightSource(edits=edits).weights(settings))
    assert address(at) == {"edits": "forget_bias=5"}
    draws(press(at, "influence_try_close"), Question(settings=settings))
    assert address(at) == {}


@pytest.mark.parametrize(
    ("query", "edits"),
    [
        ({"cell": "GRU", "edits": "update=0"}, Edits()),  # which an LSTM does not have
        ({"edits": "forget=0,output=1"}, Edits().hold("output", 1)),  # held, no bias would help
    ],
)
def test_opening_the_gates_lets_other_edits_be(
    open_app: OpenApp, query: dict[str, str], edits: Edits
) -> None:
    at = press(open_app("influence", **query), "influence_try_open")
    sound(at)
    assert address(at) == {"edits": edits_text(edits._replace(forget_bias=5))}


def test_the_code_is_offered(open_app: OpenApp) -> None:
    at = open_box(open_app("influence", token="7"), "influence_code")
    sound(at)
    assert influence.script(Question(token=7)).strip() in [code.value for code in at.code]


def test_a_step_that_is_gone_is_followed_by_the_last(open_app: OpenApp) -> None:
    at = open_app("influence", changed_step="9")
    move(at, "length", 5)
    assert "- changed_step: `9`; allowed: a whole number from 1 to 5; the page uses `5`" in (
        messages(at)
    )
    move(at, "length", 10)
    sound(at)
    assert widget(at, "changed_step").value == 9


def test_of_a_step_beyond_all_sentences_what_the_link_says_is_told(open_app: OpenApp) -> None:
    """Not the number that it was replaced by before the sentence's own length was known."""
    told = messages(open_app("influence", changed_step="500"))
    said = "- changed_step: `500`; allowed: a whole number from 1 to 10; the page uses `10`"
    assert told.splitlines().count(said) == 1
    assert told.count("changed_step") == 1
