"""What the browser says before it has heard what a run has set, in Streamlit's own protocol."""

import json
import re
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

MARK = re.compile(r".*-heard\.(page|picture|tabs)\.\d")

Start = Callable[[str], Visitor]


def called(visitor: Visitor) -> str:
    """The line that unpacks the call."""
    *_, found = page.unpacked(element.body for kind, element in visitor.elements if kind == "html")
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


def shown_length(visitor: Visitor) -> int:
    """How many steps the axis of the timeline has."""
    found = [element for kind, element in visitor.elements if kind == "bidi_component"]
    data = (json.loads(component.json) for component in found if component.json)
    figures = [json.loads(each["figure"]) for each in data if "figure" in each]
    return figures[0]["layout"]["meta"]["steps"]


def hear(visitor: Visitor, *elements: tuple[str, Any]) -> None:
    """What came last, or those elements, is drawn in the browser, which says so from then on."""
    for kind, element in elements or visitor.elements:
        if kind == "text_input" and MARK.fullmatch(element.id) and element.set_value:
            visitor.states[element.id] = WidgetState(id=element.id, string_value=element.value)


def test_what_comes_back_with_a_move_is_not_taken_for_one(start: Start) -> None:
    visitor = start("seed=1")
    flip(visitor, *FLAGS)
    size(visitor, 6)
    visitor.rerun()
    assert called(visitor) == defaults(units=6)


def test_what_comes_back_alone_is_not_taken_for_a_move(start: Start) -> None:
    """None has moved, or one was moved to what the preset has set."""
    for flags in (FLAGS, FLAGS[:1]):
        visitor = start("seed=1")
        flip(visitor, *flags)
        visitor.rerun()
        assert called(visitor) == defaults()
        for flag in flags:  # and the browser is told once more
            assert visitor.widget(flag)[1].set_value
            assert not visitor.widget(flag)[1].value


def test_what_comes_back_to_another_part_is_not_taken_for_a_move(start: Start) -> None:
    visitor = start("seed=1")
    flip(visitor, "return_state")
    visitor.set("Step", "double_array_value", [3])
    visitor.rerun()
    assert visitor.widget("return_state")[1].set_value
    size(visitor, 6)
    visitor.rerun()
    assert called(visitor) == defaults(units=6)


@pytest.mark.parametrize("flags", [FLAGS, FLAGS[:1], FLAGS[1:]])
def test_what_the_browser_has_heard_of_can_be_moved_back(
    start: Start, flags: tuple[str, ...]
) -> None:
    visitor = start("seed=1")
    hear(visitor)
    flip(visitor, *flags)
    size(visitor, 6)
    visitor.rerun()
    assert called(visitor) == unpack_line(
        Settings(units=6, **{flag: flag in flags for flag in FLAGS})
    )
    assert not visitor.widget(flags[0])[1].set_value


def test_what_was_moved_meanwhile_is_set_in_the_browser_too(start: Start) -> None:
    """Which would else show what the preset has set, once it hears of that; and once more where it
    has gone on before it heard."""
    visitor = start("seed=1&units=9")
    for units in (10, 11):
        size(visitor, units)
        visitor.rerun()
        assert called(visitor) == defaults(units=units)
        slider = visitor.widget("Hidden size")[1]
        assert slider.set_value
        assert list(slider.value) == [units]


def test_what_the_preset_has_set_is_not_taken_for_a_move_back_to_it(start: Start) -> None:
    """The slider was moved before the browser heard of the preset, and then follows that."""
    visitor = start("seed=1&units=9")
    preset = list(visitor.elements)
    size(visitor, 10)
    visitor.rerun()
    size(visitor, 4)
    hear(visitor, *preset)
    visitor.rerun()
    assert called(visitor) == defaults(units=10)
    hear(visitor)
    visitor.rerun()
    assert called(visitor) == defaults()  # a visitor's own move, to the same


def test_what_is_moved_later_is_left_to_the_browser(start: Start) -> None:
    """To set what it says itself would undo what has been moved there since."""
    visitor = start("seed=1&units=9")
    hear(visitor)
    size(visitor, 10)
    visitor.rerun()
    assert called(visitor) == defaults(units=10)
    assert not visitor.widget("Hidden size")[1].set_value


def test_what_was_moved_by_hand_to_the_same_can_be_moved_back(start: Start) -> None:
    """Before the browser has heard of the preset, to what that has set, and back."""
    visitor = start("seed=1")
    for flag in FLAGS:
        for value in (False, True):
            visitor.set(flag, "bool_value", value)
            visitor.rerun()
    assert called(visitor) == unpack_line(Settings())


def test_of_two_presets_the_second_holds(start: Start) -> None:
    """Though the browser has heard of the first one alone, or of none."""
    for heard in (False, True):
        visitor = start("seed=1")
        first = list(visitor.elements)
        visitor.set(text("sidebar.opening"), "trigger_value", True)
        visitor.rerun()
        assert called(visitor) == unpack_line(Settings())
        visitor.states.clear()
        for flag in FLAGS:
            visitor.set(flag, "bool_value", not heard)
        if heard:
            hear(visitor, *first)
        visitor.rerun()
        assert called(visitor) == unpack_line(Settings())


def test_more_moves_than_are_kept_in_mind(start: Start) -> None:
    visitor = start("seed=1&units=9")
    preset = list(visitor.elements)
    for units in range(10, 40):
        size(visitor, units)
        visitor.rerun()
    size(visitor, 4)
    hear(visitor, *preset)
    visitor.rerun()
    assert called(visitor) == defaults(units=39)


def test_a_mark_of_an_earlier_session_says_nothing(start: Start) -> None:
    """A page that was open as the server was started anew still speaks of that one's marks."""
    before = start("seed=1")
    visitor = start("seed=1")
    hear(before)
    visitor.states |= before.states
    flip(visitor, *FLAGS)
    visitor.rerun()
    assert called(visitor) == defaults()


def test_what_is_heard_beside_a_click_is_a_move(start: Start) -> None:
    """A click on a chart has other parts run, without a request of their own."""
    visitor = start("seed=1")
    hear(visitor)
    flip(visitor, *FLAGS)
    found = [element for kind, element in visitor.elements if kind == "bidi_component"]
    chart = next(c for c in found if c.json and json.loads(c.json).get("reports"))
    click = {"number": 1, "step": 3, "unit": 1, "pointed": 3}
    events = json.dumps([{"event": "moved", "value": click}])
    identity = f"$$STREAMLIT_INTERNAL_KEY_{chart.id}__events"
    visitor.set_by_id(identity, "json_trigger_value", events)
    visitor.fragment = visitor.fragments[chart.id]
    visitor.rerun()
    assert called(visitor) == unpack_line(Settings())
    assert list(visitor.widget("Step")[1].value) == [3]


def test_nothing_is_awaited_from_another_page(start: Start) -> None:
    visitor = start("seed=1")
    visitor.states.clear()
    visitor.go("stack")
    visitor.go("", "tab=shapes")
    visitor.rerun()
    assert visitor.widget("tab")[1].value == "shapes"


def test_what_follows_from_a_move_does_not_follow_from_an_echo(start: Start) -> None:
    """A source brings its own length along."""
    visitor = start("seed=1&source=seven")
    visitor.set("Sentence", "string_value", text("settings.source.options.seven"))
    visitor.set("Cell", "string_array_value", ["GRU"])
    visitor.rerun()
    assert called(visitor).endswith("GRU(4)(x)")
    assert list(visitor.widget("Sequence length")[1].value) in ([], [10])  # not seven's


def test_what_has_moved_itself_is_not_brought_along_by_another(start: Start) -> None:
    """A source brings a length, but for one that was moved in the same request."""
    visitor = start("seed=1")
    visitor.set("Sentence", "string_value", text("settings.source.options.seven"))
    visitor.rerun()
    assert list(visitor.widget("Sequence length")[1].value) == [7]
    hear(visitor)
    visitor.set("Sentence", "string_value", text("settings.source.options.ten"))
    visitor.set("Sequence length", "double_array_value", [8])
    visitor.rerun()
    assert list(visitor.widget("Sequence length")[1].value) == [8]


@pytest.mark.parametrize(("typed", "steps"), [("4, 5, 6, 7", 4), ("4, x", 10)])
def test_ids_typed_while_their_field_is_going_are_kept(
    start: Start, typed: str, steps: int
) -> None:
    """The preset has taken it off the page, of which the browser has not heard. What is no ids
    stands in the field as it would have, with the preset's in their place."""
    visitor = start("seed=1&tokens=1,2,3")
    visitor.set("Token ids", "string_value", typed)
    visitor.rerun()
    assert visitor.widget("Token ids")[1].value == typed
    assert shown_length(visitor) == steps
    assert called(visitor) == defaults()


@pytest.mark.parametrize("first", ["Sentence", "Token ids"])
def test_another_source_chosen_along_with_ids_holds(start: Start, first: str) -> None:
    visitor = start("seed=1&tokens=1,2,3")
    visitor.set("Token ids", "string_value", "1, 2, 3")
    visitor.rerun()
    hear(visitor)
    moves = {"Sentence": text("settings.source.options.ten"), "Token ids": "4, 5, 6, 7"}
    for label in (first, *(moves.keys() - {first})):
        visitor.states.pop(visitor.widget(label)[1].id, None)
        visitor.set(label, "string_value", moves[label])
    visitor.rerun()
    assert shown_length(visitor) == 10


def test_a_tab_can_be_opened_again(start: Start) -> None:
    """After a preset that has opened another; what is open is in the address by its name."""
    visitor = start("seed=1")
    for preset in (None, text("sidebar.opening")):
        if preset:
            visitor.set(preset, "trigger_value", True)
            visitor.rerun()
            del visitor.states[visitor.widget(preset)[1].id]
            assert visitor.widget("tab")[1].value == "inside"
            hear(visitor)
        visitor.set("tabs.open", "string_value", "Shapes")
        visitor.rerun()
        assert visitor.widget("tab")[1].value == "shapes"
