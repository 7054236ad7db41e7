"""The page Time series: its widgets, the tensor's shape in words, and two common mistakes."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Annotated, Any

import streamlit as st
from pydantic import Field

from components.backend import SettingsError, Setup
from components.backend.question.labels import counted
from components.backend.question.linked import LONGEST_TEXT, Int
from components.backend.question.table import MOST_NUMBERS, MOST_ROWS, thinned
from components.backend.running.facts import Fact
from components.backend.whatif.series import Answer, Question
from components.charts.series import rows_of
from components.panels.ask.cover import cover
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.pages import page_link
from components.panels.parts.whatif import try_this
from components.panels.write.html import inline
from components.panels.write.plain import plain
from components.texts import text


class SeriesView(Question):
    """The table, how it is cut into samples, and which sample is opened in Explore."""

    sample: Annotated[Int, Field(ge=0, le=MOST_ROWS - 1)] = 0


def table_widgets(view: FieldSet[SeriesView], moved: Callable[[], None]) -> None:
    """Where the table comes from, and its size; `moved` is called after a change."""
    for name in ("kind", "pasted", "rows", "features", "seed"):
        if view.value.applies(name):
            size: dict[str, Any] = {"height": 220} if name == "pasted" else {}
            widget(view, name, lines=True, moved=moved, **size)
            if name in view.problems:
                _keep_fewer(view, name, moved)


def _keep_fewer(view: FieldSet[SeriesView], name: str, moved: Callable[[], None]) -> None:
    """What of a table that is too large can be kept, and a button that does so."""
    found = thinned(view.typed(name)) if name == "pasted" else None
    if found is None:
        return
    which = "rows" if found.every > 1 else "numbers"
    size = {"rows": found.rows, "features": len(found.table.rows[0])}
    most = {"numbers": MOST_NUMBERS, "characters": LONGEST_TEXT}
    st.caption(text(f"series.too_large_{which}", **size, **most))

    def keep() -> None:
        view.put(pasted=found.table)
        moved()

    kept = {"every": found.every, "left": len(found.table.rows)}
    st.button(text(f"series.keep_{which}", **kept), key="series_keep", on_click=keep)


def cut_widgets(view: FieldSet[SeriesView], moved: Callable[[], None]) -> None:
    """How the table is cut into samples; `moved` is called after a change."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for name in ("window", "stride", "horizon", "target"):
            widget(view, name, typed=True, width=150, moved=moved)


def first_sample(question: Question) -> None:
    """What the first sample is, in a sentence; and whether it has its own target in it."""
    _, features = question.shape
    column = text("charts.feature", feature=question.target)
    if question.names:
        name = plain(question.names[question.target])
        column = text("series.named", feature=question.target, name=name)
    cover("picture", "series")
    said = text(
        "series.first",
        steps=counted("step", question.window),
        features=counted("feature", features),
        rows=rows_of(question, 0),
        column=column,
        row=question.first_target,
    )
    inside = "" if question.horizon else text("series.first_inside")
    st.html(f'<p class="rnn-first">{inline(f"{said} {inside}")}</p>')


def shape_in_words(answer: Answer) -> None:
    """The tensor's shape, with what each of its axes counts."""
    shape = answer.samples.shape
    axes = zip(("sample", "step", "feature"), shape, strict=True)
    boxes = "".join(
        f"<div><b>{counted(axis, size)}</b>{inline(text(f'series.axis_{axis}'))}</div>"
        for axis, size in axes
    )
    names = text("series.shape", shape=shape)
    inputs = text("series.inputs", steps=shape[1], features=shape[2])
    st.html(
        f'<div class="rnn-shape"><p>{inline(names)}</p><div>{boxes}</div>'
        f"<p>{inline(inputs)}</p></div>"
    )


def other_horizon(view: FieldSet[SeriesView], moved: Callable[[], None]) -> None:
    """A button that puts the target among the sample's own rows, or behind them again; `moved` is
    called after that."""
    question = view.value
    horizon, which = (0, "") if question.horizon else (1, "_back")
    full = question.window + horizon > question.shape[0]

    def change() -> None:
        view.put(horizon=horizon)
        moved()

    try_this("series", change, which, disabled=full)


def open_sample(view: FieldSet[SeriesView], answer: Answer) -> None:
    """Which sample to open in Explore, and the link that carries its numbers."""
    sample = view.shown.sample
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if len(answer.samples) > 1:
            widget(view, "sample", typed=True, width=150)
        query = _carried(answer, sample)
        label, told = text("series.open", sample=sample), text("series.open_help")
        page_link("explore", query, label, help=told, disabled=query is None)


def _carried(answer: Answer, sample: int) -> dict[str, str] | None:
    """A sample's numbers as a link of Explore; None if they are too long for one."""
    try:
        return Setup(values=answer.readable(sample)).to_query()
    except SettingsError:
        return None


def refused(answer: Answer, fact: Fact) -> None:
    """Keras's own error for the table itself, and what it means."""
    cover("error")
    meaning = inline(text(f"series_facts.{fact.name}.claim", **fact.values))
    with st.container(key="two_dims", border=True):
        st.html(
            f'<div class="rnn-refusal"><p><code>keras.layers.LSTM(4)(data)</code></p>'
            f"<pre>{escape(answer.error)}</pre><p>{meaning}.</p></div>"
        )
