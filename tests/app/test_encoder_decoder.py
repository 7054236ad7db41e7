"""Encoder and decoder: the page draws both layers, and says what passes between them."""

from __future__ import annotations

from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from components.backend import Setup
from components.backend.whatif import encoder_decoder
from components.backend.whatif.encoder_decoder import Question
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import address, figure, messages, move, sound, told, widget


def draws(at: AppTest, sentence: int = 0, **values: Any) -> None:
    """The framed strips are what Keras returns of both layers, and the facts are told."""
    sound(at)
    answer = encoder_decoder.answer(Question(**values))
    cells = [t for t in figure(at, "encoder_decoder")["data"] if t["type"] == "heatmap"]
    shown = [np.float32(t["z"]) for t in cells if t["name"] == "outputs"]
    for strip, layer in zip(shown, (answer.encoder, answer.decoder), strict=True):
        np.testing.assert_array_equal(strip, layer.tensor("outputs")[sentence].T)
    for fact in encoder_decoder.facts(answer):
        told(at, fact, "encoder_decoder_facts")


def test_it_opens_with_states_that_pass(open_app: OpenApp) -> None:
    at = open_app("encoder_decoder")
    draws(at)
    at.button(key="encoder_decoder_try").click()
    draws(at.run(), pass_states=False)
    assert address(at) == {"pass_states": "false"}
    assert at.button(key="encoder_decoder_try").label == text("encoder_decoder.try_back")


def test_a_link_brings_it_back(open_app: OpenApp) -> None:
    link = {"target": "1, 2, 3", "bidirectional": "true", "cell": "GRU", "sentences": "2"}
    at = open_app("encoder_decoder", **link, sentence="2")
    assert widget(at, "target").value == "1, 2, 3"
    settings = Setup(cell="GRU", sentences=2).settings
    draws(at, 1, settings=settings, bidirectional=True, target=((1, 2, 3),))
    assert not messages(at)
    assert address(at) == link | {"sentence": "2"}


def test_a_target_that_does_not_fit_is_complained_of_and_the_last_good_one_stays(
    open_app: OpenApp,
) -> None:
    at = open_app("encoder_decoder", target="1, 2, 3")
    widget(at, "target").set_value("1, 200")
    at.query_params = address(at)
    at.run()
    assert "200" in messages(at)
    assert "from 0 to 99" in messages(at)
    assert address(at) == {"target": "1, 2, 3"}


def test_on_its_own_the_field_says_what_of_the_target_counts(open_app: OpenApp) -> None:
    at = open_app("encoder_decoder", target="1, 2, 3")
    assert widget(at, "target").label == text("encoder_decoder_view.target.label")
    at = move(at, "on_its_own", True)
    assert widget(at, "target").label == text("encoder_decoder.target_alone")
    assert address(at) == {"target": "1, 2, 3", "on_its_own": "true"}
    draws(at, target=((1, 2, 3),), on_its_own=True)


def test_masks(open_app: OpenApp) -> None:
    link = {"tokens": "4, 21, 0", "target": "1, 0, 3, 0", "mask_zero": "true"}
    at = open_app("encoder_decoder", **link)
    given = {"settings": Setup(tokens=((4, 21, 0),)).settings, "target": ((1, 0, 3, 0),)}
    draws(at, **given, mask_zero=True)
    assert address(at).items() >= link.items()
    assert not [each for each in at.button if each.key == "encoder_decoder_try_zeros"]
    at = open_app("encoder_decoder", mask_zero="true")
    at.button(key="encoder_decoder_try_zeros").click()
    at.run()
    assert address(at)["tokens"].endswith(", 0")


def test_the_target_of_a_series_is_pasted(open_app: OpenApp) -> None:
    at = open_app("encoder_decoder", source="walk", features="2", sentences="2")
    settings = Setup(source="walk", features=2, sentences=2).settings
    draws(at, settings=settings)
    assert address(at) == {"source": "walk", "features": "2", "sentences": "2"}
    at = open_app("encoder_decoder", target_values="1;2\n3;4", **address(at))
    draws(at, settings=settings, target_values=(((1.0, 2.0), (3.0, 4.0)),))
    assert address(at)["target_values"] == "1\t2\n3\t4"
    widget(at, "target_values").set_value("1\n2")
    at.query_params = address(at)
    at.run()
    assert "`steps of 1 features`" in messages(at)
    draws_again = open_app("encoder_decoder", **address(at))
    assert not draws_again.exception
