"""The frame does not mind in which order a page calls it; where it does, it says so."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from components.backend import Setup
from components.backend.linked import to_text
from components.backend.notebook import cases
from components.backend.start import Start
from components.texts import text
from tests.app.conftest import TIMEOUT
from tests.app.reading import address, messages, move, press, sound

# 'Where did the 1 go': its weights are a notebook case's, which fit one unit alone.
CASE = next(case for case in cases() if case.id == "1-2 LSTM")


def opened(page: Callable[[], None], **query: str) -> AppTest:
    at = AppTest.from_function(page, default_timeout=TIMEOUT)
    at.query_params |= query
    return at.run()


def set_after_its_widget() -> None:
    """Too few units are made five, and too many of a limit of its own ten, once drawn."""
    import streamlit as st

    from components.backend import Setup
    from components.panels.page.asked import Asked, opened
    from components.panels.page.complain import complain
    from components.panels.page.parts import whole_page
    from components.panels.page.widgets import widget

    with whole_page():
        (setup,) = opened("late", Asked(Setup))
        st.title("Late")
        widget(setup, "units")
        if setup.value.units < 3:
            setup.put(units=5)
        setup.within(units=(1, 10))
        complain(setup)


def test_a_field_is_set_after_its_widget_was_drawn() -> None:
    at = opened(set_after_its_widget)
    sound(at)
    move(at, "units", 2)
    sound(at)
    assert at.slider(key="units").value == 5
    assert address(at) == {"units": "5"}


def test_a_field_is_kept_within_limits_after_its_widget_was_drawn() -> None:
    at = opened(set_after_its_widget)
    move(at, "units", 12)
    assert at.slider(key="units").value == 10
    assert not messages(at)
    linked = opened(set_after_its_widget, units="12")
    assert linked.slider(key="units").value == 10
    assert "- units: `12`" in messages(linked)
    assert address(linked) == {"units": "10"}


def set_as_a_request_comes() -> None:
    """Five units are asked for late, and another request comes before the page is drawn anew."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import RerunException

    from components.backend import Setup
    from components.panels.page.asked import Asked, opened
    from components.panels.page.parts import whole_page
    from components.panels.page.widgets import widget

    with whole_page():
        (setup,) = opened("crossing", Asked(Setup))
        widget(setup, "units")
        widget(setup, "seed")
        if not st.session_state.setdefault("asked", False):
            st.session_state["asked"] = True
            try:
                setup.put(units=5, seed=9)
            except RerunException:
                st.title("Late")


def test_what_is_moved_meanwhile_stays_as_it_was_moved() -> None:
    at = opened(set_as_a_request_comes)
    at.slider(key="units").set_value(7).run()
    sound(at)
    assert at.slider(key="units").value == 7
    assert at.number_input(key="seed").value == 9


def the_difference_first() -> None:
    """What one question is but for another one is opened, and looked at, before that."""
    import streamlit as st

    from components.backend import Setup
    from components.panels.page.asked import Asked, opened
    from components.panels.page.parts import whole_page
    from components.panels.page.relative import Relative
    from components.panels.page.widgets import widget

    with whole_page():
        setup = Asked(Setup)
        b, setup = opened("first", Relative(setup, prefix="b."), setup)
        widget(setup, "units")
        st.title(f"{b.value.units} {b.value.cell}")


def test_what_is_relative_to_another_may_be_opened_before_it() -> None:
    at = opened(the_difference_first, units="7", **{"b.cell": "GRU"})
    sound(at)
    assert [title.value for title in at.title] == ["7 GRU"]


def switches_first() -> None:
    """The question is asked after the switches are drawn whose defaults may not fit it."""
    import streamlit as st

    from components.backend import Setup
    from components.backend.whatif import padding
    from components.panels.padding import PaddingView, padding_widgets
    from components.panels.page.asked import Asked, opened
    from components.panels.page.parts import whole_page
    from components.panels.whatif import question_of

    with whole_page():
        setup, view = opened("switches", Asked(Setup), Asked(PaddingView, words="padding_view"))
        padding_widgets(view)
        question, refused = question_of(view, padding.Question, setup.value.settings)
        st.title(f"{max(map(max, question.sentences))} {refused}")


def test_a_default_gives_way_after_its_widget_was_drawn() -> None:
    at = opened(switches_first, source="random", vocabulary_size="10")
    sound(at)
    (title,) = at.title
    biggest, refused = title.value.split(" ", 1)
    assert int(biggest) < 10
    assert refused == "[]"


def weights_first() -> None:
    """Whose weights the page shows is asked before the address is told of it."""
    import streamlit as st

    from components.backend import Setup
    from components.backend.start import Start
    from components.panels.page.asked import Asked, opened
    from components.panels.page.parts import whole_page
    from components.panels.page.widgets import widget
    from components.panels.start import chosen_weights, keep_start

    with whole_page():
        setup, start = opened("weights", Asked(Setup), Asked(Start))
        weights = chosen_weights(setup, start)
        st.title("of the seed" if weights is None else "of the case")
        widget(setup, "units")
        keep_start(setup, start)


def test_weights_are_let_go_wherever_that_is_found_first() -> None:
    query = Setup.of(CASE.settings).to_query() | Start(case=CASE.id).to_query()
    at = opened(weights_first, **query)
    assert [title.value for title in at.title] == ["of the case"]
    move(at, "units", 2)
    sound(at)
    assert [title.value for title in at.title] == ["of the seed"]
    assert "case" not in address(at)
    assert text("start.let_go") in [caption.value for caption in at.caption]
    press(at, "weights_bring_back")
    assert [title.value for title in at.title] == ["of the case"]
    assert address(at)["case"] == CASE.id


def follower_first() -> None:
    """A part is drawn before the one that it follows."""
    from components.panels.page.asked import opened
    from components.panels.page.parts import part, whole_page

    with whole_page():
        opened("follower")
        part("table", lambda: None, follows=lambda: "picture")(lambda: None)()


def test_a_part_that_follows_a_later_one_says_so() -> None:
    (error,) = opened(follower_first).exception
    said = "part 'table' follows 'picture', which has not been drawn before it"
    assert said in error.message


def typed_before_its_field() -> None:
    """What a field says is asked before it is drawn."""
    import streamlit as st

    from components.backend import Setup
    from components.panels.page.asked import Asked, opened
    from components.panels.page.parts import whole_page

    with whole_page():
        (setup,) = opened("typed", Asked(Setup))
        st.title(setup.typed("tokens"))


def test_what_is_typed_is_known_before_its_field_is_drawn() -> None:
    at = opened(typed_before_its_field, source="typed", tokens="1, 2")
    assert [title.value for title in at.title] == ["1, 2"]
    at = opened(typed_before_its_field)
    assert [title.value for title in at.title] == [to_text(Setup, "tokens", Setup().tokens)]
