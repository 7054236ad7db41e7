"""Stacking: layers on top of each other, the shapes between them, and the layer that Keras
refuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any, Literal, NamedTuple

import streamlit as st

from components import charts
from components.backend.question.layout import input_layout
from components.backend.running.facts import Fact
from components.backend.scripts.script import line
from components.backend.whatif import stack
from components.backend.whatif.stack import MOST_LAYERS, Above, Answer, Wrapped, listed_shapes
from components.panels.ask.complain import complain
from components.panels.ask.cover import cover, help_of
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget, widgets
from components.panels.parts.sentence import SentenceView, sentence_widget
from components.panels.parts.whatif import note_of, offer_zeros
from components.panels.what_ifs.what_if import Page, Try, WhatIf, code, picture, statements, tries
from components.panels.write.containers import kept_place
from components.panels.write.html import inline, layers_html
from components.texts import text

_ROW: Mapping[str, Any] = {"horizontal": True, "vertical_alignment": "center", "gap": "xsmall"}
"""How a layer's widgets stand."""


class StackView(stack.Choice, SentenceView):
    """How many layers, how they are joined, and which sentence (from 1) is drawn."""

    hand_on: Literal["everything", "outputs"] = "outputs"


def _asked(page: Page) -> stack.Question:
    """The layers that are on the page, joined as it says."""
    wrapped, *above = page.beside
    above = above[: page.view.shown.layers - 1]
    page.named = [wrapped, page.view, *above]
    layers = tuple(each.value for each in above)
    given: dict[str, Any] = {"first": page.settings, "above": layers, **dict(wrapped.value)}
    return page.view.question(stack.Question, **given)


def _widgets(page: Page) -> None:
    """The joints, and a row for each layer above the first."""
    view, (wrapped, *above) = page.view, page.beside
    _joints(view, wrapped, len(page.settings.rows))
    for number, each in enumerate(above[: view.shown.layers - 1], 2):
        _layer_row(number, each)
    complain()
    offer_zeros("stack", page.setup, view.value.mask_zero or view.value.pass_mask)


def _joints(view: FieldSet[StackView], wrapped: FieldSet[Wrapped], sentences: int) -> None:
    """How many layers there are, what each passes on, what comes after the last one, and what the
    sidebar does not say of the first."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "layers", width=150)
        widget(view, "hand_on", row=True)
        widget(view, "ending", width=240)
        with _more(1, text("stack.first_layer")) as more:
            if more.open:
                widget(wrapped, "bidirectional")
                for name in ("mask_zero", "pass_mask"):
                    widget(view, name)
                widgets(wrapped, "advanced")
                widget(wrapped, "initial_state")
        sentence_widget(view, sentences)


def _layer_row(number: int, layer: FieldSet[Above]) -> None:
    """The widgets of a layer above the first, in one row."""
    with st.container(key=f"layer_{number}", **_ROW):
        st.markdown(text("stack.layer", layer=number), width="content")
        quiet = {"label_visibility": "collapsed"}
        widget(layer, "cell", width=115, **quiet)
        widget(layer, "units", typed=True, width=72, **quiet)
        st.markdown(text("stack.units"), width="content")
        for flag in ("return_sequences", "return_state"):
            widget(layer, flag, help=None)  # the sidebar has it
        with _more(number) as more:
            if more.open:
                for name in ("bidirectional", "repeat_vector", "initial_state"):
                    widget(layer, name)
                widgets(layer, "advanced")


def _more(number: int, label: str = "") -> Any:
    """A box for what few need of a layer."""
    told, label = help_of("stack.more_help"), label or text("stack.more")
    return st.popover(label, help=told, key=f"more_{number}", on_change="rerun")


def _body(page: Page) -> None:
    _ribbon(page)
    refused = [fact for fact in stack.facts(page.answer) if "refused" in fact.name]
    _refusals(page, refused)
    cells = (layer.cell for layer in page.question.layers)
    picture(page, note=note_of("stack", *cells))
    statements(page, but=refused)
    tries(page)
    code(page)


class _Stop(NamedTuple):
    """A stop of the ribbon, such as a layer."""

    name: str
    shape: str  # of its output; or why it has none
    kind: str = ""  # "refused", or "beyond" what Keras refused


def _ribbon(page: Page) -> None:
    """The shapes from the ids through all layers, up to the one that Keras refuses."""
    cover("shapes", instead=layers_html(line(page.question.model)))
    stops = [_stop(stop) for stop in _stops(page.answer)]
    st.html(f'<div class="rnn-ribbon">{"".join(stops)}</div>')


def _stop(stop: _Stop) -> str:
    kind = f' class="rnn-{stop.kind}"' if stop.kind else ""
    return f"<div{kind}><b>{escape(stop.name)}</b><span>{escape(stop.shape)}</span></div>"


def _stops(answer: Answer) -> Iterator[_Stop]:
    question = answer.question
    for number, layout in enumerate(input_layout(question.first)):
        name = text("stack.embedding" if number else f"shapes.{layout.name}")
        yield _Stop(name, str(layout.shape))
    pairs = zip(question.layers, question.wraps, strict=True)
    names = [_named(number, layer.cell, each) for number, (layer, each) in enumerate(pairs, 1)]
    if question.ending != "none":
        names.append(question.ending)
    shapes = [listed_shapes(answer.passed_on(reached)) for reached in answer.layers]
    if answer.ending_returned is not None:
        shapes.append(str(answer.ending_returned.values.shape))
    yield from (_Stop(*pair) for pair in zip(names, shapes, strict=False))
    for place, name in enumerate(names[len(shapes) :]):
        why, kind = ("refuses", "refused") if place == 0 else ("not_reached", "beyond")
        yield _Stop(name, text(f"stack.{why}"), kind)


def _named(layer: int, cell: str, wrapped: Wrapped) -> str:
    """The name of a layer's stop, with the RepeatVector below it."""
    which = "stop" if wrapped.bidirectional == "off" else "stop_wrapped"
    repeats = isinstance(wrapped, Above) and wrapped.repeat_vector
    return "RepeatVector, " * repeats + text(f"stack.{which}", layer=layer, cell=cell)


def _refusals(page: Page, facts: Sequence[Fact]) -> None:
    """Keras's error if it refused to call a layer, what it means, and a button that mends it.

    Args:
        facts: those about the refusal.
    """
    answer, (wrapped, *above) = page.answer, page.beside
    with kept_place():
        for fact in facts:
            assert answer.mend is not None
            layer, flag = answer.mend
            if flag == "bidirectional":
                wraps = (wrapped, *above)
                _refusal(answer, fact, wraps[layer], {flag: "concat"}, 'merge_mode="concat"')
            else:
                on = not getattr(answer.layers[layer].layer, flag)
                layers = (page.setup, *above)
                _refusal(answer, fact, layers[layer], {flag: on}, f"{flag}={on}")


def _refusal(
    answer: Answer, fact: Fact, fields: FieldSet, change: Mapping[str, Any], code: str
) -> None:
    """A refusal, and a button for the change that mends it, which is said as code."""
    assert answer.error is not None
    with st.container(key="refusal", border=True):
        words, button = st.columns([9, 4], vertical_alignment="center")
    with words:
        meaning = inline(text(f"stack_facts.{fact.name}.claim", **fact.values))
        error = escape(answer.error.message)
        st.html(f'<div class="rnn-refusal"><pre>{error}</pre><p>{meaning}.</p></div>')
    button.button(
        text("stack.mend", change=code, layer=fact.values["below"]),
        on_click=lambda: fields.put(**change),
        key="stack_mend",
        type="primary",
        icon=":material/build:",
    )


STACK = WhatIf(
    "stack",
    StackView,
    stack.Question,
    stack.answer,
    charts.stack,
    stack.facts,
    stack.script,
    (Try(lambda layer: {"return_sequences": not layer.return_sequences}, of_layer=True),),
    widgets=_widgets,
    body=_body,
    asked=_asked,
    first="first",
    beside=((Wrapped, ""), *((Above, f"{number}.") for number in range(2, MOST_LAYERS + 1))),
)
