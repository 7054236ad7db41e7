"""Stack: the layers above the first, the shapes through all of them, and where Keras refuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Annotated, Literal, NamedTuple

import streamlit as st

from components.backend.facts import Fact
from components.backend.layout import input_layout
from components.backend.linked import Place
from components.backend.whatif import stack
from components.backend.whatif.stack import Above, Answer
from components.panels.page.asked import Asked
from components.panels.page.html import inline
from components.panels.page.places import place_kept
from components.panels.page.widgets import widget, widgets
from components.panels.sentence import SentenceView
from components.texts import text


class StackView(stack.Choice, SentenceView):
    """How many layers, how they are joined, and which sentence (from 1) is drawn."""

    hand_on: Annotated[Literal["everything", "outputs"], Place("stack")] = "outputs"


def joints(view: Asked[StackView], sentences: int) -> None:
    """How many layers there are, what goes from one to the next, and what comes after the last."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "layers", width=150)
        widget(view, "hand_on", row=True)
        widget(view, "ending", width=240)
        if sentences > 1:
            widget(view, "sentence", typed=True, width=150)


def layer_row(number: int, layer: Asked[Above]) -> None:
    """The widgets of a layer above the first, in one row."""
    with st.container(horizontal=True, vertical_alignment="center", key=f"layer_{number}"):
        st.markdown(text("stack.layer", layer=number), width="content")
        quiet = {"label_visibility": "collapsed"}
        widget(layer, "cell", row=True, **quiet)
        widget(layer, "units", width=130, format=text("stack.units"), **quiet)
        for flag in ("return_sequences", "return_state"):
            widget(layer, flag)
        more = st.popover(
            "",
            icon=":material/tune:",
            help=text("stack.more"),
            key=f"more_{number}",
            on_change="rerun",
        )
        if more.open:
            with more:
                widgets(layer, "advanced")


class _Stop(NamedTuple):
    """Where the ribbon stops by: a name, and the shape of what comes out; or what else is said."""

    name: str
    said: str
    kind: str = ""


def ribbon(answer: Answer) -> None:
    """The shape from the ids through all layers, and where it goes no further."""
    stops = [_stop(stop) for stop in _stops(answer)]
    st.html(f'<div class="rnn-ribbon">{"".join(stops)}</div>')


def _stop(stop: _Stop) -> str:
    kind = f' class="rnn-{stop.kind}"' if stop.kind else ""
    return f"<div{kind}><b>{escape(stop.name)}</b><span>{escape(stop.said)}</span></div>"


def _stops(answer: Answer) -> Iterator[_Stop]:
    question = answer.question
    for number, layout in enumerate(input_layout(question.first)):
        name = text("stack.embedding") if number else layout.name
        yield _Stop(name, str(layout.shape))
    names = [f"{number} {layer.cell}" for number, layer in enumerate(question.layers, 1)]
    if question.ending != "none":
        names.append(question.ending)
    came = [_handed(answer, reached.returned) for reached in answer.layers]
    if answer.ending_returned is not None:
        came.append(str(answer.ending_returned.values.shape))
    yield from (_Stop(*pair) for pair in zip(names, came, strict=False))
    refused, *beyond = names[len(came) :] or [None]
    if refused:
        yield _Stop(refused, text("stack.refuses"), "refused")
    yield from (_Stop(name, text("stack.not_reached"), "beyond") for name in beyond)


def _handed(answer: Answer, returned: Sequence[stack.Returned]) -> str:
    """The shapes of what a layer gives to the next one."""
    everything = answer.question.hand_on == "everything"
    given = returned if everything else returned[:1]
    return ", ".join(str(tensor.values.shape) for tensor in given)


def refusals(answer: Answer, facts: Sequence[Fact], layers: Sequence[Asked]) -> None:
    """What Keras said, if it refused to call a layer, what that means, and the click that mends it.

    Args:
        facts: those that tell of it.
        layers: the questions of all layers, from the first.
    """
    with place_kept():
        for fact in facts:
            _refusal(answer, fact, layers)


def _refusal(answer: Answer, fact: Fact, layers: Sequence[Asked]) -> None:
    layer, flag = answer.mend
    on = not getattr(answer.layers[layer].layer, flag)
    with st.container(key="refusal", border=True):
        words, button = st.columns([9, 4], vertical_alignment="center")
    with words:
        said = inline(text(f"stack_facts.{fact.name}.claim", **fact.values))
        error = escape(answer.error.message)
        st.html(f'<div class="rnn-refusal"><pre>{error}</pre><p>{said}.</p></div>')
    button.button(
        text("stack.mend", flag=flag, value=on, layer=layer + 1),
        on_click=lambda: layers[layer].put(**{flag: on}),
        key="stack_mend",
        type="primary",
        icon=":material/build:",
    )
