"""A link brings back what its writer saw; a bad one does no harm."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from components.texts import speaking, text
from tests.browser.dashboard import (
    NewPage,
    at_step,
    choose,
    equations,
    expect_looked,
    field,
    figure,
    flip,
    follow,
    pick,
    press,
    rows,
    slider,
    start_from,
    type_number,
    type_tokens,
    unpack_line,
    visit,
)
from tests.browser.driver import settle

MARKUP = {
    "cell": "<script>window.harm = 1</script>",
    "units": "<img src=x onerror=window.harm=1>",
    "return_state": "`</code><svg onload=window.harm=1>",
    "seed": "[**here**](javascript:window.harm=1)",
    "tokens": "<b onclick=window.harm=1>1</b>",
    "tab": "<script>window.harm = 1</script>",
    "step": "<script>window.harm = 1</script>",
    "other": "<script>window.harm = 1</script>",
    "<img src=x onerror=window.harm=1>": "a name that no page knows",
}


def inside(page: Page) -> dict[str, Any]:
    """What the page shows with its first tab open."""
    return {
        "code": unpack_line(page),
        "tab": page.locator(".st-key-tab").get_by_role("radio", checked=True).inner_text(),
        "step": slider(page, "step").input_value(),
        "unit": slider(page, "unit").input_value(),
        "sums": equations(page),
        "figures": [figure(page, key) for key in ("timeline", "inside")],
    }


def told(page: Page) -> Locator:
    """The one message on all that is wrong with what a link, or a widget, asks for."""
    return alerts(page).filter(has_text=text("link.bad"))


def alerts(page: Page) -> Locator:
    """That message, and the one on names that the page does not know."""
    return page.get_by_role("main").get_by_test_id("stAlert")


def query(page: Page) -> dict[str, str]:
    """What the address says."""
    return dict(parse_qsl(urlsplit(page.url).query))


def test_link_brings_the_page_back(page: Page, new_page: NewPage) -> None:
    visit(page)
    choose(page, "cell", "GRU")
    press(page, "units", "ArrowRight", "ArrowRight")
    flip(page, "return_state")
    flip(page, "embedding")
    type_tokens(page, "1 2 3 4; 5 6 7 8")
    type_number(page, "sentence", 2)
    choose(page, "view", "lines")
    press(page, "step", "ArrowLeft")
    press(page, "unit", "ArrowRight")
    expect_looked(page, step="2", unit="1")

    seen = inside(page)
    assert seen["code"] == "outputs = GRU(5, return_sequences=True)(x)"
    assert (seen["step"], seen["unit"]) == ("2", "1")
    reader = new_page()
    visit(reader, page.evaluate("location.href"))
    assert inside(reader) == seen
    assert reader.evaluate("location.href") == page.evaluate("location.href")

    choose(page, "tab", "Parameters")
    visit(reader, page.url)
    expect(reader.get_by_role("radio", name="Parameters")).to_be_checked()
    assert unpack_line(reader) == seen["code"]
    assert figure(reader, "parameters") == figure(page, "parameters")


def test_bad_link_is_reported_and_shows_the_default(page: Page) -> None:
    visit(page)
    default = inside(page)
    bad = {
        "units": "many",
        "cell": "Transformer",
        "return_state": "maybe",
        "source": "Typed",  # the label, and not the name
        "tokens": "1 2 x",
        "step": "x",
        "tab": "x",
    }
    visit(page, f"/?{urlencode(bad)}")
    for name, value in bad.items():
        expect(told(page)).to_contain_text(re.compile(rf"\b{name}: '?{value.split()[-1]}"))
    assert inside(page) == default
    press(page, "units", "ArrowRight")
    expect(told(page)).to_have_count(0)
    assert query(page) == {"units": "4"}


def test_a_number_out_of_its_bounds_becomes_the_nearest(page: Page) -> None:
    visit(page, "/?units=600&source=random")
    expect(told(page)).to_contain_text("units: 600; allowed: a whole number from 1 to 512")
    assert field(page, "units").input_value() == "512"
    assert query(page) == {"units": "512", "source": "random"}
    type_number(page, "units", 511)
    expect(told(page)).to_have_count(0)


def test_unknown_names_are_said_once(page: Page) -> None:
    visit(page, "/?Cell=GRU&foo=bar&view=lines")
    unknown = alerts(page).filter(has_text=text("link.unknown"))
    expect(unknown).to_contain_text("Cell (did you mean cell?)")
    expect(unknown).to_contain_text("foo")
    expect(alerts(page)).to_have_count(1)
    press(page, "units", "ArrowRight")
    expect(alerts(page)).to_have_count(0)
    assert query(page) == {"view": "lines", "units": "4"}


def test_markup_in_a_link_is_only_text(page: Page) -> None:
    visit(page, f"/?{urlencode(MARKUP)}")
    for name in ("cell", "units", "return_state", "seed", "tab", "step"):
        expect(told(page)).to_contain_text(f"{name}: ")
        expect(told(page)).to_contain_text(MARKUP[name])
    expect(told(page)).to_contain_text("tokens: '<b'")  # the first word of it
    expect(page.get_by_role("textbox", name="Token ids")).to_have_value(MARKUP["tokens"])
    expect(page.get_by_test_id("stSidebar").get_by_test_id("stAlert")).to_have_count(0)
    assert query(page) == {
        "source": "typed",
    }
    assert page.evaluate("window.harm") is None
    made = page.locator("[onerror], [onload], [onclick], a[href^=javascript]")
    assert made.count() == 0


def test_back_restores_the_earlier_sentence(page: Page) -> None:
    visit(page)
    press(page, "length", "ArrowRight", "ArrowRight")
    assert query(page) == {"length": "12"}
    pick(page, "source", "Example of seven")
    type_tokens(page, "1 2 3; 4 5 x")
    expect(told(page)).to_contain_text("tokens: 'x'")
    type_tokens(page, "1 2 3; 4 5 6")
    expect(told(page)).to_have_count(0)
    assert query(page) == {"source": "typed", "tokens": "1, 2, 3; 4, 5, 6"}
    assert slider(page, "sentences").input_value() == "2"
    for steps, source in (("7", "Typed"), ("7", "Example of seven"), ("12", "Example of ten")):
        page.go_back()
        expect(slider(page, "length")).to_have_value(steps)
        expect(page.get_by_role("combobox", name="Sentence")).to_have_value(source)
        settle(page)
        assert slider(page, "sentences").input_value() == "1"
        assert len(figure(page, "timeline")[0]["x"]) == int(steps)
    assert query(page) == {"length": "12"}


def test_back_restores_what_was_looked_at(page: Page) -> None:
    visit(page)
    choose(page, "view", "lines")
    for name in ("Shapes", "Parameters"):
        choose(page, "tab", name)
    page.go_back()
    shapes = page.get_by_role("radio", name="Shapes")
    expect(shapes).to_be_checked()
    settle(page)
    press(page, "units", "ArrowRight")  # to whatever is run next it is the open one, too
    expect(shapes).to_be_checked()
    expect(page.locator(".st-key-panel")).to_contain_text("(None, 10, 4)")
    assert query(page) == {"units": "4", "view": "lines", "tab": "shapes"}
    for view in ("lines", "heatmap"):
        page.go_back()
        expect(page.get_by_role("radio", name=view, exact=True)).to_be_checked()
        settle(page)
    assert query(page) == {}


@pytest.mark.parametrize("sentence", [{}, {"source": "typed", "tokens": "1, 2, 3"}])
def test_back_undoes_a_preset(page: Page, sentence: dict[str, str]) -> None:
    before = {"units": "5"} | sentence
    visit(page, f"/?{urlencode(before)}")
    start_from(page, "keras")
    expect(page.get_by_role("switch", name="return_state")).not_to_be_checked()
    settle(page)
    assert unpack_line(page) == "outputs = LSTM(3)(x)"
    page.go_back()
    settle(page)
    assert query(page) == before
    assert unpack_line(page) == (
        "outputs, state_h, state_c = LSTM(5, return_sequences=True, return_state=True)(x)"
    )
    flip(page, "return_state")
    assert unpack_line(page) == "outputs = LSTM(5, return_sequences=True)(x)"
    assert query(page) == before | {"return_state": "false"}


def test_back_passes_over_steps_and_units(page: Page) -> None:
    visit(page)
    pick(page, "source", "Example of seven")
    for step, unit in ((3, 2), (5, 1)):
        page.mouse.click(*at_step(page, step))
        expect(slider(page, "step")).to_have_value(str(step))
        settle(page)
        press(page, "unit", *["Home"], *["ArrowRight"] * unit)
        expect_looked(page, step=str(step), unit=str(unit))
    page.go_back()
    expect(slider(page, "length")).to_have_value("10")


@pytest.mark.parametrize("address", ["/notebook", "/?view=table&tab=data"])
def test_history_is_in_order_on_pages_without_a_chart(new_page: NewPage, address: str) -> None:
    page = new_page(fresh=True)
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=90_000)
    settle(page)
    expect(page.locator(".rnn-plot")).to_have_count(1 if address == "/notebook" else 0)
    page.wait_for_function("() => Object.hasOwn(history, 'pushState')")
    before = page.evaluate("history.length")
    added = """() => {
        const there = new URL(location.href)
        there.searchParams.set("step", 5)
        history.pushState({}, "", there)
        return history.length
    }"""
    assert page.evaluate(added) == before


def test_back_from_another_page_keeps_the_settings(new_page: NewPage) -> None:
    page = new_page(fresh=True)  # a history ends at 50 entries
    visit(page)
    press(page, "units", "ArrowRight")
    entries = page.evaluate("history.length")
    follow(page, "Notebook")
    assert page.evaluate("history.length") == entries + 1
    page.go_back()
    page.wait_for_url("**/?units=4")
    expect(page.locator(".st-key-timeline .main-svg").first).to_be_visible()
    settle(page)
    assert rows(page) == 4


def test_back_before_the_other_page_has_written_its_address(new_page: NewPage) -> None:
    page, held = new_page(fresh=True), list[bytes]()
    sockets, released = list[WebSocketRoute](), list[bool]()

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        sockets.append(socket)
        socket.on_message(server.send)
        server.on_message(hear)

    def hear(said: bytes) -> None:
        """From the other page's address on, holds back what the server says until released."""
        message = ForwardMsg()
        message.ParseFromString(said)
        if not released and (held or message.page_info_changed.query_string == "lang=ko"):
            held.append(said)
        else:
            sockets[-1].send(said)

    page.route_web_socket("**/_stcore/stream*", between)
    visit(page, "/?units=4&lang=ko")
    with speaking("ko"):
        page.get_by_role("link", name=text("pages.notebook.title"), exact=True).click()
    page.wait_for_url("**/notebook")
    while not held:
        page.wait_for_timeout(10)
    page.go_back()
    page.wait_for_url("**/?units=4&lang=ko")
    released.append(True)
    for said in held:
        sockets[-1].send(said)
    settle(page)
    assert query(page) == {"units": "4", "lang": "ko"}
    assert rows(page) == 4
