"""What if a weight were different: gates that are held, a bias, and the list of the edits."""

from __future__ import annotations

from functools import partial

import streamlit as st

from components.backend import EngineError, Settings, Setup
from components.backend.cells import CELLS
from components.backend.learning.predictions import predictions
from components.backend.learning.trained import Trained
from components.backend.origins.weight_source import WeightSource
from components.backend.question.layout import weight_layout
from components.backend.question.weights import Weights
from components.backend.weight_files.edits import FORGET_BIAS, Entry, forget_bias_of
from components.backend.whatif.edit import Answer, feeds
from components.charts.parameters import row_name
from components.charts.picture import strip_title
from components.charts.predictions import drawable
from components.panels.ask.cover import asks_first, help_of
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import showing
from components.panels.write.message import leave_message
from components.texts import text

_ENDS = {"free": None, "0": 0, "1": 1}  # of a gate: as it is, or held
_LISTED = 3  # edits that are listed without scrolling
_LIST = 96  # px of a longer list


def hold_widgets(start: FieldSet[WeightSource], settings: Settings) -> None:
    """Each gate as it is, or held at one end; and the forget gate's bias, unless that is held."""
    gates = [gate for gate in CELLS[settings.cell].gates if gate != "candidate"]
    if not gates or not settings.use_bias:
        st.caption(text("edit.no_bias" if gates else "edit.no_gates"))
        return
    edits = start.value.edits
    held = {gate: str(end) for gate, end in edits.held}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for gate in gates:
            st.segmented_control(
                strip_title(gate, settings.cell),
                list(_ENDS),
                format_func=lambda end: text(f"edit.ends.{end}"),
                help=help_of("edit.hold_help"),
                required=True,
                **showing(
                    f"hold_{gate}", held.get(gate, "free"), partial(_hold, start, gate), "default"
                ),
            )
        if "forget" in gates:
            _bias_widgets(start, settings, held="forget" in held)


def says(answer: Answer, trained: Trained | None, sentence: int) -> None:
    """How often a trained cell is wrong in a sentence, with the edits and before."""
    runs = answer.run, answer.before
    found = drawable(*(predictions(trained, sentence, run) for run in runs))
    if asks_first() or not found:
        return
    edited, before = found
    counts = {"wrong": int(edited.wrong.sum()), "before": int(before.wrong.sum())}
    kind = "says" if answer.run is answer.before else "says_edited"
    st.markdown(text(f"edit.{kind}", **counts, asked=int(edited.asked.sum())))


def _hold(start: FieldSet[WeightSource], gate: str, end: str) -> None:
    if end in _ENDS:
        start.put(edits=start.value.edits.hold(gate, _ENDS[end]))


def _bias_widgets(start: FieldSet[WeightSource], settings: Settings, *, held: bool) -> None:
    bias = start.value.edits.forget_bias

    def take(value: int | None) -> None:
        start.put(edits=start.value.edits._replace(forget_bias=value))

    def switch(on: bool) -> None:
        try:
            take(forget_bias_of(start.value.unedited(settings), settings) if on else None)
        except EngineError:
            leave_message("error", text("errors.engine"))

    st.toggle(
        text("edit.set_bias"),
        help=help_of("edit.bias_held" if held else "edit.bias_help"),
        disabled=held,
        **showing("set_forget_bias", bias is not None, switch),
    )
    if bias is not None and not held:
        label, (low, high) = text("edit.bias"), FORGET_BIAS
        st.slider(label, low, high, width=160, **showing("forget_bias", bias, take))


def edit_list(start: FieldSet[WeightSource], settings: Settings, old: Weights) -> None:
    """Each number that was typed: what it feeds, what it was, and a button that takes it back.

    Args:
        old: the weights before the edits.
    """
    single = start.value.edits.single
    height = _LIST if len(single) > _LISTED else "content"
    with st.container(height=height, border=False, gap="xsmall"):
        for entry, value in single:
            was = old[entry.weight][entry.index_in(settings, old[entry.weight].ndim)]
            with st.container(horizontal=True, vertical_alignment="center", key=f"typed.{entry}"):
                st.caption(
                    text(
                        "edit.listed",
                        what=_feeds(entry, settings),
                        old=float(was),
                        new=value,
                    )
                )
                st.button(
                    text("edit.undo_one"),
                    key=f"undo.{entry}",
                    type="tertiary",
                    on_click=partial(_take_back, start, entry),
                )


def _take_back(start: FieldSet[WeightSource], entry: Entry) -> None:
    start.put(edits=start.value.edits.without([entry]))


def _feeds(entry: Entry, settings: Settings) -> str:
    """In words, where a number of a weight goes; of a bias of two rows, which row it is in."""
    layout = next(layout for layout in weight_layout(settings) if layout.name == entry.weight)
    return feeds(entry, row_name(layout, entry.row) if entry.weight == "bias" else entry.weight)


def empty_the_memory(setup: FieldSet[Setup], start: FieldSet[WeightSource]) -> None:
    """Hold a gate so that the memory is emptied at every step; a second click lets it go."""
    cell = setup.value.cell if CELLS[setup.value.cell].keep_gate else "LSTM"
    setup.put(cell=cell, use_bias=True)
    keeps = CELLS[cell].keep_gate
    assert keeps is not None  # such a cell was taken
    gate, emptying = keeps.gate, 1 - keeps.at
    edits = start.value.fitting(setup.value.settings).edits
    start.put(edits=edits.hold(gate, None if dict(edits.held).get(gate) == emptying else emptying))


def offer(cell: str) -> str:
    """The label of that click's button."""
    keeps, letters = CELLS[cell].keep_gate, CELLS[cell].letters
    if keeps is None:
        return text("edit.try_other")
    state, gate = text(f"edit.old_{letters[-1]}"), text(f"gates.{keeps.gate}.name")
    return text("edit.try", state=state, gate=gate, end=1 - keeps.at)


def colours(cell: str) -> str:
    """What the colours of the picture mean."""
    gates = [text("edit.note_gates")] if CELLS[cell].gates else []
    return " ".join((*gates, text(f"edit.note_{CELLS[cell].letters}")))
