"""Dropout: what is dropped and returned, against a layer of Keras's that the test builds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from components.backend import Run, Settings, SettingsError, Setup, run
from components.backend.cells import CELLS, KEPT
from components.backend.question.linked import choices
from components.backend.question.settings import NOTEBOOK_TEN
from components.backend.running import dropped, engine
from components.backend.running.keras_layers import weight_seed
from components.backend.running.replay import replay
from components.backend.scripts.code import call
from components.backend.scripts.script import cell_states, script
from components.backend.torch_weights import lacks
from components.backend.weight_files.edits import Edits
from components.backend.whatif import (
    attention,
    both_ways,
    carry,
    edit,
    encoder_decoder,
    influence,
    padding,
    stack,
    twice,
)
from components.charts import dropped as picture_of
from components.charts.picture import CUT
from components.charts.strips import MOST_DRAWN
from tests.facts import assert_sentences
from tests.kinds import called, chosen_of, every_kind, random_run, soaked, states_of
from tests.layers import keras_layer, read, tensors
from tests.scripts import executed, printed_tensors

TWO = ((4, 21, 64), (13, 77, 66))
RATES = {"dropout": (0.0, 0.5), "recurrent_dropout": (0.0, 0.25)}
OPTIONS: dict[str, tuple[Any, ...]] = {
    "cell": choices(Settings, "cell"),
    **RATES,
    "reset_after": (True, False),
    "go_backwards": (True, False),
    "embedding": (True, False),
    "input_scaling": ("unit",),
    "seed": (0, 2**31 - 1),
}
SIZE = {"units": 3, "embedding_dim": 5, "tokens": TWO}
KINDS = [kind for kind in every_kind(OPTIONS, **SIZE) if kind.drops]
KINDS += [KINDS[-1].but(tokens=(tuple(range(41)),), seed=1)]  # more than 40 steps run as a graph
EVERY = pytest.mark.parametrize(
    "settings", soaked(KINDS, partial(chosen_of, OPTIONS), partial(called, OPTIONS))
)
FEW = [
    Settings(cell=cell, units=3, tokens=TWO, dropout=rate, recurrent_dropout=recurrent)
    for cell in CELLS
    if Settings(cell=cell).applies("dropout")
    for rate, recurrent in ((0.5, 0.0), (0.0, 0.5), (0.3, 0.25))
]
EACH = [
    # Each cell and each of those rates once, and all of them with each other behind the soak.
    pytest.param(settings, marks=() if number % 4 == 0 else pytest.mark.soak)
    for number, settings in enumerate(FEW)
]
BOTH = Settings(dropout=0.3, recurrent_dropout=0.25, tokens=TWO)


def assert_close(one: Any, other: Any, tolerance: float = 2e-6) -> None:
    np.testing.assert_allclose(one, other, rtol=0, atol=tolerance)


def keras_says(result: Run, *, training: bool) -> list[np.ndarray]:
    """What a layer built here, with the run's weights and its own seed, returns on its first
    call."""
    seed = weight_seed(result.settings.seed, "dropout")
    layer = keras_layer(result, seed=seed)
    states = [*states_of(result.settings).values()]
    return tensors(layer(read(result), initial_state=states, training=training))


@EVERY
def test_keras_returns_the_same(settings: Settings) -> None:
    """With weights none of which is 0, from states that are not 0."""
    result = random_run(settings, 3)
    for tensor, values in zip(result.returned, keras_says(result, training=True), strict=True):
        assert_close(tensor.values, values)
    kept = replay(
        settings,
        np.array(settings.tokens),
        read(result),
        result.weights,
        initial=result.trace.initial,
    )
    again = dropped.at_inference(result).layers[0]
    assert again.trace.dropout is KEPT
    for tensor, values in zip(again.returned, keras_says(result, training=False), strict=True):
        assert_close(tensor.values, values)
    assert_close(again.trace.hidden, kept.hidden)


@EVERY
def test_masks(settings: Settings) -> None:
    """0 or 1 / (1 - rate), one for all gates or one for each, for each sentence."""
    trace, blocks = run(settings).trace, len(CELLS[settings.cell].block_names)
    masks = blocks if settings.recurrent_dropout else 1
    rates = settings.dropout, settings.recurrent_dropout
    for rate, mask, rows in zip(rates, trace.dropout, (trace.inputs, trace.hidden), strict=True):
        assert (mask is None) == (rate == 0)
        if mask is not None:
            assert mask.shape == (masks, len(settings.tokens), rows.shape[-1])
            assert set(mask.ravel().tolist()) <= {0, float(np.float32(1 / (1 - rate)))}
            assert not mask.flags.writeable


@pytest.mark.parametrize("settings", EACH)
def test_what_is_dropped_follows_from_the_seed_alone(settings: Settings, forget: Any) -> None:
    first = run(settings).trace
    longer = settings.but(tokens=((1, 2, 3, 4, 5), (6, 7, 8, 9, 0)), go_backwards=True)
    for other in (settings, longer):
        forget()
        for one, two in zip(first.dropout, run(other).trace.dropout, strict=True):
            np.testing.assert_array_equal(one, two)
    wide = settings.but(units=16, embedding_dim=16)
    masks = [run(wide.but(seed=seed)).trace.dropout for seed in (0, 1)]
    for one, two in zip(*masks, strict=True):
        assert one is None or not np.array_equal(one, two)


def test_the_share_that_is_dropped_is_the_rate() -> None:
    tokens = (NOTEBOOK_TEN,) * 8
    for rate in (0.1, 0.5, 0.9):
        wide = Settings(units=64, embedding_dim=16, dropout=rate, recurrent_dropout=rate)
        for mask in run(wide.but(tokens=tokens)).trace.dropout:
            assert (mask == 0).mean() == pytest.approx(rate, abs=0.1)


def test_no_seed_is_that_of_any_weights() -> None:
    roles = ("embeddings", "bias", "kernel", "recurrent_kernel")
    drawn = {weight_seed(7, "dropout", layer) for layer in range(8)}
    assert not drawn & {weight_seed(7, role, layer) for role in roles for layer in range(8)}
    assert len(drawn) == 8


def test_without_the_masks_the_replay_is_another() -> None:
    result = run(BOTH)
    for dropout in (KEPT, result.trace.dropout._replace(inputs=None)):
        inputs = result.trace.inputs
        other = replay(BOTH, np.array(TWO), inputs, result.weights, dropout=dropout)
        assert np.abs(other.hidden - result.trace.hidden).max() > 1e-3


# The rates


@pytest.mark.parametrize("name", RATES)
def test_rates(name: str) -> None:
    for said, rate in (("0.5", 0.5), ("0.50", 0.5), (".05", 0.05), ("0", 0.0), ("0.0", 0.0)):
        setup, problems = Setup.from_query({name: [said]})
        assert (getattr(setup, name), problems) == (rate, ())
        assert setup.to_query() == ({name: f"{rate:g}"} if rate else {})
    assert getattr(Settings(**{name: np.float64(0.25)}), name) == 0.25
    for wrong in (1.0, -0.1, 0.33, float("nan"), "0.5", None):
        with pytest.raises(SettingsError, match=f"^{name}: .*0.0, 0.05, 0.1"):
            Settings(**{name: wrong})
    _, problems = Setup.from_query({name: ["0.33"]})
    assert [problem.field for problem in problems] == [name]


def test_weights_do_not_depend_on_them() -> None:
    assert dict(run(BOTH).weights).keys() == dict(run(BOTH.at_inference).weights).keys()
    for name, array in run(BOTH.at_inference).weights.items():
        np.testing.assert_array_equal(run(BOTH).weights[name], array)


def test_pytorch_has_no_counterpart() -> None:
    assert lacks(BOTH) == ("dropout", "recurrent_dropout")


# The other questions


@pytest.mark.parametrize("module", [attention, carry, encoder_decoder, influence, twice])
def test_questions_that_drop_nothing(module: Any) -> None:
    """Neither the answer nor the script knows of the rates."""
    asked, plain = (module.Question(settings=s) for s in (BOTH, BOTH.at_inference))
    assert asked == plain
    assert module.answer(asked) is module.answer(plain)
    assert "dropout" not in module.script(asked)


@pytest.mark.parametrize("settings", EACH)
def test_both_ways_and_stack(settings: Settings) -> None:
    """Each layer, and each direction, draws from a seed of its own; the scripts draw the same."""
    wide = settings.but(units=8, embedding_dim=8)
    question = both_ways.Question(settings=wide)
    answer = both_ways.answer(question)
    for one, two in zip(answer.forward.dropout, answer.backward.dropout, strict=True):
        assert one is None or not np.array_equal(one, two)
    _, text = executed(both_ways.script(question))
    assert_printed(text, {tensor.name: tensor.values for tensor in answer.returned})

    above = (settings.but(units=8), settings.at_inference)
    question = stack.Question(first=wide, above=above, hand_on="outputs", bidirectional="sum")
    answer = stack.answer(question)
    kept = [trace.dropout is KEPT for layer in answer.layers for trace in layer.traces]
    assert kept == [False, False, False, True]
    _, text = executed(stack.script(question))
    pairs = ((t, n) for n, layer in enumerate(answer.layers, 1) for t in layer.returned)
    assert_printed(text, {f"{tensor.name}_{number}": tensor.values for tensor, number in pairs})


def assert_printed(text: str, expected: Mapping[str, np.ndarray]) -> None:
    printed = printed_tensors(text)
    assert printed.keys() == expected.keys()
    for name, values in expected.items():
        assert_close(printed[name], values)


@pytest.mark.parametrize(("number", "settings"), [*enumerate(FEW[::4])])
def test_padding(number: int, settings: Settings) -> None:
    """The masks of dropout are those of the same layer on any sentences, read one way or both."""
    question = padding.Question(
        settings=settings, sentences=((4, 21, 64), (13,)), bidirectional=number % 2 == 1
    )
    answer = padding.answer(question)
    masks = answer.layer.traces[0].dropout, run(settings).trace.dropout
    for one, two in zip(*masks, strict=True):
        np.testing.assert_array_equal(one, two)
    assert [fact.name for fact in padding.facts(answer) if fact.holds is False] == []
    _, text = executed(padding.script(question))
    assert_printed(text, {tensor.name: tensor.values for tensor in answer.layer.returned})


@pytest.mark.parametrize("gate", [0, 1])
def test_a_gate_that_is_held_does_what_is_said_of_it(gate: int) -> None:
    settings = BOTH.but(cell="GRU", reset_after=False)
    for name in CELLS["GRU"].gates:
        if name != "candidate":
            question = edit.Question(settings=settings, edits=Edits().hold(name, gate))
            found = edit.facts(edit.answer(question))
            assert [fact.name for fact in found if fact.holds is False] == []


@pytest.mark.parametrize("settings", FEW)
def test_scripts_draw_the_same(settings: Settings) -> None:
    result = run(settings)
    assert call(settings).endswith("(x, training=True)")
    _, text = executed(script(settings))
    assert_printed(text, {tensor.name: tensor.values for tensor in result.returned})
    if result.trace.cell is not None:
        steps = {"h": result.trace.hidden, "c": result.trace.cell}
        assert_printed(executed(cell_states(settings))[1], steps)


def test_a_layer_that_drops_nothing_has_no_seed() -> None:
    for source in (script(Settings()), cell_states(Settings())):
        assert "training" not in source
        assert "\n    seed=" not in source


# Why the script gives Bidirectional's forward layer its seed


def test_keras_forgets_the_seed_of_a_simple_rnn_that_is_copied() -> None:
    with engine.use_keras() as (keras, _):
        for cell, seed in (("LSTM", 1), ("GRU", 1), ("SimpleRNN", None)):
            layer = getattr(keras.layers, cell)(2, dropout=0.5, seed=1)
            assert keras.layers.Bidirectional(layer).forward_layer.cell.seed == seed


# What the page says and draws


def test_facts() -> None:
    found = [fact for settings in FEW for fact in dropped.facts(run(settings))]
    assert all(fact.holds for fact in found)
    assert_sentences("dropout_facts", found)
    assert dropped.facts(run(Settings())) == ()


def test_facts_count_and_measure() -> None:
    result = run(BOTH)
    found = {fact.name: fact.values for fact in dropped.facts(result)}
    assert found.keys() == {"x_each", "h_each", "every_step", "at_inference"}
    inputs, hidden = result.trace.dropout
    for name, mask, rate in (("x_each", inputs, 0.3), ("h_each", hidden, 0.25)):
        count = {"dropped": (mask == 0).sum(), "count": 4 * 2 * mask.shape[-1]}
        count |= {"masks": 4, "rate": rate}
        assert found[name] == count | {"scale": 1 / (1 - rate)}
    apart = np.abs(run(BOTH.at_inference).trace.hidden - result.trace.hidden).max()
    assert found["at_inference"]["largest"] == pytest.approx(apart, abs=1e-6)


def test_a_mask_of_another_scale_is_noticed() -> None:
    result = run(BOTH)
    dropout = result.trace.dropout._replace(inputs=1.01 * result.trace.dropout.inputs)
    other = replace(result, trace=replace(result.trace, dropout=dropout))
    assert {fact.name for fact in dropped.facts(other) if not fact.holds} == {"x_each"}


@pytest.mark.parametrize("settings", FEW)
@pytest.mark.parametrize("sentence", [0, 1])
def test_picture(settings: Settings, sentence: int) -> None:
    """A strip for each mask, its dropped rows crossed out from the first step to the last."""
    trace = run(settings).trace
    figure, alt = picture_of(run(settings), sentence=sentence)
    strips = [t for t in figure["data"] if t["type"] == "heatmap"]
    crossed = [t for t in figure["data"] if t.get("fillpattern", {}).get("shape") == "x"]
    reads = ((trace.inputs, trace.dropout.inputs), (trace.before("state_h"), trace.dropout.hidden))
    masks = [(steps, mask) for steps, each in reads for mask in (() if each is None else each)]
    assert len(masks) == len(strips) == len(crossed)
    for (steps, mask), strip, cross in zip(masks, strips, crossed, strict=True):
        np.testing.assert_array_equal(strip["z"], (steps[sentence] * mask[sentence]).T)
        rows = np.flatnonzero(mask[sentence] == 0)
        assert cross["x"] == [0.5, 3.5, 3.5, 0.5, None] * len(rows)
        assert [y for y in cross["y"] if y is not None] == [
            strip["y"][row + edge] for row in rows for edge in (0, 0, 1, 1)
        ]
        for row, said in enumerate(strip["text"]):
            assert all(one.endswith(", dropped") == (row in rows) for one in said)
    assert alt.startswith("What is dropped at every step. x" if settings.dropout else "What")
    assert figure["layout"]["meta"][CUT] == ""


def test_a_picture_of_a_wide_layer_has_the_first_rows_of_each_strip() -> None:
    result = run(BOTH.but(units=512, embedding_dim=300))
    figure, _ = picture_of(result)
    for trace in figure["data"]:
        if trace["type"] == "heatmap":
            assert len(trace["z"]) == len(trace["y"]) - 1 == MOST_DRAWN
    assert str(MOST_DRAWN) in figure["layout"]["meta"][CUT]
