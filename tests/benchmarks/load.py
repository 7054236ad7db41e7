"""Many visitors at once, on loopback and for a bounded time, beside the bare page."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, cycle, product, repeat
from multiprocessing import get_context
from statistics import median
from urllib.parse import urlencode

import psutil

from components.backend.whatif.stack import MOST_LAYERS
from tests.benchmarks.slider import APPS
from tests.benchmarks.table import Row
from tests.browser.driver import ROOT, Server, serve
from tests.visitor import Visitor

SECONDS = 8
LEAD = 8
PATIENCE = 300  # seconds, for a drag on a busy machine, and whatever is drawn after it
SEEDS = count(1)  # one for each link that has to be new
CROWDS = (1, 10, 30)
MEGABYTE = 1e6
CLASS_PAGES = ("", "lessons", "learn", "influence", "mistakes")

DEAR = {"units": 64, "source": "random", "length": 100}
# Each new answer takes Keras and Python half a second.
_ABOVE = range(2, MOST_LAYERS + 1)
DEAREST = (
    {"layers": MOST_LAYERS, "units": 64, "length": 100, "sentences": 8}
    | {f"{number}.units": 64 for number in _ABOVE}
    | {f"{number}.return_sequences": "true" for number in _ABOVE}
)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def step_for(
    url: str, links: Iterator[str], until: float, pause: float, times: list[float]
) -> None:
    """Move the slider through all sizes, link after link, at least once; milliseconds of each
    rerun."""
    for link in links:
        with Visitor(url, link) as visitor:
            for size in range(1, 65):
                start = time.monotonic()
                visitor.set("Hidden size", "double_array_value", [size])
                visitor.rerun()
                times.append((time.monotonic() - start) * 1000)
                if time.monotonic() >= until:
                    return
                time.sleep(max(0.0, pause - (time.monotonic() - start)))


def hammer(url: str, seconds: float) -> None:
    """Ask for the whole page with settings that are new, fifty times a second, answered or not."""
    until, seed = time.monotonic() + seconds, time.time_ns() % 10**6
    with Visitor(url, f"seed={seed}") as visitor, ThreadPoolExecutor(1) as reader:
        reader.submit(lambda: all(True for _ in visitor.socket))
        for steps, units in product(range(2, 100), range(1, 65)):
            if time.monotonic() >= until:
                break
            visitor.set("Sequence length", "double_array_value", [steps])
            visitor.set("Hidden size", "double_array_value", [units])
            visitor.fragment = ""
            visitor.ask()
            time.sleep(0.02)
        visitor.socket.close()


@dataclass
class Dragged:
    """What came of a drag: how many values of the slider were asked for, the pictures that were
    drawn of them, and the shapes that the last one shows."""

    asked: int = 0
    pictures: int = 0
    shows: str = ""


def drag(url: str, going: Callable[[], bool]) -> Dragged:
    """Drag a slider of the dearest stack, of a seed that is new, for as long as `going` says, six
    values a second as a browser does; ends when the last value is shown.

    Raises:
        TimeoutError: it is not shown in all that time.
    """
    done = Dragged()
    sizes = cycle([*range(64, 32, -1), *range(32, 64)])
    with Visitor(url, "seed=1", timeout=PATIENCE) as visitor, ThreadPoolExecutor(1) as hand:
        visitor.go("stack", urlencode(DEAREST | {"seed": time.time_ns() % 10**6}))

        def move() -> str:
            while True:
                size = next(sizes)
                visitor.set("Hidden size", "double_array_value", [size])
                visitor.ask()
                done.asked += 1
                if not going():
                    return f"(8, 100, {size})"
                time.sleep(1 / 6)

        last = hand.submit(move)
        for message in visitor.messages():
            body = message.delta.new_element.html.body
            if "rnn-ribbon" in body:
                done.pictures += 1
                done.shows = body
            if last.done() and last.result() in done.shows:
                return done


def drag_for(url: str, seconds: float) -> Dragged:
    """The same for so many seconds."""
    until = time.monotonic() + seconds
    return drag(url, lambda: time.monotonic() < until)


def reseed_for(url: str, seconds: float) -> None:
    """Change the seed of a dear layer, which gives new weights and new ids, as often as a slider
    does, but only once the picture of the last seed is there."""
    until, seed = time.monotonic() + seconds, time.time_ns() % 10**6
    with Visitor(url, urlencode(DEAR), timeout=PATIENCE) as visitor:
        visitor.set("advanced", "bool_value", True)
        visitor.rerun()
        while (start := time.monotonic()) < until:
            visitor.set("Seed", "double_value", seed := seed + 1)
            visitor.rerun()
            time.sleep(max(0.0, 1 / 6 - (time.monotonic() - start)))


def crowd(
    server: Server,
    visitors: int,
    *,
    shared: bool = False,
    pause: float = 0,
    beside: Sequence[Callable[[str, float], object]] = (),
) -> tuple[float, list[float]]:
    """Reruns a second of all visitors together, and how long each rerun took.

    Args:
        shared: all have opened one link; else each has settings that nobody has seen.
        pause: seconds from one change of a visitor to the next; none waits for nothing.
        beside: what others do meanwhile, who are not counted: `hammer`, `drag_for` or
            `reseed_for`. They have begun LEAD seconds before.
    """
    times: list[float] = []
    links = map("seed={}".format, repeat(0) if shared else SEEDS)
    # Those beside are processes of their own, so that it is the server that they keep busy.
    with ThreadPoolExecutor(visitors) as people, others(len(beside)) as they:
        going = [they.submit(each, server.url, LEAD + SECONDS) for each in beside]
        time.sleep(LEAD if beside else 0)
        until = time.monotonic() + SECONDS
        going += [
            people.submit(step_for, server.url, links, until, pause, times) for _ in range(visitors)
        ]
        for person in going:
            person.result()
    return len(times) / SECONDS, times


@contextmanager
def others(count: int) -> Iterator[ProcessPoolExecutor]:
    """As many processes, all of them there already."""
    with ProcessPoolExecutor(max(1, count), get_context("spawn")) as pool:
        ready = [pool.submit(time.sleep, 1) for _ in range(count)]
        for each in ready:
            each.result()
        yield pool


def warm(server: Server) -> None:
    """Have the server load all that it loads once, and see every size of the shared link."""
    step_for(server.url, iter(["seed=0"]), math.inf, 0, [])


def measure() -> list[Row]:
    rows = []
    with serve(ROOT / "dashboard") as ours, serve(APPS / "bare.py") as bare:
        warm(ours)
        warm(bare)
        for visitors in CROWDS:
            name = f"{visitors} visitor{'s' if visitors > 1 else ''}"
            floor_rate, floor_times = crowd(bare, visitors)
            for kind, shared in (("one link", True), ("new settings each", False)):
                rate, times = crowd(ours, visitors, shared=shared)
                most = 1 / 1.8 if shared else 1
                late, floor_late = (percentile(found, 0.95) for found in (times, floor_times))
                rows += [
                    Row(f"reruns a second, {name}, {kind}", rate, "/s", floor=floor_rate),
                    Row("  95th percentile", late, floor=floor_late),
                    Row("  bare page's rate / ours", floor_rate / rate, "x", floor=1, at_most=most),
                ]
        rows += measure_beside(ours)
    return rows


def measure_class() -> list[Row]:
    """Thirty who open one link at the same moment, as a class does: until the run of the last one
    has ended, on a server just started, and again. A page of the first visit of which something is
    left out until TensorFlow is loaded counts as what it is."""
    rows = []
    for page in CLASS_PAGES:
        with serve(ROOT / "dashboard") as server:
            started = open_at_once(server, page)
            Visitor(server.url, "seed=1", opens=page).__exit__()  # waits for TensorFlow
            open_at_once(server, page)
            warm = open_at_once(server, page)
        name = f"{CROWDS[-1]} who open {page or 'explore'}"
        rows += [
            Row(f"{name}, server just started", started, "s", at_most=4),
            Row(f"{name}, warm", warm, "s", at_most=1.5),
        ]
    return rows


def open_at_once(server: Server, page: str) -> float:
    """Seconds from the moment at which all connect until each has been sent its whole page."""
    with ThreadPoolExecutor(CROWDS[-1]) as people:
        start = time.monotonic()
        visits = [people.submit(Visitor, server.url, opens=page) for _ in range(CROWDS[-1])]
        there = [each.result() for each in visits]
        took = time.monotonic() - start
    for visitor in there:
        visitor.__exit__()
    return took


def measure_beside(server: Server) -> list[Row]:
    """How long others wait beside those who take all that they can get."""
    calm = percentile(crowd(server, 5, pause=0.5)[1], 0.95)
    beside = percentile(crowd(server, 5, pause=0.5, beside=[hammer])[1], 0.95)
    # One moves a slider, too fast for anything to be computed ahead.
    alone = median(crowd(server, 1, pause=0.2)[1])
    stack, seeds = (
        median(crowd(server, 1, pause=0.2, beside=[each] * 3)[1]) for each in (drag_for, reseed_for)
    )
    return [
        Row("95th percentile of 5 beside one who hammers, new settings", beside, floor=calm),
        Row("  against without", beside / calm, "x", floor=1, at_most=1.5),
        Row("median of one beside three who drag the dearest stack", stack, floor=alone),
        Row("  against alone", stack / alone, "x", floor=1, at_most=2),
        Row(
            "median of one beside three who change the seed of 64 units x 100 ids",
            seeds,
            floor=alone,
        ),
        Row("  against alone", seeds / alone, "x", floor=1, at_most=2),
    ]


def measure_visits(visits: int = 200) -> list[Row]:
    """Memory of a server before many visits, and after they were dropped and forgotten."""
    with serve(ROOT / "dashboard", options={"server.disconnectedSessionTTL": "2"}) as server:
        process = psutil.Process(server.pid)
        for number in range(
            20
        ):  # not the default settings: they are shown before TensorFlow is loaded
            Visitor(server.url, f"seed={number + 1}").__exit__()
        time.sleep(15)
        before = process.memory_info().rss / MEGABYTE
        for number in range(visits):
            Visitor(server.url, f"seed={number % 20 + 1}").__exit__()
        time.sleep(15)
        after = process.memory_info().rss / MEGABYTE
    return [
        Row(f"memory after {visits} visits opened and dropped", after, "MB", floor=before),
        Row("  against before", after / before, "x", floor=1, at_most=1.1),
    ]
