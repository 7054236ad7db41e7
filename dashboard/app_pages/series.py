"""Time series: how a table becomes (samples, steps, features)."""

import streamlit as st

from components import charts
from components.backend.whatif import series
from components.panels.ask.answered import answered
from components.panels.ask.complain import complain
from components.panels.ask.field_set import FieldSet, opened
from components.panels.ask.led import led_answer
from components.panels.draw.plot import drawn, plot
from components.panels.forecast import ForecastView, forecast_board, untrained
from components.panels.parts.facts import fact_list
from components.panels.parts.whatif import code_box
from components.panels.series import (
    SeriesView,
    cut_widgets,
    first_sample,
    open_sample,
    other_horizon,
    refused,
    shape_in_words,
    table_widgets,
)
from components.texts import text

view, learned = opened("series", FieldSet(SeriesView), FieldSet(ForecastView, prefix="forecast."))


def render() -> None:
    """The table and its samples, their shape, what holds of them, two forecasts that need no layer
    and one that is trained, and what goes wrong."""
    cut_widgets(view, untrained(learned))
    question = view.question(series.Question)
    view.within(sample=(0, len(question.starts) - 1))
    complain()
    first_sample(question)
    answer = answered(lambda: series.answer(question))
    if answer is None:
        return
    plot(drawn(charts.series, answer), key="series", file=question.file_name("png"))
    st.caption(text("series.note"))
    shape_in_words(answer)
    fact_list(series.facts(answer), "series_facts", heading=text("what_if.facts"))
    open_sample(view, answer)
    other_horizon(view, untrained(learned))
    if told := series.forecasts(answer):
        st.subheader(text("series.forecasts"), anchor=False)
        plot(
            drawn(charts.forecasts, answer),
            key="forecasts",
            file=question.file_name("png", "forecasts"),
        )
        fact_list(told, "series_facts")
        forecast_board(learned, question)
    st.subheader(text("series.mistakes"), anchor=False)
    two_dims, *silent = series.mistakes(answer)
    refused(answer, two_dims)
    fact_list(silent, "series_facts")
    plot(
        drawn(charts.reshaped, answer),
        key="reshaped",
        file=question.file_name("png", "reshaped"),
    )
    code_box("series", lambda: series.script(question), question.file_name)


st.title(text("series.title"), anchor=False)
led_answer()
with st.sidebar:
    table_widgets(view, untrained(learned))
render()
