"""Watch it learn: what is trained, how far it is, and what the cell does at each checkpoint."""

from __future__ import annotations

from typing import Annotated, Any

import streamlit as st
from pydantic import Field, model_validator

from components.backend import Setup
from components.backend.linked import Flag, Int, Place, Spelling, whole
from components.backend.start import Start
from components.backend.trained import Trained
from components.backend.whatif import learn
from components.backend.whatif.learn import Answer, Question, Standing
from components.charts import learn as charts
from components.panels.facts import fact_list
from components.panels.page.asked import Asked
from components.panels.page.parts import acting, part
from components.panels.page.plain import plain
from components.panels.page.plot import drawn, plot
from components.panels.page.widgets import widget, write_address
from components.panels.pages import PAGES
from components.panels.sentence import SentenceView
from components.texts import text

_POLL = 0.5  # seconds between two looks at a training
# What has no widget is in the address as text.
_FLAG = Spelling(lambda flag: str(flag).lower(), {"true": True, "false": False}.__getitem__)
_NUMBER = Spelling(str, whole)
_TRAINED = tuple(learn.Choice.model_fields)


class LearnView(learn.Choice, SentenceView):
    """What is trained, whether it is, and what is looked at of it.

    tried: the length of the sequence that is drawn. checkpoint: after how many steps of training
    the weights are shown.
    """

    train: Annotated[Flag, _FLAG, Place("board")] = False
    tried: Annotated[Int, Field(ge=5, le=learn.LONG), Place("board")] = 20
    checkpoint: Annotated[Int, Field(ge=0, le=1000), _NUMBER, Place("board")] = 300

    @model_validator(mode="before")
    @classmethod
    def _follow_the_training(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Looked at are, where nothing else is said, the length that was trained and the end."""
        length, steps = values.get("length"), values.get("steps")
        followed = {"tried": length, "checkpoint": steps}
        return {name: value for name, value in followed.items() if value is not None} | values

    def ordinary(self, name: str) -> Any:
        """As the model's own default: what is looked at follows what is trained."""
        followed = {"tried": self.length, "checkpoint": self.steps}
        return followed[name] if name in followed else super().ordinary(name)

    @property
    def question(self) -> Question:
        """What is trained."""
        return Question(**{name: getattr(self, name) for name in _TRAINED})


def training_widgets(view: Asked[LearnView]) -> None:
    """What is trained; to change that asks for another training, which is not begun by itself."""

    def change() -> None:
        view.put(train=False, tried=view.value.length, checkpoint=view.value.steps)

    def take_task() -> None:
        view.put(length=view.value.question.kind.length)
        change()

    applying = view.applying()
    for name in (name for name in _TRAINED if name in applying):
        moved = take_task if name == "task" else change
        row = name in ("cell", "rate")
        widget(view, name, row=row, moved=moved, **({"width": "stretch"} if row else {}))


def board(view: Asked[LearnView]) -> None:
    """The training as it stands; drawn again and again as long as it goes on."""
    question = view.value.question
    standing = learn.look(question)
    if standing is None and view.value.train:
        learn.begin(question)
        standing = learn.look(question)
    if standing is not None and standing.live:
        _watch(view, question)
    else:
        _draw(view, question, standing)


def _watch(view: Asked[LearnView], question: Question) -> None:
    @part("training", lambda: view.value, run_every=_POLL)
    def watch() -> None:
        standing = learn.look(question)
        if standing is None or not standing.live:
            st.rerun()
        _draw(view, question, standing)

    watch()


def _draw(view: Asked[LearnView], question: Question, standing: Standing | None) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _buttons(view, question, standing)
        widget(view, "tried", width=220)
        widget(view, "sentence", width=220)
    for name in ("train", "checkpoint"):
        write_address(view, name)
    if standing is None:
        st.info(text("learn.idle"))
        return
    _say(question, standing)
    if standing.answer is not None:
        _pictures(view, standing.answer)
    if standing.answer is not None and not standing.live:
        fact_list(learn.facts(standing.answer), "learn_facts", heading=text("what_if.facts"))


def _buttons(view: Asked[LearnView], question: Question, standing: Standing | None) -> None:
    def train() -> None:
        view.put(train=True)
        learn.begin(question)

    live = standing is not None and standing.live
    if live:
        st.button(
            text("learn.stop"),
            on_click=acting(lambda: learn.stop(question)),
            key="learn_stop",
            icon=":material/stop:",
        )
    elif standing is None or standing.state != "done":
        again = standing is not None
        st.button(
            text("learn.again" if again else "learn.train"),
            on_click=acting(train),
            key="learn_train",
            type="primary",
            icon=":material/play_arrow:",
        )


def _say(question: Question, standing: Standing) -> None:
    """How far the training is, or how it has ended."""
    step = standing.answer.checkpoints[-1].step if standing.answer else 0
    said = {"step": step, "steps": question.steps}
    if standing.state == "waiting":
        which = {0: "start", 1: "one"}.get(standing.ahead, "many")
        st.progress(0.0, text(f"learn.waiting_{which}", count=standing.ahead))
    elif standing.state == "running":
        st.progress(step / question.steps, text("learn.running", **said))
    elif standing.state == "stopped":
        st.info(text("learn.stopped" if standing.answer else "learn.stopped_early", **said))
    elif standing.state == "failed":
        st.error(text("learn.failed"))
        st.code(plain(standing.error), language=None, wrap_lines=True)


def _take_along(answer: Answer, look: LearnView) -> None:
    """Links to the pages that can be asked of one layer, with the weights that are shown."""
    question, steps = answer.question, [checkpoint.step for checkpoint in answer.checkpoints]
    step = look.checkpoint if look.checkpoint in steps else steps[-1]
    if step not in question.checkpoints:
        return
    tokens = question.sample(look.sentence, look.tried)[look.sentence - 1 :]
    setup = Setup.of(question.settings(tokens))
    query = setup.to_query() | Start(trained=Trained(question, step)).to_query()
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption(text("learn.take_along", step=step), width="content")
        for page in ("explore", "compare", "carry", "padding"):
            st.page_link(
                f"app_pages/{page}.py",
                label=text(f"pages.{page}.title"),
                icon=PAGES[page],
                query_params=query,
            )


def _pictures(view: Asked[LearnView], answer: Answer) -> None:
    """The film of one sequence; below it how good the cell is, and its mechanism."""
    look, steps = view.value, [checkpoint.step for checkpoint in answer.checkpoints]

    def rest(at: int) -> None:
        if 0 <= at < len(steps):
            view.put(checkpoint=steps[at])

    shown = drawn(charts.film, answer, sentence=look.sentence - 1, length=look.tried)
    at = steps.index(look.checkpoint) if look.checkpoint in steps else None
    plot(
        shown.figure,
        key="film",
        alt=shown.alt,
        note=text("learn.note"),
        film=at if look.checkpoint != answer.question.steps else None,
        on_film=rest,
    )
    _take_along(answer, look)
    left, right = st.columns(2)
    with left:
        curve = drawn(charts.curve, answer)
        plot(curve.figure, key="curve", alt=curve.alt)
    with right:
        if learn.mechanism_of(answer) is None:
            st.caption(text("learn.no_mechanism"))
        else:
            mechanism = drawn(charts.mechanism, answer)
            plot(mechanism.figure, key="mechanism", alt=mechanism.alt)
