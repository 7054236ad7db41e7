"""Watch it learn: the page shows the training and its progress, and passes its weights on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings, run
from components.backend.learning import learn, seeds, trainer
from components.backend.learning.learn import Answer, Checkpoint, Question
from components.backend.learning.trained import OFFERED, Trained, recorded
from components.backend.learning.worker import Lost, Worker
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import Message, choices
from components.backend.running.engine import EngineError
from components.backend.running.process import how_ended
from components.panels.pages import TAKE_WEIGHTS
from components.texts import text
from tests.app.conftest import OpenApp, until
from tests.app.reading import (
    Link,
    address,
    all_markdown,
    chart,
    charts,
    component,
    figure,
    follow,
    looked,
    messages,
    move,
    open_box,
    press,
    send,
    shows,
    sound,
    start_from,
    told,
    when_ended,
    widget,
    widgets,
)

pytestmark = pytest.mark.usefixtures("worker", "patient")

SHORT = {"learn.steps": "20"}


def trained(at: AppTest) -> AppTest:
    """The page once the training that it shows has ended."""
    while "learn_stop" in {button.key for button in at.button}:
        when_ended(at)
    assert not at.exception
    return at


def captions(at: AppTest) -> list[str]:
    return [caption.value for caption in at.caption]


def film(at: AppTest) -> dict[str, Any]:
    """What the browser is told of the film."""
    return figure(at, "film")["layout"]["meta"]["film"]


def draws(at: AppTest, asked: Question | Answer, sentence: int = 0) -> Answer:
    """The film is that of this training, and its facts are told."""
    sound(at)
    answer = learn.answer(asked) if isinstance(asked, Question) else asked
    question = answer.question
    assert len(film(at)["frames"]) == len(answer.checkpoints)
    last = answer.checkpoints[-1]
    assert text("learn.checkpoint", step=last.step, accuracy=last.accuracy) in film(at)["labels"]
    shown = next(trace for trace in figure(at, "film")["data"] if trace["name"] == "h")
    settings = question.settings(question.sample(sentence + 1)[sentence:])
    np.testing.assert_allclose(np.array(shown["z"]), last.trace(settings).hidden[0].T, atol=1e-6)
    for fact in learn.facts(answer).all:
        told(at, fact, "learn_facts")
    return answer


def test_it_opens_on_a_recorded_film_and_trains_nothing(open_app: OpenApp) -> None:
    at = open_app("learn")
    draws(at, recorded()[Question()])
    assert text("learn.recorded") in captions(at)
    assert film(at)["plays"]
    assert address(at) == {}
    assert learn.poll(Question()) is None
    move(at, "learn.task", "star")
    draws(move(at, "learn.cell", "GRU"), recorded()[Question(task="star", cell="GRU")])
    move(at, "learn.race", True)
    sound(at)
    for cell in choices(Question, "cell"):
        found = recorded()[Question(task="star", cell=cell)]
        told(at, learn.facts(found).outcome, "learn_race_facts")
    move(at, "learn.cell", "SimpleRNN")  # all three are trained anyway
    assert "film" in charts(at)


def test_what_is_not_recorded_opens_with_a_task(open_app: OpenApp) -> None:
    """As does a race of cells that are not recorded."""
    for query in ({"learn.seed": "77"}, {"learn.seed": "77", "learn.race": "true"}):
        at = open_app("learn", **query)
        sound(at)
        assert text("learn.idle") in captions(at)
        assert text("learn.tasks.quotes.told") in all_markdown(at)
        assert charts(at) == ["asked"]
        assert address(at) == query
        first = chart(at, "asked")["figure"]
        move(at, "learn.sentence", 2)
        assert chart(at, "asked")["figure"] != first
    assert learn.poll(Question(seed=77)) is None


def test_train_draws_the_film_and_is_in_the_link(open_app: OpenApp) -> None:
    at = open_app("learn", **SHORT)
    trained(press(at, "learn_train"))
    draws(at, Question(steps=20))
    assert charts(at) == ["film", "curve", "mechanism"]
    assert address(at) == SHORT | {"learn.train": "true"}
    assert at.button(key="learn_done").disabled
    again = trained(open_app("learn", **address(at)))
    assert chart(again, "film")["figure"] == chart(at, "film")["figure"]


def test_what_a_trained_cell_needs_is_on_the_page(open_app: OpenApp) -> None:
    """Each part that was taken away has its line."""
    at = open_app("learn", **{"learn.task": "switch"})
    found = draws(at, recorded()[Question(task="switch")])
    names = [fact.name.partition("_")[0] for fact in learn.facts(found).means]
    assert names == ["moves", "moving", "forgetting", "candidate"]


def test_a_link_trains_what_it_names(open_app: OpenApp) -> None:
    """A race: how soon each cell has learned is told of each. Then one of them alone. (Another test
    has trained the LSTM.)"""
    asked = Question(cell="GRU", steps=20)
    query = asked.to_query(prefix="learn.") | {"learn.race": "true", "learn.train": "true"}
    at = trained(open_app("learn", **query))
    sound(at)
    for cell in choices(Question, "cell"):
        told(at, learn.facts(learn.answer(asked.but(cell=cell))).outcome, "learn_race_facts")
    draws(move(at, "learn.race", False), asked)


def test_the_note_names_what_is_there(open_app: OpenApp) -> None:
    def note(cell: str) -> str:
        return chart(open_app("learn", **{"learn.cell": cell}), "film")["note"]

    cells = choices(Question, "cell")
    words = {"gate": "open gate", "c": "brown", "unit": text("learn.note_named")}
    notes = {cell: note(cell) for cell in cells}
    there = {cell: {name for name, said in words.items() if said in notes[cell]} for cell in cells}
    assert there == {"LSTM": {"gate", "c", "unit"}, "GRU": {"gate", "unit"}, "SimpleRNN": set()}


def test_another_setting_asks_for_another_training(open_app: OpenApp) -> None:
    at = trained(open_app("learn", **SHORT, **{"learn.train": "true"}))
    move(at, "learn.units", 2)
    assert learn.poll(Question(steps=20, units=2)) is None
    assert address(at) == SHORT | {"learn.units": "2"}
    assert "learn_train" in {button.key for button in at.button}
    move(at, "learn.units", 4)
    draws(at, Question(steps=20))  # known already, so it is there at once


@pytest.mark.parametrize("task", choices(Question, "task"))
def test_every_task_is_explained(open_app: OpenApp, task: str) -> None:
    at = open_app("learn", **{"learn.task": task})
    assert text(f"learn.tasks.{task}.told") in all_markdown(at)
    assert widget(at, "learn.length").value == Question(task=task).length


def test_a_task_brings_its_length(open_app: OpenApp) -> None:
    # A seed of its own: what another test has trained in this process would be shown at once.
    at = open_app("learn", **{"learn.length": "30", "learn.seed": "71"})
    widget(at, "learn.task").set_value("first")
    at.query_params = address(at)
    at.run()
    sound(at)
    assert widget(at, "learn.length").value == 12
    assert address(at) == {"learn.task": "first", "learn.seed": "71"}


def test_what_is_looked_at_follows_what_is_trained(open_app: OpenApp) -> None:
    at = open_app("learn", **{"learn.task": "first"})
    assert address(at) == {"learn.task": "first"}
    assert widget(at, "learn.tried").value == 12
    draws(at, recorded()[Question(task="first")])


def test_longer_sequences_and_others(open_app: OpenApp) -> None:
    at = trained(open_app("learn", **SHORT, **{"learn.train": "true"}))
    move(at, "learn.tried", 100)
    sound(at)
    assert figure(at, "film")["layout"]["meta"]["steps"] == 100
    move(at, "learn.tried", 20)
    draws(move(at, "learn.sentence", 2), Question(steps=20), sentence=1)
    assert address(at)["learn.sentence"] == "2"


def taken(at: AppTest, checkpoint: int) -> dict[str, Link]:
    """The links that take that checkpoint along, as the browser shows them."""
    places = component(at, "take_along")["links"]["places"]
    found = {}
    for place in places:
        page, _, query = place["href"].replace("CHECKPOINT", str(checkpoint)).partition("?")
        found[place["title"]] = Link(page.removeprefix("./") or "explore", dict(parse_qsl(query)))
    return found


def click(at: AppTest, page: str, checkpoint: Any) -> AppTest:
    """The page after a click on one of them."""
    (found,) = (each for each in at.get("bidi_component") if each.key == "take_along")
    event = [{"event": "followed", "value": {"page": page, "checkpoint": checkpoint}}]
    identity = f"$$STREAMLIT_INTERNAL_KEY_{found.proto.id}__events"
    return send(at, identity, json_trigger_value=json.dumps(event))


def test_a_checkpoint_is_taken_along(open_app: OpenApp) -> None:
    question = Question(steps=20)
    step = question.checkpoints[3]
    assert step not in (0, question.steps)
    query = {"learn.train": "true", "learn.checkpoint": str(step)}
    at = trained(open_app("learn", **SHORT, **query))
    assert chart(at, "film")["at"] == {"checkpoint": step}
    assert component(at, "take_along")["links"]["steps"] == question.checkpoints
    assert film(at)["steps"] == question.checkpoints
    links = taken(at, step)
    assert {link.page for link in links.values()} == set(TAKE_WEIGHTS)
    for link in links.values():
        given = {name: [value] for name, value in link.query.items()}
        assert WeightSource.from_query(given)[0] == WeightSource(trained=Trained(question, step))
    checkpoint = learn.answer(question).checkpoints[3]
    settings = question.settings()
    at = open_app("explore", **links["Explore"].query)
    shows(at, settings, result=run(settings, checkpoint.weights))
    assert text("learn_view.task.options.quotes") in all_markdown(at)
    move(at, "return_state", False)
    without = settings.but(return_state=False)
    shows(at, without, result=run(without, checkpoint.weights))
    assert "trained" in address(at)
    move(at, "units", 5)
    assert "trained" in address(at)
    press(at, "drop.units")
    assert "trained" not in address(at)


def test_a_forged_click_opens_nothing(open_app: OpenApp) -> None:
    question = Question(steps=20)
    step = question.checkpoints[2]
    at = trained(open_app("learn", **SHORT, **{"learn.train": "true"}))
    forged = [("learn", step), ("explore", 7.5), ("explore", "x"), ("/etc", step), (None, [1])]
    for page, checkpoint in forged:
        click(at, page, checkpoint)
        draws(at, question)


def test_the_weights_of_a_training_nobody_has_seen_are_trained(open_app: OpenApp) -> None:
    question = Question(steps=5, seed=41, task="echo")
    settings = question.settings()
    query = settings.to_query() | WeightSource(trained=Trained(question, 5)).to_query()
    at = with_weights(open_app("explore", **query))
    weights = learn.answer(question).checkpoints[-1].weights
    shows(at, settings, result=run(settings, weights))
    press(at, "weights_of_seed")
    shows(at, settings)
    assert "trained" not in address(at)


@pytest.mark.parametrize("does", OFFERED)
def test_trained_cells_are_offered(open_app: OpenApp, does: str) -> None:
    at = start_from(open_app("explore"), does)
    trained = OFFERED[does]
    shows(at, trained.question.settings(), result=run(trained.question.settings(), trained.weights))
    assert (looked(at)["unit"] or 0) == trained.unit
    again = open_app("explore", **address(at))
    assert chart(again, "timeline")["figure"] == chart(at, "timeline")["figure"]
    follow(at, text("pages.padding.title"))
    assert f"`{trained.question.kind.symbols[0]}`" in all_markdown(at)
    start_from(again, "drawn")
    shows(again, Settings())


def test_a_failure_is_shown_and_not_tried_again(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = SHORT | {"learn.train": "true", "learn.seed": "5"}
    started = []
    start = Worker.__init__
    with monkeypatch.context() as broken:
        broken.setattr(trainer, "_scheduler", trainer._Scheduler())
        broken.setattr("sys.executable", "/no/such/python")
        broken.setattr(Worker, "__init__", lambda self: (started.append(self), start(self))[1])
        at = trained(open_app("learn", **query))
        assert "The training failed" in messages(at)
        tried = len(started)
        for _ in range(3):
            at.run()
            assert "The training failed" in messages(at)
        assert len(started) == tried
    press(at, "learn_train")
    trained(at)
    draws(at, Question(steps=20, seed=5))


def test_weights_whose_training_fails_are_reported(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And trained again only where that is asked for."""
    question = Question(steps=5, seed=43, task="echo")
    until(lambda: trainer._scheduler.current is None)
    with monkeypatch.context() as broken:
        broken.setattr(trainer._scheduler, "worker", None)
        broken.setattr("sys.executable", "/no/such/python")
        for page in ("explore", "edit", "influence"):
            at = with_weights(open_app(page, **trained_link(question)))
            assert text("errors.trained") in messages(at)
            assert "FileNotFoundError" in messages(at)
        until(lambda: trainer._scheduler.current is None)
    at = with_weights(open_app("explore", **trained_link(question)))
    press(at, "weights_train_again")
    weights = learn.answer(question).checkpoints[-1].weights
    at = with_weights(at)
    shows(at, question.settings(), result=run(question.settings(), weights))


def test_a_process_that_dies_is_reported_without_its_last_words(
    open_app: OpenApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise Lost(Message("ended_saying", {"how": how_ended(-9), "line": "/srv/lens: Killed"}))

    monkeypatch.setattr(trainer, "_scheduler", trainer._Scheduler())
    monkeypatch.setattr(Worker, "run", dies)
    query = SHORT | {"learn.train": "true", "learn.seed": "6"}
    link = trained_link(Question(steps=5, seed=44, task="echo"))
    for at in (trained(open_app("learn", **query)), with_weights(open_app("explore", **link))):
        assert text("problems.killed", signal="SIGKILL") in messages(at)
        assert "/srv/lens" not in messages(at)


def trained_link(question: Question) -> dict[str, str]:
    """An address that names the weights that a training ends with."""
    return question.settings().to_query() | (
        WeightSource(trained=Trained(question, question.steps)).to_query()
    )


def with_weights(at: AppTest) -> AppTest:
    """The page once the weights are there that its link names, or have failed."""
    while at.get("progress"):
        when_ended(at)
    assert not at.exception
    return at


@pytest.mark.parametrize("page", ["explore", "calls"])
def test_a_link_to_weights_waits_in_its_place(open_app: OpenApp, page: str) -> None:
    """Until it has its turn, and then goes on by itself."""
    long = Question(steps=1000, units=64, length=50, seed=8)
    question = Question(steps=5, seed=60 + TAKE_WEIGHTS.index(page), task="echo")
    learn.submit(long, "somebody else")
    learn.submit(question.but(units=5), "one before")
    at = open_app(page, **trained_link(question))
    assert not messages(at)
    (line,) = at.get("progress")
    assert line.proto.text == text("learn.waiting_many", count=2)
    learn.cancel(long, "somebody else")
    learn.cancel(question.but(units=5), "one before")
    at = with_weights(at)
    assert charts(at)
    assert not messages(at)


def test_stop(open_app: OpenApp) -> None:
    """Keeps what there is for whoever has pressed it, and is undone by Train again."""
    query = {"learn.steps": "1000", "learn.length": "50", "learn.train": "true"}  # it takes long
    question = Question(steps=1000, length=50)
    learn.submit(question, "somebody else")
    at = open_app("learn", **query)
    while "film" not in charts(at):
        assert "learn_stop" in {button.key for button in at.button}
        time.sleep(0.1)
        at.run()
    press(at, "learn_stop")
    assert any("Stopped at training step" in info.value for info in at.info)
    assert charts(at)[0] == "film"
    assert learn.poll(question, "somebody else").progress.live
    at.run()
    assert any("Stopped at training step" in info.value for info in at.info)
    assert "learn_train" in {button.key for button in at.button}
    assert "learn_stop" in {button.key for button in open_app("learn", **query).button}
    press(at, "learn_train")
    assert "learn_stop" in {button.key for button in at.button}
    learn.cancel(question, "somebody else")


def failing(question: Question) -> Iterator[Checkpoint]:
    """A training that fails half-way."""
    for checkpoint in learn.train(question):
        yield checkpoint
        if checkpoint.step:
            raise EngineError("no such luck")


def test_nothing_is_concluded_from_a_training_that_failed(open_app: OpenApp) -> None:
    """It has not learned the task either, which is no fault of the learning rate."""
    question = Question(task="echo", cell="SimpleRNN", units=2, steps=30, length=9)
    assert seeds.may_do_better(question)
    trainer.submit(failing, question)
    query = question.to_query(prefix="learn.")
    at = trained(open_app("learn", **query, **{"learn.train": "true"}))
    assert "The training failed" in messages(at)
    assert charts(at)[0] == "film"
    assert "learn_slower" not in {button.key for button in at.button}
    trained(press(at, "learn_train"))
    assert "learn_slower" in {button.key for button in at.button}


WRONG = {
    "task": ("tetris", "learn.task"),
    "rate": ("0.5", "0.003, 0.01 or 0.03"),
    "length": ("-3", "learn.length: `-3`; allowed: a whole number from 5 to 50"),
    "units": ("65", "from 1 to 64"),
    "checkpoint": ("1001", "learn.checkpoint"),
    "tried": ("4", "learn.tried"),
    "sentence": ("9", "learn.sentence"),
}
"""What a link may get wrong, and what is then said."""


def test_bad_links_are_reported(open_app: OpenApp) -> None:
    at = open_app("learn", **{f"learn.{name}": value for name, (value, _) in WRONG.items()})
    assert not at.exception
    assert [said for _, said in WRONG.values() if said not in messages(at)] == []
    assert messages(at).count("- learn.") == len(WRONG)


@pytest.mark.parametrize(
    "said", ["quotes", "quotes,LSTM,4,20,0.03,true,0,300,4", "a,b,c,d,e,f,g,h,i", ",,,,,,,,"]
)
def test_bad_trainings_in_links_are_reported(open_app: OpenApp, said: str) -> None:
    at = open_app("explore", trained=said)
    assert not at.exception
    assert "one of its checkpoints" in messages(at)


def test_the_code_is_shown(open_app: OpenApp) -> None:
    at = open_box(open_app("learn"), "learn_code")
    assert learn.script(Question()).strip() in [code.value for code in at.code]


def test_names_of_widgets(open_app: OpenApp) -> None:
    """A GRU has no forget gate, so nothing is asked of its bias."""
    assert "learn.unit_forget_bias" in widgets(open_app("learn"))
    assert "learn.unit_forget_bias" not in widgets(open_app("learn", **{"learn.cell": "GRU"}))
