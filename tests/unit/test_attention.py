"""Attention: by hand and against Keras, its facts and equations, its script, and what is drawn."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from math import atanh, e, log, sqrt
from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from components.backend import MismatchError, Settings
from components.backend.question.linked import choices
from components.backend.question.weights import Origin, Weights
from components.backend.running import engine
from components.backend.running.attending import Asked, Attention, attend
from components.backend.running.attention_equations import MOST_TERMS, arrays, equations
from components.backend.running.keras_model import compute
from components.backend.running.model import Model, Recurrent, weight_layout
from components.backend.running.model_run import replayed, run_model
from components.backend.running.replay import GrownError
from components.backend.whatif import encoder_decoder
from components.backend.whatif.attention import (
    Answer,
    Choice,
    Question,
    answer,
    facts,
)
from components.charts.attention import (
    attention,
    attention_between,
    attention_heatmap,
    attention_square,
)
from components.charts.picture import CUT, WEIGHT
from components.panels.write.notation import Numbers, named
from tests.facts import assert_sentences
from tests.kinds import any_weights
from tests.notation import fill

TOKENS = ((4, 21, 64, 13, 77), (66, 54, 30, 81, 87))
ASKS = choices(Choice, "asks")
SCORES = choices(Choice, "score")
LN2, LN3 = log(2), log(3)


# By hand: a layer whose h is the very input, so that each number can be worked out on paper.


PAIR = ((0, 1), (LN3, 2))
UNIT = ((1, 0), (0, 1))
EYE = np.eye(2)
HEADS = {  # of MultiHeadAttention: kernels that change nothing
    "attention/query/kernel": EYE,
    "attention/key/kernel": EYE,
    "attention/value/kernel": EYE,
    "attention/attention_output/kernel": EYE,
}
SHARE = 1 / (1 + e)
FULL = 2 * e + 1

# Name: the question, what is read, attention's own weights, the weights and the context.
BY_HAND: dict[str, tuple[dict[str, Any], Any, dict[str, Any], Any, Any]] = {
    "dot": ({"asks": "own"}, PAIR, {"query": (1, 0)}, [0.25, 0.75], [0.75 * LN3, 1.75]),
    "scale 2": (
        {"asks": "own", "score": "scaled"},
        PAIR,
        {"query": (1, 0), "attention/scale": 2},
        [0.1, 0.9],
        [0.9 * LN3, 1.9],
    ),
    "scale 0, the mean": (
        {"asks": "own", "score": "scaled"},
        PAIR,
        {"query": (1, 0), "attention/scale": 0},
        [0.5, 0.5],
        [LN3 / 2, 1.5],
    ),
    "a large scale, the last h": (
        {"asks": "own", "score": "scaled"},
        PAIR,
        {"query": (1, 0), "attention/scale": 1000},
        [0, 1],
        [LN3, 2],
    ),
    "the last h asks": (
        {"asks": "last"},
        ((1, 0), (0, 5), (1, 0)),
        {},
        [e / FULL, 1 / FULL, e / FULL],
        [2 * e / FULL, 5 / FULL],
    ),
    "each asks": (
        {"asks": "each"},
        UNIT,
        {},
        [[1 - SHARE, SHARE], [SHARE, 1 - SHARE]],
        [[1 - SHARE, SHARE], [SHARE, 1 - SHARE]],
    ),
    "each asks those before": (
        {"asks": "each", "causal": True},
        UNIT,
        {},
        [[1, 0], [SHARE, 1 - SHARE]],
        [[1, 0], [SHARE, 1 - SHARE]],
    ),
    "additive": (
        {"asks": "own", "score": "additive"},
        ((0, 0), (atanh(0.5), atanh(0.5))),
        {"query": (0, 0), "attention/scale": (1, 1)},
        [SHARE, 1 - SHARE],
        [(1 - SHARE) * atanh(0.5)] * 2,
    ),
    "additive, one number counts": (
        {"asks": "own", "score": "additive"},
        ((0, 7), (atanh(0.5), 1)),
        {"query": (0, 0), "attention/scale": (log(4), 0)},
        [1 / 3, 2 / 3],
        [2 / 3 * atanh(0.5), 3],
    ),
    "a head divides by the root of key_dim": (
        {"asks": "own", "score": "one_head"},
        ((0, 1), (1, 2)),
        {"query": (sqrt(2) * LN3, 0), **HEADS, "attention/attention_output/bias": (10, 0)},
        [[0.25, 0.75]],
        [10.75, 1.75],
    ),
    "two heads": (
        {"asks": "own", "score": "two_heads"},
        ((0, 1), (1, 2)),
        {"query": (LN3, 0), **HEADS},
        [[[0.25, 0.75]], [[0.5, 0.5]]],
        [0.75, 1.5],
    ),
    "masked padding": (
        {"asks": "own", "padded": 1, "mask_zero": True},
        PAIR,
        {"query": (1, 0)},
        [0.25, 0.75, 0],
        [0.75 * LN3, 1.75],
    ),
    "padding without a mask": (
        {"asks": "own", "padded": 1, "mask_zero": False},
        PAIR,
        {"query": (1, 0)},
        [0.2, 0.6, 0.2],
        [0.6 * LN3, 1.4],
    ),
}


def as_it_reads(model: Model, own: dict[str, Any]) -> dict[str, np.ndarray]:
    """Weights with which h is the layer's input, and attention's own; all others are 0."""
    known = {"layer/kernel": EYE}
    known |= {"query/embeddings" if name == "query" else name: own[name] for name in own}
    return {
        each.name: np.float32(known.get(each.name, np.zeros(each.shape))).reshape(each.shape)
        for each in weight_layout(model)
    }


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(name: str) -> None:
    asked, read, own, weights, context = BY_HAND[name]
    settings = Settings(cell="SimpleRNN", units=2, activation="linear", values=(read,))
    question = Question(settings=settings, **asked)
    found = answer(question, as_it_reads(question.model, own))
    np.testing.assert_array_equal(found.hidden[0, : len(read)], np.float32(read))
    got = found.attended.tensor("weights")[0]
    np.testing.assert_allclose(got, np.reshape(weights, got.shape), rtol=0, atol=1e-6)
    got = found.attended.context[0]
    np.testing.assert_allclose(got, np.reshape(context, got.shape), rtol=0, atol=1e-6)


def test_a_decoder_asks_by_hand() -> None:
    """Each h of the decoder weighs those of the encoder; the ending reads the context and h."""
    settings = Settings(cell="SimpleRNN", units=2, activation="linear", values=(PAIR,))
    target = (((1.0, 0.0), (0.0, 0.0), (2.0, 0.0)),)
    layers = (Recurrent(settings, "a", "a/"), Recurrent(settings, "b", "b/", (2, 3)))
    model = Model(settings, layers, "nothing", "Dense(2)", target=target)
    model = replace(model, attention=Attention("decoder"))
    kernel = np.concatenate([EYE, 100 * EYE])  # of the Dense: context + 100 h
    own = {"a/kernel": EYE, "b/kernel": EYE, "ending/kernel": kernel}
    found = run_model(model, Weights(Origin("given"), as_it_reads(model, own)))
    assert found.attended is not None
    expected = [[0.25, 0.75], [0.5, 0.5], [0.1, 0.9]]
    np.testing.assert_allclose(found.attended.weights[0, 0], expected, rtol=0, atol=1e-6)
    outputs = [[0.75 * LN3 + 100, 1.75], [LN3 / 2, 1.5], [0.9 * LN3 + 200, 1.9]]
    np.testing.assert_allclose(found.returned[0].values[0], outputs, rtol=1e-6)


# Against Keras


def question_of(**fields: Any) -> Question:
    own = {name: fields.pop(name) for name in [*fields] if name in Settings.model_fields}
    return Question(settings=Settings(units=3, tokens=TOKENS).but(**own), **fields)


@pytest.mark.parametrize("which", [0, 1])
def test_a_context_or_a_weight_that_disagrees_with_its_replay_raises(which: int) -> None:
    model = question_of().model
    (raw,) = compute(model, None)
    outputs = [[np.array(array) for array in arrays] for arrays in raw.outputs]
    outputs[1][which][..., -1] += 1e-3
    with pytest.raises(MismatchError):
        replayed(model, raw._replace(outputs=outputs), Origin("seed", "0"))


def test_what_has_no_effect_changes_no_attention() -> None:
    for asks, causal in product(ASKS, (False, True)):
        question = question_of(asks=asks, causal=causal, score="dot", scale=5.0)
        expected = question_of(asks=asks, causal=causal and asks == "each")
        assert question.attention == expected.attention


def test_scores_that_rounding_decides_are_refused() -> None:
    """Large h that are nearly the same have scores that differ by less than their last digit."""
    question = question_of(asks="own", cell="SimpleRNN", activation="linear", units=64)
    weights = any_weights(weight_layout(question.model), 3)
    weights["embeddings"] = 1 + 1e-4 * weights["embeddings"]
    weights["layer/recurrent_kernel"] = 0 * weights["layer/recurrent_kernel"]
    weights["query/embeddings"] = 1e5 * weights["query/embeddings"]
    with pytest.raises(GrownError, match="Rounding alone decides the weights of attention"):
        answer(question, weights)


@pytest.mark.parametrize("masked", [False, True])
def test_equal_weights_give_what_keras_gives_as_the_mean(masked: bool) -> None:
    found = answer(question_of(score="scaled", scale=0.0, padded=2, mask_zero=masked))
    mask = np.arange(7) < (5 if masked else 7)
    with engine.use_keras() as (keras, _):
        pool = keras.layers.GlobalAveragePooling1D()
        mean = pool(found.hidden, mask=np.tile(mask, (2, 1))).numpy()
    np.testing.assert_allclose(found.mean, mean, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.attended.context[:, 0], mean, rtol=0, atol=1e-6)


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("heaviest", [False, True])
def test_a_step_left_out_is_a_step_that_is_masked(score: str, heaviest: bool) -> None:
    question = question_of(score=score, asks="own")
    found = answer(question, any_weights(weight_layout(question.model), 1))
    attended, weights = found.attended, found.weights
    steps = attended.extreme(heaviest=heaviest)
    mask = np.arange(5) != steps
    masked = Asked(attended.asked.query, attended.asked.value, None, mask)
    expected = attend(attended.attention, masked, weights).context
    np.testing.assert_allclose(attended.without(steps, weights), expected, rtol=0, atol=1e-5)
    moved = np.abs(expected - attended.context).max(axis=-1)
    np.testing.assert_allclose(found.moved_without(heaviest=heaviest), moved, rtol=0, atol=1e-5)


def test_masked_steps_weigh_nothing_and_others_do() -> None:
    for asks, score in product(ASKS, SCORES):
        asked = question_of(asks=asks, score=score, padded=3)
        masked = answer(asked).attended.weights
        assert masked.shape[-1] == 8
        np.testing.assert_array_equal(masked[..., 5:], 0)
        unmasked = answer(asked.but(mask_zero=False)).attended.weights
        assert unmasked[..., 5:].min() > 0


# Facts and equations


def answers() -> list[Answer]:
    """Answers of all kinds that the facts tell apart."""
    fields = [
        {},
        {"asks": "each", "causal": True, "score": "two_heads"},
        {"padded": 2},
        {"padded": 2, "mask_zero": False},
        {"padded": 2, "go_backwards": True},
        {"tokens": ((1, 2, 1),)},
        *({"asks": "own", "seed": seed} for seed in range(8)),
    ]
    return [answer(question_of(**each)) for each in fields]


def test_each_fact_has_its_sentence() -> None:
    assert_sentences("attention_facts", [f for each in answers() for f in facts(each)])


@pytest.mark.parametrize("asks", ASKS)
def test_no_step_weighs_most_where_all_weigh_the_same(asks: str) -> None:
    for scale, told in ((0.0, False), (20.0, True)):
        found = answer(question_of(asks=asks, score="scaled", scale=scale))
        assert any(fact.name.startswith("left_out") for fact in facts(found)) == told


@pytest.mark.parametrize(("tokens", "told"), [((1, 2, 1), "order_alone"), ((1, 2, 3), "order")])
def test_the_layer_sees_an_order_only_where_there_is_one(
    tokens: tuple[int, ...], told: str
) -> None:
    found = answer(question_of(tokens=(tokens,)))
    assert told in [fact.name for fact in facts(found)]


@pytest.mark.parametrize("score", SCORES)
def test_what_is_worked_out_as_the_context_is_the_context(score: str) -> None:
    """A head's sum is called otherwise."""
    found = answer(question_of(score=score))
    read = arrays(found.attended, found.weights)
    is_context = np.array_equal(read["context"][1], found.attended.attended.context[0, 0])
    assert (equations(found.attended)[-1].name == "context") == is_context


@pytest.mark.parametrize("asks", ASKS)
@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("scale", [1.0, 20.0])
def test_the_numbers_of_the_equations_give_the_result(asks: str, score: str, scale: float) -> None:
    question = question_of(asks=asks, score=score, scale=scale, padded=1)
    own = {n: scale**0.5 * w for n, w in any_weights(weight_layout(question.model), 2).items()}
    found = answer(question, own)
    attended = found.attended
    for sentence, step, head in product((0, 1), (1, 3), range(attended.weights.shape[1])):
        read = arrays(attended, found.weights, sentence=sentence, head=head)
        numbers = {name: Numbers(*each) for name, each in read.items()}
        lines = equations(attended)
        for unit, equation in product(range(len(read["value"][1][0])), lines):
            assert named(equation.numbers + equation.value) <= numbers.keys()
            filled = fill(equation.numbers, numbers, step=step, unit=unit)
            shown = fill(equation.value, numbers, step=step, unit=unit)
            got, expected = (worked_out(each) for each in (filled, shown))
            assert got == pytest.approx(expected, rel=5e-3, abs=5e-3 * size_of(filled))
        query = step - 1 if asks == "each" else 0
        value = int(numbers["asked"].values[step - 1]) - 1
        assert read["weight"][1][step - 1] == attended.weights[sentence, head, query, value]


def worked_out(written: str) -> float:
    return float(eval(re.sub(r"·10\^(-?\d+)", r"e\1", written).replace("·", "*")))


def size_of(written: str) -> float:
    return 1e-3 + max(abs(worked_out(each)) for each in re.findall(r"\d[\d.]*", written))


def test_a_long_sum_ends_in_dots() -> None:
    found = answer(question_of(tokens=(tuple(range(1, 21)),)))
    score, _, context = equations(found.attended)
    assert "…" not in score.numbers
    assert context.numbers.endswith(" + …")
    assert context.numbers.count("*") == MOST_TERMS


# What is drawn


def weights_of(*shape: int) -> np.ndarray:
    """Weights, each row of which sums to 1."""
    scores = np.exp(np.random.default_rng(0).normal(size=shape))
    return (scores / scores.sum(-1, keepdims=True)).astype("float32")


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (1, 4, 6), (2, 12, 14), (5, 3, 2), (4, 60, 60)])
def test_a_heatmap_has_the_weights_of_each_head(shape: tuple[int, ...]) -> None:
    weights = weights_of(*shape)
    pairs = zip("qv", shape[-2:], strict=True)
    queries, values = ([f"{kind}{n}" for n in range(size)] for kind, size in pairs)
    figure, alt = attention_heatmap(weights, queries, values)
    go.Figure(figure)
    heads = [trace for trace in figure["data"] if trace["type"] == "heatmap"]
    np.testing.assert_array_equal([head["z"] for head in heads], weights.reshape(-1, *shape[-2:]))
    for head in heads:
        assert (head["zmin"], head["zmax"], head["colorscale"]) == (0, 1, WEIGHT)
        assert (head["customdata"], head["text"]) == ([values], [[name] for name in queries])
        above = figure["layout"][head["xaxis"].replace("x", "xaxis")]
        assert above["ticktext"] == values
        written = figure["layout"][head["yaxis"].replace("y", "yaxis")]
        assert set(written["ticktext"]) <= set(queries)
    places = {(h["xaxis"], h["yaxis"]) for h in heads}
    assert len(places) == len(heads)
    most = np.unravel_index(weights.argmax(), weights.shape)
    assert f"{queries[most[-2]]} on {values[most[-1]]}" in alt
    assert figure["layout"]["meta"][CUT] == ""


def test_masked_values_are_crossed_out_in_each_head() -> None:
    mask = np.array([True, False, False, True, False])
    figure, _ = attention_heatmap(weights_of(2, 3, 5), range(3), range(5), mask=mask)
    crossed = [trace for trace in figure["data"] if trace.get("meta") == "hatch"]
    stretches = [(lines["xaxis"], lines["x"][:2]) for lines in crossed]
    expected = [[1.5, 3.5], [4.5, 5.5]]
    assert stretches == [(axis, stretch) for axis in ("x", "x2") for stretch in expected]


def test_more_than_there_is_room_for_is_said() -> None:
    figure, _ = attention_heatmap(weights_of(9, 2, 101), range(2), range(101))
    heads = [trace for trace in figure["data"] if trace["type"] == "heatmap"]
    assert {head["z"].shape for head in heads} == {(2, 100)}
    assert "8 of 9 heads" in figure["layout"]["meta"][CUT]


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("asks", ["last", "own"])
def test_the_picture_of_one_query_has_what_keras_returned(asks: str, score: str) -> None:
    question = question_of(asks=asks, score=score, padded=2)
    found = answer(question, any_weights(weight_layout(question.model), 4))
    figure, alt = attention(found, sentence=1)
    go.Figure(figure)
    cells = {t["name"]: np.float32(t["z"]) for t in figure["data"] if t["type"] == "heatmap"}
    attended = found.attended
    np.testing.assert_array_equal(cells["outputs"], found.hidden[1].T)
    np.testing.assert_array_equal(cells["weights"], attended.weights[1, :, 0])
    np.testing.assert_array_equal(cells["score"], attended.attended.scores[1, :, 0])
    np.testing.assert_array_equal(cells["context"], attended.context[1].T)
    bias = found.weights.get("attention/attention_output/bias", 0)
    parts = cells["weight · h"].sum(axis=1) + bias
    np.testing.assert_allclose(parts, attended.context[1, 0], rtol=0, atol=1e-5)
    bars = [t for t in figure["data"] if t["type"] == "bar"]
    assert len(bars) == len(attended.weights[1])
    for bar, weights in zip(bars, attended.weights[1, :, 0], strict=True):
        heights = -np.array(bar["y"])
        np.testing.assert_allclose(heights / heights.sum(), weights, rtol=0, atol=1e-4)
    step = int(attended.weights[1, :, 0].mean(axis=0).argmax())
    assert f"step {step + 1}, {TOKENS[1][step]}" in alt


def test_the_pictures_of_self_attention_have_what_keras_returned() -> None:
    found = answer(question_of(asks="each", padded=2))
    figure, alt = attention(found)
    (context,) = (t for t in figure["data"] if t.get("name") == "context")
    np.testing.assert_array_equal(np.float32(context["z"]), found.attended.context[0].T)
    assert "Self-attention" in alt
    square, _ = attention_square(found)
    np.testing.assert_array_equal(square["data"][0]["z"], found.attended.weights[0, 0])
    assert any(trace.get("meta") == "hatch" for trace in square["data"])


def test_the_picture_between_encoder_and_decoder() -> None:
    settings = Settings(units=3, tokens=TOKENS)
    found = encoder_decoder.answer(encoder_decoder.Question(settings=settings, attention=True))
    assert found.attended is not None
    figure, alt = attention_between(found, sentence=1)
    np.testing.assert_array_equal(figure["data"][0]["z"], found.attended.weights[1, 0])
    assert figure["data"][0]["customdata"] == [[str(token) for token in TOKENS[1]]]
    assert "4 queries on 5 values" in alt
    padded = settings.reading(((4, 21, 64, 0, 0), TOKENS[1]))
    asked = encoder_decoder.Question(settings=padded, attention=True, mask_zero=True)
    figure, _ = attention_between(encoder_decoder.answer(asked))
    np.testing.assert_array_equal(figure["data"][0]["z"][:, 3:], 0)
    (crossed,) = [trace for trace in figure["data"] if trace.get("meta") == "hatch"]
    assert crossed["x"][:2] == [3.5, 5.5]
