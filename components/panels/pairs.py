"""What attention learns: an encoder and a decoder that are trained with attention and without."""

from __future__ import annotations

from functools import partial

import streamlit as st

from components.backend.learning import pair_facts, pairs
from components.backend.learning.pairs import TASKS, Answer, Question
from components.backend.learning.trained_pairs import recorded
from components.backend.question.linked import Flag
from components.backend.scripts.code import in_name
from components.charts.pairs import alignment, curves, lengths
from components.panels.ask.boxes import on_demand
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.panels.parts.whatif import code_box
from components.panels.training import Standings, subscriber, training_board
from components.texts import text


class PairsView(pairs.Choice):
    """The task and its training, and whether it is trained here."""

    train: Flag = False

    @property
    def questions(self) -> list[Question]:
        """Its trainings: with attention, and without."""
        values = {name: getattr(self, name) for name in pairs.Choice.model_fields}
        return [Question(**values, attention=attention) for attention in (True, False)]


def pairs_box(view: FieldSet[PairsView]) -> None:
    """A box with both trainings, which is open where the visitor's link has set them. It asks
    nothing of the page: while it is closed, the page's widgets need not draw it anew."""
    linked = view.arrived and bool(view.to_query())
    on_demand(text("pairs.heading"), "pairs_box", lambda: _board(view), expanded=linked)


def _board(view: FieldSet[PairsView]) -> None:
    """Both trainings so far."""
    st.markdown(f"{text('pairs.look')} {text(f'pairs.told_{view.value.task}')}")
    training_board(
        pairs.TRAININGS,
        view,
        view.value.questions,
        recorded(),
        partial(_draw, view),
        partial(_widgets, view),
        named=_named,
        key="pairs",
    )
    question = view.value.questions[0]
    code_box("pairs", lambda: pairs.script(question), partial(_file, question))


def _widgets(view: FieldSet[PairsView]) -> None:
    """The widgets of the trainings. After a change the new ones are shown at once if they have been
    trained; else once the visitor starts them."""

    def change() -> None:
        there = (pairs.TRAININGS.poll(each, subscriber()) for each in view.value.questions)
        view.put(train=all(one is not None and one.progress.state == "done" for one in there))

    def take_task() -> None:
        view.put(steps=TASKS[view.value.task].steps)
        change()

    widget(view, "task", row=True, moved=take_task)
    widget(view, "seed", width=150, moved=change)
    widget(view, "steps", width=150, moved=change)


def _draw(view: FieldSet[PairsView], standings: Standings[Question], found: list[Answer]) -> None:
    if not view.value.train:
        st.caption(text("pairs.recorded" if found else "pairs.idle"))
    if not found:
        return
    if found[0].question.attention:
        _film(found[0], plays=not view.value.train)
    ended = all(s is not None and s.progress.state == "done" for s in standings.values())
    both = tuple(found) if ended else ()
    _charts(found, both)
    if both:
        steps = both[0].question.steps
        facts = pair_facts.facts(*both)
        fact_list(facts, "pairs_facts", heading=text("pairs.measured", steps=steps))


def _named(question: Question) -> str:
    return text(f"pairs.named_{'with' if question.attention else 'without'}")


def _film(answer: Answer, *, plays: bool) -> None:
    picture, file = drawn(alignment, answer, plays=plays), _file(answer.question, "png", "weights")
    plot(picture, key="alignment", file=file, note=text("pairs.note"))


def _charts(found: list[Answer], both: tuple[Answer, ...]) -> None:
    """Accuracy over the training and, once both have ended, by length."""
    name = partial(_file, found[0].question, "png")
    left, right = st.columns(2)
    with left:
        plot(drawn(curves, *found), key="pairs_curves", file=name("curves"))
    if both:
        with right:
            plot(drawn(lengths, *both), key="pairs_lengths", file=name("lengths"))


def _file(question: Question, suffix: str, what: str = "") -> str:
    """A name for a file of this part, such as rnn_lens_attention_reverse_seed-1_weights.png."""
    rest = {k: v for k, v in question.to_query().items() if k not in ("task", "attention")}
    words = ("rnn_lens_attention", question.task, in_name(rest), what)
    return f"{'_'.join(filter(None, words))}.{suffix}"
