"""Padding and masks: sentences of different lengths as the backend answers, whatever is moved or
linked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings, Setup
from components.backend.origins.notebook import cases
from components.backend.question.sentences import tokens_text, values_text
from components.backend.whatif import padding
from components.backend.whatif.padding import Answer, Choice, Question
from components.charts.layer_strips import START
from components.charts.padding import padding as padding_chart
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    chart,
    figure,
    follow,
    links,
    messages,
    move,
    same_again,
    settings,
    sound,
    told,
    widgets,
)

RAGGED = ((4, 21, 64), (77,), (66, 0))
TYPED = "4, 21 64; 77; 66 0"


def draws(at: AppTest, question: Question) -> Answer:
    """Strips, hatching, alternative text and facts are those of the backend's answer."""
    sound(at)
    answer = padding.answer(question)
    data = figure(at, "padding")["data"]
    heatmaps = (t for t in data if t["type"] == "heatmap" and t["name"] != START)
    lit = [t for t in heatmaps if t["opacity"] == 1]
    pairs = [(t, row) for row in range(len(answer.mask)) for t in answer.run.returned]
    assert [strip["name"] for strip in lit] == [tensor.name for tensor, _ in pairs]
    for strip, (tensor, row) in zip(lit, pairs, strict=True):
        values = tensor.values[row].reshape(-1, tensor.values.shape[-1]).T
        np.testing.assert_array_equal(np.array(strip["z"], "float32"), values)
    expected = padding_chart(answer)
    assert len(data) == len(expected.figure["data"])
    assert chart(at, "padding")["alt"] == expected.alt
    for fact in padding.facts(answer):
        assert told(at, fact, "padding_facts") == {True: "holds", None: "note"}[fact.holds]
    return answer


def said(**values: Any) -> dict[str, str]:
    """Values as they are in the address."""
    return {f"pad.{name}": str(value).lower() for name, value in values.items()}


def test_every_switch_moves_the_picture_the_link_and_the_facts(open_app: OpenApp) -> None:
    at, values = open_app("padding"), {}
    for name, value in {
        "side": "pre",
        "zero_output_for_mask": True,
        "mask_zero": False,
        "pass_mask": True,
        "initial_state": True,
        "other_states": True,
    }.items():
        values[name] = value
        draws(move(at, f"pad.{name}", value), Question(**values))
        effective = {n: v for n, v in values.items() if Choice(**values).applies(n)}
        assert address(at) == said(**effective)
    same_again(at, open_app, "padding")


def test_sentences_are_typed(open_app: OpenApp) -> None:
    at = move(open_app("padding"), "pad.sentences", TYPED)
    draws(at, Question(sentences=RAGGED))
    assert address(at) == {"pad.sentences": tokens_text(RAGGED)}
    same_again(at, open_app, "padding")
    move(at, "pad.sentences", "1 2; 300")
    assert "- pad.sentences: `the id 300`; allowed: " in messages(at)
    same_again(at, open_app, "padding")
    draws(move(at, "vocabulary_size", 301), padding_of("1 2; 300", vocabulary_size=301))


def padding_of(typed: str, **values: Any) -> Question:
    rows = tuple(tuple(map(int, row.split())) for row in typed.split(";"))
    return Question(settings=Settings(**values), sentences=rows)


def test_both_directions_have_the_seeds_weights(open_app: OpenApp) -> None:
    case = next(case for case in cases() if case.id == "1-2 LSTM")
    at = open_app("padding", case=case.id, **Setup.of(case.settings).to_query())
    draws_both(move(at, "pad.bidirectional", True))
    assert address(at)["pad.bidirectional"] == "true"
    assert text("what_if.seeded") in all_markdown(at)
    assert "pad.zero_output_for_mask" not in widgets(at)
    same_again(at, open_app, "padding")


def draws_both(at: AppTest) -> None:
    """A strip for each sentence with the outputs of both directions."""
    sound(at)
    answer = padding.answer(Question(settings=settings(at), bidirectional=True))
    strips = [t for t in figure(at, "padding")["data"] if t.get("name") == "outputs"]
    for strip, values in zip(strips, answer.layer.tensor("outputs"), strict=True):
        np.testing.assert_array_equal(np.array(strip["z"], "float32"), values.T)
    for fact in padding.facts(answer):
        assert told(at, fact, "padding_facts") == {True: "holds", None: "note"}[fact.holds]


def test_a_switch_without_an_effect_is_not_there(open_app: OpenApp) -> None:
    at = open_app("padding")
    assert "pad.pass_mask" not in widgets(at)
    move(at, "pad.initial_state", True)
    assert "pad.pass_mask" in widgets(at)
    assert "pad.zero_output_for_mask" not in widgets(at)
    assert not {"source", "length", "sentences"} & widgets(at).keys()


def test_what_explore_refuses_is_at_home_here(open_app: OpenApp) -> None:
    """Sentences of different lengths typed there are offered a link, and that brings them along."""
    label = text("sidebar.padding")
    at = move(open_app(cell="GRU", units="5", source="typed"), "tokens", RAGGED)
    assert "- tokens: `sentences of 1 and 2 and 3 ids`" in messages(at)
    assert label in links(at)
    draws(follow(at, label), Question(settings=Settings(cell="GRU", units=5), sentences=RAGGED))
    assert address(at)["pad.sentences"] == tokens_text(RAGGED)
    same_again(at, open_app, "padding")


@pytest.mark.parametrize("typed", ["1 2; 3 4", "1 2; x", "1 2; 300"])
def test_only_what_is_ragged_and_nothing_else_is_offered_it(open_app: OpenApp, typed: str) -> None:
    at = open_app(source="typed", tokens=typed)
    assert text("sidebar.padding") not in links(at)


SERIES = (((0.5, 1.0), (0.0, 0.0)), ((2.0, -1.0),))
NUMBERS = Settings(values=SERIES[:1])


def test_series_of_numbers_are_pasted(open_app: OpenApp) -> None:
    at = move(open_app("padding", source="typed", tokens="1, 2, 3"), "padding_numbers", True)
    draws(at, Question(settings=NUMBERS))
    assert address(at)["source"] == "pasted"
    assert "pad.sentences" not in widgets(at)
    move(at, "pad.series", values_text(SERIES))
    draws(at, Question(settings=NUMBERS, series=SERIES))
    assert address(at)["pad.series"] == values_text(SERIES)
    same_again(at, open_app, "padding")
    move(at, "pad.series", "1\n2\n\nx")
    assert "`'x' in line 4, cell 1`" in messages(at).replace("\\", "")
    same_again(at, open_app, "padding")
    move(at, "pad.series", "1\n2\n\n3")
    move(at, "padding_numbers", False)
    draws(at, Question(settings=Settings(tokens=((1, 2, 3),))))
    assert (address(at)["source"], address(at)["tokens"]) == ("typed", "1, 2, 3")


def test_pasted_numbers_of_different_lengths_are_brought_along(open_app: OpenApp) -> None:
    label = text("sidebar.padding")
    at = move(open_app(source="pasted"), "values", values_text(SERIES))
    assert "- values: `sentences of 1 and 2 steps`" in messages(at)
    draws(follow(at, label), Question(settings=NUMBERS, series=SERIES))
    assert address(at)["pad.series"] == values_text(SERIES)
    same_again(at, open_app, "padding")


def test_edits_of_another_width_are_not_used(open_app: OpenApp) -> None:
    edited = {"source": "pasted", "edits": "forget=1"}
    at = open_app("padding", **edited)
    draws(at, Question(settings=NUMBERS))
    assert text("padding.other_width", chosen=2, here=1) in all_markdown(at)
    at = open_app("padding", **edited | {"pad.series": values_text(SERIES)})
    assert text("padding.other_width", chosen=2, here=1) not in all_markdown(at)


def test_the_sidebars_sentence_is_kept_for_the_other_pages(open_app: OpenApp) -> None:
    at = open_app("padding", source="seven", units="5")
    draws(at, Question(settings=Settings(units=5)))
    follow(at, text("pages.explore.title"))
    sound(at)
    assert dict(settings(at)) == dict(Setup(source="seven", units=5).settings)


def test_the_opening_sentences_give_way_to_a_small_vocabulary(open_app: OpenApp) -> None:
    """Nobody has asked for an id that it does not have: there is nothing to complain about."""
    small = {"source": "typed", "tokens": "1, 2", "vocabulary_size": "20"}
    at = open_app("padding", **small)
    question = Question(settings=Settings(vocabulary_size=20, tokens=((1, 2),)))
    draws(at, question)
    assert widgets(at)["pad.sentences"].value == tokens_text(question.sentences)
    same_again(at, open_app, "padding")
    at = move(open_app("padding", **small | {"vocabulary_size": "100"}), "vocabulary_size", 20)
    draws(at, question)
    same_again(at, open_app, "padding")


def test_of_two_wrong_texts_the_second_one_is_reported(open_app: OpenApp) -> None:
    """Ids that do not fit the vocabulary, then a text that cannot be read at all."""
    at = open_app("padding")
    move(at, "pad.sentences", "-3, 4; 2")
    assert "the id -3" in messages(at)
    move(at, "pad.sentences", "abc")
    assert "'abc'" in messages(at)
    assert "-3" not in messages(at)
