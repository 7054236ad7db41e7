"""Padded sentences: against Keras's own layers, bad input, scripts, facts."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend import Settings, SettingsError, run
from components.backend.cells import CELLS
from components.backend.question.linked import allowed_values
from components.backend.running.facts import Fact
from components.backend.running.model import weight_layout
from components.backend.whatif.padding import (
    Answer,
    Choice,
    Question,
    answer,
    facts,
    ragged_field,
    script,
)
from components.charts.layer_strips import START
from components.charts.padding import padding as chart
from components.charts.picture import OVER, Limits, Picture, fitted, rounded_up
from components.texts import text
from tests.kinds import any_weights, product_of, soaked
from tests.layers import both_ways_layer, keras_layer, tensors
from tests.refused import refusal
from tests.scripts import assert_printed, executed
from tests.strategies import examples

FLAGS = (True, False)
RAGGED = ((4, 21, 64, 13), (77,), (66, 0, 54))  # the 0 is a real one
MASKS = {
    "embedding": {},
    "dropped": {"initial_state": True},
    "by hand": {"initial_state": True, "pass_mask": True},
    "dropped beside states": {"initial_state": True, "other_states": True},
    "by hand beside states": {"initial_state": True, "other_states": True, "pass_mask": True},
    "none": {"mask_zero": False},
    "only by hand": {"mask_zero": False, "pass_mask": True},
}
REACHES = {"embedding", "by hand", "by hand beside states", "only by hand"}


SERIES = (  # a feature may be 0; where all are, the step is a real one
    ((0.5, -1.0), (0.0, 0.3), (0.0, 0.0), (1.5, 2.0)),
    ((-0.5, 0.25),),
    ((1.0, 0.0), (0.75, 0.5)),
)
NUMBERS = Settings(units=3, values=(((0.0,),),))


@pytest.mark.parametrize(
    ("mask", "side", "bidirectional", "go_backwards"),
    [
        ("embedding", "post", True, True),
        ("embedding", "pre", False, False),
        ("dropped", "post", False, True),
        ("by hand", "pre", True, True),
        ("none", "post", True, False),
        ("only by hand", "pre", False, True),
    ],
)
def test_series_are_what_keras_returns(
    mask: str, side: str, bidirectional: bool, go_backwards: bool
) -> None:
    import keras

    question = Question(
        settings=NUMBERS.but(go_backwards=go_backwards),
        series=SERIES, side=side, bidirectional=bidirectional, **MASKS[mask],
    )  # fmt: skip
    found = answer(question, any_weights(weight_layout(question.model), 3))
    fed = keras.utils.pad_sequences(SERIES, padding=side, dtype="float32")
    before = keras.layers.Masking() if question.mask_zero else keras.layers.Identity()
    given = {"mask": fed.any(axis=-1)} if question.pass_mask else {}
    if question.initial_state:
        given["initial_state"] = [np.zeros((3, 3), "float32")] * (2 + 2 * bidirectional)
    if bidirectional:
        layer = both_ways_layer(question.settings, found.weights, fed.shape)
    else:
        layer = keras_layer(found.run)
    returned = tensors(layer(before(fed), **given))
    for tensor, values in zip(found.run.returned, returned, strict=True):
        np.testing.assert_allclose(tensor.values, values, rtol=0, atol=2e-6)
    counts = fed.any(axis=-1) | (mask not in REACHES)
    np.testing.assert_array_equal(found.mask, counts)
    assert {fact.name: fact.holds for fact in facts(found)}.get("real_zero_steps", "") == (
        None if mask in REACHES else ""
    )
    assert found.padding.sum() == 5
    assert_printed(executed(script(question, found.weights))[1], found)


@pytest.mark.parametrize("width", [1, 2])
def test_numbers_stand_above_the_steps_at_which_they_are_read(width: int) -> None:
    series = (((0.5,) * width, (0.25,) * width, (0.75,) * width), ((1.0,) * width,))
    settings = Settings(values=(((1.0,) * width,),), go_backwards=True)
    found = answer(Question(settings=settings, series=series))
    layout = chart(found).figure["layout"]
    heads = [
        a["text"] for a in layout["annotations"] if (a.get("xref"), a.get("yref")) == ("x", "y")
    ]
    *kept, skipped, first = (
        ", ".join([number] * width) for number in ("0.75", "0.25", "0.5", "0", "1")
    )
    masked = [text("padding.masked", token=skipped), f"({skipped})"]
    assert heads == [*(f"<b>{one}</b>" for one in kept), *masked, f"<b>{first}</b>"]


def test_a_step_is_skipped_only_if_all_its_numbers_are_0() -> None:
    series = (((0.5, 0.0), (0.0, 0.7), (0.0, 0.0)), ((0.2, 0.3),))
    question = Question(settings=Settings(values=(((1.0, 1.0),),)), series=series)
    found = answer(question)
    np.testing.assert_array_equal(found.mask, [[True, True, False], [True, False, False]])
    fact = {fact.name: fact for fact in facts(found)}["some_zeros"]
    assert (fact.holds, fact.values) == (True, {"count": 2})
    without = answer(question.but(mask_zero=False))
    assert "some_zeros" not in {fact.name for fact in facts(without)}


@pytest.mark.parametrize(
    ("series", "got"),
    [
        ((), "nothing"),
        (((),), "a sentence of 0 steps"),
        ((((1.0,),) * 101, ((1.0,),)), "a sentence of 101 steps"),
        ((((1.0,),), ((1.0, 2.0),)), "steps of 1 and 2 features"),
        ((((1.0,),), ((float("nan"),),)), "nan"),
        ((((1.0,),), ((2e6,),)), "2000000.0"),
        ((((1.0,),),) * 9, "9 sentences"),
        (((((1 / 3,) * 16,) * 40),), "characters"),
        (((1.0,),), "1.0"),
    ],
)
def test_series_that_are_refused(series: Any, got: str) -> None:
    (problem,) = refusal(Question, series=series, settings=NUMBERS).problems
    assert problem.field == "series"
    assert got in str(problem.got)


def test_series_come_back_out_of_their_link() -> None:
    choice = Choice(series=SERIES)
    said = choice.to_query()["series"]
    assert Choice.from_query({"series": [said]}) == (choice, ())
    _, (problem,) = Choice.from_query({"series": ["1\n2\n\nx"]})
    assert (problem.field, str(problem.got)) == ("series", "'x' in line 4, cell 1")


@pytest.mark.parametrize(
    ("typed", "settings", "field"),
    [
        ("1, 2; 3", Settings(), "sentences"),
        ("1, 2; 3, 4", Settings(), None),
        ("1, 2; 300", Settings(), None),
        ("1\n2\n\n3", NUMBERS, "series"),
        ("1\n2\n\n3\n4", NUMBERS, None),
        ("1\n2\n\nx", NUMBERS, None),
    ],
)
def test_what_only_this_page_takes(typed: str, settings: Settings, field: str | None) -> None:
    assert ragged_field(typed, settings) == field


@pytest.mark.parametrize("side", ["post", "pre"])
def test_how_sentences_are_padded(side: str) -> None:
    found = answer(Question(sentences=RAGGED, side=side))
    rows = {
        "post": ((4, 21, 64, 13), (77, 0, 0, 0), (66, 0, 54, 0)),
        "pre": ((4, 21, 64, 13), (0, 0, 0, 77), (0, 66, 0, 54)),
    }
    assert found.run.settings.tokens == rows[side]
    own = [
        [id in row and id != 0 for id in filled]
        for row, filled in zip(RAGGED, rows[side], strict=True)
    ]
    np.testing.assert_array_equal(found.mask, own)
    own[2][rows[side][2].index(54) - 1] = True  # the real 0
    np.testing.assert_array_equal(found.padding, ~np.array(own))


@pytest.mark.parametrize("mask_zero", FLAGS)
def test_sentences_of_one_length_are_those_of_explore(mask_zero: bool) -> None:
    settings = Settings(tokens=((4, 21), (64, 13)))
    question = Question(settings=Settings(), sentences=settings.tokens, mask_zero=mask_zero)
    found, plain = answer(question), run(settings)
    assert found.mask.all()
    assert not found.padding.any()
    for one, other in zip(found.run.returned, plain.returned, strict=True):
        np.testing.assert_allclose(one.values, other.values, rtol=0, atol=1e-6)
    for name, array in plain.weights.items():
        np.testing.assert_array_equal(found.run.weights[name], array)
    assert found.run.weights.origin == plain.weights.origin
    assert found.run.parameter_count == plain.parameter_count


def test_the_settings_own_tokens_do_not_matter() -> None:
    one = answer(Question(settings=Settings(tokens=((1, 2, 3),))))
    other = answer(Question(settings=Settings()))
    for tensor, same in zip(one.returned, other.returned, strict=True):
        np.testing.assert_array_equal(tensor.values, same.values)


@pytest.mark.parametrize(("side", "zero_output_for_mask"), [("post", True), ("pre", False)])
def test_long_sentences_that_run_as_graphs(side: str, zero_output_for_mask: bool) -> None:
    sentences = (tuple(range(1, 60)), (5, 6), (0,), (0, 0, 7))
    question = Question(
        sentences=sentences, side=side, zero_output_for_mask=zero_output_for_mask,
        settings=Settings(units=2, return_sequences=False),
    )  # fmt: skip
    found = answer(question)
    alone = [answer(question.but(sentences=(row,))).run.tensor("state_h")[0] for row in sentences]
    np.testing.assert_allclose(found.run.tensor("state_h"), alone, rtol=0, atol=1e-6)
    assert (found.run.tensor("state_h")[2] == 0).all()  # no step of it counts


# What is taken and what is refused


@pytest.mark.parametrize(
    ("sentences", "got"),
    [
        ((), "nothing"),
        (((1,),) * 9, "9 sentences"),
        (((),), "a sentence of 0 ids"),
        (((1,), ()), "a sentence of 0 ids"),
        (((1,), (1,) * 101), "a sentence of 101 ids"),
        (((0, 100), (1,)), "the id 100"),
        (((0,), (1, -1)), "the id -1"),
        (((0, 10**400),), "(401 characters)"),
        (((0, 1.0),), "1.0"),
        (((0, True),), "True"),
        (((0, "1"),), "'1'"),
        ((((0,),),), "(0,)"),
        ((1, 2), "1"),
        ("4, 21", "'4, 21'"),
        (None, "None"),
    ],
)
def test_sentences_that_are_refused(sentences: Any, got: str) -> None:
    (problem,) = refusal(Question, sentences=sentences).problems
    assert problem.field == "sentences"
    assert got in str(problem.got)
    assert "1 to 8 sentences, 1 to 100 ids each, each id a whole number" in str(problem.allowed)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"settings": 3}, "settings: got 3; allowed: Settings"),
        ({"settings": dict(Settings())}, "settings: got {"),
        (
            {"tokens": ((1,),)},
            "tokens: got ((1,),); allowed: only sentences, series, side, mask_zero, ",
        ),
        ({"side": "right"}, "side: got 'right'; allowed: one of 'post', 'pre'"),
    ],
)
def test_words_of_a_refusal(values: dict[str, Any], message: str) -> None:
    assert str(refusal(Question, **values)).startswith(message)


@pytest.mark.parametrize("size", [2, 3, 50, 88, 1000])
def test_sentences_that_are_not_given_fit_the_vocabulary(size: int) -> None:
    settings = Settings(vocabulary_size=size, tokens=((0,),))
    rows = Question(settings=settings).sentences
    assert list(map(len, rows)) == list(map(len, Choice().sentences))
    assert all(0 < id < size for row in rows for id in row)
    assert (rows == Choice().sentences) == (size >= 88)
    mended, problems = Question.mend({"settings": settings, "sentences": ((1,), (size,))})
    assert mended == Question(settings=settings)
    assert [problem.field for problem in problems] == ["sentences"]


# Links


ROWS = st.lists(st.lists(st.integers(0, 999), min_size=1, max_size=100), min_size=1, max_size=8)


@examples(1)
@given(st.builds(Choice, sentences=ROWS, side=st.sampled_from(("post", "pre"))))
def test_a_choice_comes_back_out_of_its_link(choice: Choice) -> None:
    query = {name: [said] for name, said in choice.to_query().items()}
    assert Choice.from_query(query) == (choice, ())


def test_sentences_as_text() -> None:
    found, problems = Choice.from_query({"sentences": ["4, 21 64;\n77"]})
    assert (found, problems) == (Choice(sentences=((4, 21, 64), (77,))), ())


def test_an_empty_sentence_is_refused_as_text_as_it_is_in_python() -> None:
    found, problems = Choice.from_query({"sentences": ["4, 21; ; 5"]})
    assert (found.sentences, problems) == (((4, 21), (), (5,)), ())
    with pytest.raises(SettingsError) as caught:
        Question(sentences=found.sentences)
    (problem,) = caught.value.problems
    assert (problem.field, str(problem.got)) == ("sentences", "a sentence of 0 ids")
    assert str(problem.allowed).startswith("1 to 8 sentences, 1 to 100 ids each")


@pytest.mark.parametrize(
    ("said", "got"), [("4; x", "'x'"), ("1.5", "'1.5'"), ("9" * 13, "a number")]
)
def test_texts_that_are_no_sentences(said: str, got: str) -> None:
    found, (problem,) = Choice.from_query({"sentences": [said]})
    assert (found, problem.field) == (Choice(), "sentences")
    assert str(problem.got).startswith(got)
    assert problem.allowed == allowed_values(Choice, "sentences")


@pytest.mark.parametrize(
    ("values", "without"),
    [
        ({}, {"pass_mask", "other_states"}),
        ({"mask_zero": False}, {"zero_output_for_mask", "other_states"}),
        ({"initial_state": True}, {"zero_output_for_mask"}),
        ({"mask_zero": False, "pass_mask": True}, {"other_states"}),
    ],
)
def test_what_has_an_effect(values: dict[str, Any], without: set[str]) -> None:
    choice = Choice(**values)
    assert {name for name in Choice.model_fields if not choice.applies(name)} == without


# Its code


# Facts


def told(**values: Any) -> dict[str, Fact]:
    return {fact.name: fact for fact in facts(answer(Question(**values)))}


LAST = Settings(return_sequences=False)
MOSTLY_PADDING = ((81, 87), (77, 66, 54), tuple(range(1, 31)))


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({}, "repeats last_state would_move side_free"),
        ({"side": "pre"}, "nothing_to_repeat would_move side_free"),
        ({"settings": Settings(go_backwards=True)}, "nothing_to_repeat would_move side_free"),
        ({"mask_zero": False}, "moved side_counts"),
        ({"mask_zero": False, "sentences": MOSTLY_PADDING}, "moved alike side_counts"),
        (
            {"sentences": MOSTLY_PADDING},
            "repeats last_state would_move kept_apart side_free",
        ),
        ({"mask_zero": False, "sentences": MOSTLY_PADDING, "side": "pre"}, "moved side_counts"),
        (
            {"mask_zero": False, "sentences": MOSTLY_PADDING, "bidirectional": True},
            "moved side_counts_both",
        ),
        ({"initial_state": True}, "moved side_counts mask_dropped"),
        ({"initial_state": True, "mask_zero": False}, "moved side_counts"),
        (
            {"initial_state": True, "other_states": True},
            "states_count moved side_counts mask_dropped",
        ),
        (
            {"initial_state": True, "pass_mask": True},
            "repeats last_state would_move side_free mask_passed",
        ),
        ({"zero_output_for_mask": True}, "zeroed last_state would_move side_free"),
        (
            {"zero_output_for_mask": True, "settings": LAST},
            "repeats last_state would_move side_free output_zero",
        ),
        ({"sentences": ((1, 2), (3, 4))}, "no_padding"),
        (
            {"sentences": ((0, 0, 1), (3, 4))},
            "real_zeros repeats nothing_to_repeat last_state would_move side_free",
        ),
        ({"sentences": ((0,), (0,))}, "no_padding real_zeros nothing_to_repeat"),
        (
            {"bidirectional": True},
            "zeroed_both nothing_to_repeat last_state_both would_move side_free",
        ),
        (
            {"bidirectional": True, "settings": LAST, "zero_output_for_mask": True},
            "repeats nothing_to_repeat last_state_both would_move side_free",
        ),
        ({"bidirectional": True, "initial_state": True}, "moved side_counts_both mask_dropped"),
    ],
)
def test_which_facts_are_stated(values: dict[str, Any], names: str) -> None:
    found = told(**values)
    assert list(found) == names.split()
    assert all(fact.holds is not False for fact in found.values())


@pytest.mark.parametrize("both", FLAGS)
def test_of_other_states_than_zeros_padding_takes_nothing(both: bool) -> None:
    """With the mask passed by hand each sentence ends as it does alone, without padding."""
    states = {"initial_state": True, "other_states": True, "pass_mask": True}
    values: dict[str, Any] = {"sentences": ((4, 21, 64), (77,)), "bidirectional": both, **states}
    found = {side: answer(Question(side=side, **values)) for side in ("post", "pre")}
    for row, sentence in enumerate(values["sentences"]):
        alone = answer(Question(**values | {"sentences": (sentence,)}))
        for padded in found.values():
            pairs = zip(padded.layer.last_h, alone.layer.last_h, strict=True)
            for many, one in pairs:
                np.testing.assert_allclose(many[[row]], one, rtol=0, atol=2e-6)
    said = {fact.name: fact for fact in facts(found["pre"])}
    assert all(fact.holds is not False for fact in said.values())
    assert {"held_before", "states_count", "side_free"} < said.keys()
    assert not {"nothing_to_repeat", "mask_passed", "mask_dropped"} & said.keys()
    zeros = answer(Question(**values | {"side": "pre", "other_states": False}))
    pairs = zip(found["pre"].layer.last_h, zeros.layer.last_h, strict=True)
    moved = max(np.abs(one - other).max() for one, other in pairs)
    assert said["states_count"].values["difference"] == pytest.approx(moved)
    assert moved > 0


@pytest.mark.parametrize("cell", CELLS)
def test_what_the_facts_measure(cell: str) -> None:
    settings = Settings(cell=cell)
    masked = answer(Question(settings=settings, sentences=RAGGED))
    plain = answer(Question(settings=settings, sentences=RAGGED, mask_zero=False))
    found = told(settings=settings, sentences=RAGGED)
    assert found["repeats"].values["difference"] == 0
    assert found["last_state"].values["difference"] == 0
    assert found["real_zeros"].values["count"] == 1
    moved = np.abs(masked.run.tensor("state_h") - plain.run.tensor("state_h")).max()
    assert found["would_move"].values == {"difference": moved, "count": 4}
    assert told(settings=settings, sentences=RAGGED, mask_zero=False)["moved"].values == (
        found["would_move"].values
    )


@pytest.mark.parametrize("cell", CELLS)
def test_how_alike_sentences_end_after_much_padding(cell: str) -> None:
    """The two short ones; the long one has no padding."""
    asked = {"settings": Settings(cell=cell), "sentences": MOSTLY_PADDING}
    found = {
        masked: answer(Question(**asked, mask_zero=masked)).tensor("state_h")
        for masked in (False, True)
    }
    apart = {masked: np.abs(one - other).max() for masked, (one, other, _) in found.items()}
    values = told(**asked, mask_zero=False)["alike"].values
    assert values == {"count": 2, "difference": apart[False], "masked": apart[True]}
    assert values["difference"] < values["masked"] / 10
    assert told(**asked)["kept_apart"].values == values


def test_of_sentences_that_are_the_same_it_is_not_said_how_alike_they_end() -> None:
    sentences = (5,), (5,), tuple(range(1, 31))
    assert "alike" not in told(sentences=sentences, mask_zero=False)
    assert "kept_apart" not in told(sentences=sentences)


SIDES = product_of(cell=CELLS, go_backwards=FLAGS, bidirectional=FLAGS)


@pytest.mark.parametrize("case", soaked(SIDES))
def test_what_the_side_changes(case: dict[str, Any]) -> None:
    """Replayed in the facts, asked of Keras here."""
    cell, go_backwards, bidirectional = case.values()
    settings = Settings(cell=cell, go_backwards=go_backwards)
    ragged = {"settings": settings, "sentences": RAGGED, "bidirectional": bidirectional}
    names = ["forward_h", "backward_h"] if bidirectional else ["state_h"]
    asked = [(side, masked) for side in ("post", "pre") for masked in (True, False)]
    found = {
        (side, masked): answer(Question(**ragged, side=side, mask_zero=masked)).run
        for side, masked in asked
    }
    lasts = {key: np.array([run.tensor(name) for name in names]) for key, run in found.items()}
    free = told(**ragged)["side_free"]
    assert free.holds
    np.testing.assert_allclose(lasts["post", True], lasts["pre", True], atol=1e-6)
    name = "side_counts_both" if bidirectional else "side_counts"
    counts = told(**ragged, mask_zero=False)[name].values
    last, first = ("pre", "post") if go_backwards else ("post", "pre")
    assert (counts["side"], counts["other"]) == (last, first)
    for name, side in (("last", last), ("first", first)):
        moved = np.abs(lasts[side, False] - lasts["post", True]).max()
        assert counts[name] == pytest.approx(moved, abs=1e-6)


def test_the_traps_are_measured() -> None:
    trap = {"initial_state": True, "sentences": RAGGED}
    dropped, plain = (
        answer(Question(**each)) for each in (trap, {"sentences": RAGGED, "mask_zero": False})
    )
    for one, other in zip(dropped.run.returned, plain.run.returned, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    assert told(**trap)["mask_dropped"].values == {"difference": 0}
    last = answer(Question(sentences=RAGGED, zero_output_for_mask=True, settings=LAST))
    assert last.run.tensor("outputs")[1:].tolist() == np.zeros((2, LAST.units)).tolist()
    values = facts(last)[-1].values
    assert values == {"outputs": 0, "state_h": np.abs(last.run.tensor("state_h")[1:]).max()}


def test_facts_ask_with_the_same_weights() -> None:
    question = Question(sentences=RAGGED)
    weights = any_weights(weight_layout(question.model), 4)
    one, other = (answer(q, weights) for q in (question, question.but(mask_zero=False)))
    moved = np.abs(one.run.tensor("state_h") - other.run.tensor("state_h")).max()
    found = {fact.name: fact for fact in facts(one)}
    assert found["would_move"].values["difference"] == moved


# The same question, the same answer


# Its picture


PICTURES: dict[str, dict[str, Any]] = {
    "post": {},
    "pre": {"side": "pre"},
    "none": {"mask_zero": False},
    "dropped": {"initial_state": True},
    "states": {"initial_state": True, "other_states": True, "pass_mask": True, "side": "pre"},
    "zeroed": {"zero_output_for_mask": True, "settings": Settings(cell="GRU", units=3)},
    "last": {"settings": Settings(cell="SimpleRNN", return_sequences=False, return_state=False)},
    "backwards": {"settings": Settings(go_backwards=True)},
}


@pytest.fixture(params=PICTURES)
def drawn(request: pytest.FixtureRequest) -> Answer:
    return answer(Question(**{"sentences": RAGGED} | PICTURES[request.param]))


def heatmaps(picture: Picture) -> list[dict[str, Any]]:
    return [trace for trace in picture.figure["data"] if trace["type"] == "heatmap"]


def strips(picture: Picture) -> list[dict[str, Any]]:
    """Without the states before step 1."""
    return [trace for trace in heatmaps(picture) if trace["name"] != START]


def passed_over(found: Answer) -> np.ndarray:
    """Where the mask passes a step over, (sentence, step), worked out here."""
    tokens = found.run.trace.tokens
    return (tokens == 0) & found.question.masked


def test_the_strips_hold_what_was_returned(drawn: Answer) -> None:
    run, limits = drawn.run, Limits(*map(rounded_up, fitted(drawn.run)))
    lit = [strip for strip in strips(chart(drawn)) if strip["opacity"] == 1]
    shown = [(t, t.values[row]) for row in range(len(RAGGED)) for t in run.returned]
    assert [strip["name"] for strip in lit] == [tensor.name for tensor, _ in shown]
    for strip, (tensor, values) in zip(lit, shown, strict=True):
        np.testing.assert_array_equal(strip["z"], values.reshape(-1, run.settings.units).T)
        assert strip["zmax"] == (limits.c if tensor.name == "state_c" else limits.h)
    tops = [strip["y"][0] for strip in strips(chart(drawn))]
    assert sorted(tops) == tops
    assert len(set(tops)) == len(RAGGED)


def test_below_the_states_stands_how_far_their_colours_reach() -> None:
    settings = Settings(units=3)
    said = {
        masked: [
            note["text"]
            for note in chart(answer(Question(settings=settings, mask_zero=masked))).figure[
                "layout"
            ]["annotations"]
            if note["text"].startswith("colours")
        ]
        for masked in (True, False)
    }
    h, c, wider = (f"colours:<br>−{end} to {end}" for end in (0.5, 1, 2))
    assert said == {True: [h, c], False: [h, wider]}


def test_each_sentence_begins_with_the_state_before_step_1(drawn: Answer) -> None:
    first = [trace for trace in heatmaps(chart(drawn)) if trace["name"] == START]
    assert len(first) == len(RAGGED)
    for strip in first:
        assert max(strip["x"]) <= 0.5
        assert np.unique(strip["z"]).tolist() == [np.float32(0.1 * drawn.question.begun)]


def test_masked_steps_are_hatched_and_only_those(drawn: Answer) -> None:
    """And, as everywhere, what was computed and not returned."""
    picture = chart(drawn)
    hatches = [t for t in picture.figure["data"] if t.get("meta") == "hatch"]
    dim = [strip for strip in strips(picture) if strip["opacity"] < 1]
    assert len(dim) == (0 if drawn.run.settings.return_sequences else 2 * len(RAGGED))
    found = np.zeros_like(drawn.mask)
    for hatch in hatches[len(dim) :]:
        row, steps = int(hatch["y"][0]), slice(int(hatch["x"][0]), int(hatch["x"][1]))
        assert hatch["xaxis"] == "x"
        assert not found[row, steps].any()
        found[row, steps] = True
    np.testing.assert_array_equal(found, passed_over(drawn))


def test_ids_stand_above_their_steps_in_brackets_where_masked(drawn: Answer) -> None:
    annotations = chart(drawn).figure["layout"]["annotations"]
    ids = sorted((a for a in annotations if a.get("xref") == "x"), key=lambda a: (a["y"], a["x"]))
    tokens, passed = drawn.run.trace.tokens, passed_over(drawn)
    assert [(label["text"], label["x"]) for label in ids] == [
        (said(token, over, step > 1 and overs[step - 2]), step)
        for row, overs in zip(tokens.tolist(), passed, strict=True)
        for step, (token, over) in enumerate(zip(row, overs, strict=True), start=1)
    ]


def test_of_ids_those_come_first_with_which_the_words_and_the_padding_begin(drawn: Answer) -> None:
    """They are the last that a narrow picture leaves out."""
    annotations = chart(drawn).figure["layout"]["annotations"]
    ids = [label for label in annotations if label.get("xref") == "x"]
    steps = drawn.run.trace.tokens.shape[1]
    for y, words in zip(sorted({label["y"] for label in ids}), RAGGED, strict=True):
        columns = [label["x"] for label in ids if label["y"] == y]
        pre = steps - len(words)
        begins = [1, 1 + (pre if drawn.question.side == "pre" else len(words))]
        first = sorted({each for each in begins if each <= steps})
        assert columns[: len(first)] == first
        rest = columns[len(first) :]
        assert rest == sorted(rest)
        assert {label["name"] for label in ids} == {OVER}


def said(token: int, over: bool, before: bool) -> str:
    """What stands above a step: the first masked one says so."""
    if not over:
        return f"<b>{token}</b>"
    return f"({token})" if before else text("padding.masked", token=token)


def test_sentences_and_states_are_labelled(drawn: Answer) -> None:
    layout = chart(drawn).figure["layout"]
    assert layout["yaxis"]["ticktext"] == [
        text("padding.sentence", number=number) for number in (1, 2, 3)
    ]
    assert layout["xaxis"]["tickvals"][1:] == [1, 2, 3, 4]
    assert layout["xaxis"]["ticktext"][0] == text("charts.start")  # in the line of the steps
    said = {label["text"] for label in layout["annotations"]}
    for name in drawn.run.trace.states:
        assert (f"<b>{name}</b>" in said) == (drawn.run.tensor(name) is not None)
        assert name in said or f"<b>{name}</b>" in said


@pytest.mark.parametrize("sequences", FLAGS)
def test_a_strip_has_both_directions(sequences: bool) -> None:
    """Keras's outputs at each step, or else both states, one above the other."""
    settings = Settings(units=3, return_sequences=sequences)
    found = answer(Question(settings=settings, sentences=RAGGED, bidirectional=True))
    picture = chart(found)
    outputs = [strip for strip in strips(picture) if strip["name"] == "outputs"]
    for row, strip in enumerate(outputs):
        values = found.layer.tensor("outputs")[row].reshape(-1, 6).T
        np.testing.assert_array_equal(strip["z"], values)
    assert len(outputs) == len(RAGGED)
    assert picture.alt.endswith(text("padding.alt_both"))


def test_the_alternative_text_tells_the_truth(drawn: Answer) -> None:
    alt = chart(drawn).alt
    where = {"post": "end", "pre": "beginning"}[drawn.question.side]
    assert f"Sentences of 4, 1, 3 steps, padded at the {where} to 4 steps; " in alt
    assert alt.endswith(f"; masked steps: {passed_over(drawn).sum()}.")


SIZES = {
    "one step, one unit": (((7,),), Settings(units=1)),
    "64 units": (((1, 2), (3,)), Settings(cell="GRU", units=64)),
    "100 steps": ((tuple(range(100)), (5,)), Settings(cell="SimpleRNN", return_sequences=False)),
    "8 sentences": (tuple((9,) * (n + 1) for n in range(8)), Settings(units=64)),
}


@pytest.mark.parametrize("size", SIZES)
def test_plotly_takes_every_size(size: str) -> None:
    sentences, settings = SIZES[size]
    picture = chart(answer(Question(sentences=sentences, settings=settings)))
    assert_taken(picture)
    assert picture.figure["layout"]["height"] < 480  # seen without scrolling


def assert_taken(picture: Picture) -> None:
    taken = go.Figure(picture.figure).to_plotly_json()
    assert len(taken["data"]) == len(picture.figure["data"])
    assert all(np.isfinite(strip["z"]).all() for strip in strips(picture))
