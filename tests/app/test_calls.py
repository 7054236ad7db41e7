"""Two calls: one call and two, or the same x twice, as the backend answers, whatever is moved or
linked."""

from __future__ import annotations

from typing import Any

import numpy as np
from streamlit.testing.v1 import AppTest

from components.backend import Settings, Setup
from components.backend.question.layout import STATES
from components.backend.question.linked import choices
from components.backend.whatif import carry, twice
from components.backend.whatif.carry import Answer, Question
from components.charts.carry import carry as carry_chart
from components.charts.twice import twice as twice_chart
from components.panels.write.html import inline
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    all_markdown,
    chart,
    charts,
    figure,
    html,
    messages,
    move,
    open_box,
    press,
    same_again,
    sound,
    told,
    widgets,
)

THREE = Setup(sentences=3).settings


def draws(at: AppTest, question: Question, sentence: int = 0) -> Answer:
    """Strips, alternative text and facts are those of the backend's answer."""
    sound(at)
    answer = carry.answer(question)
    strips = [t for t in figure(at, "calls")["data"] if t["type"] == "heatmap"]
    lit = [s for s in strips if s["name"] in ("outputs", *STATES) and s["opacity"] == 1]
    runs = [(answer.whole, 3), (answer.first, 1)] + [(answer.second, 3)] * bool(answer.second)
    tensors = [tensor for run, count in runs for tensor in run.returned[:count]]
    assert [strip["name"] for strip in lit] == [tensor.name for tensor in tensors]
    for strip, tensor in zip(lit, tensors, strict=True):
        values = tensor.values[sentence].reshape(-1, tensor.values.shape[-1]).T
        np.testing.assert_array_equal(np.array(strip["z"], "float32"), values)
    assert_between(strips, answer, sentence)
    assert chart(at, "calls")["alt"] == carry_chart(answer, sentence=sentence).alt
    for fact in carry.facts(answer):
        assert told(at, fact, "carry_facts") == {True: "holds", None: "note"}[fact.holds]
    return answer


def assert_between(strips: list[dict[str, Any]], answer: Answer, sentence: int) -> None:
    """What lies between the calls, and what an edited start does, where there is such a thing."""
    by_name = {strip["name"]: np.array(strip["z"], "float32") for strip in strips}
    assert ("difference" in by_name) == (answer.second is not None)
    assert ("influence" in by_name) == (answer.question.initial is not None)
    if answer.second:
        apart = np.abs(by_name["difference"]).max(axis=0)
        np.testing.assert_array_equal(apart, answer.difference[sentence])
    if answer.question.initial:
        np.testing.assert_array_equal(by_name["influence"], answer.influence[[sentence]])


def test_every_switch_moves_the_picture_the_link_and_the_facts(open_app: OpenApp) -> None:
    at, said = open_app("calls"), {}
    moves = {
        "cut": 7,
        "hand_over": False,
        "how": "encoder_decoder",
    }
    for name, value in moves.items():
        said[name] = value
        draws(move(at, name, value), Question(**said))
        assert address(at) == {n: str(v).lower() for n, v in said.items()}
    move(at, "hand_over", True)
    answer = draws(
        move(at, "decoder", "larger"), Question(**said | {"hand_over": True, "decoder": "larger"})
    )
    assert answer.second is None
    assert address(at) == {"cut": "7", "how": "encoder_decoder", "decoder": "larger"}
    same_again(at, open_app, "calls")


def test_states_to_begin_with(open_app: OpenApp) -> None:
    at = open_app("calls")
    assert not {"state_h", "state_c"} & widgets(at).keys()
    open_box(at, "calls_start")
    draws(move(at, "state_h", "1, -0.5 0.25"), Question(state_h=(1, -0.5, 0.25)))
    draws(move(at, "state_c", "-3"), Question(state_h=(1, -0.5, 0.25), state_c=(-3,)))
    assert address(at) == {"state_h": "1, -0.5, 0.25", "state_c": "-3"}
    same_again(at, open_app, "calls")
    move(at, "state_h", "")
    draws(move(at, "state_c", ""), Question())
    assert address(at) == {}
    assert {"state_h", "state_c"} <= widgets(at).keys()  # the box has stayed open


def test_a_state_that_another_cell_has_is_left_alone(open_app: OpenApp) -> None:
    """A GRU has no c: what was set of it has no effect, and comes back with the LSTM."""
    at = open_app("calls", state_c="2")
    draws(at, Question(state_c=(2,)))
    draws(move(at, "cell", "GRU"), Question(settings=Settings(cell="GRU")))
    assert "state_c" not in widgets(at)
    draws(move(at, "cell", "LSTM"), Question(state_c=(2,)))
    draws(open_app("calls", state_c="2", cell="GRU"), Question(settings=Settings(cell="GRU")))


def test_several_sentences(open_app: OpenApp) -> None:
    at = open_app("calls", hand_over="false")
    assert "sentence" not in widgets(at)
    move(at, "sentences", 3)
    draws(at, Question(settings=THREE, hand_over=False))
    draws(move(at, "sentence", 3), Question(settings=THREE, hand_over=False), sentence=2)
    assert address(at) == {"hand_over": "false", "sentences": "3", "sentence": "3"}
    same_again(at, open_app, "calls")


def test_one_step_cannot_be_cut(open_app: OpenApp) -> None:
    at = open_app("calls", length="1")
    sound(at)
    assert charts(at) == []
    assert [info.value for info in at.info] == [text("calls.one_step")]
    short = Setup(length=2).settings
    draws(move(at, "length", 2), Question(settings=short, cut=1))


def test_a_cut_beyond_the_sentence_is_made_where_it_can_be_and_the_page_says_so(
    open_app: OpenApp,
) -> None:
    at = open_app("calls", cut="7")
    move(at, "length", 2)
    assert "- cut: `7`; allowed: a whole number from 1 to 1; the page uses `1`" in messages(at)
    assert widgets(at)["cut"].value == 7
    assert address(at)["cut"] == "1"
    move(at, "length", 9)
    draws(at, Question(settings=Setup(length=9).settings, cut=7))


def test_a_short_sentence_is_cut_where_it_can_be(open_app: OpenApp) -> None:
    """Nobody has asked for a cut after step 4: there is nothing to complain about."""
    at = open_app("calls", length="3")
    draws(at, Question(settings=Setup(length=3).settings, cut=2))
    same_again(at, open_app, "calls")


def test_a_larger_decoder_shows_what_keras_says(open_app: OpenApp) -> None:
    at = open_app("calls", how="encoder_decoder", decoder="larger", units="5")
    question = Question(settings=Settings(units=5), how="encoder_decoder", decoder="larger")
    answer = draws(at, question)
    assert [code.value for code in at.code] == [answer.error]
    assert "size-incompatible" in answer.error
    assert text("carry.refused", units=5, larger=6) in all_markdown(at)
    said = [label["text"] for label in figure(at, "calls")["layout"]["annotations"]]
    assert text("carry.second_refused") in said
    draws(press(at, "calls_mend"), Question(settings=Settings(units=5), how="encoder_decoder"))
    assert not at.code


def test_two_sentences_show_which_row_goes_on_from_which(open_app: OpenApp) -> None:
    at = press(open_app("calls", how="encoder_decoder", hand_over="false"), "calls_try_rows")
    answer = draws(at, Question(settings=Setup(sentences=2).settings, how="stateful"))
    assert "rows" in {fact.name for fact in carry.facts(answer)}
    assert begins_with(at, answer) == begins_with(at, answer, "ended")
    kept = text("carry.rows.kept", names="state_h and state_c")
    assert kept in all_markdown(at)
    reset = open_app("calls", sentences="2", how="stateful", hand_over="false")
    assert any(inline(text("calls.told_reset")) in each for each in html(reset))
    assert begins_with(reset, answer) == ["0, 0, 0"] * 2 != begins_with(reset, answer, "ended")
    assert begins_with(reset, answer, "began") == ["0, 0, 0"] * 2
    assert not open_app("calls", how="stateful").table
    assert not open_app("calls", sentences="2").table
    assert at.button(key="calls_try_rows").disabled
    assert open_app("calls", values="1\n3\n5").button(key="calls_try_rows").disabled


def begins_with(at: AppTest, answer: Answer, column: str = "begins") -> list[str]:
    """A column of the table of rows, of which the first is what each first row reads."""
    (table,) = (shown.value for shown in at.table)
    first = [", ".join(map(str, read)) for read in answer.first.trace.read]
    assert list(table[text("carry.rows.first")]) == first
    return list(table[text(f"carry.rows.{column}")])


def test_states_that_no_longer_fit_are_reported(open_app: OpenApp) -> None:
    at = move(open_app("calls", state_h="1, 2, 3"), "units", 4)
    assert "- state_h: `3 numbers`; allowed: " in messages(at)
    same_again(at, open_app, "calls")
    draws(move(at, "units", 3), Question(state_h=(1, 2, 3)))


def test_states_that_do_not_fit_leave_the_last_that_did(open_app: OpenApp) -> None:
    at = open_app("calls", state_h="1, 2, 3")
    before = chart(at, "calls")
    move(at, "state_h", "4, 5")
    assert messages(at).endswith("each unit; the page uses `1, 2, 3`")
    assert chart(at, "calls") == before
    assert address(at) == {"state_h": "1, 2, 3"}


def test_a_file_is_named_after_what_the_page_asks(open_app: OpenApp) -> None:
    at = open_app("calls", how="stateful", cut="3", seed="7")
    name = "rnn_lens_lstm_3_seq_state_seed7_calls_cut-3_how-stateful"
    assert chart(at, "calls")["image"]["filename"] == name


# The same x again


def draws_again(at: AppTest, question: twice.Question, sentence: int = 0) -> None:
    """Both calls, their difference, the alternative text and the fact are the backend's."""
    sound(at)
    answer = twice.answer(question)
    strips = [t for t in figure(at, "calls")["data"] if t["type"] == "heatmap"]
    outputs = [np.array(s["z"], "float32") for s in strips if s["name"] == "outputs"]
    for values, result in zip(outputs, (answer.first, answer.second), strict=True):
        np.testing.assert_array_equal(values, result.tensor("outputs")[sentence].T)
    (apart,) = (np.array(s["z"], "float32") for s in strips if s["name"] == "difference")
    np.testing.assert_array_equal(np.abs(apart).max(axis=0), answer.difference[sentence])
    assert chart(at, "calls")["alt"] == twice_chart(answer, sentence=sentence).alt
    for fact in twice.facts(answer):
        assert told(at, fact, "twice_facts") == {True: "holds", None: "note"}[fact.holds]


def test_each_cause_and_what_mends_it(open_app: OpenApp) -> None:
    """A cause that is chosen is not mended yet, whatever was switched on for the one before."""
    at = move(open_app("calls"), "reads", "again")
    for cause in choices(twice.Choice, "cause"):
        draws_again(move(at, "cause", cause), twice.Question(cause=cause))
        if cause == "none":
            assert "mended" not in widgets(at)
            continue
        draws_again(press(at, "calls_try"), twice.Question(cause=cause, mended=True))
        assert address(at)["mended"] == "true"
        same_again(at, open_app, "calls")


def test_where_nothing_differs_nothing_is_mended(open_app: OpenApp) -> None:
    """Whatever a link says."""
    for cause, mended in (("none", False), ("anew", True)):
        at = open_app("calls", reads="again", cause=cause, mended="true")
        draws_again(at, twice.Question(cause=cause, mended=mended))


def test_the_same_x_may_be_one_step_and_several_sentences(open_app: OpenApp) -> None:
    """And what was set of the rest has no effect, and comes back with it."""
    three = Setup(sentences=3, length=1).settings
    at = open_app("calls", sentences="3", length="1", cut="7", how="stateful")
    move(move(at, "reads", "again"), "sentence", 3)
    draws_again(at, twice.Question(settings=three), sentence=2)
    said = {"sentences": "3", "length": "1", "sentence": "3"}
    assert address(at) == {**said, "reads": "again"}
    move(move(at, "length", 9), "reads", "rest")
    assert address(at) == {**said, "length": "9", "cut": "7", "how": "stateful"}
