"""A trained forecast on the page Time series: an LSTM that is trained on the table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from components import charts
from components.backend.question.linked import Flag
from components.backend.whatif import forecast, series
from components.backend.whatif.forecast import LAYER, LEAST, Answer, Question
from components.backend.whatif.trained_forecasts import recorded
from components.panels.ask.field_set import FieldSet
from components.panels.ask.widgets import widget
from components.panels.draw.plot import drawn, plot
from components.panels.parts.facts import fact_list
from components.panels.parts.whatif import code_box
from components.panels.training import Standings, is_live, training_board
from components.texts import text


class ForecastView(forecast.Choice):
    """How the layer is trained, and whether it is trained here."""

    train: Flag = False


def forecast_board(view: FieldSet[ForecastView], table: series.Question) -> None:
    """The layer's forecast so far of the samples that it is not trained on."""
    st.subheader(text("forecast.heading"), anchor=False)
    if not forecast.can_train(table):
        st.caption(text("forecast.too_few", least=LEAST))
        return
    st.markdown(text("forecast.look", units=LAYER.units))
    question = view.question(Question, table=table)
    training_board(
        forecast.TRAININGS,
        view,
        [question],
        recorded(),
        partial(_draw, view),
        partial(_widgets, view),
        named=lambda _: "",
        key="forecast",
    )
    code_box("forecast", lambda: forecast.script(question), partial(_file, question))


def untrained(view: FieldSet[ForecastView]) -> Callable[[], None]:
    """To be called when the table changes: the changed one is trained once the visitor asks for
    it."""
    return lambda: view.put(train=False)


def _widgets(view: FieldSet[ForecastView]) -> None:
    for name in ("seed", "steps"):
        widget(view, name, width=150, moved=untrained(view))


def _draw(
    view: FieldSet[ForecastView], standings: Standings[Question], found: list[Answer]
) -> None:
    if not view.value.train:
        st.caption(text("forecast.recorded" if found else "forecast.idle"))
    for answer in found:
        picture, file = drawn(charts.trained_forecast, answer), _file(answer.question, "png")
        plot(picture, key="trained_forecast", file=file)
        if not is_live(standings):
            heading = text("forecast.measured", steps=answer.checkpoints[-1].step)
            fact_list(forecast.facts(answer), "forecast_facts", heading=heading)


def _file(question: Question, suffix: str) -> str:
    return question.table.file_name(suffix, "trained")
