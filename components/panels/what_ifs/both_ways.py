"""Bidirectional: its widgets, and the tensors that Bidirectional returns."""

from __future__ import annotations

from html import escape

import streamlit as st

from components.backend.origins.layers_weights import LayersWeights
from components.backend.question.labels import named_shape
from components.backend.whatif import both_ways
from components.panels.ask.cover import cover
from components.panels.parts.sentence import SentenceView
from components.panels.parts.whatif import colours_of, letters_of
from components.panels.write.html import copier
from components.texts import text


class BothWaysView(both_ways.Choice, LayersWeights, SentenceView):
    """How the outputs are merged, the weights, and which sentence (from 1) is drawn."""


def unpacked(question: both_ways.Question) -> None:
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


def note(question: both_ways.Question) -> str:
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
