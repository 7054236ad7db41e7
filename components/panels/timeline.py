"""The timeline with its switches: how it is drawn, on which scale, and which sentence."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st

from components.backend import Run
from components.charts import Scale, timeline, timeline_note
from components.panels.data import digits
from components.panels.page.plot import drawn, plot
from components.texts import text

_VIEWS = ("heatmap", "lines", "table")
_MOST_ROWS = 12  # of a table that is shown whole; a longer one is scrolled
_SCROLLED = 360  # px


@st.fragment
def timeline_panel(
    run: Run, sentence: int, *, key: str = "timeline", scale: Scale | None = None
) -> None:
    """Outputs of every step beside the last states, as heatmap, lines or table.

    Args:
        key: names the chart; each of several on a page has its own.
        scale: of the colours, in place of the visitor's choice.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        view = st.segmented_control(
            text("explore.view"),
            _VIEWS,
            default=_VIEWS[0],
            required=True,
            key="view",
            bind="query-params",
            label_visibility="collapsed",
        )
        if view != "table" and scale is None:
            fixed = st.toggle(
                text("explore.scale"),
                key="fixed",
                bind="query-params",
                help=text("explore.scale_help"),
            )
            scale = "fixed" if fixed else "fitted"
    if view == "table":
        _table(run, sentence)
        return
    options = {"sentence": sentence, "scale": scale, "view": view}
    picture = drawn(timeline, run, **options)
    with st.container(gap=None):
        plot(picture.figure, key=key, alt=picture.alt)
        st.caption(f"{timeline_note(run, **options)} {text('note.counting')}")


def chosen_sentence(run: Run) -> int:
    """The index of the sentence that is shown; a choice where the batch has several."""
    count = len(run.settings.tokens)
    if count == 1:
        return 0
    number_ = st.selectbox(
        text("explore.sentence"),
        range(1, count + 1),
        key="sentence",
        bind="query-params",
        width=120,
    )
    return number_ - 1 if number_ in range(1, count + 1) else 0


def _table(run: Run, sentence: int) -> None:
    """Units by columns: what was returned in Keras's order, then what was only computed."""
    table = pd.DataFrame(
        {**_returned(run, sentence), **_computed(run, sentence)},
        index=[text("charts.unit", unit=unit) for unit in range(run.settings.units)],
    ).astype(float)
    st.dataframe(
        table,
        height="content" if len(table) <= _MOST_ROWS else _SCROLLED,
        column_config=dict.fromkeys(table.columns, digits()),
        alt=text("explore.table_alt"),
    )


def _returned(run: Run, sentence: int) -> dict[str, np.ndarray]:
    """Every column that Keras handed back, by its heading."""
    outputs, *states = run.returned
    values = np.atleast_2d(outputs.values[sentence])
    headings = _steps(run, sentence, outputs.name)[-len(values) :]
    columns = dict(zip(headings, values, strict=True))
    return columns | {state.name: state.values[sentence] for state in states}


def _computed(run: Run, sentence: int) -> dict[str, np.ndarray]:
    """Every column that was computed alone: the last states, and h of each step but the last."""
    trace, columns = run.trace, {}
    for name, steps in (("state_h", trace.hidden), ("state_c", trace.cell)):
        if steps is not None and run.tensor(name) is None:
            columns[name] = steps[sentence, -1]
    if not run.settings.return_sequences:
        before = trace.hidden[sentence, :-1]
        columns |= dict(zip(_steps(run, sentence, "h")[:-1], before, strict=True))
    return {text("explore.table_computed", name=name): each for name, each in columns.items()}


def _steps(run: Run, sentence: int, name: str) -> list[str]:
    """A heading for each step of what has that name."""
    tokens = enumerate(run.trace.tokens[sentence], start=1)
    return [text("explore.table_step", name=name, step=t, token=token) for t, token in tokens]
