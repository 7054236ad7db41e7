"""Inside the cell: its gates and states through time, and one step of one unit worked out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from components.backend import Run
from components.backend.code import cell_states, file_name
from components.backend.worksheet import Worksheet, worksheet
from components.charts import activations, inside
from components.panels.code import download
from components.panels.equations import equations, markup
from components.panels.page.html import styled
from components.panels.page.plot import chosen_step, drawn, plot
from components.panels.products import products
from components.texts import text


@st.fragment
def inside_panel(run: Run, sentence: int, *, key: str = "") -> None:
    """The strips with a step and a unit chosen in them, and the equations of that choice.

    Args:
        key: what the widgets' keys begin with, where the panel stands on a page twice.
    """
    step, unit = _chosen(run, key)
    picture = drawn(inside, run, sentence=sentence, unit=unit)
    follow = partial(_follow, key)
    plot(picture.figure, key=f"{key}inside", alt=picture.alt, step=step, on_step=follow)

    sheet = worksheet(run, sentence=sentence, step=step, unit=unit)
    st.markdown(_read(run, sentence, step, unit))
    styled(markup(equations(run.settings, sheet)), "equations.css")
    if run.settings.cell != "SimpleRNN":
        st.caption(text(f"sigma.{run.settings.recurrent_activation}"))
        _on_demand(text("sigma.curves"), f"{key}curves", lambda: _curves(key))
    _on_demand(text("inside.products"), f"{key}products", lambda: _products(run, sheet))
    if run.settings.cell == "LSTM":
        _on_demand(text("inside.every_c"), f"{key}every_c", lambda: _every_c(run, key))


def _on_demand(label: str, key: str, draw: Callable[[], None]) -> None:
    """A box that is filled when it is opened."""
    box = st.expander(label, key=key, on_change="rerun")
    if box.open:
        with box:
            draw()


def _read(run: Run, sentence: int, step: int, unit: int) -> str:
    """Which step this is, and whose numbers follow."""
    token = run.trace.tokens[sentence, step - 1]
    order = text("inside.backwards") if run.settings.go_backwards else ""
    return text("inside.read", step=step, token=token, order=order, unit=unit)


def _follow(key: str) -> None:
    """The playhead has come to rest: its step becomes the chosen one."""
    if step := chosen_step(f"{key}inside"):
        st.session_state[f"{key}step"] = step


def _chosen(run: Run, key: str) -> tuple[int, int]:
    """The step (from 1) and the unit (from 0), from sliders, buttons and keys."""
    steps, units = run.settings.steps, run.settings.units
    step = unit = 0
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if steps > 1:
            _mover("previous", -1, steps, ":material/chevron_left:", "Left", key)
            _mover("next", 1, steps, ":material/chevron_right:", "Right", key)
            step = _slider("step", 1, steps, key)
        if units > 1:
            unit = _slider("unit", 0, units - 1, key)
    return min(max(step, 1), steps), min(max(unit, 0), units - 1)


def _slider(name: str, low: int, high: int, prefix: str) -> int:
    """A slider in the URL that keeps its value, as near as it can, when its range changes."""
    key = f"{prefix}{name}"
    state, memory = st.session_state, f"{key}_kept"
    last_range, last = state.get(memory, ((low, high), None))
    if last is not None and (last_range != (low, high) or key not in state):
        state[key] = min(max(last, low), high)  # Streamlit would start it at its default again
    elif key in state and not low <= state[key] <= high:
        state[key] = min(max(state[key], low), high)  # a playhead's late or forged step
    value = st.slider(text(f"inside.{name}"), low, high, key=key, bind="query-params", width=220)
    state[memory] = (low, high), value
    return value


def _mover(name: str, by: int, steps: int, icon: str, shortcut: str, prefix: str) -> None:
    """A button that moves the step; its key on the keyboard is the page's first panel's."""
    key = f"{prefix}step"

    def move() -> None:
        st.session_state[key] = min(max(st.session_state[key] + by, 1), steps)

    st.button(
        text(f"inside.{name}"),
        icon=icon,
        on_click=move,
        shortcut=None if prefix else shortcut,
        key=f"{key}_{name}",
    )


def _curves(key: str) -> None:
    """All that sigma can be, from sums to how far a gate opens."""
    st.caption(text("sigma.curves_why"))
    picture = drawn(activations)
    plot(picture.figure, key=f"{key}activations", alt=picture.alt)


def _products(run: Run, sheet: Worksheet) -> None:
    """Each value, weight and product of the chosen step and unit, and the sums."""
    note = text("inside.products_help")
    if run.settings.cell == "GRU":
        when = "after" if run.settings.reset_after else "before"
        note = f"{note} {text(f'inside.products_reset_{when}')}"
    st.caption(note)
    styled(products(run.settings, sheet), "products.css")


def _every_c(run: Run, key: str) -> None:
    """The Keras code that gives c of every step, to copy or to keep."""
    st.markdown(text("inside.every_c_why"))
    code = cell_states(run.settings, None if run.seeded else run.weights)
    file = file_name(run.settings, "py", what="every_c")
    label = text("code.script")
    download(lambda: code, file, "text/x-python", label, key=f"{key}download_every_c")
    st.code(code, language="python", height=460)
