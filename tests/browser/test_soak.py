"""Some minutes of a busy class, left out of the default run: `python -m pytest -m soak`."""

import random
import threading
import time

import psutil
import pytest

from tests.browser.dashboard import press, rows, visit
from tests.browser.driver import ROOT, new_context, serve
from tests.visitor import Visitor

SECONDS = 180
SETTLED = 60  # seconds after which nothing may grow any more
VISITORS = 6
MEGABYTE = 1e6


def busy(url: str, number: int, until: float, problems: list[str]) -> None:
    """Come, move things for a while, leave, and come again."""
    chance = random.Random(number)
    try:
        while time.monotonic() < until:
            with Visitor(url, f"seed={chance.randrange(10**6)}") as visitor:
                for _ in range(chance.randrange(5, 40)):
                    label, most = chance.choice([("Hidden size", 64), ("Sequence length", 100)])
                    visitor.set(label, "double_array_value", [chance.randint(1, most)])
                    kinds = {kind for kind, _ in visitor.rerun()}
                    problems += kinds & {"exception", "alert"}
                    time.sleep(chance.uniform(0, 0.3))
    except Exception as error:
        problems.append(repr(error))


@pytest.mark.soak
def test_a_busy_class_leaves_the_server_as_it_was(browser) -> None:
    problems: list[str] = []
    with serve(ROOT / "dashboard", options={"server.disconnectedSessionTTL": "2"}) as server:
        process = psutil.Process(server.pid)
        until = time.monotonic() + SECONDS
        threads = [
            threading.Thread(target=busy, args=(server.url, number, until, problems))
            for number in range(VISITORS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(SETTLED)
        before = process.memory_info().rss / MEGABYTE
        context = new_context(browser, server.url)
        page = context.new_page()
        visit(page)
        while time.monotonic() < until:
            press(page, "units", "ArrowRight", "ArrowLeft")
            assert rows(page) == 4
        for thread in threads:
            thread.join()
        context.close()
        time.sleep(10)
        after = process.memory_info().rss / MEGABYTE
    print(f"resident memory: {before:.0f} MB after {SETTLED} s, {after:.0f} MB at the end")
    assert not problems
    assert after - before <= 0.1 * before
