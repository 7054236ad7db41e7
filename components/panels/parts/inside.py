"""Inside the cell: its gates and states at every step, and the equations of one step and unit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from components.backend import Run, Settings
from components.backend.cells import CELLS
from components.backend.question.layout import features
from components.backend.running import dropped as drops
from components.backend.running.worksheet import worksheet
from components.backend.scripts.code import file_name
from components.backend.scripts.script import cell_states
from components.charts import Scale, dropped, inputs, inside
from components.charts.strips import MOST_DRAWN
from components.panels.ask.answered import answered
from components.panels.ask.boxes import on_demand
from components.panels.ask.field_set import FieldSet
from components.panels.draw.follow_step import sheet
from components.panels.draw.plot import drawn, plot
from components.panels.parts.cell import cell_diagram
from components.panels.parts.code import download
from components.panels.parts.curves import curves_box
from components.panels.parts.equations import arrays, equations, markup
from components.panels.parts.facts import fact_list
from components.panels.parts.products import products
from components.panels.parts.step_view import step_controls
from components.panels.write.html import inline
from components.panels.write.notation import Numbers
from components.texts import has_text, text


def inside_panel(
    run: Run,
    view: FieldSet[Any],
    *,
    sentence: int = 0,
    scale: Scale = "fitted",
    key: str = "inside",
    begins: int | None = None,
    cell: bool = True,
) -> None:
    """The strips of the numbers read, of gates and states; the equations of a step and a unit.

    Args:
        scale: the colour scale of c, h and the candidate.
        begins: the step to show first, from 1, if it is not that of the view.
        cell: whether to draw the cell, and its equations; else the page has `cell_panel`.
    """
    numbers = numbers_of(run, sentence)
    step_controls(view, numbers, key=key, begins=begins)
    _read(run, sentence, key)
    picture = drawn(inside, run, sentence=sentence, scale=scale)
    plot(picture, key=key, file=_file(run, "inside"))
    if cell:
        cell_panel(run, sentence=sentence, key=key)
    if run.trace.gates:
        curves_box(key)
    if max(run.settings.units, features(run.settings)) <= MOST_DRAWN:  # else it is megabytes
        label = text("inside.products")
        on_demand(label, f"{key}_products", lambda: _products(run, numbers, key))
    if run.trace.cell is not None:
        on_demand(text("inside.every_c"), f"{key}_every_c", lambda: _every_c(run, key))


def cell_panel(run: Run, *, sentence: int = 0, key: str = "inside") -> None:
    """What becomes of the old state at the step and the unit that are looked at; the cell there,
    drawn, and its equations."""
    cell_diagram(run, _worked_out(run), numbers_of(run, sentence), key=f"{key}_worked_out")


def numbers_of(run: Run, sentence: int) -> dict[str, Numbers]:
    """All numbers of a sentence that templates can name."""
    return arrays(run, worksheet(run, sentence=sentence), sentence=sentence)


def _read(run: Run, sentence: int, key: str) -> None:
    """The strips of what the layer reads, if that is no ids, and of what dropout takes away."""
    if not run.settings.reads_ids:
        picture = drawn(inputs, run, sentence=sentence)
        plot(picture, key=f"{key}_inputs", file=_file(run, "inputs"))
        if picture.cut:
            st.caption(picture.cut)
    if run.settings.drops:
        picture, note = drawn(dropped, run, sentence=sentence), text("inside.dropped")
        plot(picture, key=f"{key}_dropped", file=_file(run, "dropped"), note=note)
        fact_list(answered(lambda: drops.facts(run)) or (), "dropout_facts")


def _file(run: Run, what: str) -> str:
    """The file name of a picture."""
    return file_name(run.settings, "png", run.weights, what=what)


def _worked_out(run: Run) -> str:
    """What becomes of the old state, the equations, and what sigma is in them: a template."""
    step = f'<p class="rnn-step">{inline(_step(run.settings))}</p>'
    body = f"{step}{markup(equations(run.settings))}"
    below = [_said_of("sigma", run.settings.recurrent_activation)] if run.trace.gates else []
    if run.settings.applies("activation") and run.settings.activation != "tanh":
        below.append(_said_of("activation", run.settings.activation))
    if run.settings.drops:
        below.append(text("inside.dropped_sums"))
    if below:
        body += f'<p class="rnn-below">{inline(" ".join(below))}</p>'
    return f"<div>{body}</div>"


def _step(settings: Settings) -> str:
    """Which step and which unit this is and, for a cell whose texts say it, what becomes of the old
    state: a template."""
    order = text("inside.backwards") if settings.go_backwards else ""
    told = f"diagram.{settings.cell}.step"
    kept = f": {text(told)}" if has_text(told) else ""
    return text(
        "inside.read", step="{step}", token="{token}", order=order, unit="{unit}", kept=kept
    )


def _said_of(place: str, activation: str) -> str:
    """What an activation is that stands in place of sigma or tanh; of one that pages do not offer,
    its name."""
    known = activation if has_text(f"functions.{place}.{activation}") else "other"
    return text(f"functions.{place}.{known}", name=activation)


def _products(run: Run, numbers: Mapping[str, Numbers], key: str) -> None:
    """A table of the values, weights, products and sums of the step and the unit looked at."""
    note = text("inside.products_help")
    if when := run.settings.reset_timing:
        gate = text(f"gates.{CELLS[run.settings.cell].reset_gate}.name")
        note = f"{note} {text(f'inside.products_reset_{when}', gate=gate)}"
    st.caption(note)
    sheet(products(run.settings), numbers, key=f"{key}_products_table")


def _every_c(run: Run, key: str) -> None:
    """The Keras code that gives c of every step, to copy or to download."""
    st.markdown(text("inside.every_c_why"))
    code = cell_states(run.settings, None if run.seeded else run.weights)
    file = file_name(run.settings, "py", run.weights, what="every_c")
    label = text("code.script")
    download(lambda: code, file, "text/x-python", label, key=f"{key}_download_every_c")
    st.code(code, language="python")
