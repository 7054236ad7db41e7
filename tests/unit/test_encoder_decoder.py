"""An encoder and a decoder: against the script that Keras runs by itself, bad input, facts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from components.backend import Settings, SettingsError, run
from components.backend.running.model import weight_layout
from components.backend.whatif.encoder_decoder import (
    Question,
    answer,
    facts,
    script,
)
from components.charts.encoder_decoder import encoder_decoder as chart
from tests.facts import assert_sentences
from tests.kinds import any_weights, product_of, soaked
from tests.scripts import assert_printed, executed

FLAGS = (True, False)
TOKENS = ((4, 21, 64, 13, 77), (66, 54, 30, 81, 87))
OPTIONS: dict[str, tuple[Any, ...]] = {
    "kind": (("LSTM", True), ("GRU", True), ("GRU", False), ("SimpleRNN", True)),
    "bidirectional": FLAGS,
    "pass_states": FLAGS,
    "embedding": FLAGS,
    "target": (((3,),), ((7, 8, 9, 1, 2, 3, 4), (1, 1, 2, 2, 3, 3, 4))),
    "attention": ("none", "dot", "scaled", "additive", "two_heads"),
    "on_its_own": FLAGS,
}
CASES = product_of(**OPTIONS)


def question_of(case: dict[str, Any]) -> Question:
    cell, reset_after = case["kind"]
    own = {name: value for name, value in case.items() if name in Settings.model_fields}
    settings = Settings(
        cell=cell, reset_after=reset_after, units=3, tokens=TOKENS, input_scaling="unit", **own
    )
    mine = {name: case[name] for name in ("bidirectional", "pass_states", "target", "on_its_own")}
    if case["attention"] != "none":
        mine |= {"attention": True, "score": case["attention"], "scale": 5.0}
    return Question(settings=settings, **mine)


def assert_script(question: Question, weights: Mapping[str, Any] | None) -> None:
    """The script prints what Keras returns to the app, and feeds back what it predicts: one call
    that reads all predictions returns what leads to them."""
    names, output = executed(script(question, weights))
    found = answer(question, weights)
    assert_printed(output.partition("largest difference")[0], found)
    assert float(re.search(r"largest difference (\S+)", output)[1]) <= 1e-6
    start, *predicted = names["predicted"]
    np.testing.assert_array_equal(start, names["target"][:, :1])
    if question.pass_states:
        states = found.encoder.passed_states
    else:
        states = names["decoder"].get_initial_state(len(question.target_rows))
    read = np.concatenate([start, *predicted[:-1]], axis=1)
    if question.settings.has_embedding:
        read = names["embedding"](read)
    outputs = names["decoder"](read, initial_state=states)[0]
    if question.attention:
        both = [outputs, found.encoder.tensor("outputs")]
        context = names["attention"](*both if question.score == "two_heads" else [both])
        outputs = np.concatenate([context, outputs], axis=-1)
    chosen = names["dense"](outputs).numpy()
    predicted = np.concatenate(predicted, axis=1)
    if question.on_its_own and question.settings.reads_ids:
        np.testing.assert_array_equal(chosen.argmax(-1), found.predicted)
        as_read = found.predicted
        if not question.settings.has_embedding:
            as_read = np.float32(as_read[..., np.newaxis]) / np.float32(100)
        np.testing.assert_array_equal(as_read, predicted)
        np.testing.assert_array_equal(predicted[:, :-1], names["target"][:, 1:])
    elif question.settings.has_embedding:
        np.testing.assert_array_equal(predicted, chosen.argmax(-1))
    else:
        np.testing.assert_allclose(predicted, chosen, rtol=0, atol=1e-6)
    if question.on_its_own:
        rows = np.array(found.read.target_rows)
        np.testing.assert_array_equal(rows[:, 0], np.array(question.target_rows)[:, 0])
        np.testing.assert_allclose(rows[:, 1:], found.predicted[:, :-1], rtol=0, atol=1e-5)


@pytest.mark.parametrize("case", soaked(CASES))
def test_keras_and_the_script_agree(case: dict[str, Any]) -> None:
    question = question_of(case)
    given = any_weights(weight_layout(question.model), 3) if case["embedding"] else None
    found = answer(question, given)
    assert_script(question, given)
    assert found.loop_difference <= 1e-6


HOLES, TARGET_HOLES = ((4, 21, 0, 0, 7), (0, 3, 9, 0, 0)), ((0, 8, 0, 9), (5, 0, 0, 0))
MASKED = [
    {"cell": "LSTM"},
    {"cell": "GRU", "bidirectional": True, "embedding": False},
    {"cell": "SimpleRNN", "pass_states": False, "go_backwards": True},
    {"cell": "GRU", "pass_states": False, "attention": True, "score": "additive"},
    {"cell": "LSTM", "attention": True, "on_its_own": True},
    {"cell": "GRU", "on_its_own": True, "embedding": False},
]


def masked_of(case: dict[str, Any]) -> Question:
    own = {name: value for name, value in case.items() if name in Settings.model_fields}
    settings = Settings(units=3, tokens=HOLES, input_scaling="unit", **own)
    mine = {name: value for name, value in case.items() if name not in own}
    return Question(settings=settings, target=TARGET_HOLES, mask_zero=True, **mine)


@pytest.mark.parametrize("case", MASKED)
def test_masks_are_keras_own(case: dict[str, Any]) -> None:
    question = masked_of(case)
    found = answer(question, any_weights(weight_layout(question.model), 3))
    printed = executed(script(question, found.weights))[1].partition("largest difference")
    assert_printed(printed[0], found)
    assert float(printed[2].split()[0]) <= 1e-6
    right = np.array(HOLES) != 0
    if question.settings.go_backwards:
        right = right[:, ::-1]
    np.testing.assert_array_equal(found.encoder.mask, right)
    assert (found.decoder.mask is None) == question.pass_states
    assert found.loop_difference <= 1e-6
    told = {fact.name: fact for fact in facts(found)}
    assert told["mask_source"].holds
    unmasked = answer(question.but(mask_zero=False), found.weights).encoder.trace.hidden
    moved = np.abs(unmasked - found.encoder.trace.hidden)[:, -1].max()
    if not question.bidirectional:
        assert told["mask_source"].values["without"] == pytest.approx(moved, abs=1e-6)
    name = "mask_target_dropped" if question.pass_states else "mask_target"
    assert told[name].holds
    if not question.on_its_own:
        assert told[name].values == {"count": 5}


def test_on_its_own_without_states_there_is_no_mask() -> None:
    alone = {"pass_states": False, "on_its_own": True, "mask_zero": True}
    question = Question(settings=Settings(tokens=HOLES), **alone)
    assert not question.masked
    assert answer(question).encoder.mask is None
    assert "mask_zero" not in question.to_query()


def test_masked_steps_are_crossed_out() -> None:
    found = answer(masked_of(MASKED[2]))
    crossed = [
        trace["x"][:2]
        for trace in chart(found).figure["data"]
        if trace.get("meta") == "hatch" and trace["fillpattern"]["shape"] == "x"
    ]
    assert crossed == [[1.5, 3.5], [0.5, 1.5], [2.5, 3.5]]  # of the source, backwards; the target


SERIES = np.random.default_rng(0).normal(size=(2, 5, 3)).round(2)
TARGETS = {"own": (), "one": SERIES[:1, :2] + 1, "each": SERIES[:, :4] - 1}


@pytest.mark.parametrize(
    ("given", "bidirectional", "pass_states"),
    [("own", True, False), ("one", True, True), ("each", False, True)],
)
@pytest.mark.parametrize("on_its_own", FLAGS)
def test_series_of_numbers(
    given: str, bidirectional: bool, pass_states: bool, on_its_own: bool
) -> None:
    target = TARGETS[given]
    settings = Settings(units=3, values=SERIES, return_sequences=False)
    question = Question(
        settings=settings,
        target_values=target,
        bidirectional=bidirectional,
        pass_states=pass_states,
        on_its_own=on_its_own,
        attention=on_its_own,
    )
    found = answer(question, any_weights(weight_layout(question.model), 3))
    expected = SERIES[:, -4:] if len(target) == 0 else np.repeat(target, 2 // len(target), axis=0)
    read = slice(1) if on_its_own else slice(None)
    np.testing.assert_array_equal(
        found.decoder.trace.inputs[:, read], np.float32(expected)[:, read]
    )
    assert_script(question, found.weights)
    assert all(fact.holds is not False for fact in facts(found))


@pytest.mark.parametrize(
    ("target", "said"),
    [
        (((1.0, 2.0),), r"target_values: got \(\(1.0, 2.0\),.*a single table"),
        ((((1.0, 2.0),),), "target_values: got steps of 2 features; .* numbers at every step: 3"),
        ((((1.0, 2.0, 3.0),), ()), "target_values: got sentences of 0 and 1 steps"),
        (np.zeros((3, 1, 3)), "target_values: got 3 sentences"),
        ((((1.0, 2.0, float("nan")),),), "target_values: got nan"),
    ],
)
def test_target_values_that_are_refused(target: Any, said: str) -> None:
    with pytest.raises(SettingsError, match=f"^{said}"):
        Question(settings=Settings(values=SERIES), target_values=target)


def test_the_decoder_is_a_layer_that_begins_with_the_encoder_states() -> None:
    question = Question(settings=Settings(units=3, tokens=TOKENS), target=((1, 2, 3),))
    found = answer(question)
    alone = run(question.encoder).returned[1:]  # the same seed gives the encoder its weights
    for state, tensor in zip(found.decoder.trace.initial.values(), alone, strict=True):
        np.testing.assert_array_equal(state, tensor.values)
    kernel = found.weights["encoder/kernel"]
    assert np.abs(kernel - found.weights["decoder/kernel"]).min() > 0
    without = answer(question.but(pass_states=False))
    assert np.abs(found.moved).max(axis=-1).min() > 0
    h = found.decoder.tensor("outputs"), without.decoder.tensor("outputs")
    for moved in (found.moved, without.moved):
        np.testing.assert_allclose(moved, h[0] - h[1], rtol=0, atol=1e-6)


def test_a_bidirectional_encoder_needs_a_decoder_of_twice_the_units() -> None:
    found = answer(Question(settings=Settings(units=64), bidirectional=True))
    begins, ends = found.decoder.trace.initial, found.encoder.last_states
    assert begins["state_c"].shape == (1, 128)
    both = np.concatenate([ends["forward_c"], ends["backward_c"]], axis=-1)
    np.testing.assert_array_equal(begins["state_c"], both)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"target": ()}, "target: got nothing"),
        ({"target": ((1, 2), (3,))}, "target: got sentences of"),
        ({"target": ((100,),)}, r"target: got .*from 0 to 99"),
        ({"target": ((1,), (2,))}, "target: got 2 sentences; allowed: one sentence"),
        ({"target": "1, 2"}, "target: got '1, 2'"),
        ({"settings": 3}, "settings: got 3; allowed: Settings"),
        ({"pass_states": "yes"}, "pass_states: got 'yes'"),
    ],
)
def test_bad_input_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingsError, match=f"^{said}"):
        Question(**values)


def test_the_ordinary_target_fits_any_vocabulary_and_batch() -> None:
    settings = Settings(vocabulary_size=5, tokens=((1, 2), (3, 4), (0, 0)))
    assert Question(settings=settings).target == ((4, 2, 1, 0),) * 3


TOLD = [
    Question(settings=Settings(cell=cell), bidirectional=both, pass_states=passed)
    for cell, both, passed in (
        ("LSTM", True, True),
        ("LSTM", False, False),
        ("GRU", True, True),
        ("GRU", False, True),
    )
]
TOLD += [masked_of(case) for case in (MASKED[0], MASKED[2])]
TOLD.append(Question(attention=True, on_its_own=True))
TOLD.append(Question(attention=True, score="one_head"))
# Zeros leave the states of a layer without biases at 0.
TOLD.append(
    Question(settings=Settings(cell="SimpleRNN", embedding=False, tokens=((0, 0),)), target=((1,),))
)


def test_every_fact_has_its_sentence_and_is_stated_somewhere() -> None:
    told = [fact for question in TOLD for fact in facts(answer(question))]
    assert_sentences("encoder_decoder_facts", told)
    assert all(fact.holds is not False for fact in told)


def test_swapped_states_raise_no_error_and_give_other_numbers() -> None:
    question = Question(settings=Settings(units=3))
    found = answer(question)
    h, c = found.decoder.trace.initial.values()
    weights = found.weights_of(1)
    states = ({"state_h": h, "state_c": c}, {"state_h": c, "state_c": h})
    right, swapped = (run(question.decoder, weights, initial=each) for each in states)
    np.testing.assert_array_equal(right.tensor("outputs"), found.decoder.tensor("outputs"))
    apart = np.abs(swapped.tensor("outputs") - right.tensor("outputs")).max()
    told = {fact.name: fact.values for fact in facts(found)}
    assert told["order"]["difference"] == pytest.approx(apart, abs=1e-6)
    assert apart > 0.01
    one_state = facts(answer(Question(settings=Settings(cell="GRU"))))
    assert "order" not in {fact.name for fact in one_state}


def test_states_that_would_grow_without_end_make_a_difference() -> None:
    settings = Settings(cell="SimpleRNN", activation="relu", units=2)
    question = Question(settings=settings, pass_states=False)
    weights = {each.name: np.zeros(each.shape) for each in weight_layout(question.model)}
    weights["encoder/bias"][:] = 1
    for layer in ("encoder", "decoder"):
        weights[f"{layer}/recurrent_kernel"] = 1000 * np.eye(2)
    told = {fact.name: fact for fact in facts(answer(question, weights))}
    assert told["not_passed"].values["last"] == np.inf
    assert "not_moved" not in told


def pairs_of(question: Question) -> str:
    return next(f for f in facts(answer(question)) if f.name == "concatenated").values["pairs"]


def test_facts_are_measured() -> None:
    found = answer(TOLD[0])
    told = {fact.name: fact.values for fact in facts(found)}
    assert told["passed"] == {
        "names": "state_h, state_c",
        "count": 12,
        "steps": 10,
        "difference": 0,
    }
    assert told["concatenated"]["names"] == "forward_h, forward_c, backward_h, backward_c"
    pairs = [pairs_of(q) for q in TOLD if q.bidirectional and q.pass_states]
    assert pairs == [
        "[forward_h, backward_h], [forward_c, backward_c]",
        "[forward_h, backward_h]",
    ]
    assert told["moved"]["first"] == np.abs(found.moved[0, 0]).max()
    assert told["lengths"] == {"source": 10, "target": 4}


@pytest.mark.parametrize("question", TOLD[:6])
def test_the_picture_has_what_keras_returned(question: Question) -> None:
    found = answer(question)
    figure, alt = chart(found)
    cells = [t for t in figure["data"] if t["type"] == "heatmap"]
    outputs = [np.float32(t["z"]) for t in cells if t["name"] == "outputs"]
    for shown, layer in zip(outputs, (found.encoder, found.decoder), strict=True):
        np.testing.assert_array_equal(shown, layer.tensor("outputs")[0].T)
    change = next(np.float32(t["z"]) for t in cells if t["name"] == "difference")
    assert np.abs(change).max() == np.abs(found.moved).max()
    assert ("zeros" in alt) != question.pass_states


@pytest.mark.parametrize("question", TOLD[:6])
def test_encoder_and_decoder_are_on_one_scale(question: Question) -> None:
    figure, _ = chart(answer(question))
    tops: dict[bool, set[float]] = {True: set(), False: set()}
    for trace in figure["data"]:
        if trace["type"] == "heatmap" and trace["name"] != "difference":
            tops[trace["name"] in ("state_c", "c", "c₀")].add(trace["zmax"])
            assert trace["opacity"] == 1  # else one number would have two colours
    assert [len(found) for found in tops.values()] == [question.settings.cell == "LSTM", 1]


@pytest.mark.parametrize("question", TOLD[:6])
def test_a_line_leads_from_the_last_states_to_those_that_the_decoder_begins_with(
    question: Question,
) -> None:
    figure, _ = chart(answer(question))
    layout, states = figure["layout"], len(answer(question).decoder.trace.initial)
    arrows = [note["x"] for note in layout["annotations"] if note["showarrow"]]
    starts = [t for t in figure["data"] if t.get("name") in ("h₀", "c₀")]
    decoders = [sum(t["x"]) / 2 for t in starts[-states:]]
    assert sorted(arrows) == sorted(decoders if question.pass_states else [])
    assert sum(s["type"] == "line" for s in layout["shapes"]) == (
        states + 1 if question.pass_states else 0
    )


@pytest.mark.parametrize("both", FLAGS)
def test_columns_keep_their_width_whether_states_are_passed_or_not(both: bool) -> None:
    questions = [Question(bidirectional=both, pass_states=passed) for passed in FLAGS]
    ranges = [chart(answer(q)).figure["layout"]["xaxis"]["range"] for q in questions]
    assert ranges[0] == ranges[1]


def test_each_strip_says_where_its_steps_end() -> None:
    rows = chart(answer(Question())).figure["layout"]["meta"]["rows"]
    assert rows["ends"] == [10.5, 4.5, 4.5]
