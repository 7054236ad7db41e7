"""How much the server sends for a step: what is counted here, a visitor's network and browser work
off. No browser is needed to count it."""

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from components.panels.pages import PAGES
from tests.visitor import Visitor

BYTES = dict.fromkeys(PAGES, 40_000) | {
    "explore": 60_000,
    # On these no slider moves: they are drawn again as a whole, which is a long list with all words
    # that find an entry, a table with all its samples, and sixteen cases with their texts.
    "questions": 130_000,
    "series": 49_000,
    "notebook": 48_000,
    # The model's rows, and the inside of a cell as Explore has it.
    "model": 74_000,
}
"""The most bytes for a step of each page."""

MESSAGES = dict.fromkeys(PAGES, 60) | {"explore": 44}
"""The most messages: each element is one, and so are some ten of Streamlit's own."""


def of_a_step(server: str, page: str) -> list[ForwardMsg]:
    """What comes for another hidden size or, on a page without that slider, when it is drawn again.
    On Watch it learn nothing has been trained with that size: a film alone is 60 kB."""
    with Visitor(server, "seed=1") as visitor:
        if page != "explore":
            visitor.go(page, "seed=1")
        if "Hidden size" in visitor.widgets:
            visitor.set("Hidden size", "double_array_value", [7])
        visitor.ask()
        return list(visitor.answers())


@pytest.mark.parametrize("page", PAGES)
def test_a_step_sends_what_it_shows(server: str, page: str) -> None:
    sent = of_a_step(server, page)
    sizes = {str(each.metadata.delta_path): each.ByteSize() for each in sent}
    total = sum(each.ByteSize() for each in sent)
    assert total <= BYTES[page], sorted(sizes.items(), key=lambda item: -item[1])[:5]
    assert len(sent) <= MESSAGES[page]


def test_no_script_travels_with_a_component(server: str) -> None:
    """Of each component's script only the address is sent."""
    for each in of_a_step(server, "explore"):
        if each.delta.new_element.HasField("bidi_component"):
            component = each.delta.new_element.bidi_component
            assert len(component.js_content) + len(component.css_content) < 200
