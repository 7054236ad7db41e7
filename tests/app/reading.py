"""What a test reads off a page, and what it compares that with."""

from __future__ import annotations

import base64
import json
import re
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import numpy as np
from streamlit.proto.Common_pb2 import StringTriggerValue
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import (
    Selectbox,
    Widget,
)

from components.backend import Run, Settings, run
from components.backend.learning import trainer
from components.backend.question.labels import gate_in_words
from components.backend.question.sentences import tokens_text, values_text
from components.backend.running.facts import Fact
from components.backend.scripts.code import unpack_line
from components.charts.layer_strips import START
from components.charts.strips import MOST_DRAWN
from components.panels.ask.opening import opening
from components.panels.write.html import inline
from components.panels.write.notation import Numbers
from components.texts import text
from tests.app.conftest import FIRST_PAGE, OpenApp, page_file, until
from tests.notation import fill
from tests.page import decoded, plain, unpacked


def given(component: Any) -> dict[str, Any]:
    """What a component is given; nothing for one that needs nothing."""
    (data,) = json.loads(component.proto.json or "[{}]")
    return data


def chart(at: AppTest, key: str) -> dict[str, Any]:
    """What the chart of that key is given: its figure, its alternative text, its step."""
    return given(at.get_by_key(key))


def figure(at: AppTest, key: str) -> dict[str, Any]:
    """The Plotly figure of that key, its arrays decoded."""
    return decoded(chart(at, key)["figure"])


TYPED = {"tokens": "typed", "values": "pasted"}


def charts(at: AppTest) -> list[str]:
    """The keys of all charts on the page."""
    return [each.key for each in at.get("bidi_component") if "figure" in given(each)]


def widgets(at: AppTest) -> dict[str, Widget]:
    """Every widget on the page, by its key, which is its field's name in the address."""
    found = [node for node in [*at.sidebar, *at.main] if isinstance(node, Widget)]
    assert all(widget.key for widget in found)
    by_key = {widget.key: widget for widget in found}
    assert len(by_key) == len(found)
    return by_key


def widget(at: AppTest, name: str) -> Widget:
    """The widget of a field."""
    return widgets(at)[name]


def address(at: AppTest) -> dict[str, Any]:
    """What the browser's address says after the last run; nothing if it says that all have their
    defaults, as `open_app` does."""
    found, page = dict(at.query_params), at.session_state["page"]
    return {} if opening(page) and found == plain(page) else found


def move(at: AppTest, name: str, value: Any) -> AppTest:
    """The page after the widget of that field was set; tokens and values as they are typed, for
    which the source has to say so first, and a rate as the list has it."""
    if name in TYPED and name not in widgets(at):
        move(at, "source", TYPED[name])
    if isinstance(value, tuple):
        value = values_text(value) if name == "values" else tokens_text(value)
    found = widget(at, name)
    in_list = isinstance(value, float) and isinstance(found, Selectbox)
    found.set_value(f"{value:g}" if in_list else value)
    return at.run()


def when_ended(at: AppTest) -> AppTest:
    """The page, run again once all trainings that are looked at have ended."""
    until(lambda: not trainer._scheduler.live)
    at.query_params = address(at)
    return at.run()


def press(at: AppTest, key: str) -> AppTest:
    """The page after a click on the button of that key."""
    at.button(key=key).click()
    return at.run()


def start_from(at: AppTest, preset: str) -> AppTest:
    """The page after a preset was chosen from the menu, which is no widget to AppTest."""
    (menu,) = at.get("menu_button")
    label = text(f"sidebar.{preset}")
    return send(at, menu.proto.id, string_trigger_value=StringTriggerValue(data=label))


def open_box(at: AppTest, key: str) -> AppTest:
    """The page after a click on a box that is filled when it is opened."""
    at.session_state[key] = True
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
    """The page that a link on this one opens, in the same session."""
    page, query = links(at)[label]
    at.query_params = query
    at.switch_page(page_file(page))
    return at.run()


def send(at: AppTest, identity: str, **value: Any) -> AppTest:
    """The page after a widget's state came from the browser, honest or forged."""
    states = at._tree.get_widget_states()
    others = [state for state in states.widgets if state.id != identity]
    del states.widgets[:]
    states.widgets.extend([*others, WidgetState(id=identity, **value)])
    return at._run(states)


def settings(at: AppTest) -> Settings:
    """The settings that the page shows."""
    return at.session_state["fields.Setup"].good.settings


def same(one: Settings, other: Settings) -> bool:
    """Whether two settings differ in nothing that has an effect."""
    return one.to_query() == other.to_query()


def sound(at: AppTest) -> None:
    """The script ran to its end and complained of nothing."""
    assert not at.exception
    assert not messages(at), messages(at)


def shows(at: AppTest, expected: Settings, sentence: int = 0, result: Run | None = None) -> None:
    """What is lit on the page is what Keras returns for these settings, to the last bit: of many
    units, the first.

    Args:
        result: what it returned, where the weights are not the seed's.
    """
    assert not at.exception
    assert unpacked(html(at)) == [unpack_line(expected)]
    result = result or run(expected)
    strips = [
        trace
        for trace in figure(at, "timeline")["data"]
        if trace["type"] == "heatmap" and trace["name"] != "says"
    ]
    lit = {s["name"]: np.array(s["z"], "float32") for s in strips if s["opacity"] == 1}
    assert not lit.pop(START).any()
    assert list(lit) == [tensor.name for tensor in result.returned]
    for tensor in result.returned:
        values = tensor.values[sentence].reshape(-1, expected.units).T[:MOST_DRAWN]
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


def component(at: AppTest, key: str) -> dict[str, Any]:
    """What the component of that key is given; nothing where there is none."""
    found = [each for each in at.get("bidi_component") if each.key == key]
    return given(found[0]) if found else {}


def sheet(at: AppTest, key: str, *, step: int = 1, unit: int = 0) -> str:
    """The HTML that the browser shows of a sheet while that step and unit are looked at."""
    if not (sent := component(at, key).get("sheet")):
        return ""
    arrays = {name: Numbers(each["axes"], _unpacked(each)) for name, each in sent["arrays"].items()}
    assert (step, unit) <= (sent["steps"], sent["units"] - 1)
    return fill(sent["template"], arrays, step=step, unit=unit, html=True)


def _unpacked(sent: dict[str, Any]) -> np.ndarray:
    values = sent["values"]
    if isinstance(values, str):
        values = np.frombuffer(base64.b64decode(values), "<f4")
    return np.array(values).reshape(sent["shape"])


def worked_out(at: AppTest, *, step: int = 1, unit: int = 0) -> str:
    """The equations of a step and a unit, and whose they are; nothing where there are none."""
    return sheet(at, "inside_worked_out", step=step, unit=unit)


def looked(at: AppTest, key: str = "inside_controls") -> dict[str, int | None]:
    """Where the page says to look first."""
    found = component(at, key)
    return found.get("controls", found)["at"]


def html(at: AppTest) -> list[str]:
    """The bodies of the page's own HTML."""
    bodies = (element.proto.body for element in at.get("html"))
    return [body for body in bodies if not body.startswith("<style>")]


def told(at: AppTest, fact: Fact, section: str) -> str:
    """The line on the page that states a fact, with what was measured; what it is marked as."""
    claim, measured = (
        inline(text(f"{section}.{fact.name}.{part}", **gate_in_words(fact.values)))
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
