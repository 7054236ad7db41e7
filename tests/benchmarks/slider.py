"""One step of the slider "Hidden size" until the page is still: the dashboard and two yardsticks.

The three servers run side by side and take turns, so that a busy moment of the machine hits all.
What a jump and a tall window cost is measured after that, by the same turns among themselves.
"""

from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from components.panels.pages import WHAT_IFS
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


def measure(steps: int) -> list[Row]:
    targets = {
        "dashboard": ROOT / "dashboard",
        "bare": APPS / "bare.py",
        "naive": APPS / "naive.py",
    }
    with ExitStack() as stack:
        servers = {name: stack.enter_context(serve(target)) for name, target in targets.items()}
        browser = launch_chromium(stack.enter_context(sync_playwright()))
        steppers = {
            name: Stepper(browser, server.url, viewport=PROJECTOR)
            for name, server in servers.items()
        }
        times = in_turns(steppers, steps)
        ours = servers["dashboard"].url
        others = {
            "tall": Stepper(browser, ours, seeds=1000, viewport=TALL),
            "jump": Stepper(browser, ours, seeds=2000, key="PageUp", viewport=PROJECTOR),
        }
        times |= in_turns(others, steps)
        pages = {
            path: Stepper(browser, ours, path=path, seeds=3000 + 1000 * number, viewport=PROJECTOR)
            for number, path in enumerate(("", *WHAT_IFS))
        }
        stepped = in_turns(pages, steps // 2)
        browser.close()
    dashboard, bare, naive = times["dashboard"], times["bare"], times["naive"]
    return [
        Row("a  this dashboard, Explore page", dashboard, floor=bare),
        Row("   to a size that nothing was prepared for", times["jump"], floor=bare),
        Row("   in a window so tall that the tabs follow", times["tall"], floor=bare),
        Row("b  bare page, two charts, no model", bare),
        Row("c  naive page: build, compile, predict", naive, floor=bare),
        Row("a / b", dashboard / bare, "x", floor=1, at_most=0.8),
        Row("unprepared / b", times["jump"] / bare, "x", floor=1, at_most=1.0),
        Row("tall / b", times["tall"] / bare, "x", floor=1, at_most=1.2),
        Row("a / c", dashboard / naive, "x", floor=1, at_most=0.2),
        *(
            Row(
                f"{path} / Explore, same turns",
                stepped[path] / stepped[""],
                "x",
                floor=1,
                at_most=1.5,
            )
            for path in WHAT_IFS
        ),
    ]
