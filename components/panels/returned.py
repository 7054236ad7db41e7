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
    columns = st.columns(3, border=True)
    for column, name in zip(columns, ("outputs", "state_h", "state_c"), strict=True):
        column.markdown(_card(run, name, layouts.get(name)))


def _card(run: Run, name: str, layout: Layout | None) -> str:
    settings = run.settings
    if layout is not None:
        return _lines(f"**{name}**", f"`{named_shape(layout)}`", _meaning(run, name))
    if name == "state_c" and settings.cell != "LSTM":
        return _dimmed(name, "state_c_absent", text("cards.state_c_absent_why", cell=settings.cell))
    would = text("cards.would", flag="return_state")
    return _dimmed(name, "computed", f"{text(f'cards.{name}_last')} {would}")


def _dimmed(name: str, status: str, why: str) -> str:
    return _lines(f":gray[**{name}**]", f":gray[{text(f'cards.{status}')}]", why)


def _lines(name: str, shape: str, meaning: str) -> str:
    return f"{name}  \n{shape}  \n:small[:gray[{meaning}]]"


def _meaning(run: Run, name: str) -> str:
    if name != "outputs":
        return text(f"cards.{name}")
    if run.settings.return_sequences:
        return text("cards.outputs_sequences")
    steps = run.settings.steps
    return (
        text("cards.outputs_only_step") if steps == 1 else text("cards.outputs_last", steps=steps)
    )
