"""The timeline with its switches: how it is drawn, on which scale, and which sentence."""

from __future__ import annotations

from typing import Annotated, Literal

import pandas as pd
import streamlit as st

from components.backend import Run
from components.backend.linked import Flag, Linked, Place
from components.charts import timeline
from components.panels.data import digits
from components.panels.page.asked import Asked
from components.panels.page.parts import part
from components.panels.page.plot import drawn, plot
from components.panels.page.widgets import widget
from components.texts import text


class TimelineView(Linked):
    """How the timeline is drawn, and on which scale."""

    view: Annotated[Literal["heatmap", "lines", "table"], Place("timeline")] = "heatmap"
    fixed: Annotated[Flag, Place("timeline", applies=lambda v: v.view != "table")] = False


def timeline_panel(
    run: Run, view: Asked[TimelineView], *, sentence: int = 0, key: str = "timeline"
) -> None:
    """Outputs of every step beside the last states, as heatmap, lines or table, with its switches.

    Args:
        sentence: the index of the sentence that is shown.
    """

    @part(f"{key}_part", lambda: (view.value.view, view.value.fixed))
    def draw() -> None:
        with st.container(horizontal=True, vertical_alignment="center"):
            widget(view, "view", row=True, label_visibility="collapsed")
            if view.value.view != "table":
                widget(view, "fixed")
                scale = "fixed" if view.value.fixed else "fitted"
                st.caption(text(f"explore.range_{view.value.view}_{scale}"), width="content")
        _draw(run, view.value, sentence, key)

    draw()


def _draw(run: Run, look: TimelineView, sentence: int, key: str) -> None:
    if look.view == "table":
        table = _table(run, sentence)
        columns = dict.fromkeys(table.columns, digits())
        st.dataframe(table, height=220, column_config=columns, alt=text("explore.table_alt"))
        return
    scale = "fixed" if look.fixed else "fitted"
    picture = drawn(timeline, run, sentence=sentence, scale=scale, view=look.view)
    plot(picture.figure, key=key, alt=picture.alt, hint=True)


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
