"""A request that comes while another is answered: nothing of either is forgotten."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData
from streamlit.testing.v1 import AppTest

from tests.app.conftest import TIMEOUT
from tests.app.reading import sound

COMING: dict[str, RerunData] = {}
"""By the moment at which it comes, what the browser asks for next."""


def reach(moment: str, *, in_part: bool = True) -> None:
    """At this moment of a run, if it draws parts alone, the browser may ask for something else."""
    context = get_script_run_ctx()
    if moment in COMING and in_part == bool(context.fragment_ids_this_run):
        context.script_requests.request_rerun(COMING.pop(moment))


def two_parts() -> None:
    """A page of two parts, each of which shows the number that a slider says."""
    import streamlit as st

    from components.panels.page.parts import acting, part, whole_page
    from tests.app.test_interrupted import reach

    def number(moment: str) -> int:
        reach(moment)
        return st.session_state["number"]

    with whole_page():
        st.slider("Number", 0, 9, key="number", on_change=acting(key="number"))

        @part("first", lambda: number("first is noted"))
        def first() -> None:
            st.text(f"first {number('first is drawn')}")

        @part("second", lambda: number("second is noted"))
        def second() -> None:
            st.text(f"second {number('second is drawn')}")

        first()
        second()


@pytest.mark.parametrize("part", ["first", "second"])
@pytest.mark.parametrize("when", ["noted", "drawn"])
def test_what_a_request_cuts_short_is_made_up_for(part: str, when: str) -> None:
    at = AppTest.from_function(two_parts, default_timeout=TIMEOUT).run()
    sound(at)
    at.slider(key="number").set_value(2)
    COMING[f"{part} is {when}"] = RerunData(widget_states=at._tree.get_widget_states())
    at.slider(key="number").set_value(1).run()
    assert not COMING
    sound(at)
    assert [shown.value for shown in at.text] == ["first 2", "second 2"]


def two_drawings() -> None:
    """A page of two parts, the second of which shows another number as well; how often the first
    one is drawn is counted."""
    import streamlit as st

    from components.panels.page.parts import acting, part, whole_page
    from tests.app.test_interrupted import reach

    with whole_page():
        for name in ("number", "other"):
            st.slider(name, 0, 9, key=name, on_change=acting(key=name))

        @part("first", lambda: st.session_state["number"])
        def first() -> None:
            st.session_state["drawn"] = st.session_state.get("drawn", 0) + 1

        @part("second", lambda: (st.session_state["number"], st.session_state["other"]))
        def second() -> None:
            reach("second is drawn")

        first()
        second()


def test_what_was_drawn_before_a_request_cut_the_run_short_is_drawn_again() -> None:
    """The browser clears away what a part shows no longer when a run of it goes on to its end."""
    at = AppTest.from_function(two_drawings, default_timeout=TIMEOUT).run()
    sound(at)
    at.slider(key="number").set_value(1)
    now = at._tree.get_widget_states()
    at.slider(key="other").set_value(1)
    COMING["second is drawn"] = RerunData(widget_states=at._tree.get_widget_states())
    at._run(now)
    assert not COMING
    sound(at)
    assert at.session_state["drawn"] == 3


def asked_where_it_stood(page: Callable[[], None], slider: str, value: int) -> list[str]:
    """What a page shows in the end, of whose part the browser asks where it stood before a slider
    was moved, as soon as that is drawn."""
    at = AppTest.from_function(page, default_timeout=TIMEOUT).run()
    sound(at)
    at.slider(key=slider).set_value(value)
    states = at._tree.get_widget_states()
    stood = at.session_state["stood"]
    COMING["all is drawn"] = RerunData(widget_states=states, fragment_id=stood)
    at.run()
    assert not COMING
    sound(at)
    return [shown.value for shown in at.text]


def part_that_moves() -> None:
    """A page of a part that stands below as many lines as a slider says, and is given their number,
    in another that is drawn for it."""
    import streamlit as st
    from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

    from components.panels.page.parts import acting, part, whole_page
    from tests.app.test_interrupted import reach

    with whole_page():
        st.slider("Lines", 0, 9, key="lines", on_change=acting(key="lines"))

        @part("outer", lambda: st.session_state["lines"])
        def outer() -> None:
            lines = st.session_state["lines"]
            for _ in range(lines):
                st.caption("line")

            @part("inner", lambda: None)
            def inner() -> None:
                st.session_state.setdefault("stood", ThreadState.get().fragment_id)
                st.text(f"below {lines}")

            inner()
            reach("all is drawn")

        outer()


def test_what_is_asked_of_where_a_part_stood_is_answered_where_it_stands() -> None:
    assert asked_where_it_stood(part_that_moves, "lines", 2) == ["below 2"]


def part_that_goes() -> None:
    """A page of a part in whose first place there is another one as long as a slider says 0."""
    import streamlit as st
    from streamlit.runtime.scriptrunner_utils.script_run_context import ThreadState

    from components.panels.page.parts import acting, part, whole_page
    from tests.app.test_interrupted import reach

    with whole_page():
        st.slider("Number", 0, 9, key="number", on_change=acting(key="number"))

        @part("outer", lambda: st.session_state["number"])
        def outer() -> None:
            @part("inner", lambda: None)
            def inner() -> None:
                st.session_state["stood"] = ThreadState.get().fragment_id

            if st.session_state["number"] == 0:
                inner()
            st.text(f"number {st.session_state['number']}")
            reach("all is drawn")

        outer()


def test_what_is_asked_of_a_part_that_has_gone_takes_nothing_off_the_page() -> None:
    assert asked_where_it_stood(part_that_goes, "number", 1) == ["number 1"]


def two_at_once() -> None:
    """A page with a button that sets two things."""
    import streamlit as st

    from components.panels.page.parts import acting, whole_page
    from tests.app.test_interrupted import reach

    def both() -> None:
        st.session_state["one"] = "set"
        reach("one is set", in_part=False)
        st.session_state["other"] = "set"

    with whole_page():
        st.button("Both", key="both", on_click=acting(both))
        st.text(st.session_state.get("one"))
        st.text(st.session_state.get("other"))


def test_what_a_move_does_is_done_whole() -> None:
    at = AppTest.from_function(two_at_once, default_timeout=TIMEOUT).run()
    COMING["one is set"] = RerunData(widget_states=at._tree.get_widget_states())
    at.button(key="both").click().run()
    assert not COMING
    sound(at)
    assert [shown.value for shown in at.text] == ["set", "set"]
