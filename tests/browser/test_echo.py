"""What the browser says before it has heard what a run has set, in Streamlit's own protocol."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState

from components.backend import Settings
from components.backend.code import unpack_line
from components.texts import text
from tests import page
from tests.visitor import Visitor

PRESET = text("sidebar.keras")
FLAGS = ("return_sequences", "return_state")  # on at first, and turned off by the preset

Start = Callable[[str], Visitor]


def called(visitor: Visitor) -> str:
    """The line that unpacks the call."""
    (found,) = page.unpacked(element.body for kind, element in visitor.elements if kind == "html")
    return found


def defaults(**but: Any) -> str:
    return unpack_line(Settings(**dict.fromkeys(FLAGS, False) | but))


@pytest.fixture
def start(server: str) -> Iterator[Start]:
    """Somebody who comes by a link, and has just started from Keras's defaults."""
    with ExitStack() as visitors:

        def started(query: str) -> Visitor:
            visitor = visitors.enter_context(Visitor(server, query))
            visitor.set(PRESET, "trigger_value", True)
            visitor.rerun()
            del visitor.states[visitor.widget(PRESET)[1].id]
            assert called(visitor) == defaults()
            return visitor

        yield started


def flip(visitor: Visitor, *flags: str) -> None:
    for flag in flags:
        visitor.set(flag, "bool_value", True)


def size(visitor: Visitor, units: int) -> None:
    visitor.set("Hidden size", "double_array_value", [units])


def test_what_comes_back_with_a_move_is_not_taken_for_one(start: Start) -> None:
    visitor = start("seed=1")
    flip(visitor, *FLAGS)
    size(visitor, 6)
    visitor.rerun()
    assert called(visitor) == defaults(units=6)


def test_what_comes_back_with_others_is_not_taken_for_a_move(start: Start) -> None:
    """Though none of them has moved: the move was to what the preset has set."""
    visitor = start("seed=1")
    flip(visitor, *FLAGS)
    visitor.rerun()
    assert called(visitor) == defaults()


def test_what_comes_back_to_another_part_is_not_taken_for_a_move(start: Start) -> None:
    visitor = start("seed=1")
    flip(visitor, "return_state")
    visitor.set("Step", "double_array_value", [3])
    visitor.rerun()
    size(visitor, 6)
    visitor.rerun()
    assert called(visitor) == defaults(units=6)


def test_what_the_browser_has_heard_of_can_be_moved_with_others(start: Start) -> None:
    visitor = start("seed=1")
    for flag in FLAGS:
        visitor.set(flag, "bool_value", False)
    size(visitor, 6)
    visitor.rerun()
    flip(visitor, *FLAGS)
    visitor.rerun()
    assert called(visitor) == unpack_line(Settings(units=6))


@pytest.mark.parametrize("flag", FLAGS)
def test_one_can_be_moved_back(start: Start, flag: str) -> None:
    visitor = start("seed=1")
    flip(visitor, flag)
    visitor.rerun()
    assert called(visitor) == defaults(**{flag: True})


def test_what_was_moved_meanwhile_is_set_in_the_browser_too(start: Start) -> None:
    """Which would else show what the preset has set, once it hears of that."""
    visitor = start("seed=1&units=9")
    size(visitor, 10)
    visitor.rerun()
    assert called(visitor) == defaults(units=10)
    slider = visitor.widget("Hidden size")[1]
    assert slider.set_value
    assert list(slider.value) == [10]


def test_what_is_moved_later_is_left_to_the_browser(start: Start) -> None:
    """It has heard of the preset, as it says one of the preset's values: to set what it says itself
    would undo what has been moved there since."""
    visitor = start("seed=1&units=9")
    visitor.set(FLAGS[0], "bool_value", False)
    size(visitor, 10)
    visitor.rerun()
    assert called(visitor) == defaults(units=10)
    assert not visitor.widget("Hidden size")[1].set_value


@pytest.mark.parametrize("heard", [False, True])
def test_where_both_look_the_same_the_browser_is_asked(start: Start, heard: bool) -> None:
    """One flag is as the preset has set it, the other as it was. Either the browser has heard of
    the preset, and the second was moved back; or it has not, and the first was moved by hand."""
    visitor = start("seed=1")
    visitor.set(FLAGS[0], "bool_value", False)
    flip(visitor, FLAGS[1])
    visitor.rerun()
    (asked,) = (e for kind, e in visitor.elements if kind == "bidi_component" and "asks" in e.id)
    visitor.fragment = visitor.fragments[asked.id]
    visitor.states[asked.id] = WidgetState(id=asked.id, json_value=json.dumps({"answered": 1}))
    if not heard:  # by now it has
        visitor.states[visitor.widget(FLAGS[1])[1].id].bool_value = False
    visitor.rerun()
    visitor.fragment = ""
    visitor.rerun()
    assert called(visitor) == defaults(return_state=heard)
    assert not [e for kind, e in visitor.elements if kind == "bidi_component" and "asks" in e.id]


def test_what_follows_from_a_move_does_not_follow_from_an_echo(start: Start) -> None:
    """A source brings its own length along."""
    visitor = start("seed=1&source=seven")
    visitor.set("Sentence", "string_value", text("settings.source.options.seven"))
    visitor.set("Cell", "string_array_value", ["GRU"])
    visitor.rerun()
    assert called(visitor).endswith("GRU(4)(x)")
    assert list(visitor.widget("Sequence length")[1].value) in ([], [10])  # not seven's


def test_a_tab_can_be_opened_again(start: Start) -> None:
    """After a preset that has opened another; what is open is in the address by its name."""
    visitor = start("seed=1")
    for preset in (None, text("sidebar.opening")):
        if preset:
            visitor.set(preset, "trigger_value", True)
            visitor.rerun()
            del visitor.states[visitor.widget(preset)[1].id]
            assert visitor.widget("tab")[1].value == "inside"
        visitor.set("tabs.open", "string_value", "Shapes")
        visitor.rerun()
        assert visitor.widget("tab")[1].value == "shapes"
