"""Attention: its widgets, and its equations with the numbers of a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Literal

import numpy as np
import streamlit as st

from components.backend import Settings
from components.backend.running.attention_equations import arrays, equations
from components.backend.whatif import attention
from components.charts.strips import MOST_DRAWN
from components.panels.ask.boxes import on_demand
from components.panels.ask.cover import cover
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.draw.follow_step import sheet
from components.panels.parts.equations import markup
from components.panels.parts.sentence import SentenceView, sentence_widget
from components.panels.parts.step_view import StepView, step_controls
from components.panels.parts.torch_code import torch_attention_panel
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


def attention_widgets(view: FieldSet[AttentionView], settings: Settings) -> None:
    """What asks, and how; what is padded and masked; and which sentence is drawn."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name, width in _WIDTHS.items():
            if name in view.active:
                widget(view, name, width=width)
        sentence_widget(view, len(settings.rows))
    with kept_place():
        if not settings.return_sequences:
            st.caption(text("attention.sequences"))


def worked_out(
    answer: attention.Answer, view: FieldSet[AttentionView], *, sentence: int = 0
) -> None:
    """The score, the weight and the context of the step and the unit that are looked at."""
    cover("numbers")
    numbers = _numbers(answer, sentence)
    step_controls(view, numbers, key="attention")
    single = answer.attended.context.shape[1] == 1
    heads = answer.attended.attention.score == "multi_head"
    said = {"step": "{step}", "token": "{token}", "unit": "{unit}", "asked": "{asked}"}
    gives = text("attention.gives_head" if heads else "attention.gives_context", **said)
    read = text(f"attention.worked_{'one' if single else 'each'}", gives=gives, **said)
    note = text("attention.worked_heads") if heads else ""
    body = f"<p>{inline(f'{read} {note}'.strip())}</p>{markup(equations(answer.attended))}"
    sheet(f"<div>{body}</div>", numbers, key="attention_worked_out")


def torch_box(answer: attention.Answer, file: Callable[[str], str]) -> None:
    """A box with the code in PyTorch that does the same.

    Args:
        file: returns the script's name, given its suffix.
    """
    given = answer.question.model, answer.weights
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
