"""The timeline, with widgets for how it is drawn and on which scale."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
import streamlit as st

from components.backend import Run
from components.backend.learning.trained import Trained
from components.backend.question.labels import named_shape
from components.backend.question.layout import returned_layout
from components.backend.question.linked import FieldRule, Flag
from components.backend.running.model import plain
from components.backend.scripts.code import file_name, training
from components.backend.scripts.script import line
from components.charts import Scale, timeline, timeline_note
from components.panels.ask.cover import cover
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.draw.plot import drawn, plot
from components.panels.parts.data import digits
from components.panels.parts.sentence import SentenceView, sentence_widget
from components.texts import text

_MOST_ROWS = 12  # of a table that is shown without scrolling
_SCROLLED = 360  # px of height of a longer one


class TimelineView(SentenceView):
    """Which sentence the timeline draws, how, and on which scale."""

    view: Literal["heatmap", "lines", "table"] = "heatmap"
    fixed: Annotated[Flag, FieldRule(applies=lambda v: v.view != "table")] = False


def timeline_panel(
    run: Run,
    view: FieldSet[TimelineView],
    *,
    sentence: int = 0,
    trained: Trained | None = None,
    key: str = "timeline",
) -> None:
    """Outputs of every step beside the last states: a heatmap, lines or a table.

    Args:
        trained: the training that gave the weights.
    """
    if view.value.view == "table":
        _table(run, sentence)
    else:
        _draw(run, view.value, sentence, trained, key)


def timeline_widgets(view: FieldSet[TimelineView], sentences: int) -> None:
    """How the timeline is drawn, on which scale, and of which sentence."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        widget(view, "view", row=True, label_visibility="collapsed")
        if view.value.view != "table":
            widget(view, "fixed")
        sentence_widget(view, sentences)


def chosen_scale(view: TimelineView) -> Scale:
    """The scale that a visitor has chosen."""
    return "fixed" if view.fixed else "fitted"


def _draw(run: Run, look: TimelineView, sentence: int, trained: Trained | None, key: str) -> None:
    options: dict[str, Any] = {"sentence": sentence, "scale": chosen_scale(look), "view": look.view}
    picture = drawn(timeline, run, **options, trained=trained)
    note = f"{timeline_note(run, **options)} {text('note.counting')}"
    file = file_name(run.settings, "png", run.weights, what=look.view)
    layer = line(plain(run.settings))
    code = _called(run, layer, sentence)
    plot(picture, key=key, file=file, note=note, code=code, covered=layer)


def _called(run: Run, layer: str, sentence: int) -> str:
    """The call as code, with the tensors that it returns; and in a comment what the picture has no
    room for: which sentence it shows of several, and the states' shape."""
    outputs, *states = returned_layout(run.settings)
    names = ", ".join(state.name for state in states)
    said = f"{names}: {named_shape(states[0])}" if states else text("charts.no_state")
    if (count := len(run.settings.rows)) > 1:
        said = f"{text('charts.of_sentences', sentence=sentence + 1, count=count)}; {said}"
    given = ", ".join([outputs.name, names]) if names else outputs.name
    return f"{given} = {layer}(x{training(run.settings.drops)})\n# {said}"


def _table(run: Run, sentence: int) -> None:
    """A table with a row for each unit; columns that were returned, in Keras's order, come first.

    The returned states stay in sight when the table is scrolled.
    """
    cover("table")
    states = [tensor.name for tensor in run.returned[1:]]
    table = pd.DataFrame(
        {**_returned(run, sentence), **_computed(run, sentence)},
        index=[text("charts.unit", unit=unit) for unit in range(run.settings.units)],
    ).astype(float)
    st.dataframe(
        table,
        height="content" if len(table) <= _MOST_ROWS else _SCROLLED,
        column_config={name: digits(pinned=name in states) for name in table.columns},
        alt=text("explore.table_alt"),
    )


def _returned(run: Run, sentence: int) -> dict[str, np.ndarray]:
    """The columns of what Keras returned, by their headings."""
    outputs, *states = run.returned
    values = np.atleast_2d(outputs.values[sentence])
    headings = _steps(run, sentence, outputs.name)[-len(values) :]
    columns = dict(zip(headings, values, strict=True))
    return columns | {state.name: state.values[sentence] for state in states}


def _computed(run: Run, sentence: int) -> dict[str, np.ndarray]:
    """The columns of what was computed but not returned: last states, and h of earlier steps."""
    trace, columns = run.trace, {}
    for name, steps in trace.states.items():
        if run.tensor(name) is None:
            columns[name] = steps[sentence, -1]
    if not run.settings.return_sequences:
        before = trace.hidden[sentence, :-1]
        columns |= dict(zip(_steps(run, sentence, "h")[:-1], before, strict=True))
    return {text("explore.table_computed", name=name): each for name, each in columns.items()}


def _steps(run: Run, sentence: int, name: str) -> list[str]:
    """A heading for each step of the tensor of that name."""
    tokens = enumerate(run.trace.read[sentence], start=1)
    return [text("explore.table_step", name=name, step=t, token=token) for t, token in tokens]
