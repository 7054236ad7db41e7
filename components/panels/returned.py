"""What came back: the line that unpacks the call, and a card for each tensor."""

from __future__ import annotations

import streamlit as st

from components.backend import Run
from components.backend.code import named_shape, unpack_line
from components.backend.layout import Layout, returned_layout
from components.texts import text


def returned(run: Run) -> None:
    """The unpacking line, then outputs, state_h and state_c, dimmed where they did not come."""
    settings = run.settings
    st.code(unpack_line(settings), language="python", wrap_lines=True)
    layouts = {layout.name: layout for layout in returned_layout(settings)}
    for column, name in zip(st.columns(3), ("outputs", "state_h", "state_c"), strict=True):
        with column.container(border=True, height="stretch", gap=None):
            _card(run, name, layouts.get(name))


def _card(run: Run, name: str, layout: Layout | None) -> None:
    settings = run.settings
    if name == "state_c" and settings.cell != "LSTM":
        st.markdown(f":gray[**{name}**  \n{text('cards.state_c_absent')}]")
        st.caption(text("cards.state_c_absent_why", cell=settings.cell))
    elif layout is None:
        st.markdown(f":gray[**{name}**  \n{text('cards.computed')}]")
        st.caption(f"{text(f'cards.{name}')} {text('cards.would', flag='return_state')}")
    else:
        st.markdown(f"**{name}**  \n`{named_shape(layout)}`")
        st.caption(_meaning(run, name))


def _meaning(run: Run, name: str) -> str:
    if name != "outputs":
        return text(f"cards.{name}")
    if run.settings.return_sequences:
        return text("cards.outputs_sequences")
    before = run.settings.steps - 1
    return text("cards.outputs_last", before=before) if before else text("cards.outputs_only_step")
