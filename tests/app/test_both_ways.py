"""Bidirectional: the page draws what Keras's layer returns, each tensor where it belongs."""

from __future__ import annotations

from html import unescape
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings, Setup
from components.backend.origins.notebook import cases
from components.backend.question.linked import choices
from components.backend.whatif import both_ways
from components.backend.whatif.both_ways import WIKIDOCS, Question
from components.panels.write.notation import typeset
from components.texts import LANGUAGES, speaking, text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    chart,
    figure,
    html,
    messages,
    move,
    sheet,
    sound,
    start_from,
    told,
    widget,
    widgets,
)
from tests.notation import digits


def draws(
    at: AppTest,
    mode: str | None = "concat",
    sentence: int = 0,
    mask_zero: bool = False,
    **settings: Any,
) -> None:
    """The framed strips are what Keras returns for this question."""
    sound(at)
    question = Question(settings=Settings(**settings), merge_mode=mode, mask_zero=mask_zero)
    answer = both_ways.answer(question)
    shown = figure(at, "both_ways")
    lit = {s["name"]: s["z"] for s in shown["data"] if s["type"] == "heatmap" and s["opacity"] == 1}
    named = str(shown["layout"]["annotations"])
    for tensor in answer.returned:
        assert tensor.name in named
        if tensor.name in lit:
            values = tensor.values[sentence].reshape(-1, tensor.values.shape[-1]).T
            np.testing.assert_array_equal(np.array(lit[tensor.name], "float32"), values)
    names = {tensor.name for tensor in answer.returned}
    within = {"forward_h", "backward_h"} if mode is None else set()
    assert names - lit.keys() <= within
    (line,) = (body for body in html(at) if "rnn-both-ways" in body)
    assert both_ways.unpack_line(question) in unescape(line)
    for fact in both_ways.facts(answer):
        told(at, fact, "both_ways_facts")


def test_every_merge_mode_is_chosen_and_linked(open_app: OpenApp) -> None:
    at = open_app("both_ways")
    for mode in reversed(choices(Question, "merge_mode")):
        widget(at, "merge_mode").set_value(str(mode))
        at.query_params = address(at)
        draws(at.run(), mode)
        assert address(at) == ({} if mode == "concat" else {"merge_mode": str(mode)})
        again = open_app("both_ways", **address(at))
        assert address(again) == address(at)
        assert chart(again, "both_ways")["figure"] == chart(at, "both_ways")["figure"]


def test_stateful_layers_are_shown_in_their_second_call(open_app: OpenApp) -> None:
    at = open_app("both_ways")
    assert "initial_state" in widgets(at)
    widget(at, "stateful").set_value(True)
    at.query_params = address(at)
    at.run()
    sound(at)
    answer = both_ways.answer(Question(stateful=True))
    for fact in both_ways.facts(answer):
        told(at, fact, "both_ways_facts")
    (line,) = (body for body in html(at) if "rnn-both-ways" in body)
    assert both_ways.unpack_line(answer.question) in unescape(line)
    assert "initial_state" not in widgets(at)
    assert address(at) == {"stateful": "true"}
    strips = [s for s in figure(at, "both_ways")["data"] if s.get("name") == "h\N{SUBSCRIPT ZERO}"]
    begun = [np.array(strip["z"])[:, 0] for strip in strips]
    for shown, trace in zip(begun, answer.layer.traces, strict=True):
        np.testing.assert_allclose(shown, trace.initial["state_h"][0], atol=1e-6)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_of_a_book_opens_in_every_language(open_app: OpenApp, language: str) -> None:
    at = open_app("both_ways", lang=language)
    with speaking(language):
        start_from(at, "constant")
        draws(at, **dict(WIKIDOCS))
        (menu,) = at.get("menu_button")
        assert text("sidebar.constant") in menu.proto.options
        draws(open_app("both_ways", **address(at)), **dict(WIKIDOCS))


def test_both_flags_off(open_app: OpenApp) -> None:
    flags = {"return_sequences": False, "return_state": False}
    at = open_app("both_ways", merge_mode="None", **dict.fromkeys(flags, "false"))
    draws(at, None, **flags)


def test_the_sentence_is_chosen(open_app: OpenApp) -> None:
    rows = ((4, 21, 64), (13, 77, 66))
    at = open_app("both_ways", tokens="4, 21, 64; 13, 77, 66")
    draws(at, tokens=rows)
    draws(move(at, "sentence", 2), sentence=1, tokens=rows)
    assert "sentence" not in widgets(open_app("both_ways"))


def test_one_step(open_app: OpenApp) -> None:
    draws(open_app("both_ways", tokens="7", length="1"), tokens=((7,),))


def test_go_backwards_is_explained(open_app: OpenApp) -> None:
    said = text("both_ways.go_backwards")
    assert said not in [box.value for box in open_app("both_ways").info]
    at = open_app("both_ways", go_backwards="true")
    draws(at, go_backwards=True)
    assert said in [box.value for box in at.info]
    ticks = figure(at, "both_ways")["layout"]["xaxis"]["ticktext"]
    assert ticks[1] == f"1<br><b>{Settings().tokens[0][-1]}</b>"


def test_a_bad_link_is_complained_about(open_app: OpenApp) -> None:
    at = open_app("both_ways", merge_mode="max", sentence="2")
    assert not at.exception
    allowed = "concat, sum, mul, ave or None"
    assert f"- merge_mode: `'max'`; allowed: {allowed}; " in messages(at)
    assert "- sentence: `2`; allowed: " in messages(at)
    assert figure(at, "both_ways")["data"]


def test_a_cases_weights_do_not_hold_here(open_app: OpenApp) -> None:
    case = next(case for case in cases() if case.id == "1-2 LSTM")
    at = open_app("both_ways", case=case.id, **Setup.of(case.settings).to_query())
    draws(at, **dict(case.settings))
    assert text("what_if.seeded") in all_markdown(at)
    assert address(at)["case"] == case.id


def test_states_to_begin_with(open_app: OpenApp) -> None:
    at = open_app("both_ways", initial_state="true")
    sound(at)
    question = Question(initial_state=True)
    (line,) = (body for body in html(at) if "rnn-both-ways" in body)
    assert "(x, initial_state=states)" in unescape(line)
    for fact in both_ways.facts(both_ways.answer(question)):
        told(at, fact, "both_ways_facts")
    assert widget(at, "initial_state").value is True


@pytest.mark.parametrize("mode", choices(Question, "merge_mode"))
def test_what_each_layer_has_read_follows_the_step(open_app: OpenApp, mode: str | None) -> None:
    at = open_app("both_ways", merge_mode=str(mode))
    answer = both_ways.answer(Question(merge_mode=mode))
    said, units = sheet(at, "both_ways_so_far", step=3, unit=1), answer.question.settings.units
    assert text("both_ways.steps_ahead", first=1, last=3) in said
    assert text("both_ways.steps_back", first=10, last=3) in said
    ahead, back = answer.forward.hidden[0, 2, 1], answer.backward.hidden[0, -3, 1]
    outputs = answer.returned[0].values[0, 2]
    numbers = [ahead, back] if mode in ("concat", None) else [ahead, back, outputs[1]]
    for value in numbers:
        assert typeset(digits(value)) in said
    if mode == "concat":
        np.testing.assert_allclose(outputs[[1, units + 1]], [ahead, back], atol=1e-6)
        assert f"[{units + 1}]" in said
    for step in (1, 10):
        alone = text("both_ways.steps_one", last=step)
        assert alone in sheet(at, "both_ways_so_far", step=step)


def test_of_masked_steps_it_says_that_outputs_are_zero(open_app: OpenApp) -> None:
    at = open_app("both_ways", tokens="4,21,0,0,7", mask_zero="true")
    said = sheet(at, "both_ways_so_far", step=4)
    assert said.count(text("both_ways.steps_masked", count=2)) == 1
    assert said.count(text("both_ways.steps_masked", count=1)) == 1
    assert text("both_ways.masked_here") in said
    assert text("both_ways.masked_here") not in sheet(at, "both_ways_so_far", step=5)
    at = open_app("both_ways", return_sequences="false")
    assert "outputs" not in sheet(at, "both_ways_so_far")


def test_masked_steps_are_crossed_out(open_app: OpenApp) -> None:
    at = open_app("both_ways", tokens="4,21,0,0,7", mask_zero="true")
    draws(at, mask_zero=True, tokens=((4, 21, 0, 0, 7),))
    crossed = [
        trace["x"][:2]
        for trace in figure(at, "both_ways")["data"]
        if trace.get("meta") == "hatch" and trace["fillpattern"]["shape"] == "x"
    ]
    assert crossed == [[2.5, 4.5]] * 3
