"""Attention: the page draws what Keras returns, says what is so of it, and works out a step."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Setup
from components.backend.scripts.torch_code import attention_script
from components.backend.whatif import attention, encoder_decoder
from components.panels.write.notation import typeset
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    component,
    figure,
    messages,
    open_box,
    sheet,
    sound,
    told,
    widget,
)
from tests.notation import digits


def draws(at: AppTest, sentence: int = 0, **values: Any) -> attention.Answer:
    """The pictures are what Keras returns, and the facts are told."""
    sound(at)
    answer = attention.answer(attention.Question(**values))
    cells = {t.get("name"): t for t in figure(at, "attention")["data"] if t["type"] == "heatmap"}
    context = np.float32(cells["context"]["z"])
    np.testing.assert_array_equal(context, answer.attended.context[sentence].T)
    for fact in attention.facts(answer):
        told(at, fact, "attention_facts")
    return answer


def test_it_opens_with_the_last_h_that_asks(open_app: OpenApp) -> None:
    at = open_app("attention")
    answer = draws(at)
    assert not component(at, "attention_square")
    weight = answer.attended.weights[0, 0, 0, 3]
    score = answer.attended.attended.scores[0, 0, 0, 3]
    written = sheet(at, "attention_worked_out", step=4, unit=1)
    for value in (score, weight, answer.attended.context[0, 0, 1]):
        assert f"<b>{typeset(digits(value))}</b>" in written
    at.button(key="attention_try").click()
    draws(at.run(), score="scaled", scale=20.0)
    assert address(at) == {"score": "scaled", "scale": "20"}
    assert at.button(key="attention_try").label == text("attention.try_back")


@pytest.mark.parametrize("score", attention.SCORES)
def test_a_link_brings_it_back(open_app: OpenApp, score: Any) -> None:
    link = {"asks": "each", "score": score, "causal": "true", "padded": "2", "sentences": "2"}
    at = open_app("attention", **link, sentence="2")
    settings = Setup(sentences=2).settings
    asked = {"asks": "each", "score": score, "causal": True, "padded": 2}
    answer = draws(at, 1, settings=settings, **asked)
    heads = [t for t in figure(at, "attention_square")["data"] if t["type"] == "heatmap"]
    np.testing.assert_array_equal(np.float32([t["z"] for t in heads]), answer.attended.weights[1])
    assert not messages(at)
    shown = {name: value for name, value in link.items() if (name, value) != ("score", "dot")}
    assert address(at) == shown | {"sentence": "2"}


def test_widgets_come_where_they_have_an_effect(open_app: OpenApp) -> None:
    at = open_app("attention")
    for name in ("scale", "causal", "mask_zero"):
        with pytest.raises(KeyError):
            widget(at, name)
    at = open_app("attention", asks="each", score="scaled", padded="1", mask_zero="false")
    for name in ("scale", "causal", "mask_zero"):
        assert widget(at, name).label


def test_it_says_that_it_needs_all_h(open_app: OpenApp) -> None:
    said = text("attention.sequences")
    for flag, shown in (("false", True), ("true", False)):
        at = open_app("attention", return_sequences=flag)
        draws(at)
        assert (said in [each.value for each in at.caption]) == shown


@pytest.mark.parametrize("score", ["scaled", "additive", "one_head"])
def test_the_same_in_pytorch(open_app: OpenApp, score: Any) -> None:
    at = open_box(open_app("attention", score=score), "attention_torch")
    answer = draws(at, score=score)
    script = attention_script(answer.question.model, answer.weights)
    assert [code.value for code in at.code] == [script.strip()]
    keys = {button.key for button in at.get("download_button")}
    names = ("npz", "download_script", "download_notebook")
    assert {f"attention_torch_{name}" for name in names} <= keys


def test_what_pytorch_lacks_is_said(open_app: OpenApp) -> None:
    at = open_box(open_app("attention", score="two_heads"), "attention_torch")  # of 3 units
    sound(at)
    assert not at.code
    assert text("torch.lacks.heads", units=3, heads=2) in all_markdown(at)


def test_encoder_and_decoder_with_attention_and_on_its_own(open_app: OpenApp) -> None:
    at = open_app("encoder_decoder", attention="true", on_its_own="true", score="two_heads")
    sound(at)
    asked = {"attention": True, "on_its_own": True, "score": "two_heads"}
    answer = encoder_decoder.answer(encoder_decoder.Question(**asked))
    assert answer.attended is not None
    data = figure(at, "encoder_decoder_weights")["data"]
    heads = [np.float32(t["z"]) for t in data if t["type"] == "heatmap"]
    np.testing.assert_array_equal(heads, answer.attended.weights[0])
    ticks = figure(at, "encoder_decoder")["layout"]["xaxis"]["ticktext"]
    read, predicted = answer.decoder.trace.tokens[0], answer.predicted
    assert predicted is not None
    for step, (one, other) in enumerate(zip(read, predicted[0], strict=True), 1):
        assert f"<br>{one}<br>{other}" in next(t for t in ticks if t.startswith(f"{step}<br>"))
    for fact in encoder_decoder.facts(answer):
        told(at, fact, "encoder_decoder_facts")
