"""What `components.backend.run` costs, in time and in memory."""

import gc
import multiprocessing
import time
from collections.abc import Callable
from functools import partial
from statistics import median

import numpy as np
import psutil

from components.backend import Settings, run
from components.backend.whatif import influence, stack
from tests.benchmarks.table import Row

CELLS = ("LSTM", "GRU", "SimpleRNN")
WARM_UP = 3
FIRST = 300
MEGABYTE = 1e6


def settings(number: int, steps: int) -> Settings:
    """The number-th of a series of LSTMs: each a new size or, after 64 of them, a new seed."""
    tokens = np.random.default_rng(steps).integers(0, 100, steps).tolist()
    return Settings(units=1 + number % 64, tokens=(tuple(tokens),), seed=number // 64)


def timed(ask: Callable[[], object]) -> float:
    """Milliseconds until there is an answer."""
    start = time.perf_counter()
    ask()
    return (time.perf_counter() - start) * 1000


def gradients(wanted: Settings) -> object:
    """How far the last states of all three cells depend on each step, and two runs."""
    return influence.answer(influence.Question(settings=wanted))


def measure_time(repeats: int) -> list[Row]:
    """Of runs, of a stack, and of the gradients of three cells."""
    return [*measure_runs(repeats), *measure_stacks(repeats), *measure_gradients(repeats)]


def measure_stacks(repeats: int) -> list[Row]:
    """Of two Bidirectional layers whose mask skips the last of 10 steps."""
    new = []
    for number in range(WARM_UP + repeats):
        first = settings(number, 10)
        first = first.but(tokens=((*first.tokens[0][:-1], 0),))
        above = (stack.Above(units=3, bidirectional="concat"),)
        asked = stack.Question(first=first, above=above, bidirectional="concat", mask_zero=True)
        new.append(timed(partial(stack.answer, asked)))
    return [Row("stack of two Bidirectional, masked, new", median(new[WARM_UP:]), at_most=150)]


def measure_gradients(repeats: int) -> list[Row]:
    """Of all three cells over 100 steps."""
    new, again = [], []
    for number in range(WARM_UP + repeats // 2):
        wanted = settings(number, 100).but(seed=10_000)
        new.append(timed(partial(gradients, wanted)))
        again.append(timed(partial(gradients, wanted)))
    return [
        Row("gradients of three cells, T=100, new", median(new[WARM_UP:]), at_most=1500),
        Row("the same, the slowest", max(new[WARM_UP:]), at_most=1500),
        Row("the same, repeated", median(again[WARM_UP:]), at_most=1),
    ]


def measure_runs(repeats: int) -> list[Row]:
    """Of a short sentence and of a long one."""
    new: dict[int, list[float]] = {10: [], 100: []}
    again: dict[int, list[float]] = {10: [], 100: []}
    for number in range(WARM_UP + repeats):
        for steps in new:
            wanted = settings(number, steps)
            new[steps].append(timed(partial(run, wanted)))
            again[steps].append(timed(partial(run, wanted)))
    new_10, new_100 = (median(new[steps][WARM_UP:]) for steps in new)
    return [
        Row("new settings, T=10", new_10, at_most=60),
        Row("new settings, T=100", new_100, floor=new_10),
        Row("T=100 / T=10", new_100 / new_10, "x", floor=1, at_most=3),
        *(
            Row(f"repeated settings, T={steps}", median(times[WARM_UP:]), at_most=1)
            for steps, times in again.items()
        ),
    ]


def growth(ask: Callable[[Settings], object], runs: int) -> float:
    """Megabytes by which this process grows over `runs` new settings, after the first ones."""
    process = psutil.Process()
    base = 0
    for number in range(FIRST + runs):
        if number == FIRST:
            gc.collect()
            base = process.memory_info().rss
        ask(Settings(cell=CELLS[number % 3], units=1 + number % 16, seed=number))
    gc.collect()
    return (process.memory_info().rss - base) / MEGABYTE


def measure_memory(runs: int) -> list[Row]:
    context = multiprocessing.get_context("spawn")  # a process that has done nothing else
    kinds = {f"{runs} settings": (run, runs), f"{runs // 4} gradients": (gradients, runs // 4)}
    rows = []
    for name, asked in kinds.items():
        with context.Pool(1) as pool:
            grown = pool.apply(growth, asked)
        rows.append(Row(f"memory growth over {name}", grown, "MB", at_most=15))
    return rows
