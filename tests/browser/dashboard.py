"""What a visitor does with the dashboard, and what can be read off its charts."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import numpy as np
from playwright.sync_api import Locator, Page, expect

from components.panels.pages import FIRST
from components.texts import text
from tests.browser.driver import PROJECTOR, ROOT, VIEWPORT, settle
from tests.page import decoded, plain

WIDE = VIEWPORT
CHOSEN = ("step", "unit")
NARROW = {"width": 390, "height": 844}
A4 = {"width": 718, "height": 1047}  # within a browser's usual margins
SIZES = (PROJECTOR, {"width": 1024, "height": 768}, {"width": 320, "height": 640}, WIDE)

Look = tuple[str, dict[str, int]]  # a colour scheme, and the size of the window

_CROWDED = (ROOT / "tests/browser/crowded_in_charts.js").read_text("utf-8")
_FAINT = (ROOT / "tests/browser/faint_in_charts.js").read_text("utf-8")

# Whether the text is as bright as on a dark page; its colour is given as `rgb(20, 25, 31)`.
_IS_DARK = """dark => {
    const app = document.querySelector("[data-testid=stApp]")
    return getComputedStyle(app).color.match(/\\d+/)[0] > 127 === dark
}"""

# Boxes that are wider inside than outside, and so can be scrolled sideways: on the smallest phones
# the table of two models may be.
SIDEWAYS = """() => [...document.querySelectorAll("html, .stMain, .rnn-compare")]
    .filter((box) => box.scrollWidth > box.clientWidth)
    .filter((box) => innerWidth >= 390 || !box.matches(".rnn-compare"))
    .map((box) => `${box.tagName} ${box.scrollWidth} > ${box.clientWidth}`)"""

# Whether a chart is drawn as wide as it is now.
_IS_DRAWN = "chart => chart._fullLayout?.width === chart.clientWidth"

# The step that a tick is of: its first line.
_STEP_OF = """tick => (tick.querySelector("tspan") ?? tick).textContent"""

# The step that the playhead marks: the number of the one tick that lies within its frame.
_MARKED = f"""chart => {{
    const frame = chart.querySelector(".rnn-playhead")
    if (frame.hidden) return null
    const {{ left, right }} = frame.getBoundingClientRect()
    const inside = [...chart.querySelectorAll(".xtick text")].filter((tick) => {{
        const box = tick.getBoundingClientRect()
        const middle = (box.left + box.right) / 2
        return left < middle && middle < right
    }})
    return inside.length === 1 ? Number(({_STEP_OF})(inside[0])) : null
}}"""


def visit(page: Page, address: str = "/", *, on_proof: bool = False) -> None:
    """Open an address with a chart on it, and wait until the chart is drawn and all is still.

    Args:
        on_proof: whether an address without settings opens the page on its proof, and not on its
            defaults.
    """
    page.goto(address if on_proof else with_defaults(address))
    arrive(page)


def with_defaults(address: str) -> str:
    """An address; if it sets nothing, one that names a default, so that the page has all others."""
    parts = urlsplit(address)
    query = "" if parts.query else urlencode(plain(parts.path.strip("/") or FIRST))
    return parts._replace(query=query or parts.query).geturl()


def arrive(page: Page) -> None:
    """Wait until a page that the browser has just loaded has drawn a chart, and all is still."""
    expect(page.locator(".rnn-plot .main-svg").first).to_be_visible(timeout=90_000)
    settle(page)


def wear(page: Page, look: Look) -> None:
    """Show the page that is open in other colours, in a window of another size."""
    scheme, viewport = look
    page.emulate_media(color_scheme=scheme)
    page.wait_for_function(_IS_DARK, arg=scheme == "dark")
    resize(page, viewport)
    settle(page)


def follow(page: Page, name: str) -> None:
    """Go to another page by its link in the menu."""
    menu = page.get_by_role("button", name=text("app.menu"), exact=True)
    if menu.is_visible():  # on a phone
        menu.click()
    page.get_by_role("link", name=name, exact=True).click()
    shown = page.locator(".st-key-timeline")
    shown.wait_for(state="attached", timeout=90_000)
    settle(page)  # until then what comes above it can push it out of sight again
    shown.scroll_into_view_if_needed()
    expect(shown.locator(".main-svg").first).to_be_visible(timeout=90_000)
    settle(page)


def slider(page: Page, key: str) -> Locator:
    if key in CHOSEN:  # it stands beside the chart, and is the browser's own
        return page.locator(".rnn-controls input").nth(CHOSEN.index(key))
    return page.locator(f".st-key-{key} input[type=range]")


def field(page: Page, key: str) -> Locator:
    """The field to type a whole number in."""
    return page.locator(f".st-key-{key}").get_by_role("spinbutton")


def press(page: Page, key: str, *keys: str) -> None:
    """Press keys on a slider, and wait for what comes of them."""
    for name in keys:
        slider(page, key).press(name)
    settle(page)


def choose(page: Page, key: str, option: str) -> None:
    """Click an option of a field's segmented control."""
    control = page.locator(f".st-key-{key}")
    control.get_by_role("radio", name=option, exact=True).click()
    settle(page)


def pick(page: Page, key: str, option: str) -> None:
    """Choose an option of a field's list."""
    page.locator(f".st-key-{key}").get_by_role("combobox").click()
    page.get_by_role("option", name=option, exact=True).click()
    settle(page)


def type_tokens(page: Page, said: str) -> None:
    """Type ids, for which the source of the sentence has to say so first."""
    field = page.get_by_role("textbox", name="Token ids")
    if not field.is_visible():
        pick(page, "source", "Typed")
    field.fill(said)
    field.press("Enter")
    settle(page)


def start_from(page: Page, preset: str) -> None:
    """Choose one of the settings to start from."""
    page.get_by_role("button", name=text("sidebar.presets")).click()
    page.get_by_role("menuitem", name=text(f"sidebar.{preset}"), exact=True).click()
    settle(page)


def elsewhere(page: Page) -> Locator:
    """The links to the same settings on other pages, in their box, which this opens."""
    page.get_by_role("button", name=text("what_if.elsewhere")).click()
    return page.locator(".stPopoverBody, [data-testid=stPopoverBody]").get_by_role("link")


def type_number(page: Page, key: str, said: object) -> None:
    """Type a whole number, or something else, into its field."""
    field(page, key).fill(str(said))
    field(page, key).press("Enter")
    settle(page)


# What keys of a Korean keyboard write in Hangul mode; those with a name are the input method's.
HANGUL = {"a": "ㅁ", "f": "ㄹ", "n": "ㅜ", "p": "ㅔ", "q": "ㅂ", "s": "ㄴ", "u": "ㅕ", "v": "ㅍ"}
HANGUL |= {"g": "ㅎ", "h": "ㅗ", "j": "ㅓ", "k": "ㅏ", "l": "ㅣ", "m": "ㅡ", "o": "ㅐ"}


def press_in_hangul(page: Page, key: str, **more: bool) -> None:
    """Press a key in Hangul mode, named as in `keyboard.press`: `f`, `Space`, `Enter`.

    Args:
        more: words of the DevTools protocol.
    """
    code = f"Key{key.upper()}" if key in HANGUL else key
    said = {"key": HANGUL.get(key, "Process"), "code": code, "windowsVirtualKeyCode": 229}
    press_said(page, said | more)


def press_said(page: Page, said: dict[str, Any]) -> None:
    """Press a key that the browser hears of in these words of the DevTools protocol."""
    devtools = page.context.new_cdp_session(page)
    for kind in ("rawKeyDown", "keyUp"):
        devtools.send("Input.dispatchKeyEvent", {"type": kind} | said)
    devtools.detach()


def flip(page: Page, key: str) -> None:
    """Flip a toggle with the keyboard."""
    page.locator(f".st-key-{key}").get_by_role("switch").press(" ")
    settle(page)


def unpack(page: Page) -> Locator:
    """The line of Python that unpacks the call."""
    return page.locator(".rnn-call")


def unpack_line(page: Page) -> str:
    return unpack(page).inner_text()


def plot(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} .rnn-plot")


def figure(page: Page, key: str) -> list[dict[str, Any]]:
    """The traces that Plotly has drawn, with lists for arrays and None for what is no number."""
    traces = decoded(json.loads(plot(page, key).evaluate("plot => JSON.stringify(plot.data)")))
    return json.loads(json.dumps(traces, default=lambda a: np.where(a == a, a, None).tolist()))


def rows(page: Page, key: str = "timeline") -> int:
    """How many units the first strip of cells has."""
    return plot(page, key).evaluate("plot => plot._fullData[0].z.length")


def steps_shown(page: Page, key: str = "timeline") -> list[float]:
    """The range of the step axis: changed by a zoom."""
    return plot(page, key).evaluate("plot => [...plot._fullLayout.xaxis.range]")


# In one go, as a chart may be drawn anew at any time.
_AT_STEP = f"""([plot, step]) => {{
    const ticks = [...plot.querySelectorAll(".xtick text")]
    const tick = ticks.find((tick) => ({_STEP_OF})(tick) === String(step))
    if (!tick) return null
    tick.scrollIntoViewIfNeeded()
    const below = tick.getBoundingClientRect()
    const cells = plot.querySelector(".nsewdrag").getBoundingClientRect()
    return [below.left + below.width / 2, cells.top + cells.height / 2]
}}"""


def expect_seen_at_once(page: Page, part: Locator) -> None:
    """It lies between the header and the bottom of the window."""
    box = part.bounding_box()
    assert box["y"] >= page.get_by_test_id("stHeader").bounding_box()["height"]
    assert box["y"] + box["height"] <= page.viewport_size["height"]


def at_step(page: Page, step: int, key: str = "timeline") -> tuple[float, float]:
    """The middle of a step's cells on the page, found by the tick below them."""
    chart = plot(page, key).element_handle()
    x, y = page.wait_for_function(_AT_STEP, arg=[chart, step]).json_value()
    return x, y


def marked(page: Page, key: str = "timeline") -> int | None:
    """The step that the playhead marks in a chart; None where it marks none."""
    return page.locator(f".st-key-{key} .rnn-chart").evaluate(_MARKED)


def expect_marked(page: Page, step: int, *keys: str) -> None:
    """Wait until the playhead marks a step in the charts, both of Explore's unless named."""
    for key in keys or ("timeline", "inside"):
        chart = page.locator(f".st-key-{key} .rnn-chart").element_handle()
        page.wait_for_function(f"([chart, step]) => ({_MARKED})(chart) === step", arg=[chart, step])


def faint_in_charts(page: Page) -> list[str]:
    """The texts in the charts that hardly stand out from the page."""
    return page.evaluate(_FAINT)


def crowded_in_charts(page: Page) -> list[str]:
    """The charts' labels that lie over one another, or beyond their chart."""
    return page.evaluate(_CROWDED)


def resize(page: Page, size: dict[str, int]) -> None:
    """Give the window another size, and have all charts drawn for it: one out of sight may wait."""
    page.set_viewport_size(size)
    for chart in page.locator(".rnn-plot").filter(visible=True).all():
        chart.scroll_into_view_if_needed()
        page.wait_for_function(_IS_DRAWN, arg=chart.element_handle())


def put_on_a4(page: Page) -> None:
    """Have a page laid out for paper: in light colours, no wider than the paper.

    A browser that prints does not wait for charts that are drawn anew, so they are as wide as they
    were drawn before. A phone's columns, which stand one below the other, are not on paper.
    """
    is_phone = page.viewport_size["width"] < A4["width"]
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    charts = page.locator(".rnn-plot").filter(visible=True).all()
    drawn = [chart.evaluate("chart => chart._fullLayout.width") for chart in charts]
    page.emulate_media(media="print")
    page.set_viewport_size(A4)
    for chart, width in zip(charts, drawn, strict=True):
        room = chart.evaluate("chart => chart.clientWidth")
        assert is_phone or 0.9 * room < width <= room
    resize(page, A4)
    assert page.evaluate("document.documentElement.scrollWidth") <= A4["width"]
    assert faint_in_charts(page) == crowded_in_charts(page) == []


def crowded_at_all_sizes(page: Page) -> list[str]:
    """As `crowded_in_charts`, and what scrolls sideways, in windows of all SIZES, WIDE at last."""
    found = []
    for size in SIZES:
        resize(page, size)
        crowded = crowded_in_charts(page) + page.evaluate(SIDEWAYS)
        found += [f"{size['width']} px: {one}" for one in crowded]
    return found


def looked(page: Page) -> dict[str, str]:
    """What the address names after its #: what is looked at."""
    return dict(parse_qsl(urlsplit(page.evaluate("location.href")).fragment))


def expect_looked(page: Page, **held: str) -> None:
    """Wait until the address names these after its #, and nothing else."""
    is_so = "held => location.hash.slice(1) === new URLSearchParams(held).toString()"
    page.wait_for_function(is_so, arg=held)


def equations(page: Page) -> str:
    return page.locator(".rnn-equations").inner_text()


NewPage = Callable[..., Page]


# Whether moves are fading in: until then they press nothing.
FADE = """so => so === [...document.querySelectorAll(".st-key-room_moves button")]
    .some((button) => button.getAnimations().length > 0)"""


def wait_for_moves(teacher: Page) -> None:
    """Wait until the buttons of a room have faded in, and can be pressed."""
    settle(teacher)
    teacher.wait_for_function(FADE, arg=False)
