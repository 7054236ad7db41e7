"""One layer of a visitor's model, looked into."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Annotated

import streamlit as st
from pydantic import Field

from components.backend.explained.added import Added, added
from components.backend.explained.explain import LayerCall
from components.backend.explained.traces import CellTrace
from components.backend.question.linked import FieldRule, Int, SettingsError
from components.backend.running.answers import cached_calls
from components.backend.running.replay import MismatchError
from components.backend.running.results import Run
from components.backend.your_model.cell_run import run_of_cell
from components.backend.your_model.process.records import MOST_WEIGHTS
from components.charts.picture import number
from components.charts.your_model import attention, can_be_drawn, tensors
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import showing
from components.panels.draw.plot import drawn, plot
from components.panels.parts.inside import inside_panel
from components.panels.parts.step_view import StepView
from components.panels.write.plain import plain
from components.panels.your_model.bars import Bar, Bars, bars, two_sided
from components.panels.your_model.rows import Line
from components.panels.your_model.sentence import PAD, ShownSentence
from components.texts import has_text, text

_MOST_CELLS = 16
_MOST_UNITS = 2**31 - 1
_MOST_PARTS = 10


class ModelView(StepView):
    """Which part of the open layer is shown."""

    texts = "explore_view"

    part: Annotated[Int, Field(ge=1, le=_MOST_CELLS), FieldRule()] = 1
    """Of a Bidirectional, or of an RNN of several cells, which cell, from 1."""

    output: Annotated[Int, Field(ge=0, le=_MOST_UNITS), FieldRule()] = 0
    """Which number of a Dense, from 0, is taken apart."""


def layer_panel(line: Line, view: FieldSet[ModelView], shown: ShownSentence) -> None:
    """What is in a layer: of a recurrent one its gates and states, of an attention layer its
    weights, of a Dense what adds up to a number; of any other what goes in and what comes out."""
    call = line.call
    assert call is not None  # a layer that was not run cannot be opened
    with st.container(key="model_inside"):
        st.subheader(
            text("your_model.inside", name=plain(call.name), kind=plain(call.kind)), anchor=False
        )
    if call.untraced:
        st.info(call.untraced)
    if call.cells:
        _cells(call, view, shown)
    elif call.attention is not None:
        _attention(call, shown)
    elif "kernel" in call.weights:
        _dense(call, view, shown)
    else:
        if call.activation and call.parameter_count > MOST_WEIGHTS:
            st.caption(text("your_model.large_dense", most=MOST_WEIGHTS))
        _tensors(call, shown)


def _cells(call: LayerCall, view: FieldSet[ModelView], shown: ShownSentence) -> None:
    count = len(call.cells)
    at = min(view.value.part, count)
    if count > 1:
        st.segmented_control(
            text("your_model.cell"),
            list(range(1, count + 1)),
            format_func=lambda number: _cell_name(call.cells[number - 1]),
            required=True,
            **showing("model_part", at, lambda chosen: view.put(part=chosen), "default"),
        )
    cell = call.cells[at - 1]
    steps = cell.trace.hidden.shape[1]
    drawn, labels = range(min(steps, _MOST_STEPS)), ("",) * steps
    if shown.answer.has_words(shown.answer.opened.axes_of(call).reads[0]):
        drawn, labels = shown.drawn, shown.labels
    try:
        run = _run(call, cell, labels, shown.index, drawn)
    except SettingsError:  # it reads numbers that are not finite
        st.info(text("your_model.not_finite"))
        return
    masked = f" {text('your_model.masked_told')}" if not run.trace.counts.all() else ""
    st.markdown(text("your_model.cell_told") + masked)
    inside_panel(run, view, begins=_first_shown([labels[step] for step in drawn]))


def _first_shown(labels: Sequence[str]) -> int | None:
    """The step of the third word, from 1: at the first one, gates meet states of zeros, and padding
    in front of it tells nothing. None without words."""
    words = [step for step, label in enumerate(labels, start=1) if label not in ("", PAD)]
    return words[min(2, len(words) - 1)] if words else None


_MOST_STEPS = 100

_KEPT_BYTES = 16 * 2**20


@cached_calls(
    _KEPT_BYTES,
    getsizeof=lambda run: run.nbytes,
    # Weak references, so that a run does not keep an answer that the backend has dropped.
    key=lambda call, cell, *rest: (weakref.ref(cell), *rest),
)
def _run(
    call: LayerCall, cell: CellTrace, labels: tuple[str, ...], sentence: int, drawn: range
) -> Run:
    return run_of_cell(call, cell, labels, sentence=sentence, steps=drawn)


def _cell_name(cell: CellTrace) -> str:
    """Of a Bidirectional its direction, of an RNN of several cells its place."""
    direction, _, place = cell.name.rpartition("_") if "_" in cell.name else ("", "", cell.name)
    parts = [part for part in (direction, place) if part]
    return " ".join(
        text(f"your_model.cells.{part}")
        if has_text(f"your_model.cells.{part}")
        else text("your_model.cells.numbered", number=int(part) + 1)
        for part in parts
    )


def _attention(call: LayerCall, shown: ShownSentence) -> None:
    st.markdown(text("your_model.attention_told"))
    answer, reads = shown.answer, shown.answer.opened.axes_of(call).reads
    asking, asked = reads[0], reads[1] if len(reads) > 1 else reads[0]  # one alone asks itself
    queries, values = (shown.labels if answer.has_words(axis) else () for axis in (asking, asked))
    picture = drawn(attention, call, sentence=shown.index, queries=queries, values=values)
    plot(picture, key="attention", file=f"rnn_lens_{call.name}_attention.png")


def _tensors(call: LayerCall, shown: ShownSentence) -> None:
    told = f"your_model.told_{call.kind}"
    st.markdown(text(told if has_text(told) else "your_model.told_other"))
    if can_be_drawn(call):
        answer, axes = shown.answer, shown.answer.opened.axes_of(call)
        of_words = all(map(answer.has_words, (*axes.reads, axes.returns)))
        window = shown.window if of_words else None
        picture = drawn(tensors, call, sentence=shown.index, labels=shown.labels, window=window)
        plot(picture, key="tensors", file=f"rnn_lens_{call.name}.png")


def _dense(call: LayerCall, view: FieldSet[ModelView], shown: ShownSentence) -> None:
    """What adds up to one number of a Dense, the largest parts first."""
    values = call.returned[0].values[shown.index]
    if values.ndim > 2:  # more axes than step and unit: there is no last step
        _tensors(call, shown)
        return
    output = _output_chosen(view, units=values.shape[-1])
    step = len(values) - 1 if values.ndim == 2 else None
    try:
        found = added(call, shown.index, step, output, _MOST_PARTS)
    except MismatchError as error:
        st.error(str(error))
        return
    st.markdown(text("your_model.dense_told"))
    bars(Bars(_summands(found), text("your_model.dense_alt")), key="dense")
    values_said = {"sum": number(found.sum), "output": number(found.output)}
    name = call.activation or "linear"
    st.markdown(text("your_model.dense_sum", activation=name, **values_said))


def _output_chosen(view: FieldSet[ModelView], units: int) -> int:
    """Which number of a Dense is taken apart, and the widget that chooses it if there are more."""
    output = min(view.value.output, units - 1)
    if units > 1:
        st.number_input(
            text("your_model.output"),
            min_value=0,
            max_value=units - 1,
            width=180,
            **showing("model_output", output, lambda chosen: view.put(output=chosen)),
        )
    return output


def _summands(found: Added) -> list[Bar]:
    """A line for each part of a sum, the largest first, one for all others, and one for the
    bias."""
    lines, values = [], []
    for part in found.parts:
        said = text("your_model.unit_at", at=part.unit)
        note = f"{number(part.value)} × {number(part.weight)}"
        lines.append(Bar(str(part.unit), said, note=note))
        values.append(part.product)
    if found.others:
        lines.append(Bar("rest", text("your_model.rest", count=found.others)))
        values.append(found.rest)
    lines.append(Bar("bias", text("your_model.bias")))
    values.append(found.bias)
    return two_sided(lines, values)
