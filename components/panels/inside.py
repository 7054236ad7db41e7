"""Inside the cell: its gates and states through time, and one step of one unit worked out."""

from __future__ import annotations

from typing import Annotated

import streamlit as st
from pydantic import Field

from components.backend import Run
from components.backend.code import cell_states, file_name
from components.backend.linked import Int, Linked, Place
from components.backend.settings import MAX_STEPS, MAX_UNITS
from components.backend.worksheet import Worksheet, worksheet
from components.charts import Scale, activations, inside
from components.panels.code import download
from components.panels.equations import equations, markup
from components.panels.page.asked import Asked
from components.panels.page.boxes import on_demand
from components.panels.page.parts import acting, part
from components.panels.page.plot import Moved, drawn, plot
from components.panels.page.widgets import widget
from components.panels.products import products
from components.texts import text

CURVES = "rnn_lens_sigma.png"
"""A file of the curves, which no setting changes."""


class InsideView(Linked):
    """Which step (from 1) and which unit (from 0) is worked out."""

    step: Annotated[Int, Field(ge=1, le=MAX_STEPS), Place("inside")] = 1
    unit: Annotated[Int, Field(ge=0, le=MAX_UNITS - 1), Place("inside")] = 0


def inside_panel(
    run: Run,
    view: Asked[InsideView],
    *,
    sentence: int = 0,
    scale: Scale = "fitted",
    key: str = "inside",
) -> None:
    """The strips with a step and a unit chosen in them, and the equations of that choice.

    Args:
        sentence: the index of the sentence that is shown.
        scale: of the colours of c, h and the candidate.
    """

    pointed_at = f"{key}.pointed"  # a step to look at in place of the chosen one

    @part(f"{key}_part", lambda: (view.value.step, view.value.unit))
    def draw() -> None:
        look = _choose(run, view, key)
        pointed = st.session_state.get(pointed_at)
        if pointed not in range(1, run.settings.steps + 1):
            pointed = None
        picture = drawn(inside, run, sentence=sentence, unit=look.unit, scale=scale)
        plot(
            picture,
            key=key,
            file=file_name(run.settings, "png", run.weights, what="inside"),
            step=look.step,
            pointed=pointed,
            on_move=follow,
        )
        _work_out(run, look.but(step=pointed or look.step), sentence, key)

    def follow(moved: Moved) -> None:
        """The playhead has come to rest: what was held becomes the sliders', and so the link's;
        what is only pointed at is kept apart."""
        st.session_state[pointed_at] = moved.pointed
        held = {"step": moved.step, "unit": moved.unit}
        view.put(**{name: value for name, value in held.items() if value is not None})

    draw()


def _work_out(run: Run, look: InsideView, sentence: int, key: str) -> None:
    step, unit = look.step, look.unit
    sheet = worksheet(run, sentence=sentence, step=step, unit=unit)
    st.markdown(_read(run, sentence, step, unit))
    st.html(markup(equations(run.settings, sheet)))
    if run.trace.gates:
        st.caption(text(f"sigma.{run.settings.recurrent_activation}"))
        on_demand(text("sigma.curves"), f"{key}_curves", lambda: _curves(key))
    on_demand(text("inside.products"), f"{key}_products", lambda: _products(run, sheet))
    if run.trace.cell is not None:
        on_demand(text("inside.every_c"), f"{key}_every_c", lambda: _every_c(run, key))


def _read(run: Run, sentence: int, step: int, unit: int) -> str:
    """Which step this is, and whose numbers follow."""
    token = run.trace.read[sentence, step - 1]
    order = text("inside.backwards") if run.settings.go_backwards else ""
    return text("inside.read", step=step, token=token, order=order, unit=unit)


def _choose(run: Run, view: Asked[InsideView], key: str) -> InsideView:
    """The step and the unit, from sliders, buttons and keys."""
    steps, units = run.settings.steps, run.settings.units
    look = view.within(step=(1, steps), unit=(0, units - 1))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if steps > 1:
            for name, by, icon in (("previous", -1, "left"), ("next", 1, "right")):
                st.button(
                    text(f"inside.{name}"),
                    icon=f":material/chevron_{icon}:",
                    on_click=acting(_step_by),
                    args=(view, by, steps),
                    disabled=not 1 <= look.step + by <= steps,
                    key=f"{key}_{name}",
                )
        widget(view, "step", limits=(1, steps), width=220)
        widget(view, "unit", limits=(0, units - 1), width=220)
    return look


def _step_by(view: Asked[InsideView], by: int, steps: int) -> None:
    view.put(step=min(max(view.value.step + by, 1), steps))


def _curves(key: str) -> None:
    """All that sigma can be, from sums to how far a gate opens."""
    st.caption(text("sigma.curves_why"))
    picture = drawn(activations)
    plot(picture, key=f"{key}_activations", file=CURVES)


def _products(run: Run, sheet: Worksheet) -> None:
    """Each value, weight and product of the chosen step and unit, and the sums."""
    note = text("inside.products_help")
    if when := run.settings.resets:
        note = f"{note} {text(f'inside.products_reset_{when}')}"
    st.caption(note)
    st.html(products(run.settings, sheet))


def _every_c(run: Run, key: str) -> None:
    """The Keras code that gives c of every step, to copy or to keep."""
    st.markdown(text("inside.every_c_why"))
    code = cell_states(run.settings, None if run.seeded else run.weights)
    file = file_name(run.settings, "py", run.weights, what="every_c")
    label = text("code.script")
    download(lambda: code, file, "text/x-python", label, key=f"{key}_download_every_c")
    st.code(code, language="python", height=460)
