"""The timeline with its switches: how it is drawn, on which scale, and which sentence."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from components.backend import Run
from components.charts import timeline
from components.panels.data import digits
from components.panels.page.plot import drawn, plot
from components.texts import text

_VIEWS = ("heatmap", "lines", "table")


@st.fragment
def timeline_panel(run: Run, sentence: int) -> None:
    """Outputs of every step beside the last states, as heatmap, lines or table."""
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
        if view != "table":
            fixed = st.toggle(
                text("explore.scale"),
                key="fixed",
                bind="query-params",
                help=text("explore.scale_help"),
            )
            scale = "fixed" if fixed else "fitted"
            st.caption(text(f"explore.range_{view}_{scale}"), width="content")
    if view == "table":
        table = _table(run, sentence)
        columns = dict.fromkeys(table.columns, digits())
        st.dataframe(table, height=220, column_config=columns, alt=text("explore.table_alt"))
        return
    picture = drawn(timeline, run, sentence=sentence, scale=scale, view=view)
    plot(picture.figure, key="timeline", alt=picture.alt, hint=True)


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


def _table(run: Run, sentence: int) -> pd.DataFrame:
    """Units by steps, and the states; what was not returned says so in its heading."""
    trace = run.trace
    hidden, tokens = trace.hidden[sentence], trace.tokens[sentence]
    columns = {}
    outputs = run.tensor("outputs")[sentence]
    for t, token in enumerate(tokens):
        name = text("explore.table_step", step=t + 1, token=token)
        last = t == len(tokens) - 1
        if run.settings.return_sequences:
            columns[name] = outputs[t]
        elif last:
            columns[name] = outputs
        else:
            columns[text("explore.table_computed", name=name)] = hidden[t]
    for name, steps in (("state_h", trace.hidden), ("state_c", trace.cell)):
        tensor = run.tensor(name)
        if tensor is not None:
            columns[name] = tensor[sentence]
        elif steps is not None:
            columns[text("explore.table_computed", name=name)] = steps[sentence, -1]
    units = [f"unit {unit}" for unit in range(run.settings.units)]
    return pd.DataFrame(columns, index=units).astype(float)
