"""Attention: all h of a layer weighed, in place of the last one alone; and how, in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Literal

import numpy as np
import streamlit as st

from components import charts
from components.backend.running.attention_equations import arrays, equations
from components.backend.whatif import attention
from components.charts.strips import MOST_DRAWN
from components.panels.ask.boxes import on_demand
from components.panels.ask.complain import complain
from components.panels.ask.cover import cover
from components.panels.ask.widgets import widget
from components.panels.draw.follow_step import sheet
from components.panels.draw.plot import drawn, plot
from components.panels.pairs import PairsView, pairs_box
from components.panels.parts.equations import markup
from components.panels.parts.sentence import SentenceView, sentence_widget
from components.panels.parts.step_view import StepView, step_controls
from components.panels.parts.torch_code import torch_attention_panel
from components.panels.parts.whatif import colours_of
from components.panels.what_ifs.what_if import Page, Try, WhatIf, code, picture, statements, tries
from components.panels.write.containers import kept_place
from components.panels.write.html import inline
from components.panels.write.notation import Numbers
from components.texts import text

_WIDTHS: Mapping[str, int | Literal["content"]] = {
    "asks": 210,
    "score": 250,
    "scale": 100,
    "causal": "content",
    "padded": 150,
    "mask_zero": "content",
}
"""The widgets, each with its width in px."""


class AttentionView(attention.Choice, StepView, SentenceView):
    """What asks, how a score is computed, what is padded, and where to look first."""


def _widgets(page: Page) -> None:
    """What asks, and how; what is padded and masked; and which sentence is drawn."""
    view = page.view
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, width in _WIDTHS.items():
            if name in view.active:
                widget(view, name, width=width)
        sentence_widget(view, len(page.settings.rows))
    with kept_place():
        if not page.settings.return_sequences:
            st.caption(text("attention.sequences"))
    complain()


def _body(page: Page) -> None:
    question: attention.Question = page.question
    each = question.asks == "each"
    picture(page, note=_note(question))
    if each:
        square = drawn(charts.attention_square, page.answer, **page.of_sentence)
        plot(square, key="attention_square", file=page.file("weights")("png"))
    _worked_out(page)
    heads = question.attention.score == "multi_head"
    statements(page, told="_each" if each else "_heads" if heads else "")
    tries(page)
    code(page)
    _torch_box(page)
    pairs_box(page.beside[0])


def _note(question: attention.Question) -> str:
    """What the strips are, what their colours mean, and what is crossed out."""
    framed = text("attention.note_each" if question.asks == "each" else "attention.note")
    masked = f" {text('attention.note_masked')}" if question.masked else ""
    return f"{framed} {colours_of(question.settings.cell)}{masked}"


def _is_sharp(choice: attention.Choice) -> bool:
    return choice.score == "scaled" and choice.scale == 20


def _worked_out(page: Page) -> None:
    """The score, the weight and the context of the step and the unit that are looked at."""
    cover("numbers")
    answer: attention.Answer = page.answer
    numbers = _numbers(answer, **page.of_sentence)
    step_controls(page.view, numbers, key="attention")
    single = answer.attended.context.shape[1] == 1
    heads = answer.attended.attention.score == "multi_head"
    said = {"step": "{step}", "token": "{token}", "unit": "{unit}", "asked": "{asked}"}
    gives = text("attention.gives_head" if heads else "attention.gives_context", **said)
    read = text(f"attention.worked_{'one' if single else 'each'}", gives=gives, **said)
    note = text("attention.worked_heads") if heads else ""
    body = f"<p>{inline(f'{read} {note}'.strip())}</p>{markup(equations(answer.attended))}"
    sheet(f"<div>{body}</div>", numbers, key="attention_worked_out")


def _torch_box(page: Page) -> None:
    """A box with the code in PyTorch that does the same."""
    given = page.question.model, page.answer.weights
    file = page.file("torch")
    on_demand(text("torch.box"), "attention_torch", lambda: torch_attention_panel(*given, file))


def _numbers(answer: attention.Answer, sentence: int) -> dict[str, Numbers]:
    """All that the templates name, of the first head, and of the columns that are drawn."""
    found = {}
    for name, (axes, values) in arrays(answer.attended, answer.weights, sentence=sentence).items():
        found[name] = Numbers(axes, values[..., :MOST_DRAWN] if axes.endswith("u") else values)
    read = answer.layer.trace.read[sentence]
    columns = min(answer.attended.attended.values.shape[-1], MOST_DRAWN)
    found["step"] = Numbers("s", np.arange(1, len(read) + 1))
    found["unit"] = Numbers("u", np.arange(columns))
    found["token"] = Numbers("s", np.array([escape(str(each)) for each in read]))
    return found


ATTENTION = WhatIf(
    "attention",
    AttentionView,
    attention.Question,
    attention.answer,
    charts.attention,
    attention.facts,
    attention.script,
    (
        Try(
            lambda view: {"score": "scaled", "scale": 0.0 if _is_sharp(view) else 20.0},
            lambda view: "_back" if _is_sharp(view) else "",
        ),
    ),
    widgets=_widgets,
    body=_body,
    beside=((PairsView, "learned."),),
)
