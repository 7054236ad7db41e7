"""What `components.backend.run` costs, in time and in memory."""

import gc
import multiprocessing
import time
from statistics import median

import numpy as np
import psutil

from components.backend import Settings, run
from tests.benchmarks.table import Row

CELLS = ("LSTM", "GRU", "SimpleRNN")
WARM_UP = 3
FIRST = 300
MEGABYTE = 1e6


def settings(number: int, steps: int) -> Settings:
    """The number-th of a series of LSTMs: each a new size or, after 64 of them, a new seed."""
    tokens = np.random.default_rng(steps).integers(0, 100, steps).tolist()
    return Settings(units=1 + number % 64, tokens=(tuple(tokens),), seed=number // 64)


def timed(wanted: Settings) -> float:
    """Milliseconds of one run."""
    start = time.perf_counter()
    run(wanted)
    return (time.perf_counter() - start) * 1000


def measure_time(repeats: int) -> list[Row]:
    new: dict[int, list[float]] = {10: [], 100: []}
    again: dict[int, list[float]] = {10: [], 100: []}
    for number in range(WARM_UP + repeats):
        for steps in new:
            wanted = settings(number, steps)
            new[steps].append(timed(wanted))
            again[steps].append(timed(wanted))
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


def growth(runs: int) -> float:
    """Megabytes by which this process grows over `runs` new settings, after the first ones."""
    process = psutil.Process()
    base = 0
    for number in range(FIRST + runs):
        if number == FIRST:
            gc.collect()
            base = process.memory_info().rss
        run(Settings(cell=CELLS[number % 3], units=1 + number % 16, seed=number))
    gc.collect()
    return (process.memory_info().rss - base) / MEGABYTE


def measure_memory(runs: int) -> list[Row]:
    context = multiprocessing.get_context("spawn")  # a process that has done nothing else
    with context.Pool(1) as pool:
        grown = pool.apply(growth, (runs,))
    return [Row(f"memory growth over {runs} settings", grown, "MB", at_most=15)]
