"""What a test reads off a page, and what it compares that with."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import numpy as np
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import (
    ButtonGroup,
    Selectbox,
    Slider,
    TextInput,
    Toggle,
    Widget,
)

from components.backend import Run, Settings, run
from components.backend.code import unpack_line
from components.backend.facts import Fact
from components.backend.settings import tokens_text
from components.panels.page.html import inline
from components.texts import text
from tests.app.conftest import FIRST_PAGE, OpenApp, page_file
from tests.page import decoded, unpacked

BAD: dict[str, Any] = {
    "empty": "",
    "doubled": ["7", "7"],
    "wrong": "no such value",
    "markup": "<script>**x**</script>`;",
    "too large": "9" * 11,
}
"""What a link can say of any field and no page takes, but for an empty text."""


def chart(at: AppTest, key: str) -> dict[str, Any]:
    """What the chart of that key is given: its figure, its alternative text, its step."""
    return json.loads(at.get_by_key(key).proto.json)


def figure(at: AppTest, key: str) -> dict[str, Any]:
    """The Plotly figure of that key, its arrays decoded."""
    return decoded(json.loads(chart(at, key)["figure"]))


def charts(at: AppTest) -> list[str]:
    """The keys of all charts on the page."""
    components = at.get("bidi_component")
    return [found.key for found in components if "figure" in json.loads(found.proto.json or "{}")]


def widgets(at: AppTest) -> dict[str, Widget]:
    """Every widget that a visitor sees on the page, by its key."""
    return {key: widget for key, widget in _all_widgets(at).items() if not _is_hidden(widget)}


def hidden(at: AppTest) -> dict[str, TextInput]:
    """The text fields that only keep a value in the address, by their key."""
    fields = {key: widget for key, widget in _all_widgets(at).items() if _is_hidden(widget)}
    return {key: widget for key, widget in fields.items() if not key.startswith("heard.")}


def _all_widgets(at: AppTest) -> dict[str, Widget]:
    found = [node for node in [*at.sidebar, *at.main] if isinstance(node, Widget)]
    assert all(widget.key for widget in found)
    by_key = {widget.key: widget for widget in found}
    assert len(by_key) == len(found)
    return by_key


def _is_hidden(widget: Widget) -> bool:
    return isinstance(widget, TextInput) and widget.label == widget.key


def widget(at: AppTest, name: str) -> Widget:
    """The widget of a field, whichever of its two keys it has."""
    found = widgets(at)
    return found[name] if name in found else found[f"{name}.chosen"]


def address(at: AppTest) -> dict[str, Any]:
    """What the browser's address says: what a bound widget says where that is not its default, and
    what no widget is bound to."""
    bound = {
        key: w for key, w in _all_widgets(at).items() if getattr(w.proto, "query_param_key", "")
    }
    rest = {name: value for name, value in at.query_params.items() if name not in bound}
    return rest | {key: _text(w.value) for key, w in bound.items() if w.value != _default(w)}


def _default(widget: Widget) -> Any:
    match widget:
        case Toggle() | TextInput():
            return widget.proto.default
        case Slider():
            return widget.proto.default[0]
        case ButtonGroup():
            return widget.options[widget.proto.default[0]]
        case Selectbox():
            return widget.options[widget.proto.default]
    return int(widget.proto.default)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def move(at: AppTest, name: str, value: Any) -> AppTest:
    """The page after the widget of that field was set; tokens as they are typed, for which the
    source has to say so first."""
    if name == "tokens" and "tokens" not in widgets(at):
        move(at, "source", "typed")
    widget(at, name).set_value(tokens_text(value) if isinstance(value, tuple) else value)
    at.query_params = address(at)  # as the browser does, before it asks for a run
    at.run()
    assert at.title or html(at)
    return whole(at)


def whole(at: AppTest) -> AppTest:
    """The whole page, where only parts of it were run: they show what the whole page does."""
    if not at.title:
        parts = html(at)
        at.run()
        shown = html(at)
        assert not [part for part in parts if part not in shown]
    return at


def press(at: AppTest, key: str) -> AppTest:
    """The page after a click on the button of that key."""
    at.query_params = address(at)
    at.button(key=key).click()
    return at.run()


def open_box(at: AppTest, key: str) -> AppTest:
    """The page after a click on a box that is filled when it is opened."""
    at.session_state[key] = True
    at.query_params = address(at)
    return at.run()


class Link(NamedTuple):
    """To which page a link leads, and with what."""

    page: str
    query: dict[str, str]


def links(at: AppTest) -> dict[str, Link]:
    """The links on the page to others, by their labels."""
    found = {}
    for link in (node.proto for node in at.get("page_link")):
        query = dict(parse_qsl(link.query_string, keep_blank_values=True))
        found[link.label] = Link(link.page or FIRST_PAGE, query)
    return found


def follow(at: AppTest, label: str) -> AppTest:
    """The page that a link on this one opens, in the same session.

    The browser says what this page's address does before what the link says.
    """
    page, query = links(at)[label]
    here = address(at)
    at.query_params = here | {n: [here[n], v] if n in here else v for n, v in query.items()}
    at.switch_page(page_file(page))
    return at.run()


def open_tab(at: AppTest, name: str) -> AppTest:
    """The page after a click on a tab, which is no widget to AppTest."""
    (container,) = at.get("tab_container")
    label = text(f"explore_view.tab.options.{name}")
    return whole(send(at, container.proto.id, string_value=label))


def send(at: AppTest, identity: str, **value: Any) -> AppTest:
    """The page after a widget's state came from the browser, honest or forged."""
    states = at._tree.get_widget_states()
    others = [state for state in states.widgets if state.id != identity]
    del states.widgets[:]
    states.widgets.extend([*others, WidgetState(id=identity, **value)])
    return at._run(states)


def settings(at: AppTest) -> Settings:
    """The settings that the page shows."""
    return at.session_state["shown"].setup.settings


def same(one: Settings, other: Settings) -> bool:
    """Whether two settings differ in nothing that has an effect."""
    return one.to_query() == other.to_query()


def sound(at: AppTest) -> None:
    """The script ran to its end and complained of nothing."""
    assert not at.exception
    assert not messages(at), messages(at)


def shows(at: AppTest, expected: Settings, sentence: int = 0, result: Run | None = None) -> None:
    """What is lit on the page is what Keras returns for these settings, to the last bit.

    Args:
        result: what it returned, where the weights are not the seed's.
    """
    assert not at.exception
    assert unpacked(html(at)) == [unpack_line(expected)]
    result = result or run(expected)
    strips = [trace for trace in figure(at, "timeline")["data"] if trace["type"] == "heatmap"]
    lit = {s["name"]: np.array(s["z"], "float32") for s in strips if s["opacity"] == 1}
    assert list(lit) == [tensor.name for tensor in result.returned]
    for tensor in result.returned:
        values = tensor.values[sentence].reshape(-1, expected.units).T
        np.testing.assert_array_equal(lit[tensor.name], values, err_msg=tensor.name)


def same_again(at: AppTest, open_app: OpenApp, page: str) -> AppTest:
    """The page opened by its address: its picture and facts are the same."""
    again = open_app(page, **address(at))
    assert not again.exception
    assert chart(again, page) == chart(at, page)
    assert html(again) == html(at)
    assert address(again) == address(at)
    return again


def messages(at: AppTest) -> str:
    """Every warning and error on the page."""
    return "\n".join(alert.value for alert in (*at.warning, *at.error))


def all_markdown(at: AppTest) -> str:
    """Every text of the page that is read as Markdown."""
    kinds = ("markdown", "caption", "warning", "error", "subheader", "title")
    return "\n".join(element.value for kind in kinds for element in getattr(at, kind))


def worked_out(at: AppTest) -> str:
    """The equations on the page; nothing where there are none."""
    return "".join(body for body in html(at) if "rnn-equations" in body)


def html(at: AppTest) -> list[str]:
    """The bodies of the page's own HTML."""
    bodies = (element.proto.body for element in at.get("html"))
    return [body for body in bodies if not body.startswith("<style>")]


def told(at: AppTest, fact: Fact, section: str) -> str:
    """The line on the page that states a fact, with what was measured; what it is marked as."""
    claim, measured = (
        inline(text(f"{section}.{fact.name}.{part}", **fact.values))
        for part in ("claim", "measured")
    )
    (line,) = (
        line for body in html(at) for line in re.findall("<li.*?</li>", body) if claim in line
    )
    assert measured in line
    return re.match('<li class="rnn-(.*?)"', line)[1]


def without_code(markdown: str) -> str:
    """Markdown without its code spans: all of it in which something is interpreted."""
    return re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", markdown)
