"""What attention learns, on the page Attention: recorded trainings, and trainings of a visitor."""

from __future__ import annotations

import time

import pytest
from streamlit.testing.v1 import AppTest

from components.backend.learning import pair_facts, pairs
from components.backend.learning.pairs import TASKS, Answer, Question
from components.backend.learning.trained_pairs import recorded
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    charts,
    figure,
    messages,
    move,
    open_box,
    press,
    sound,
    told,
    when_ended,
    widget,
)

pytestmark = pytest.mark.usefixtures("worker", "patient")

PAIRS = ["alignment", "pairs_curves", "pairs_lengths"]
SHORT = {"learned.task": "copy", "learned.steps": "10"}


def draws(at: AppTest, attention: Answer, without: Answer) -> None:
    """Both trainings are drawn, and all that was measured on them is told."""
    sound(at)
    assert [key for key in charts(at) if key in PAIRS] == PAIRS
    film = figure(at, "alignment")["layout"]["meta"]["film"]
    assert film["steps"] == [checkpoint.step for checkpoint in attention.checkpoints]
    for fact in pair_facts.facts(attention, without):
        told(at, fact, "pairs_facts")


@pytest.mark.parametrize("task", TASKS)
def test_it_opens_with_recorded_trainings(open_app: OpenApp, task: str) -> None:
    at = open_box(open_app("attention"), "pairs_box")
    move(at, "learned.task", task)
    draws(
        at, *(recorded()[Question(task=task, attention=attention)] for attention in (True, False))
    )
    assert text(f"pairs.told_{task}") in all_markdown(at)
    assert text("pairs.recorded") in [each.value for each in at.caption]
    assert figure(at, "alignment")["layout"]["meta"]["film"]["plays"]
    assert widget(at, "learned.steps").value == TASKS[task].steps
    assert address(at) == ({} if task == "reverse" else {"learned.task": task})


def test_its_box_is_closed_until_it_is_asked_for(open_app: OpenApp) -> None:
    """By a click, or by a link that has set anything in it."""
    at = open_app("attention")
    sound(at)
    assert not [key for key in charts(at) if key in PAIRS]
    linked = open_app("attention", **{"learned.task": "copy"})
    assert [key for key in charts(linked) if key in PAIRS] == PAIRS


def test_train_trains_both_and_is_in_the_link(open_app: OpenApp) -> None:
    at = open_app("attention", **SHORT)
    sound(at)
    assert text("pairs.idle") in [each.value for each in at.caption]
    assert not [key for key in charts(at) if key in PAIRS]
    when_ended(press(at, "pairs_train"))
    question = Question(task="copy", steps=10)
    draws(at, pairs.answer(question), pairs.answer(question.but(attention=False)))
    assert address(at) == SHORT | {"learned.train": "true"}
    assert at.button(key="pairs_done").disabled
    assert not messages(at)
    move(at, "learned.seed", 1)
    assert pairs.TRAININGS.poll(question.but(seed=1)) is None
    assert address(at) == SHORT | {"learned.seed": "1"}
    assert "pairs_train" in {button.key for button in at.button}
    draws(
        move(at, "learned.seed", 0), *map(pairs.answer, (question, question.but(attention=False)))
    )


def test_stop_keeps_what_has_come(open_app: OpenApp) -> None:
    question = Question(seed=5)
    pairs.TRAININGS.submit(question, "somebody else")
    at = open_app("attention", **{"learned.seed": "5", "learned.train": "true"})
    while "alignment" not in charts(at):
        assert "pairs_stop" in {button.key for button in at.button}
        time.sleep(0.1)
        at.run()
    press(at, "pairs_stop")
    sound(at)
    assert any("Stopped at training step" in info.value for info in at.info)
    assert any(text("learn.stopped_early") in info.value for info in at.info)  # without attention
    assert [key for key in charts(at) if key in PAIRS] == PAIRS[:2]
    assert "pairs_train" in {button.key for button in at.button}
    pairs.TRAININGS.cancel(question, "somebody else")
