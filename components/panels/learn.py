"""Watch it learn: the training's widgets and progress, and what the cell does at checkpoints."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode

import streamlit as st
from pydantic import Field, model_validator

from components.backend import Setup
from components.backend.cells import CELLS
from components.backend.learning import learn, seeds
from components.backend.learning.learn import Answer, Question
from components.backend.learning.tasks import TASKS, UNASKED, Task
from components.backend.learning.trained import Trained, recorded
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import FieldRule, Flag, Int, bounds, choices
from components.charts.learn import asked, curve, film, horizon, mechanism
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.draw.follow_step import LinkedPage, links
from components.panels.draw.plot import drawn, plot
from components.panels.pages import PAGES, TAKE_WEIGHTS
from components.panels.parts.facts import fact_list
from components.panels.parts.sentence import SentenceView
from components.panels.training import Standings, is_live, subscriber, training_board
from components.texts import text

_TRAINED = tuple(learn.Choice.model_fields)


class LearnView(learn.Choice, SentenceView):
    """What is trained, whether it is, and what the page shows of it."""

    race: Flag = False  # train all three cells on the same task
    train: Flag = False
    tried: Annotated[Int, Field(ge=5, le=learn.LONG)] = 20
    """The length of the sequence that is drawn."""
    checkpoint: Annotated[Int, Field(ge=0, le=1000), FieldRule("browser")] = 300
    """The training step whose weights are shown first; after that the browser alone knows it."""

    @model_validator(mode="before")
    @classmethod
    def _follow_the_training(cls, values: dict[str, Any]) -> dict[str, Any]:
        """If not given, `tried` is the length that is trained, and `checkpoint` the last step."""
        task = TASKS.get(str(values.get("task", "")))
        length = values.get("length", task and task.length)
        followed = {"tried": length, "checkpoint": values.get("steps")}
        ranges = {name: range(bounds(cls, name)[0], bounds(cls, name)[1] + 1) for name in followed}
        good = {name: one for name, one in followed.items() if one in ranges[name]}
        return good | values

    def ordinary(self, name: str) -> Any:
        """As in `_follow_the_training`."""
        followed = {"tried": self.length, "checkpoint": self.steps}
        return followed[name] if name in followed else super().ordinary(name)

    @property
    def question(self) -> Question:
        """The training of the chosen cell."""
        return Question(**{name: getattr(self, name) for name in _TRAINED})

    @property
    def questions(self) -> list[Question]:
        """The trainings: of the chosen cell, or of all three."""
        if not self.race:
            return [self.question]
        return [self.question.but(cell=cell) for cell in choices(Question, "cell")]


def training_widgets(view: FieldSet[LearnView]) -> None:
    """The widgets of the training. After a change the new one is shown at once if it has been
    trained; else once the visitor starts it."""

    def change() -> None:
        there = all(map(_is_trained, view.value.questions))
        view.put(train=there, tried=view.value.length, checkpoint=view.value.steps)

    def take_task() -> None:
        view.put(length=view.value.question.kind.length)
        change()

    for name in (name for name in view.active if name in _TRAINED):
        moved = take_task if name == "task" else change
        row = name in ("cell", "rate")
        size: dict[str, Any] = {"width": "stretch"} if row else {}
        widget(view, name, row=row, moved=moved, **size)


def _is_trained(question: Question) -> bool:
    """Whether the server has the whole training."""
    standing = learn.poll(question, subscriber())
    return standing is not None and standing.progress.state == "done"


def board(view: FieldSet[LearnView]) -> None:
    """The training so far, or of a race all of them."""
    learn.prepare()
    training_board(
        learn.TRAININGS,
        view,
        view.value.questions,
        recorded(),
        partial(_draw, view),
        partial(_beside, view),
        named=lambda question: question.cell if view.value.race else "",
        key="learn",
    )


def _beside(view: FieldSet[LearnView]) -> None:
    """What stands beside the button."""
    widget(view, "race")
    widget(view, "tried", width=220)
    widget(view, "sentence", typed=True, width=150)


def _draw(view: FieldSet[LearnView], standings: Standings[Question], answers: list[Answer]) -> None:
    if not view.value.train:
        st.caption(text("learn.recorded" if answers else "learn.idle"))
    if not answers:
        _task(view.value)
        return
    ended = not is_live(standings)
    _film(answers, view.value, ended=ended)
    if ended:
        _facts(answers, racing=view.value.race)
        _offer_slower(view, standings)
    _lines(view.value, answers, ended=ended)
    if not view.value.race:
        _take_along(answers[0], view.value)


def _task(look: LearnView) -> None:
    """The task, before any training: a sequence and its right answers."""
    kind = look.question.kind
    _, right = look.question.tested_on(look.tried)
    said = [text("learn.asked_note", green=_green(kind))]
    said += [text("learn.asked_empty")] * bool((right[look.sentence - 1] == UNASKED).any())
    plot(
        drawn(
            asked,
            question=look.question,
            sentence=look.sentence - 1,
            length=look.tried,
        ),
        key="asked",
        code=learn.line(look.question),
        file=_file(look, "asked"),
        note=" ".join(said),
    )


def _green(kind: Task) -> str:
    """What a green cell in the chart means for this task."""
    return (
        text("learn.green_two", yes=kind.classes[1])
        if kind.answers == 2
        else text("learn.green_more")
    )


def _take_along(answer: Answer, look: LearnView) -> None:
    """Links that open the weights of the checkpoint looked at on the pages that can show them."""
    question = answer.question
    steps = [checkpoint.step for checkpoint in answer.checkpoints]
    tokens = question.sample(look.sentence, look.tried)[look.sentence - 1 :]
    setup = Setup.of(question.settings(tokens)).to_query()
    means = learn.mechanism_in(question, answer.checkpoints[-1:])
    own = {"explore": {"unit": str(means.unit)}} if means else {}

    def query(page: str, step: int) -> dict[str, str]:
        return setup | WeightSource(trained=Trained(question, step)).to_query() | own.get(page, {})

    def follow(page: str, step: int) -> None:
        st.switch_page(PAGES[page].script, query_params=query(page, step))

    links(
        [_place(page, query(page, steps[-1])) for page in TAKE_WEIGHTS],
        steps,
        key="take_along",
        said=text("learn.take_along", step="{step}"),
        on_follow=follow,
    )


def _place(name: str, query: dict[str, str]) -> LinkedPage:
    """A page for `links`: in its address, CHECKPOINT replaces the last number of `trained`."""
    training, _, _ = query["trained"].rpartition(",")
    address = urlencode(query | {"trained": f"{training},CHECKPOINT"})
    page = PAGES[name]
    return LinkedPage(name, page.title, page.icon, f"./{page.address}?{address}")


def _film(answers: list[Answer], look: LearnView, *, ended: bool) -> None:
    """A film of what the cells compute for one sequence, with a picture for each checkpoint."""
    shown = drawn(
        film,
        *answers,
        sentence=look.sentence - 1,
        length=look.tried,
        racing=look.race,
        ended=ended,
        plays=not look.train,
    )
    plot(
        shown,
        key="film",
        code=learn.line(*(answer.question for answer in answers)),
        file=_file(look, "film"),
        note=_note(answers, look, ended=ended),
        at={"checkpoint": None if look.checkpoint == look.steps else look.checkpoint},
    )


def _note(answers: list[Answer], look: LearnView, *, ended: bool) -> str:
    """How to play the film, and what its colours mean."""
    question = answers[0].question
    cell, green = CELLS[question.cell], _green(question.kind)
    if look.race:
        more = [text("learn.note_race", green=green)]
    else:
        more = [text(f"learn.note_{'gates' if cell.gates else 'no_gates'}", green=green)]
        more.append(text(f"learn.note_{cell.letters}"))
    if ended and not look.race and learn.mechanism_of(answers[0]) is not None:
        more.insert(0, text("learn.note_named"))
    return text("learn.note", more=" ".join(more))


def _file(look: LearnView, key: str) -> str:
    """The file name of the chart of that key."""
    return look.question.file_name("png", what=key, cell="race" if look.race else "")


def _facts(answers: list[Answer], *, racing: bool) -> None:
    """What was measured at the end of the training: how the cell does its task and how well. In a
    race, which cells have learned it and how soon, and then how well each does it."""
    found = {answer.question: learn.facts(answer) for answer in answers}
    heading = text("learn.measured", step=max(answer.checkpoints[-1].step for answer in answers))
    if racing:
        outcomes = [each.outcome for each in found.values()]
        fact_list(outcomes, "learn_race_facts", heading=heading)
    for question, each in found.items():
        more = [*each.first, each.longer] if racing else each.all
        named = question.cell if racing else heading
        fact_list([*more, *seeds.facts(question)], "learn_facts", heading=named)
        if not CELLS[question.cell].gates:
            st.caption(text("learn.no_mechanism", cell=question.cell))


def _offer_slower(view: FieldSet[LearnView], standings: Standings[Question]) -> None:
    """A button that trains again at a lower rate, if a cell was trained to the end and has not
    learned the task."""
    done = [s.answer for s in standings.values() if s is not None and s.progress.state == "done"]
    failed = [answer.question for answer in done if answer and answer.learned is None]
    if view.value.rate <= seeds.SLOWER or not any(map(seeds.may_do_better, failed)):
        return
    st.button(
        text("learn.slower", rate=seeds.SLOWER),
        on_click=lambda: view.put(rate=seeds.SLOWER, train=True),
        key="learn_slower",
        type="tertiary",
        icon=":material/lightbulb:",
    )


def _lines(look: LearnView, answers: list[Answer], *, ended: bool) -> None:
    """Charts of how good the cells are at each checkpoint and, for a single cell whose training has
    ended, of how it does the task."""
    alone = answers[0] if ended and not look.race else None
    pictures: dict[str, tuple[Callable[..., Any], list[Answer]]] = {"curve": (curve, answers)}
    if alone and learn.mechanism_of(alone) is not None:
        pictures["mechanism"] = (mechanism, [alone])
    if alone and learn.horizon_of(alone) is not None:
        pictures["horizon"] = (horizon, [alone])
    for column, (key, (chart, of)) in zip(
        st.columns(max(2, len(pictures))), pictures.items(), strict=False
    ):
        with column:
            picture = drawn(chart, *of)
            plot(picture, key=key, file=_file(look, key))
