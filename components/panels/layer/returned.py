"""What the layer returned: the line that unpacks the call, and a card for each tensor."""

from __future__ import annotations

import streamlit as st

from components.backend import Settings
from components.backend.cells import CELLS
from components.backend.question.labels import named_shape
from components.backend.question.layout import STATES, Layout, returned_layout
from components.backend.scripts.code import runnable, unpack_line
from components.panels.ask.cover import cover
from components.panels.write.html import copier, inline
from components.texts import text


def unpacked(settings: Settings) -> None:
    """The line that unpacks the call."""
    said = unpack_line(settings)
    names, call = said.split(" = ", 1)
    cover("returned", instead=f'<div class="rnn-unpack"><pre class="rnn-call">{call}</pre></div>')
    button = copier(text("copy.code"), runnable(said, settings))
    line = f'<pre class="rnn-call"><b>{names}</b> = {call}</pre>{button}'
    st.html(f'<div class="rnn-unpack">{line}</div>')


def cards(settings: Settings) -> None:
    """A card for outputs and for every state, dimmed if the layer does not return it."""
    layouts = {layout.name: layout for layout in returned_layout(settings)}
    found = (_card(settings, name, layouts.get(name)) for name in ("outputs", *STATES))
    st.html(f'<div class="rnn-cards">{"".join(found)}</div>')


def _card(settings: Settings, name: str, layout: Layout | None) -> str:
    if layout is not None:
        shape = f"<code>{named_shape(layout)}</code>"
        return _lines(name, text("cards.returned"), _meaning(settings, name), shape)
    if name not in CELLS[settings.cell].states:
        why = text(f"cards.{name}_absent_why", cell=settings.cell)
        return _lines(name, text(f"cards.{name}_absent"), why)
    would = text("cards.would", flag="return_state")
    return _lines(name, text("cards.computed"), f"{text(f'cards.{name}_last')} {would}")


def _lines(name: str, status: str, meaning: str, shape: str = "") -> str:
    kind = "" if shape else ' class="rnn-dimmed"'
    return f"<div{kind}><span>{status}</span><b>{name}</b> {shape}<p>{inline(meaning)}</p></div>"


def _meaning(settings: Settings, name: str) -> str:
    if name != "outputs":
        return text(f"cards.{name}")
    if settings.return_sequences:
        ends = "sequences" if settings.return_state else "alone"
        return text(f"cards.outputs_{ends}")
    steps = settings.steps
    return (
        text("cards.outputs_only_step") if steps == 1 else text("cards.outputs_last", steps=steps)
    )
