"""Many visitors at once, on loopback and for a bounded time, beside the bare page."""

import threading
import time

import psutil

from tests.benchmarks.slider import APPS
from tests.benchmarks.table import Row
from tests.browser.driver import ROOT, Server, serve
from tests.visitor import Visitor

SECONDS = 8
CROWDS = (1, 10, 30)
MEGABYTE = 1e6


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def step_for(visitor: Visitor, number: int, until: float, pause: float, times: list[float]) -> None:
    """Move the slider up and down until the time is over; milliseconds of each rerun."""
    count = 0
    while time.monotonic() < until:
        visitor.set("Hidden size", "double_array_value", [1 + (number + count) % 64])
        start = time.monotonic()
        visitor.rerun()
        times.append((time.monotonic() - start) * 1000)
        count += 1
        time.sleep(max(0.0, pause - (time.monotonic() - start)))


def crowd(
    server: Server, visitors: int, *, pause: float = 0, hammering: bool = False
) -> tuple[float, list[float]]:
    """Reruns a second of all visitors together, and how long each rerun took.

    Args:
        pause: seconds from one change of a visitor to the next; none waits for nothing.
        hammering: one more visitor makes 50 changes a second, and is not counted.
    """
    times: list[float] = []
    people = [Visitor(server.url, f"seed={number}") for number in range(visitors)]
    until = time.monotonic() + SECONDS
    threads = [
        threading.Thread(target=step_for, args=(person, number, until, pause, times))
        for number, person in enumerate(people)
    ]
    if hammering:
        hammer = Visitor(server.url, "seed=1000")
        threads.append(threading.Thread(target=step_for, args=(hammer, 0, until, 0.02, [])))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for person in people:
        person.__exit__()
    return len(times) / SECONDS, times


def warm(server: Server) -> None:
    with Visitor(server.url, timeout=60) as visitor:
        visitor.rerun()


def measure() -> list[Row]:
    rows = []
    with serve(ROOT / "dashboard") as ours, serve(APPS / "bare.py") as bare:
        warm(ours)
        warm(bare)
        for visitors in CROWDS:
            rate, times = crowd(ours, visitors)
            floor_rate, floor_times = crowd(bare, visitors)
            name = f"{visitors} visitor{'s' if visitors > 1 else ''}"
            rows += [
                Row(f"reruns a second, {name}", rate, "/s", floor=floor_rate),
                Row(
                    "  95th percentile",
                    percentile(times, 0.95),
                    floor=percentile(floor_times, 0.95),
                ),
                Row("  bare page's rate / ours", floor_rate / rate, "x", floor=1, at_most=0.5),
            ]
        calm = percentile(crowd(ours, 5, pause=0.5)[1], 0.95)
        beside = percentile(crowd(ours, 5, pause=0.5, hammering=True)[1], 0.95)
    rows += [
        Row("95th percentile of 5 beside one who hammers", beside, floor=calm),
        Row("  against without", beside / calm, "x", floor=1, at_most=1.5),
    ]
    return rows


def measure_visits(visits: int = 200) -> list[Row]:
    """Memory of a server before many visits, and after they were dropped and forgotten."""
    with serve(ROOT / "dashboard", options={"server.disconnectedSessionTTL": "2"}) as server:
        process = psutil.Process(server.pid)
        for _ in range(20):
            warm(server)
        time.sleep(5)
        before = process.memory_info().rss / MEGABYTE
        for number in range(visits):
            Visitor(server.url, f"seed={number % 20}").__exit__()
        time.sleep(15)
        after = process.memory_info().rss / MEGABYTE
    return [
        Row(f"memory after {visits} visits opened and dropped", after, "MB", floor=before),
        Row("  against before", after / before, "x", floor=1, at_most=1.1),
    ]
