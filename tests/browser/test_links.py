"""A link brings back what its writer saw; a bad one does no harm."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from components.panels.write.plain import WORD_JOINER
from components.texts import speaking, text
from tests.browser.dashboard import (
    NewPage,
    at_step,
    choose,
    equations,
    expect_looked,
    figure,
    flip,
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

BAD = {
    "cell": "<script>window.harm = 1</script>",
    "units": "<img src=x onerror=window.harm=1>",
    "return_state": "`</code><svg onload=window.harm=1>",
    "seed": "[**here**](javascript:window.harm=1)",
    "tab": "<script>window.harm = 1</script>",
    "step": "<script>window.harm = 1</script>",
    "view": ":material/search:",
    "embedding": "$x$",
    "fixed": ":red[x]",
    "use_bias": ":smile:",
}
IDS = "<b onclick=window.harm=1>1</b>"
UNKNOWN = {
    "Cell": "GRU",
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


def unknown(page: Page) -> Locator:
    """The one message on all names that the page does not know."""
    return alerts(page).filter(has_text=text("link.unknown"))


def alerts(page: Page) -> Locator:
    """Those messages, and any other."""
    return page.get_by_role("main").get_by_test_id("stAlert")


def query(page: Page) -> dict[str, str]:
    """What the address says."""
    return dict(parse_qsl(urlsplit(page.url).query))


def test_link_brings_the_page_back(page: Page, new_page: NewPage) -> None:
    """Also to the step and the unit that are looked at, which Back passes over."""
    visit(page, "/?cell=GRU&return_state=false")
    type_tokens(page, "1 2 3 4; 5 6 7 8")
    type_number(page, "sentence", 2)
    choose(page, "view", "lines")
    page.mouse.click(*at_step(page, 2))
    expect(slider(page, "step")).to_have_value("2")
    press(page, "unit", "ArrowRight")
    expect_looked(page, step="2", unit="1")

    seen = inside(page)
    assert seen["code"] == "outputs = GRU(3, return_sequences=True)(x)"
    assert (seen["step"], seen["unit"]) == ("2", "1")
    reader = new_page()
    visit(reader, page.evaluate("location.href"))
    assert inside(reader) == seen
    assert reader.evaluate("location.href") == page.evaluate("location.href")
    page.go_back()
    expect(page.get_by_role("radio", name="heatmap", exact=True)).to_be_checked()


def test_bad_link_is_reported_and_markup_in_it_is_only_text(page: Page) -> None:
    visit(page, f"/?{urlencode(BAD | {'tokens': IDS, 'sentences': 99} | UNKNOWN)}")
    said = told(page).inner_text().replace(WORD_JOINER, "")
    for name, value in BAD.items():
        assert f"{name}: '{value}'" in said
    assert "tokens: '<b'" in said  # the first word of it
    assert "sentences: 99; allowed: a whole number from 1 to 8" in said
    expect(unknown(page)).to_contain_text("Cell (did you mean cell?)")
    expect(unknown(page)).to_contain_text("other")
    expect(alerts(page)).to_have_count(2)
    expect(page.get_by_test_id("stSidebar").get_by_test_id("stAlert")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Token ids")).to_have_value(IDS)
    assert slider(page, "sentences").input_value() == "8"  # the nearest number
    assert unpack_line(page) == (
        "outputs, state_h, state_c = LSTM(3, return_sequences=True, return_state=True)(x)"
    )
    assert query(page) == {"source": "typed", "sentences": "8"}
    assert page.evaluate("window.harm") is None
    made = page.locator("[onerror], [onload], [onclick], a[href^=javascript]")
    assert made.count() == 0
    type_tokens(page, "1 2; 3 4")
    expect(alerts(page)).to_have_count(0)
    assert query(page) == {"source": "typed", "tokens": "1, 2; 3, 4"}


def test_back_undoes_one_choice_after_the_other(page: Page) -> None:
    """And what is changed after that is changed from there."""
    visit(page, "/?units=5&tab=code")
    press(page, "length", "ArrowRight")
    first = {"units": "5", "tab": "code", "length": "11"}
    assert query(page) == first
    pick(page, "source", "Example of seven")
    type_tokens(page, "1 2 3; 4 5 x")
    expect(told(page)).to_contain_text("tokens: 'x'")
    type_tokens(page, "1 2 3; 4 5 6")
    expect(told(page)).to_have_count(0)
    assert slider(page, "sentences").input_value() == "2"
    choose(page, "tab", "Shapes")
    chosen = query(page)
    start_from(page, "keras")
    assert unpack_line(page) == "outputs = LSTM(3)(x)"

    back_from_the_preset(page, chosen)
    page.go_back()
    expect(page.get_by_role("radio", name="Code", exact=True)).to_be_checked()
    settle(page)
    back_in_the_sentence(page)
    assert query(page) == first


def back_from_the_preset(page: Page, chosen: dict[str, str]) -> None:
    page.go_back()
    expect(page.get_by_role("switch", name="return_state")).to_be_checked()
    settle(page)
    assert query(page) == chosen
    assert unpack_line(page) == (
        "outputs, state_h, state_c = LSTM(5, return_sequences=True, return_state=True)(x)"
    )
    flip(page, "return_state")
    press(page, "units", "ArrowRight")  # the open tab is the open one to whatever is run next, too
    assert query(page) == chosen | {"return_state": "false", "units": "6"}
    expect(page.get_by_role("radio", name="Shapes")).to_be_checked()
    expect(page.locator(".st-key-panel")).to_contain_text("(None, 3, 6)")


def back_in_the_sentence(page: Page) -> None:
    for steps, source in (("7", "Typed"), ("7", "Example of seven"), ("11", "Example of ten")):
        page.go_back()
        expect(slider(page, "length")).to_have_value(steps)
        expect(page.get_by_role("combobox", name="Sentence")).to_have_value(source)
        settle(page)
        assert slider(page, "sentences").input_value() == "1"
        assert len(figure(page, "timeline")[0]["x"]) == int(steps)


@pytest.mark.whole
def test_history_is_in_order_on_a_page_without_a_chart(page: Page) -> None:
    pushed = """() => {
        const there = new URL(location.href), before = navigation.currentEntry.key
        there.searchParams.set("step", 5)
        history.pushState({}, "", there)
        return navigation.currentEntry.key !== before
    }"""
    page.goto("/?view=table&tab=data")
    settle(page)
    expect(page.locator(".rnn-plot")).to_have_count(0)
    assert not page.evaluate(pushed)


@pytest.mark.whole
def test_back_from_another_page_keeps_the_settings(new_page: NewPage) -> None:
    """Also before the other page has written its address."""
    page, held = new_page(fresh=True), list[bytes]()
    sockets, released, written = list[WebSocketRoute](), list[bool](), list[bool]()

    def between(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        sockets.append(socket)
        socket.on_message(server.send)
        server.on_message(hear)

    def hear(said: bytes) -> None:
        """From the other page's address on, holds back what the server says until released."""
        message = ForwardMsg()
        message.ParseFromString(said)
        address = message.page_info_changed.query_string
        if not released and (held or address == "lang=ko"):
            held.append(said)
        else:
            sockets[-1].send(said)
            if released and address == "units=4&lang=ko":
                written.append(True)

    page.route_web_socket("**/_stcore/stream*", between)
    visit(page, "/?units=4&lang=ko")
    entries = page.evaluate("history.length")
    with speaking("ko"):
        bar = page.get_by_test_id("stTopNav")
        questions = bar.get_by_role("link", name=text("pages.questions.title"), exact=True)
    questions.click()
    page.wait_for_url("**/questions")
    while not held:
        page.wait_for_timeout(10)
    page.go_back()
    page.wait_for_url("**/?units=4&lang=ko")
    released.append(True)
    for said in held:
        sockets[-1].send(said)
    while not written:  # what was held back ends with the end of a run
        page.wait_for_timeout(10)
    settle(page)
    assert query(page) == {"units": "4", "lang": "ko"}
    assert rows(page) == 4

    press(page, "units", "ArrowRight")
    questions.click()
    page.wait_for_url("**/questions?lang=ko")
    settle(page)
    assert page.evaluate("history.length") == entries + 1
    page.go_back()
    page.wait_for_url("**/?units=5&lang=ko")
    expect(page.locator(".st-key-timeline .main-svg").first).to_be_visible()
    settle(page)
    assert rows(page) == 5
