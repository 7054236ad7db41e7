"""Bidirectional: a sentence read from both its ends, the tensors that it returns, and what each
layer has read at a step."""

from __future__ import annotations

from html import escape

import numpy as np
import streamlit as st

from components import charts
from components.backend.question.labels import named_shape
from components.backend.running.model import DIRECTIONS
from components.backend.whatif import both_ways
from components.charts.strips import MOST_DRAWN
from components.panels.ask.complain import complain
from components.panels.ask.cover import cover
from components.panels.ask.widgets import widget
from components.panels.draw.follow_step import sheet
from components.panels.parts.sentence import SentenceView, sentence_widget
from components.panels.parts.step_view import StepView, step_controls
from components.panels.parts.whatif import colours_of, letters_of, offer_zeros
from components.panels.what_ifs.what_if import Page, Try, WhatIf, code, picture, statements, tries
from components.panels.write.containers import remark
from components.panels.write.html import copier, inline
from components.panels.write.notation import Numbers
from components.texts import text


class BothWaysView(both_ways.Choice, StepView, SentenceView):
    """How the outputs are merged, which sentence (from 1) is drawn, and where to look
    first."""


def _widgets(page: Page) -> None:
    """How the outputs are merged, what is masked, and what the layers begin with; and the call."""
    view = page.view
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "merge_mode", row=True)
        widget(view, "mask_zero")
        widget(view, "stateful")
        if view.value.applies("initial_state"):
            widget(view, "initial_state")
        sentence_widget(view, len(page.settings.rows))
    complain()
    offer_zeros("both_ways", page.setup, view.value.mask_zero)
    _unpacked(page.question)


def _body(page: Page) -> None:
    picture(page, note=_note(page.question))
    _read_so_far(page)
    remark(text("both_ways.go_backwards") if page.settings.go_backwards else "")
    statements(page)
    tries(page)
    code(page)


def _unpacked(question: both_ways.Question) -> None:
    """The line that unpacks the call, with its tensor's shape below each name."""
    cover("returned")
    line = both_ways.unpack_line(question)
    call = line.split(" = ", 1)[1]
    code = both_ways.copied(question)
    layouts = both_ways.returned_layout(question)
    names = "".join(
        f"<span><b>{layout.name}{',' * (at < len(layouts))}</b>"
        f"<small title='{escape(named_shape(layout))}'>{layout.shape}</small></span>"
        for at, layout in enumerate(layouts, 1)
    )
    st.html(
        f'<div class="rnn-both-ways"><div>{names}</div><code>= {escape(call)}</code>'
        f"{copier(text('copy.code'), code)}</div>"
    )


def _note(question: both_ways.Question) -> str:
    """What the marks in the chart mean, if it has them."""
    merged = question.merge_mode is not None and question.settings.return_sequences
    halves = merged and question.merge_mode == "concat"
    cell = question.settings.cell
    scale = text(f"both_ways.note_scale_{letters_of(cell)}")
    looks = text("both_ways.note_looks")
    masked = [text("both_ways.note_masked")] * question.mask_zero
    half = [text("both_ways.note_half")] * halves
    last = [text("both_ways.note_last")] * merged
    return " ".join([looks, *masked, *half, *last, scale, colours_of(cell)])


def _read_so_far(page: Page) -> None:
    """What each layer has read at the step that is looked at, its h of the unit that is looked at,
    and what outputs makes of both."""
    cover("numbers")
    answer, sentence = page.answer, page.of_sentence["sentence"]
    numbers = _numbers(answer, sentence)
    step_controls(page.view, numbers, key="both_ways")
    slots = {name: f"{{{name}}}" for name in numbers}
    lines = [text(f"both_ways.so_far_{direction}", **slots) for direction in DIRECTIONS]
    if answer.question.settings.return_sequences:
        mode = answer.question.merge_mode or "none"
        lines.append(text(f"both_ways.so_far_{mode}", row=sentence, **slots))
    body = "".join(f"<p>{inline(line)}</p>" for line in lines)
    sheet(f'<div class="rnn-so-far">{body}</div>', numbers, key="both_ways_so_far")


def _numbers(answer: both_ways.Answer, sentence: int) -> dict[str, Numbers]:
    """All that the texts name, of the units that are drawn."""
    settings, masked = answer.question.settings, ~answer.layer.counts[sentence]
    steps, units = settings.steps, np.arange(min(settings.units, MOST_DRAWN))
    columns = (units, units + settings.units)
    read = [counts[sentence] for counts in both_ways.steps_read(answer)]
    tokens = answer.forward.tokens[sentence]
    said = text("both_ways.masked_here")
    found = {
        "step": Numbers("s", np.arange(1, steps + 1)),
        "place": Numbers("s", np.arange(steps)),
        "token": Numbers("s", np.array([escape(str(each)) for each in tokens])),
        "masked": Numbers("s", np.where(masked, said, "")),
        "unit": Numbers("u", columns[0]),
        "other": Numbers("u", columns[1]),
    }
    for name, trace, counts in zip(DIRECTIONS, answer.layer.traces, read, strict=True):
        forward = name == "forward"
        hidden = trace.hidden[sentence][:: 1 if forward else -1]
        found[f"{name}_h"] = Numbers("su", hidden[:, units])
        found[f"{name}_read"] = Numbers("s", _said(counts, forward=forward))
    if settings.return_sequences:
        mode = answer.question.merge_mode
        outputs = [tensor.values[sentence] for tensor in answer.returned[: 1 if mode else 2]]
        if mode == "concat":
            outputs = [outputs[0][:, each] for each in columns]
        for name, values in zip(("first", "second"), outputs, strict=False):
            found[name] = Numbers("su", values[:, : len(units)])
    return found


def _said(counts: np.ndarray, *, forward: bool) -> np.ndarray:
    """At each step, which steps a layer has read, in words; counts are of the unmasked ones."""
    steps, words = len(counts), []
    for step, count in enumerate(counts.tolist(), 1):
        first, of = (1, step) if forward else (steps, steps + 1 - step)
        kind = "one" if of == 1 else "ahead" if forward else "back"
        masked = text("both_ways.steps_masked", count=of - count) if of > count else ""
        words.append(text(f"both_ways.steps_{kind}", first=first, last=step) + masked)
    return np.array(words)


BOTH_WAYS = WhatIf(
    "both_ways",
    BothWaysView,
    both_ways.Question,
    both_ways.answer,
    charts.both_ways,
    both_ways.facts,
    both_ways.script,
    (Try(lambda layer: {"return_sequences": not layer.return_sequences}, of_layer=True),),
    widgets=_widgets,
    body=_body,
)
