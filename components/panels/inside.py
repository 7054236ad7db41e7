"""Inside the cell: its gates and states through time, and one step of one unit worked out."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from components.backend import Run
from components.backend.layout import GATES
from components.backend.worksheet import Worksheet, worksheet
from components.charts import inside
from components.panels.data import digits
from components.panels.equations import equations, markup
from components.panels.page.html import styled
from components.panels.page.plot import Moved, drawn, plot
from components.texts import text


@st.fragment
def inside_panel(run: Run, sentence: int) -> None:
    """The strips with a step and a unit chosen in them, and the equations of that choice."""
    step, unit = _chosen(run)
    pointed = _pointed(run)
    picture = drawn(inside, run, sentence=sentence, unit=unit)
    plot(picture.figure, key="inside", alt=picture.alt, step=step, pointed=pointed, on_move=_follow)

    looked_at = pointed or step
    sheet = worksheet(run, sentence=sentence, step=looked_at, unit=unit)
    st.markdown(_read(run, sentence, looked_at, unit))
    styled(markup(equations(run.settings, sheet)), "equations.css")
    if run.settings.cell != "SimpleRNN":
        st.caption(text(f"sigma.{run.settings.recurrent_activation}"))
    products = st.expander(text("inside.products"), key="products", on_change="rerun")
    if products.open:
        with products:
            _products(run, sheet)


def _read(run: Run, sentence: int, step: int, unit: int) -> str:
    """Which step this is, and whose numbers follow."""
    token = run.trace.tokens[sentence, step - 1]
    order = text("inside.backwards") if run.settings.go_backwards else ""
    return text("inside.read", step=step, token=token, order=order, unit=unit)


def _follow(moved: Moved) -> None:
    """The playhead has come to rest: what was held becomes the sliders', and so the link's; what is
    only pointed at is kept apart."""
    state = st.session_state
    state["pointed"] = moved.pointed
    if moved.step is not None:
        state["step"] = moved.step
    if moved.unit is not None:
        state["unit"] = moved.unit


def _pointed(run: Run) -> int | None:
    """The step to look at in place of the chosen one, while the pointer is on it."""
    pointed = st.session_state.get("pointed")
    return pointed if pointed in range(1, run.settings.steps + 1) else None


def _chosen(run: Run) -> tuple[int, int]:
    """The step (from 1) and the unit (from 0), from sliders, buttons and the playhead."""
    steps, units = run.settings.steps, run.settings.units
    step = unit = 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if steps > 1:
            step = _slider("step", 1, steps)
            _mover("previous", -1, steps, ":material/chevron_left:", disabled=step == 1)
            _mover("next", 1, steps, ":material/chevron_right:", disabled=step == steps)
        if units > 1:
            unit = _slider("unit", 0, units - 1)
    return min(max(step, 1), steps), min(max(unit, 0), units - 1)


def _slider(name: str, low: int, high: int) -> int:
    """A slider in the URL that keeps its value, as near as it can, when its range changes."""
    state, memory = st.session_state, f"{name}_kept"
    last_range, last = state.get(memory, ((low, high), None))
    if last is not None and (last_range != (low, high) or name not in state):
        state[name] = min(max(last, low), high)  # Streamlit would start it at its default again
    elif name in state and not low <= state[name] <= high:
        state[name] = min(max(state[name], low), high)  # a playhead's late or forged step
    value = st.slider(text(f"inside.{name}"), low, high, key=name, bind="query-params", width=220)
    state[memory] = (low, high), value
    return value


def _mover(name: str, by: int, steps: int, icon: str, *, disabled: bool) -> None:
    """A button that steps. It has no shortcut: the arrow keys are the playhead's."""

    def move() -> None:
        st.session_state["step"] = min(max(st.session_state["step"] + by, 1), steps)

    key = f"step_{name}"
    st.button(text(f"inside.{name}"), icon=icon, on_click=move, key=key, disabled=disabled)


def _products(run: Run, sheet: Worksheet) -> None:
    """The worksheet as a table: each value, and its weight in each block."""
    blocks = [f"× {name}" for name in GATES[run.settings.cell] or ("h",)]
    rows = [(term.name, term.value, *term.weights) for term in sheet.terms]
    frame = pd.DataFrame(rows, columns=["", text("inside.value"), *blocks])
    note = text("inside.products_help")
    if run.settings.cell == "GRU":
        when = "after" if run.settings.reset_after else "before"
        note = f"{note} {text(f'inside.products_reset_{when}')}"
    st.caption(note)
    numbers = dict.fromkeys(frame.columns[1:], digits())
    st.dataframe(frame, hide_index=True, column_config=numbers, alt=text("inside.products"))
