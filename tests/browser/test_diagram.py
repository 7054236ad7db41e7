"""The diagram of a cell: to scale, at the step and the unit that are looked at, in every width."""

import pytest
from playwright.sync_api import Locator, Page, expect

from components.backend import Run, Settings, run
from tests.browser.dashboard import NARROW, NewPage, press, visit

DOORS = {"LSTM": {"f c": "forget", "g c": "input", "o h": "output"}, "GRU": {"r g": "reset"}}
"""The gate of each door that a number stands behind, by what it belongs to."""

# The share of its place that each door leaves open, by what it belongs to.
OPEN = """svg => Object.fromEntries([...svg.querySelectorAll("[data-lit]")].flatMap((group) => {
    const [open, shut] = ["open", "shut"].map((kind) => group.querySelector(`.rnn-${kind}`))
    if (!shut) return []
    const [one, other] = [open, shut].map((rect) => Number(rect.getAttribute("width")))
    return [[group.dataset.lit, one / (one + other)]]
}))"""

# Words that run into each other, or out of the drawing.
CROWDED = """svg => {
    const whole = svg.getBoundingClientRect()
    const words = [...svg.querySelectorAll("text")].map((text) => {
        const { left, right, top, bottom } = text.getBoundingClientRect()
        return { said: text.textContent, left, right, top, bottom }
    })
    const leaves = ({ left, right }) => left < whole.left - 1 || right > whole.right + 1
    const touch = (a, b) =>
        Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 &&
        Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3
    const after = (place) => words.slice(place + 1)
    const pairs = words.flatMap((one, place) => after(place).map((other) => [one, other]))
    const alone = words.filter(leaves).map((one) => [one])
    const crowded = [...alone, ...pairs.filter((two) => touch(...two))]
    return crowded.map((found) => found.map(({ said }) => said))
}"""

# The height of h, above 0 or below it, in px.
HIDDEN = """svg => {
    const rect = svg.querySelector('[data-lit="h"] .rnn-kept')
    return Number(rect.getAttribute("height")) * (rect.matches("[class*=down]") ? -1 : 1)
}"""


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """One in which the drawing moves, as it does for most."""
    return new_page(reduced_motion="no-preference")


def diagram(page: Page) -> Locator:
    return page.locator(".rnn-drawing svg")


def expect_drawn(page: Page, step: int, unit: int) -> None:
    """Wait until the diagram says that it shows a step and a unit."""
    expect(diagram(page)).to_contain_text(f"Step {step}, unit {unit}")


def result(cell: str) -> Run:
    return run(Settings(cell=cell))


@pytest.mark.parametrize("cell", ["LSTM", "GRU"])
def test_doors_are_as_open_as_the_gates_and_heights_are_numbers(page: Page, cell: str) -> None:
    visit(page, f"/?cell={cell}#step=6&unit=2")
    trace = result(cell).trace
    for step, unit in ((6, 2), (7, 2), (7, 0)):
        press(page, "step", "Home", *["ArrowRight"] * (step - 1))
        press(page, "unit", "Home", *["ArrowRight"] * unit)
        expect_drawn(page, step, unit)
        at = (0, step - 1, unit)
        wanted = {lit: float(trace.gates[gate][at]) for lit, gate in DOORS[cell].items()}
        # Doors move for a moment; then the heights have come to rest too.
        page.wait_for_function(
            f"""wanted => {{
                const now = ({OPEN})(document.querySelector(".rnn-drawing svg"))
                return Object.entries(wanted).every(([of, gate]) => Math.abs(now[of] - gate) < 1e-4)
            }}""",
            arg=wanted,
        )
        assert diagram(page).evaluate(HIDDEN) == pytest.approx(52 * trace.hidden[at], abs=0.1)


def test_a_screen_reader_is_told_the_numbers(page: Page) -> None:
    visit(page, "/?cell=SimpleRNN#step=4&unit=1")
    expect_drawn(page, 4, 1)
    said = diagram(page).get_attribute("aria-label")
    hidden = result("SimpleRNN").trace.hidden[0, 3, 1]
    assert f"{hidden:.4g}".replace("-", "−").rstrip("0") in said


def test_an_equation_that_is_pointed_at_lights_what_it_was_made_from(page: Page) -> None:
    visit(page, "/#step=6")
    expect_drawn(page, 6, 0)
    page.locator('.rnn-line[data-lit="c"]').hover()
    drawing = page.locator(".rnn-drawing")
    expect(drawing.locator('[data-lit~="o"].rnn-dim')).to_have_count(2)  # x with h, and its door
    expect(drawing.locator('[data-lit~="c"].rnn-dim')).to_have_count(0)
    page.mouse.move(700, 5)
    expect(drawing.locator(".rnn-dim")).to_have_count(0)


@pytest.mark.parametrize(
    "window", [{"width": 1440, "height": 1900}, NARROW], ids=["wide", "narrow"]
)
def test_no_word_runs_into_another_or_out_of_the_drawing(
    new_page: NewPage, window: dict[str, int]
) -> None:
    page = new_page(viewport=window)
    held = "?edits=forget=1,output=0"
    for link in ("?cell=LSTM", held, "?cell=GRU", "?cell=GRU&reset_after=false", "?cell=SimpleRNN"):
        visit(page, f"/{link}#step=6")
        diagram(page).scroll_into_view_if_needed()
        expect_drawn(page, 6, 0)
        assert diagram(page).evaluate(CROWDED) == [], link
