"""From opening the page to its first picture, beside the bare page; and what a move costs."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from tests.benchmarks.slider import APPS, Stepper
from tests.benchmarks.table import Row
from tests.browser.driver import ROOT, Server, launch_chromium, new_context, serve, settle

PICTURE = ".main-svg .xtick, .main-svg image"  # what Plotly has drawn, here and on the bare page

# Milliseconds from the navigation to the first frame that holds the picture.
FIRST_PICTURE = """selector => new Promise(resolve => {
    const look = () => document.querySelector(selector)
        ? resolve(performance.now()) : requestAnimationFrame(look)
    look()
})"""

# The time of each of many moves of the pointer over the timeline, from step to step: of the script,
# and of the layout that they make necessary, with the step worked out in the open tab.
MOVES = """plot => {
    const { left, top, width, height } = plot.getBoundingClientRect()
    const times = []
    for (let move = 0; move < 200; move++) {
        const clientX = left + width * (0.1 + 0.5 * ((move * 7) % 50) / 50)
        const at = { clientX, clientY: top + height / 2, bubbles: true }
        const event = new PointerEvent("pointermove", at)
        const start = performance.now()
        plot.dispatchEvent(event)
        document.body.getBoundingClientRect()
        times.push(performance.now() - start)
    }
    return times
}"""


def first_picture(browser: Browser, server: Server) -> float:
    context = new_context(browser, server.url)
    page = context.new_page()
    page.goto("/", wait_until="commit")
    time = page.evaluate(FIRST_PICTURE, PICTURE)
    context.close()
    return float(time)


def measure(repeats: int) -> list[Row]:
    targets = {"dashboard": ROOT / "dashboard", "bare": APPS / "bare.py"}
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        warm = _warm(browser, targets, repeats)
        cold = _cold(browser, targets, max(3, repeats // 5))
        move = _move(browser, targets["dashboard"])
        browser.close()
    return [
        *(
            row
            for name, (ours, bare), target in (
                ("warm server", warm, 0.85),
                ("server started that moment", cold, 1.1),
            )
            for row in (
                Row(f"first picture, {name}", ours, floor=bare),
                Row("  against the bare page", ours / bare, "x", floor=1, at_most=target),
            )
        ),
        Row("move of the playhead, equations included", median(move), floor=1000 / 60, at_most=16),
        Row("  the slowest of 200", max(move), floor=1000 / 60),
    ]


def _warm(browser: Browser, targets: dict[str, Path], repeats: int) -> tuple[float, float]:
    times: dict[str, list[float]] = {name: [] for name in targets}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(serve(target)) for name, target in targets.items()}
        for server in servers.values():  # the first visitor waits for the warm-up
            page = new_context(browser, server.url).new_page()
            page.goto("/")
            page.locator(PICTURE).first.wait_for(timeout=60_000)
            settle(page)
            page.context.close()
        for _ in range(repeats):
            for name, server in servers.items():
                times[name].append(first_picture(browser, server))
    return median(times["dashboard"]), median(times["bare"])


def _cold(browser: Browser, targets: dict[str, Path], repeats: int) -> tuple[float, float]:
    times: dict[str, list[float]] = {name: [] for name in targets}
    for _ in range(repeats):
        for name, target in targets.items():
            with serve(target) as server:
                times[name].append(first_picture(browser, server))
    return median(times["dashboard"]), median(times["bare"])


def _move(browser: Browser, target: Path) -> list[float]:
    with serve(target) as server:
        page = new_context(browser, server.url).new_page()
        page.goto("/")
        page.locator(PICTURE).first.wait_for(timeout=60_000)
        settle(page)
        return page.locator(".rnn-plot").first.evaluate(MOVES)


def measure_sizes(repeats: int) -> list[Row]:
    """One slider step at small and large hidden sizes and sequence lengths."""
    ids = ",".join(str(number % 100) for number in range(100))
    starts: dict[str, Callable[[], str]] = {
        "1 unit, 10 steps": lambda: "units=1",
        "63 units, 10 steps": lambda: "units=63",
        "4 units, 50 steps": lambda: f"units=4&tokens={ids[: ids.index(',50')]}",
        "4 units, 100 steps": lambda: f"units=4&tokens={ids}",
        "63 units, 100 steps": lambda: f"units=63&tokens={ids}",
    }
    times: dict[str, list[float]] = {name: [] for name in starts}
    with serve(ROOT / "dashboard") as server, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        stepper = Stepper(browser, server.url)
        for seed in range(repeats):
            for name, start in starts.items():
                stepper.page.goto(f"/?{start()}&seed={seed}")
                stepper.slider.wait_for(timeout=60_000)
                settle(stepper.page)
                times[name].append(stepper.step())
        browser.close()
    medians = {name: median(found) for name, found in times.items()}
    smallest = medians["1 unit, 10 steps"]
    return [
        *(Row(f"step at {name}", found, floor=smallest) for name, found in medians.items()),
        Row("largest / smallest", max(medians.values()) / smallest, "x", floor=1, at_most=2),
    ]
