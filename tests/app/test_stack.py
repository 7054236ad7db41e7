"""Stacking layers: a strip for each layer as Keras returned it, and Keras's error where one
refuses."""

from __future__ import annotations

from html import unescape
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from components.backend import Settings
from components.backend.question.linked import choices
from components.backend.whatif import stack
from components.backend.whatif.stack import Above, Answer, Question
from components.texts import text
from tests.app.conftest import OpenApp
from tests.app.reading import (
    address,
    chart,
    figure,
    html,
    messages,
    open_box,
    sound,
    told,
    widget,
    widgets,
)


def asked(*above: Above, ending: str = "none", hand_on: str = "outputs", **first: Any) -> Question:
    """What the page asks; two layers where none is given."""
    layers = above or (Above(),)
    return Question(first=Settings(**first), above=layers, ending=ending, hand_on=hand_on)


def draws(at: AppTest, question: Question, sentence: int = 0) -> Answer:
    """The framed strips are what Keras returned of each layer and of the ending."""
    sound(at)
    answer = stack.answer(question)
    strips = [s for s in figure(at, "stack")["data"] if s["type"] == "heatmap"]
    known = {"outputs", "state_h", "state_c", question.ending}
    lit = [s for s in strips if s["name"] in known and s["opacity"] == 1]
    tensors = [tensor for reached in answer.layers for tensor in reached.returned]
    tensors += [answer.ending_returned] if answer.ending_returned else []
    for strip, tensor in zip(lit, tensors, strict=True):
        values = tensor.values[sentence].reshape(-1, tensor.values.shape[-1]).T
        np.testing.assert_array_equal(np.array(strip["z"], "float32"), values)
    (ribbon,) = (body for body in html(at) if "rnn-ribbon" in body)
    assert ("rnn-refused" in ribbon) == (answer.error is not None)
    for fact in stack.facts(answer):
        if "refused" not in fact.name:
            told(at, fact, "stack_facts")
    if answer.error:
        (said,) = (body for body in html(at) if "rnn-refusal" in body)
        assert answer.error.message in unescape(said)
    return answer


def press(at: AppTest, key: str) -> AppTest:
    at.query_params = address(at)
    at.button(key=key).click()
    return at.run()


def moved(at: AppTest, name: str, value: Any) -> AppTest:
    widget(at, name).set_value(value)
    at.query_params = address(at)
    return at.run()


def test_try_this_and_mend(open_app: OpenApp) -> None:
    at = press(open_app("stack"), "stack_try")
    answer = draws(at, asked(return_sequences=False))
    assert "expected ndim=3, found ndim=2" in answer.error.message
    assert address(at) == {"return_sequences": "false"}
    assert draws(press(at, "stack_mend"), asked()).error is None
    assert "stack_mend" not in widgets(at)


def test_states_that_are_passed_on_are_refused_and_mended(open_app: OpenApp) -> None:
    at = open_app("stack", hand_on="everything")
    assert draws(at, asked(hand_on="everything")).mend == (0, "return_state")
    at = press(at, "stack_mend")
    assert draws(at, asked(hand_on="everything", return_state=False)).error is None


def draws_both_halves(at: AppTest, question: Question) -> None:
    """What the last layer returns, which is two tensors, one above the other."""
    sound(at)
    tensors = stack.answer(question).returned
    name = text("charts.both_states", forward="forward_outputs", backward="backward_outputs")
    (strip,) = (s for s in figure(at, "stack")["data"] if s.get("name") == name)
    assert [tensor.name for tensor in tensors] == ["forward_outputs", "backward_outputs"]
    expected = np.concatenate([tensor.values[0] for tensor in tensors], axis=-1).T
    np.testing.assert_allclose(np.array(strip["z"]), expected, atol=1e-6)
    assert strip["opacity"] == 1
    (fact,) = (fact for fact in stack.facts(stack.answer(question)) if fact.name == "last_halves")
    assert told(at, fact, "stack_facts") == "holds"


def test_both_halves_are_shown_on_top_and_refused_below(open_app: OpenApp) -> None:
    on_top = asked(Above(bidirectional="none"))
    at = open_app("stack", **{"2.bidirectional": "none"})
    draws_both_halves(at, on_top)
    open_box(at, "more_1")
    at = moved(at, "bidirectional", "none")
    sound(at)
    (said,) = (body for body in html(at) if "rnn-refusal" in body)
    assert "expects 1 input(s), but it received 2 input tensors" in said
    at = press(at, "stack_mend")
    draws_both_halves(at, on_top.but(bidirectional="concat"))
    assert address(at) == {"bidirectional": "concat", "2.bidirectional": "none"}


def test_a_layer_above_is_mended(open_app: OpenApp) -> None:
    at = open_app("stack", **{"layers": "3", "2.return_sequences": "false"})
    draws(at, asked(Above(return_sequences=False), Above()))
    at = press(at, "stack_mend")
    draws(at, asked(Above(), Above()))
    assert address(at) == {"layers": "3"}


def test_the_second_layer_is_set(open_app: OpenApp) -> None:
    at, said = open_app("stack"), dict[str, Any]()
    for name, value in (
        ("cell", "GRU"),
        ("units", 2),
        ("return_state", True),
        ("return_sequences", False),
    ):
        said[name] = value
        draws(moved(at, f"2.{name}", value), asked(Above(**said)))
        assert address(at) == {
            f"2.{n}": str(v) if n == "cell" else str(v).lower() for n, v in said.items()
        }
    again = open_app("stack", **address(at))
    assert chart(again, "stack")["figure"] == chart(at, "stack")["figure"]


def test_layers_are_added_and_taken_away(open_app: OpenApp) -> None:
    at = open_app("stack")
    for layers in (4, 3, 1):
        above = tuple(Above() for _ in range(layers - 1))
        question = Question(first=Settings(), above=above, hand_on="outputs")
        draws(moved(at, "layers", layers), question)
        assert {f"{number}.units" for number in range(2, layers + 1)} <= {*widgets(at)}
        assert f"{layers + 1}.units" not in widgets(at)


def test_an_ending(open_app: OpenApp) -> None:
    """Of a sequence and of its last output; test_stack has all endings."""
    ending = choices(Question, "ending")[-1]
    at = moved(open_app("stack"), "ending", ending)
    draws(at, asked(ending=ending))
    last = moved(at, "2.return_sequences", False)
    draws(last, asked(Above(return_sequences=False), ending=ending))


def test_all_of_a_layers_arguments_are_in_a_link(open_app: OpenApp) -> None:
    query = {"2.cell": "GRU", "2.reset_after": "false", "2.go_backwards": "true"}
    at = open_app("stack", **query)
    draws(at, asked(Above(cell="GRU", reset_after=False, go_backwards=True)))
    assert address(at) == query
    assert figure(at, "stack")["layout"]["xaxis"]["ticktext"][1] == "1"
    open_box(at, "more_2")
    draws(moved(at, "2.go_backwards", False), asked(Above(cell="GRU", reset_after=False)))


def test_the_sentence_is_chosen(open_app: OpenApp) -> None:
    at = open_app("stack", tokens="4, 21, 64; 13, 77, 66", sentence="2")
    draws(at, asked(tokens=((4, 21, 64), (13, 77, 66))), sentence=1)


def test_a_bad_link_is_complained_about(open_app: OpenApp) -> None:
    wrong = {
        "layers": ("5", "`5`; allowed: a whole number from 1 to 4; "),
        "2.units": ("513", "`513`; allowed: a whole number from 1 to 512; "),
        "3.cell": ("RNN", "`'RNN'`; allowed: LSTM, GRU or SimpleRNN; "),
        "ending": ("Dense", "`'Dense'`; allowed: "),
        "hand_on": ("1", "`'1'`; allowed: everything or outputs; "),
    }
    at = open_app("stack", **{name: value for name, (value, _) in wrong.items()})
    assert not at.exception
    for name, (_, told_of) in wrong.items():
        assert f"- {name}: {told_of}" in messages(at)
    assert figure(at, "stack")["data"]


@pytest.mark.parametrize("page", ["stack", "both_ways"])
def test_zeros_are_offered_where_no_id_is_masked(open_app: OpenApp, page: str) -> None:
    offered = f"{page}_try_zeros"
    assert offered not in [button.key for button in open_app(page).button]
    at = press(open_app(page, mask_zero="true", sentences="2"), offered)
    assert offered not in [button.key for button in at.button]
    assert not at.exception
    ids = [row.split(",") for row in address(at)["tokens"].split(";")]
    assert [[int(i) for i in row[-4:]] for row in ids] == [[0] * 4] * 2
    assert "0" not in {i.strip() for row in ids for i in row[:-4]}


def test_layers_both_ways_with_a_mask_and_initial_states(open_app: OpenApp) -> None:
    link = {"tokens": "4,21,0,0,7", "mask_zero": "true", "initial_state": "true"}
    at = open_app("stack", return_state="false", **link, **{"2.bidirectional": "concat"})
    question = asked(
        Above(bidirectional="concat"), tokens=((4, 21, 0, 0, 7),), return_state=False
    ).but(mask_zero=True, initial_state=True)
    draws(at, question)
    crossed = [
        trace["x"][:2]
        for trace in figure(at, "stack")["data"]
        if trace.get("meta") == "hatch" and trace["fillpattern"]["shape"] == "x"
    ]
    assert crossed == [[2.5, 4.5]]  # in layer 2, as initial_state drops the mask for layer 1
    open_box(at, "more_1")
    answer = draws(moved(at, "bidirectional", "sum"), question.but(bidirectional="sum"))
    assert answer.layers[0].recurrent.both_ways


def test_states_zeros_and_a_mask_by_hand_of_each_layer(open_app: OpenApp) -> None:
    link = {"return_state": "false", "pass_mask": "true"}
    link |= {"initial_state": "true", "2.initial_state": "true", "zero_output_for_mask": "true"}
    at = open_app("stack", tokens="4,21,0,0,7", **link)
    question = asked(Above(initial_state=True), tokens=((4, 21, 0, 0, 7),), return_state=False).but(
        pass_mask=True, initial_state=True, zero_output_for_mask=True
    )
    answer = draws(at, question)
    assert [layer.mask is not None for layer in answer.layers] == [True, False]
    assert address(at).items() >= link.items()
    for number in (1, 2):
        open_box(at, f"more_{number}")
    for name in ("pass_mask", "zero_output_for_mask", "2.initial_state", "initial_state"):
        assert widget(at, name).value is True
    assert widget(at, "2.zero_output_for_mask").value is False
    question = question.but(above=(Above(zero_output_for_mask=True),))
    moved(at, "2.initial_state", False)
    draws(moved(at, "2.zero_output_for_mask", True), question)


def test_an_autoencoder(open_app: OpenApp) -> None:
    link = {"return_state": "false", "2.repeat_vector": "true"}
    at = open_app("stack", **link)
    question = asked(Above(repeat_vector=True), return_state=False)
    assert draws(at, question).error is not None
    at = press(at, "stack_mend")
    mended = question.but(first=question.first.but(return_sequences=False))
    assert draws(at, mended).error is None
    (ribbon,) = (body for body in html(at) if "rnn-ribbon" in body)
    assert "RepeatVector, 2 LSTM" in ribbon
    open_box(at, "more_2")
    assert widget(at, "2.repeat_vector").value is True


def test_a_file_is_named_after_all_layers(open_app: OpenApp) -> None:
    at = open_app("stack", bidirectional="sum", mask_zero="true", **{"2.units": "5"})
    name = "rnn_lens_lstm_3_seq_state_stack_bidirectional-sum_mask_zero_2.units-5"
    assert chart(at, "stack")["image"]["filename"] == name
