"""The diagram of a cell: to scale, at the step and the unit that are looked at, in every width."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from components.backend import Run, Settings, run
from components.backend.cells import CELLS
from components.backend.running.worksheet import worksheet
from components.panels.parts.equations import arrays, equations, markup
from tests.browser.dashboard import NARROW, NewPage, choose, press, resize, slider, visit
from tests.browser.driver import TALL, settle
from tests.notation import fill

pytestmark = pytest.mark.whole

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


def test_the_diagram_and_the_equations_show_the_numbers_of_the_step(page: Page) -> None:
    visit(page, "/#step=6&unit=2")
    step, unit = 6, 2
    for cell in CELLS:
        choose(page, "cell", cell)
        result = run(Settings(cell=cell))
        expect_shown(page, result, step, unit)
        press(page, "step", "ArrowRight")
        expect_shown(page, result, step := step + 1, unit)
        press(page, "unit", "Home" if unit else "End")
        expect_shown(page, result, step, unit := 2 - unit)
        if cell == "LSTM":
            expect_lit_what_an_equation_that_is_pointed_at_was_made_from(page)
        expect_words_apart(page)


# How far each door is open on paper, if the page is printed right after the next step was asked
# for: a browser draws no other frame before.
ON_PAPER = f"""slider => {{
    slider.stepUp()
    slider.dispatchEvent(new Event("input", {{ bubbles: true }}))
    dispatchEvent(new Event("beforeprint"))
    return ({OPEN})(document.querySelector(".rnn-drawing svg"))
}}"""


def test_on_paper_the_diagram_shows_the_numbers_of_its_step(page: Page) -> None:
    """Though it was drawn for another step before, and moves on the screen."""
    visit(page, "/#step=6&unit=2")
    expect_drawn(page, 6, 2)
    settle(page)
    open_ = slider(page, "step").evaluate(ON_PAPER)
    expect_drawn(page, 7, 2)
    gates = run(Settings(cell="LSTM")).trace.gates
    for lit, gate in DOORS["LSTM"].items():
        assert open_[lit] == pytest.approx(float(gates[gate][0, 6, 2]), abs=1e-4)


def expect_shown(page: Page, result: Run, step: int, unit: int) -> None:
    expect_drawn(page, step, unit)
    if result.settings.cell in DOORS:
        expect_doors_open_as_the_gates(page, result, step, unit)
    hidden = result.trace.hidden[0, step - 1, unit]
    said = diagram(page).get_attribute("aria-label")
    assert f"{hidden:.4g}".replace("-", "−").rstrip("0") in said
    expect_equations_filled(page, result, step, unit)


def expect_doors_open_as_the_gates(page: Page, result: Run, step: int, unit: int) -> None:
    """And h as high as it is, once all has moved there."""
    at = (0, step - 1, unit)
    doors = DOORS[result.settings.cell].items()
    gates = {lit: float(result.trace.gates[gate][at]) for lit, gate in doors}
    page.wait_for_function(
        f"""([gates, height]) => {{
            const svg = document.querySelector(".rnn-drawing svg")
            const open = ({OPEN})(svg)
            return Object.entries(gates).every(([of, gate]) => Math.abs(open[of] - gate) < 1e-4)
                && Math.abs(({HIDDEN})(svg) - height) < 0.1
        }}""",
        arg=[gates, 52 * float(result.trace.hidden[at])],
    )


def expect_equations_filled(page: Page, result: Run, step: int, unit: int) -> None:
    numbers = arrays(result, worksheet(result, sentence=0), sentence=0)
    html = fill(markup(equations(result.settings)), numbers, step=step, unit=unit, html=True)
    shown = page.locator(".rnn-equations").evaluate("shown => shown.outerHTML")
    assert re.sub("</?span[^>]*>", "", shown) == html


def expect_lit_what_an_equation_that_is_pointed_at_was_made_from(page: Page) -> None:
    page.locator('.rnn-line[data-lit="c"]').hover()
    drawing = page.locator(".rnn-drawing")
    expect(drawing.locator('[data-lit~="o"].rnn-dim')).to_have_count(2)  # x with h, and its door
    expect(drawing.locator('[data-lit~="c"].rnn-dim')).to_have_count(0)
    page.mouse.move(700, 5)
    expect(drawing.locator(".rnn-dim")).to_have_count(0)


def expect_words_apart(page: Page) -> None:
    """No word runs into another, or out of the drawing, in a wide window or a narrow one."""
    for size in (NARROW, TALL):
        resize(page, size)
        diagram(page).scroll_into_view_if_needed()
        settle(page)
        assert diagram(page).evaluate(CROWDED) == [], size


@pytest.mark.parametrize("link", ["/?edits=forget=1,output=0", "/?cell=GRU&reset_after=false"])
def test_no_word_runs_into_another_or_out_of_the_drawing(page: Page, link: str) -> None:
    visit(page, f"{link}#step=6")
    expect_drawn(page, 6, 0)
    expect_words_apart(page)
