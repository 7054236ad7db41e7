"""Every field of every question of Explore, whatever a link or a forged state says: there is a
picture or a message, and the address that results shows the same again."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.proto.Common_pb2 import DoubleArray, StringArray
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import (
    ButtonGroup,
    NumberInput,
    Selectbox,
    Slider,
    TextArea,
    TextInput,
    Toggle,
    Widget,
)

from components.backend import Setup
from components.backend.origins.weight_source import WeightSource
from components.backend.question.linked import LONGEST_TEXT, defaults, to_text
from components.panels.layer.explore import ExploreView
from dashboard.messages import LONGEST
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    chart,
    charts,
    html,
    messages,
    send,
    widgets,
)
from tests.page import unpacked

FIELDS = [name for model in (Setup, WeightSource, ExploreView) for name in model.model_fields]

CONTEXTS: list[dict[str, str]] = [
    {"sentences": "3"},
    {"cell": "GRU", "embedding": "false", "source": "typed", "tab": "shapes"},
    {"source": "pasted"},
    {"source": "sine"},
]
"""Links under which, between them, every field has an effect."""

WITHOUT_WIDGET = {*WeightSource.model_fields, "step", "unit"} - {"learned"}
"""Fields that have no widget of their own."""

LINKS = {
    "empty": "",
    "blank": " ",
    "doubled": ["7", "7"],
    "doubled and empty": ["", "GRU", ""],
    "wrong": "no such value",
    "markup": "<script>**x**</script>`;",
    "too small": "-1",
    "too large": "9" * 11,
    "oversized": "1 " * LONGEST_TEXT,
    "an oversized number": "9" * 5000,
}

TEXTS = ["", " ", "evil", "<script>`", "-1", "1; 2 3", "9" * 5000, "x" * 20_000]


def forgeries(widget: Widget) -> list[dict[str, Any]]:
    """States of the kind that a widget sends, which it would never send."""
    match widget:
        case TextInput() | TextArea() | Selectbox():
            return [{"string_value": value} for value in TEXTS]
        case ButtonGroup():
            labels = ([], ["evil"], [""], ["GRU", "LSTM"], ["x" * 20_000])
            return [{"string_array_value": StringArray(data=data)} for data in labels]
        case Slider():
            numbers = (-1.0, 0.5, 101.0, 1e9, 1e300)
            return [{"double_array_value": DoubleArray(data=[value])} for value in numbers]
        case NumberInput():
            numbers = (-1.0, 0.0, 3.7, 1e9, 1e300)
            return [{"double_value": value} for value in numbers]
        case Toggle():  # has no value that it would not send
            return []
    raise AssertionError(f"nothing to forge a {type(widget).__name__} with: {widget.key}")


def shown(at: AppTest) -> tuple[Any, ...]:
    """All that is drawn of the settings; nothing that is complained about."""
    return unpacked(html(at)), [chart(at, key) for key in charts(at)], widgets(at).keys()


def is_whole(at: AppTest) -> None:
    """There is a picture, and where something was refused the one message says so."""
    assert not at.exception
    assert not at.error
    assert len(at.main.warning) == len(at.warning) <= 1
    assert all(len(line) < 1000 for line in messages(at).splitlines())
    assert len(unpacked(html(at))) == 1
    assert "timeline" in charts(at) or at.dataframe


def is_stable(at: AppTest, open_app: OpenApp) -> None:
    """Opened by its address the page is the same, and its address does not change any more."""
    again = open_app(**address(at))
    is_whole(again)
    assert shown(again) == shown(at)
    if address(again) != address(at):  # else it would be opened by the very same link once more
        third = open_app(**address(again))
        is_whole(third)
        assert address(third) == address(again)
        assert shown(third) == shown(at)


def nothing_said(name: str, value: Any) -> bool:
    """Whether a link says no more than one that does not have the field."""
    (model,) = (model for model in (Setup, WeightSource, ExploreView) if name in model.model_fields)
    ordinary = to_text(model, name, defaults(model)[name])
    return isinstance(value, str) and value.strip() == ordinary == ""


@pytest.mark.parametrize("kind", LINKS)
def test_whatever_a_link_says_there_is_a_picture(open_app: OpenApp, kind: str) -> None:
    """Of all fields at once, but for the two that have no effect by default: see test_links."""
    value = LINKS[kind]
    names = [name for name in FIELDS if name not in ("values", "features")]
    # A link has room for few long values: those fields first that take as much.
    names.sort(key=lambda name: name not in ("tokens", "edits", "uploaded"))
    names = names[: LONGEST // max(len(value), 1)]
    at = open_app(**dict.fromkeys(names, value))
    is_whole(at)
    for name in names:
        assert nothing_said(name, value) or f"- {name}: " in messages(at)
    is_stable(at, open_app)


FEW = 5
"""Of so many forgeries of a widget one is sent before the soak, which one in turn."""


@pytest.mark.parametrize("every", [FEW, pytest.param(1, marks=pytest.mark.soak)])
def test_whatever_a_forger_sends_there_is_a_picture(open_app: OpenApp, every: int) -> None:
    met = set[str]()
    for context in CONTEXTS:
        at = open_app(**context)
        for number, key in enumerate(name for name in FIELDS if name in widgets(at).keys() - met):
            found = forgeries(at.get_by_key(key))
            for forged in found[number % max(len(found), 1) % every :: every]:
                victim = open_app(**context)
                send(victim, victim.get_by_key(key).proto.id, **forged)
                is_whole(victim)
                is_stable(victim, open_app)
            met.add(key)
    assert {*FIELDS} - met == WITHOUT_WIDGET
