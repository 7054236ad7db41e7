"""One step of the slider "Hidden size" until the page is still: each page and two yardsticks.

The servers run side by side and the pages take turns, so that a busy moment hits all of them.
"""

from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from components.panels.pages import PAGES, TAKE_SETTINGS
from tests.benchmarks.table import Row
from tests.browser.driver import (
    PROJECTOR,
    ROOT,
    TALL,
    launch_chromium,
    new_context,
    serve,
    settle,
    time_step,
)
from tests.visitor import Visitor

APPS = Path(__file__).parent / "apps"
WARM_UP = 3


class Stepper:
    """A page whose slider goes up by a key's step; past the last size it starts at a new seed.

    Args:
        path: of the page; the first one if empty.
        seeds: sets this page's settings apart from those of other pages of the same server.
    """

    def __init__(
        self,
        browser: Browser,
        url: str,
        *,
        path: str = "",
        key: str = "ArrowRight",
        seeds: int = 0,
        **window: Any,
    ) -> None:
        self.page: Page = new_context(browser, url, **window).new_page()
        self.path, self.key = path, key
        sliders = self.page.locator('input[type=range][aria-label="Hidden size"]')
        self.slider = sliders.first  # the sidebar's; each layer of a stack has one too
        self.seed = seeds
        self.open()

    def open(self) -> None:
        self.page.goto(f"/{self.path}?seed={self.seed}")
        self.slider.wait_for(timeout=60_000)
        settle(self.page)
        self.seed += 1

    def step(self) -> float:
        """Milliseconds of one step to a setting that this server has not seen."""
        if self.slider.input_value() == self.slider.get_attribute("max"):
            self.open()
        self.page.bring_to_front()
        return time_step(self.page, self.slider, self.key)


def in_turns(steppers: dict[str, Stepper], steps: int) -> dict[str, float]:
    """The median step of each page; the others stay open, and are not moved meanwhile."""
    times: dict[str, list[float]] = {name: [] for name in steppers}
    for _ in range(WARM_UP + steps):
        for name, stepper in steppers.items():
            times[name].append(stepper.step())
    return {name: median(found[WARM_UP:]) for name, found in times.items()}


PATHS = [PAGES[name].address for name in TAKE_SETTINGS]

# What a step may cost, in parts of the bare page's.
MOST = dict.fromkeys(PATHS, 0.9) | {
    **dict.fromkeys(("influence", "encoder_decoder", "tall"), 1.1),
    "edit": 1.0,  # without the accessibility tree that its grid writes late: see still.js
}


def measure(steps: int) -> list[Row]:
    targets = {
        "dashboard": ROOT / "dashboard",
        "bare": APPS / "bare.py",
        "naive": APPS / "naive.py",
    }
    with ExitStack() as stack:
        servers = {name: stack.enter_context(serve(target)) for name, target in targets.items()}
        browser = launch_chromium(stack.enter_context(sync_playwright()))
        ours = servers["dashboard"].url
        steppers = {
            name: Stepper(browser, servers[name].url, viewport=PROJECTOR)
            for name in ("bare", "naive")
        }
        steppers |= {
            path: Stepper(browser, ours, path=path, seeds=1000 * number, viewport=PROJECTOR)
            for number, path in enumerate(PATHS)
        }
        steppers["tall"] = Stepper(browser, ours, seeds=50_000, viewport=TALL)
        times = in_turns(steppers, steps)
        browser.close()
        sent = sent_by_a_step(ours)
    bare, naive = times.pop("bare"), times.pop("naive")
    names = {"": "Explore", "tall": "Explore, so tall that the tabs are in sight"}
    return [
        Row("bare page: two charts, no model", bare),
        Row("naive page: build, compile, predict", naive, floor=bare),
        *(
            row
            for path, time in times.items()
            for row in (
                Row(names.get(path, path), time, floor=bare),
                Row("  against the bare page", time / bare, "x", floor=1, at_most=MOST[path]),
            )
        ),
        Row("Explore / naive page", times[""] / naive, "x", floor=1, at_most=0.2),
        Row("messages of a step, Explore", len(sent[""]), "", at_most=35),
        *(
            Row(f"kB of a step, {names.get(path, path)}", sum(found) / 1000, "kB", at_most=most)
            for path, found in sent.items()
            for most in ([40] if path else [60])
        ),
    ]


def sent_by_a_step(url: str) -> dict[str, list[int]]:
    """The bytes of each message that the server sends for one step on each page."""
    found = {}
    for path in PATHS:
        with Visitor(url, "seed=1", opens=path) as visitor:
            visitor.set("Hidden size", "double_array_value", [7])
            visitor.ask()
            found[path] = [each.ByteSize() for each in visitor.answers()]
    return found
