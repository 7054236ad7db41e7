"""The frame does not mind in which order a page calls it; where it does, it says so."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from components.backend import Setup
from components.backend.origins.notebook import cases
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import to_text
from components.texts import text
from tests.app.conftest import TIMEOUT
from tests.app.reading import press, sound

# 'Where did the 1 go': its weights are a notebook case's, which fit one unit alone.
CASE = next(case for case in cases() if case.id == "1-2 LSTM")


def opened(page: Callable[[], None], **query: str) -> AppTest:
    at = AppTest.from_function(page, default_timeout=TIMEOUT)
    at.query_params |= query
    return at.run()


def the_difference_first() -> None:
    """What one question is but for another one is opened, and looked at, before that."""
    import streamlit as st

    from components.backend import Setup
    from components.panels.ask.field_set import FieldSet, opened
    from components.panels.ask.relative import Relative
    from components.panels.ask.widgets import widget

    setup = FieldSet(Setup)
    b, setup = opened("series", Relative(setup, prefix="b."), setup)
    widget(setup, "units")
    st.title(f"{b.value.units} {b.value.cell}")


def test_what_is_relative_to_another_may_be_opened_before_it() -> None:
    at = opened(the_difference_first, units="7", **{"b.cell": "GRU"})
    sound(at)
    assert [title.value for title in at.title] == ["7 GRU"]


def weights_first() -> None:
    """A page that asks whose weights it shows before it draws a widget, and has a button that sets
    what they do not fit."""
    import streamlit as st

    from components.backend.origins.weight_source import WeightSource
    from components.panels.ask.field_set import FieldSet, opened
    from components.panels.ask.widgets import widget
    from components.panels.parts.weight_source import FittingSetup, chosen_weights

    start = FieldSet(WeightSource)
    setup, start = opened("series", FittingSetup(start), start)
    weights = chosen_weights(setup, start)
    st.title("of the seed" if weights is None else "of the case")
    st.button("two", on_click=lambda: setup.put(units=2), key="two")
    widget(setup, "units")


def test_weights_are_let_go_wherever_that_is_found_first() -> None:
    query = Setup.of(CASE.settings).to_query() | WeightSource(case=CASE.id).to_query()
    at = opened(weights_first, **query)
    assert [title.value for title in at.title] == ["of the case"]
    press(at, "two")
    sound(at)
    assert [title.value for title in at.title] == ["of the seed"]
    assert text("start.let_go") in [caption.value for caption in at.caption]
    press(at, "weights_bring_back")
    assert [title.value for title in at.title] == ["of the case"]


def typed_before_its_field() -> None:
    """What a field says is asked before it is drawn."""
    import streamlit as st

    from components.backend import Setup
    from components.panels.ask.field_set import FieldSet, opened

    (setup,) = opened("series", FieldSet(Setup))
    st.title(setup.typed("tokens"))


def test_what_is_typed_is_known_before_its_field_is_drawn() -> None:
    at = opened(typed_before_its_field, source="typed", tokens="1, 2")
    assert [title.value for title in at.title] == ["1, 2"]
    at = opened(typed_before_its_field)
    assert [title.value for title in at.title] == [to_text(Setup, "tokens", Setup().tokens)]
