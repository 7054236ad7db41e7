"""The pages with several layers show the weights of a visitor's own model, while they fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Explained, Settings, explain
from components.backend.origins.uploaded import name_of, register_weights
from components.backend.question.weights import Weights
from components.backend.running.model import weight_layout
from components.backend.whatif import both_ways, encoder_decoder, stack
from components.backend.whatif.stack import Above
from components.backend.your_model.other_pages.handed_to_several import handed
from components.texts import LANGUAGES, speaking, text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    figure,
    messages,
    move,
    open_box,
    press,
    sound,
    start_from,
    told,
)
from tests.kinds import any_weights
from tests.scripts import assert_printed, executed


class Page(NamedTuple):
    """A page with several layers, and a question that it asks."""

    whatif: ModuleType
    link: Mapping[str, str]
    ask: Callable[[Settings], Any]  # the question, of the sidebar's settings
    large: Mapping[str, str]  # what makes of it a model of too many weights to write
    wrong: Mapping[str, str]  # what its weights do not fit
    said: str  # which value they fit


SIZE = Settings(units=4)
PAGES = {
    "stack": Page(
        stack,
        {"units": "4", "2.cell": "GRU", "2.units": "5", "2.bidirectional": "concat"},
        lambda s: stack.Question(
            first=s,
            above=(Above(cell="GRU", units=5, bidirectional="concat"),),
            hand_on="outputs",
        ),
        {"units": "150"},
        {"2.units": "6"},
        "- **Layer 2** Hidden size 5, not 6",
    ),
    "both_ways": Page(
        both_ways,
        {"units": "4"},
        lambda s: both_ways.Question(settings=s),
        {"units": "150"},
        {"cell": "GRU"},
        "Cell LSTM, not GRU",
    ),
    "encoder_decoder": Page(
        encoder_decoder,
        {"units": "4"},
        lambda s: encoder_decoder.Question(settings=s),
        {"units": "150"},
        {"embedding_dim": "3"},
        "Embedding dimension 2, not 3",
    ),
}
every_page = pytest.mark.parametrize("page", PAGES)


def brought(page: str, settings: Settings = SIZE) -> Weights:
    """Weights for the page's question, as those of a visitor's model come in."""
    layouts = weight_layout(PAGES[page].ask(settings).model)
    return register_weights(any_weights(layouts, 1), layouts)


def draws(at: AppTest, page: str, weights: Weights | None, settings: Settings = SIZE) -> None:
    """The page draws what Keras returns with these weights, and checks it."""
    assert not at.exception
    asked = PAGES[page]
    answer = asked.whatif.answer(asked.ask(settings), weights)
    strips = [s for s in figure(at, page)["data"] if s["type"] == "heatmap"]
    drawn = [np.float32(s["z"]).tobytes() for s in strips if s["name"] == "outputs"]
    assert answer.returned[0].values[0].T.tobytes() in drawn
    for fact in asked.whatif.facts(answer):
        told(at, fact, f"{page}_facts")


@every_page
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_names_them_and_the_page_draws_them(
    open_app: OpenApp, page: str, language: str
) -> None:
    weights = brought(page)
    link = {**PAGES[page].link, "weights": name_of(weights)}
    at = open_app(page, **link, lang=language)
    sound(at)
    with speaking(language):
        draws(at, page, weights)
        assert text("start.uploaded_all") in all_markdown(at)
        assert address(at).items() >= link.items()
        press(at, "weights_of_seed")
        draws(at, page, None)
    assert "weights" not in address(at)


@every_page
def test_a_setting_that_they_do_not_fit_is_named_and_they_are_dropped_by_a_button(
    open_app: OpenApp, page: str
) -> None:
    weights, asked = brought(page), PAGES[page]
    at = open_app(page, **asked.link | asked.wrong, weights=name_of(weights))
    assert text("start.misfits") in messages(at)
    assert asked.said in messages(at)
    assert address(at)["weights"] == name_of(weights)
    press(at, "drop.weights")
    sound(at)
    assert "weights" not in address(at)
    assert address(at).items() >= asked.wrong.items()


@every_page
def test_they_come_back_with_the_settings_that_they_fit(open_app: OpenApp, page: str) -> None:
    weights = brought(page)
    at = open_app(page, **PAGES[page].link, weights=name_of(weights))
    move(at, "units", 3)
    assert "Hidden size 4, not 3" in messages(at)
    move(at, "units", 4)
    sound(at)
    draws(at, page, weights)


@every_page
@pytest.mark.parametrize("preset", ["keras", "opening"])
def test_a_preset_drops_them(open_app: OpenApp, page: str, preset: str) -> None:
    at = open_app(page, **PAGES[page].link, weights=name_of(brought(page)))
    sound(start_from(at, preset))
    assert "weights" not in address(at)


@every_page
def test_weights_that_nobody_shows_are_complained_of(open_app: OpenApp, page: str) -> None:
    at = open_app(page, **PAGES[page].link, weights="0123456789abcdef")
    assert "- weights: `'0123456789abcdef'`; " in messages(at)
    assert "a link cannot carry a file" in messages(at)
    draws(at, page, None)


@every_page
def test_the_script_has_them(open_app: OpenApp, page: str) -> None:
    weights, asked = brought(page), PAGES[page]
    at = open_app(page, **asked.link, weights=name_of(weights))
    open_box(at, f"{page}_code")
    (code,) = at.code
    question = asked.ask(SIZE)
    assert code.value == asked.whatif.script(question, weights).strip()
    output = executed(code.value)[1].partition(text("scripts.apart"))[0]
    assert_printed(output, asked.whatif.answer(question, weights))
    buttons = {node.proto.label for node in at.get("download_button")}
    assert text("edit.download") in buttons


@every_page
def test_weights_of_the_seed_are_not_offered_as_a_file(open_app: OpenApp, page: str) -> None:
    at = open_box(open_app(page), f"{page}_code")
    buttons = {node.proto.label for node in at.get("download_button")}
    assert text("edit.download") not in buttons
    assert text("start.uploaded_all") not in all_markdown(at)


def explained(page: str) -> Explained:
    """A model of somebody's own with what the page shows, called on two sentences."""
    import keras

    layers, ids = keras.layers, np.array([[4, 21, 7], [3, 0, 9]])
    inputs = keras.Input((3,))
    read = layers.Embedding(30, 2)(inputs)
    if page == "encoder_decoder":
        _, *states = layers.GRU(4, return_state=True)(read)
        target = keras.Input((2, 2))
        outputs = layers.GRU(4, return_sequences=True)(target, initial_state=states)
        x = np.random.default_rng(3).normal(size=(2, 2, 2)).astype("float32")
        return explain(keras.Model([inputs, target], outputs), [ids, x])
    both = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(read)
    outputs = layers.GRU(3, return_sequences=True)(both) if page == "stack" else both
    return explain(keras.Model(inputs, layers.Dense(1)(outputs)), ids)


@every_page
def test_a_layer_of_ones_own_opens_with_its_numbers(open_app: OpenApp, page: str) -> None:
    open_app("explore")  # Keras is set up
    (link,) = (each for each in handed(explained(page)) if each.page == page)
    at = open_app(page, **link.query)
    sound(at)
    strips = [s for s in figure(at, page)["data"] if s["type"] == "heatmap"]
    drawn = [np.float32(s["z"]).tobytes() for s in strips if s["name"] == "outputs"]
    assert link.calls[-1].returned[0].values[0].T.tobytes() in drawn
    assert address(at)["weights"] == link.query["weights"]
