"""What a training costs, beside the bare graph loop; what it costs others, and to watch it."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from statistics import median
from threading import Event
from urllib.parse import urlencode

import psutil
from playwright.sync_api import sync_playwright

from components.backend.learning import learn, trainer, trainings
from components.backend.learning.learn import Question
from components.backend.question.linked import choices
from components.backend.running import engine
from components.texts import text
from tests.benchmarks.load import MEGABYTE, crowd, percentile, warm
from tests.benchmarks.table import Row
from tests.browser.driver import PROJECTOR, ROOT, launch_chromium, new_context, serve, settle
from tests.visitor import Visitor

REPEATS = 7
TRAININGS = 200
FIRST = 40  # after which memory is looked at
CLASS = 30
SHAPES = 40

# The script time of each of many moves of the film's range.
SCRUBS = """range => {
    const times = []
    for (let move = 0; move < 200; move++) {
        range.value = (move * 7) % (Number(range.max) + 1)
        const start = performance.now()
        range.dispatchEvent(new Event("input"))
        times.push(performance.now() - start)
    }
    return times
}"""


def bare(question: Question) -> Iterator[float]:
    """Milliseconds of the graph loop alone: all its steps, on sequences that are there already."""
    with engine.use_keras() as (keras, tensorflow):
        graph = learn._graph(keras, tensorflow, question)
        size = trainings.STEPS_A_CALL
        starts = range(0, question.steps, size)
        batches = [
            tuple(map(tensorflow.constant, learn._batches(question, start, size)))
            for start in starts
        ]
        start = time.perf_counter()
        for batch in batches:
            graph.train(*batch)
        yield (time.perf_counter() - start) * 1000


def measure() -> list[Row]:
    return [*_training(), *_scrubbing(), *_beside(), *_class(), *_memory(), *_shapes()]


def _training() -> list[Row]:
    """By turns; the first of each has its graph traced."""
    ours, floor = [], []
    for seed in range(REPEATS):
        question = Question(seed=seed)
        floor += trainer.stream(bare, question.but(seed=seed + REPEATS))
        start = time.perf_counter()
        list(trainer.stream(learn.train, question))
        ours.append((time.perf_counter() - start) * 1000)
    ours_ms, floor_ms = median(ours[1:]), median(floor[1:])
    return [
        Row("a training of 300 steps, 4 units", ours_ms, floor=floor_ms),
        Row("  against the bare graph loop", ours_ms / floor_ms, "x", floor=1, at_most=1.3),
    ]


def _scrubbing() -> list[Row]:
    with serve(ROOT / "dashboard") as server, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        page = new_context(browser, server.url, viewport=PROJECTOR).new_page()
        page.goto("/learn?learn.train=true")
        page.locator(".rnn-facts").first.wait_for(timeout=120_000)
        settle(page)
        times = page.locator(".rnn-film input").first.evaluate(SCRUBS)
        browser.close()
    return [
        Row("move through a training, script", median(times), floor=1000 / 60, at_most=16),
        Row("  the slowest of 200", max(times), floor=1000 / 60, at_most=16),
    ]


def keep_training(url: str, ended: Event) -> None:
    """Watch one training after the other, as a browser would."""
    with Visitor(url) as visitor:
        seed = 0
        while not ended.is_set():
            seed += 1
            visitor.go("learn", f"learn.train=true&learn.steps=1000&learn.seed={seed}")
            while "Stop" in visitor.widgets and not ended.is_set():
                time.sleep(0.5)
                visitor.widgets.pop("Stop")
                visitor.rerun_all()


def _beside() -> list[Row]:
    with serve(ROOT / "dashboard") as server, ThreadPoolExecutor(1) as other:
        warm(server)
        calm = percentile(crowd(server, 5, pause=0.5)[1], 0.95)
        ended = Event()
        training = other.submit(keep_training, server.url, ended)
        time.sleep(8)  # the worker starts
        beside = percentile(crowd(server, 5, pause=0.5)[1], 0.95)
        ended.set()
        training.result()
    return [
        Row("95th percentile of 5 beside a training, new settings", beside, floor=calm),
        Row("  against without", beside / calm, "x", floor=1, at_most=1.5),
    ]


def train(url: str, question: Question) -> None:
    """Press Train, and watch until it is trained."""
    with Visitor(url, "seed=1", timeout=600) as visitor:
        visitor.go("learn", urlencode(question.to_query(prefix="learn.")))
        visitor.set(text("learn.train"), "trigger_value", True)
        visitor.rerun()
        visitor.states.clear()
        while text("learn.stop") in {getattr(found, "label", "") for _, found in visitor.elements}:
            visitor.wait()


def _class() -> list[Row]:
    """A class that presses Train at once, each with a seed of their own, against the same trainings
    with nobody to look at them."""
    list(trainer.stream(learn.train, Question()))  # the worker is there, and the graph
    start = time.perf_counter()
    for seed in range(CLASS):
        list(trainer.stream(learn.train, Question(seed=3000 + seed)))
    alone = time.perf_counter() - start
    with serve(ROOT / "dashboard") as server, ThreadPoolExecutor(CLASS) as people:
        train(server.url, Question(steps=1))
        start = time.perf_counter()
        pupils = [
            people.submit(train, server.url, Question(seed=4000 + number))
            for number in range(CLASS)
        ]
        for pupil in pupils:
            pupil.result()
        at_once = time.perf_counter() - start
    return [Row(f"{CLASS} who press Train, until the last is trained", at_once, "s", floor=alone)]


def _shapes() -> list[Row]:
    """The most memory of its own that a worker has had, over shapes that each need a graph."""
    shapes = list(product(range(1, SHAPES // 3 + 2), choices(Question, "cell")))[:SHAPES]
    with engine.use_keras():  # what is TensorFlow's own is shared, as on a server
        pass
    own = []
    for units, cell in shapes:
        list(trainer.stream(learn.train, Question(units=units, cell=cell, steps=10)))
        workers = psutil.Process().children()
        own += [worker.memory_full_info().uss / MEGABYTE for worker in workers]
    name = f"memory of the worker's own, at most, over {SHAPES} shapes"
    return [Row(name, max(own), "MB", floor=own[0], at_most=400)]


def _memory() -> list[Row]:
    """This process and its worker, over many trainings."""
    before = 0.0
    for seed in range(FIRST + TRAININGS):
        if seed == FIRST:
            before = _resident()
        list(trainer.stream(learn.train, Question(steps=10, seed=1000 + seed)))
    grown = _resident() - before
    return [Row(f"memory growth over {TRAININGS} trainings", grown, "MB", at_most=15)]


def _resident() -> float:
    list(trainer.stream(learn.train, Question(steps=1)))  # a worker that was just replaced is there
    process = psutil.Process()
    family = (process, *process.children(recursive=True))
    return sum(one.memory_info().rss for one in family) / MEGABYTE
