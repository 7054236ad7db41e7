"""A layer of a visitor's own model, opened by its link on the pages of one layer: they draw what it
returned in the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Explained, explain
from components.backend.running import engine
from components.backend.your_model import sample
from components.backend.your_model.opened import explained, open_model
from components.backend.your_model.other_pages.handed_over import (
    HandedOver,
    handed_over,
    handed_to_padding,
)
from components.charts.layer_strips import START
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import all_markdown, figure, sound

ROUNDED = 1e-6
"""How far another batch may set numbers apart: sums are taken in another order."""


def of_the_sample() -> Explained:
    found = open_model(sample.files(), "test")
    sentences = [[sentence] for sentence in sample.opening().splitlines()]
    (answer,) = explained(found.key, {"review": np.array(sentences)})
    return answer


def of_numbers(steps: int, features: int, make: Callable[[Any], Any]) -> Explained:
    x = np.random.default_rng(0).normal(size=(2, steps, features)).astype("float32")
    with engine.use_keras() as (keras, _):
        keras.utils.set_random_seed(2)
        model = keras.Sequential([keras.Input((None, features)), make(keras.layers)])
        return explain(model, x)


CASES: dict[str, Callable[[], Explained]] = {
    "sample": of_the_sample,
    "pasted": lambda: of_numbers(6, 3, lambda k: k.GRU(4, return_sequences=True, name="lstm")),
    "wide": lambda: of_numbers(
        30, 64, lambda k: k.LSTM(5, return_state=True, go_backwards=True, name="lstm")
    ),
}


def lit(at: AppTest, key: str, count: int) -> list[tuple[str, np.ndarray]]:
    """The names and the numbers of the first strips of tensors that were returned."""
    strips = [t for t in figure(at, key)["data"] if t["type"] == "heatmap"]
    strips = [t for t in strips if t["opacity"] == 1 and t["name"] != START]
    return [(t["name"], np.array(t["z"], "float32")) for t in strips[:count]]


def opened(open_app: OpenApp, page: str, found: object) -> tuple[AppTest, HandedOver]:
    """A page to which a layer was handed over, with that layer's weights."""
    assert isinstance(found, HandedOver)
    at = open_app(page, **found.query)
    sound(at)
    assert text("start.uploaded", case="", edited="") in all_markdown(at)
    return at, found


def assert_drawn(at: AppTest, key: str, wanted: list[tuple[str, np.ndarray]]) -> None:
    """The first strips of a picture are these tensors of one sentence, (step, unit) or (unit,)."""
    drawn = lit(at, key, len(wanted))
    assert [name for name, _ in drawn] == [name for name, _ in wanted]
    for (_, values), (_, own) in zip(drawn, wanted, strict=True):
        shown = own.reshape(-1, own.shape[-1]).T
        np.testing.assert_allclose(values, shown, rtol=0, atol=ROUNDED)


@pytest.mark.parametrize(
    ("page", "key", "name"),
    [
        ("explore", "timeline", "sample"),
        ("explore", "timeline", "wide"),
        ("compare", "compare", "pasted"),
    ],
)
def test_a_page_draws_what_the_layer_returned(
    open_app: OpenApp, page: str, key: str, name: str
) -> None:
    answer = CASES[name]()
    call = answer.layer("lstm")
    at, found = opened(open_app, page, handed_over(answer, call))
    first = found.sentences[0]
    assert_drawn(at, key, [(tensor.name, tensor.values[first]) for tensor in call.returned])


@pytest.mark.parametrize("name", ["sample", "pasted"])
def test_edit_draws_what_the_layer_computed(open_app: OpenApp, name: str) -> None:
    answer = CASES[name]()
    call = answer.layer("lstm")
    at, found = opened(open_app, "edit", handed_over(answer, call))
    trace, first = call.cells[0].trace, found.sentences[0]
    counted = trace.counts[first]
    assert_drawn(at, "edit", [(gate, own[first, counted]) for gate, own in trace.gates.items()])


@pytest.mark.parametrize("name", ["sample", "wide"])
def test_padding_draws_what_the_layer_returned(open_app: OpenApp, name: str) -> None:
    answer = CASES[name]()
    call = answer.layer("lstm")
    at, found = opened(open_app, "padding", handed_to_padding(answer, call))
    rows = [(tensor.name, tensor.values[r]) for r in found.sentences for tensor in call.returned]
    assert_drawn(at, "padding", rows)
