"""A chart of a run is drawn once for everybody, and keeps neither the run nor much memory."""

from __future__ import annotations

import dataclasses
import gc
import json
import sys
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from components.backend import Run, Settings, run
from components.charts import Picture, timeline
from components.panels.draw import plot
from tests.page import decoded


@pytest.fixture
def result() -> Run:
    """A run that nobody else holds."""
    return dataclasses.replace(run(Settings()))


@pytest.fixture
def chart() -> tuple[list[dict], object]:
    """A chart that keeps an account of its calls."""
    calls = []

    def counted(run: Run, **options: object) -> Picture:
        calls.append(options)
        return timeline(run, **options)

    return calls, counted


def test_drawn_as_the_chart_says(result: Run) -> None:
    drawn, picture = plot.drawn(timeline, result), timeline(result)
    assert drawn.alt == picture.alt
    sent, said = json.loads(drawn.figure), json.loads(plot.to_json_plotly(picture.figure))
    for trace, own in zip(sent["data"], said["data"], strict=True):
        packed, numbers = trace.pop("z", None), own.pop("z", None)
        if numbers is not None:
            np.testing.assert_array_equal(decoded(packed), np.array(numbers, "float32"))
    assert sent == said


def test_drawn_once_for_each_option(result: Run, chart) -> None:
    calls, counted = chart
    first = plot.drawn(counted, result, view="lines", scale="fixed")
    assert plot.drawn(counted, result, scale="fixed", view="lines") is first
    assert plot.drawn(counted, result) is not first
    assert len(calls) == 2


def test_another_run_is_another_picture(result: Run, chart) -> None:
    calls, counted = chart
    plot.drawn(counted, result)
    plot.drawn(counted, dataclasses.replace(result))
    assert len(calls) == 2


def test_eight_threads_that_want_the_same_share_one_picture(result: Run, chart) -> None:
    calls, counted = chart
    together = Barrier(8)

    def visitor(_: int) -> plot.Drawn:
        together.wait()
        return plot.drawn(counted, result)

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(visitor, range(8)))) == len(calls) == 1


def test_keeps_no_run(result: Run) -> None:
    own = dataclasses.replace(result)
    plot.drawn(timeline, own)
    gone = weakref.ref(own)
    del own
    gc.collect()
    assert gone() is None


def test_what_is_kept_is_bounded(result: Run) -> None:
    kept = plot.drawn.cache
    text = "−" * 2**19  # two bytes each

    def large(run: Run, *, number: int) -> Picture:
        return Picture({"data": [{"name": text, "z": number}], "layout": {}}, "")

    for number in range(20):
        plot.drawn(large, result, number=number)
    assert 2**20 < kept.currsize <= kept.maxsize
    assert kept.currsize == sum(sys.getsizeof(drawn.figure) for drawn in kept.values())
    plot.drawn.cache_clear()
