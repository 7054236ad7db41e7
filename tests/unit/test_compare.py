"""Two runs side by side: what is said and drawn of them, and the code that gives both."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from components.backend import Run, Settings, run
from components.backend.origins.notebook import cases
from components.backend.scripts.script import compared
from components.backend.whatif.differences import facts
from components.charts import compare, fitted
from components.charts.compare import like_first
from tests.facts import assert_sentences
from tests.scripts import executed

A = Settings(tokens=((4, 21, 64, 13, 77), (66, 54, 30, 81, 87)), units=3)
CHANGES: dict[str, dict[str, Any]] = {
    "cell": {"cell": "GRU"},
    "sequences": {"return_sequences": False},
    "state": {"return_state": False},
    "seed": {"seed": 1},
    "units": {"units": 5},
    "length": {"tokens": ((4, 21, 64), (66, 54, 30))},
    "direction": {"go_backwards": True},
    "embedding": {"embedding": False},
    "bias": {"use_bias": False},
    "nothing": {},
}
NO_BIAS: list[tuple[Settings, dict[str, Any]]] = [
    (A.but(cell="GRU"), {"reset_after": False}),
    (A.but(cell="GRU", embedding=False), {"reset_after": False}),
    (A.but(cell="GRU"), {"use_bias": False}),
    (A.but(cell="GRU", reset_after=False), {"reset_after": True, "use_bias": False}),
    (A.but(cell="SimpleRNN"), {"use_bias": False, "return_sequences": False}),
    (A.but(unit_forget_bias=False), {"use_bias": False}),
]
"""Layers and changes that leave nothing of the weights different but biases of zeros."""


@pytest.fixture(params=CHANGES)
def change(request: pytest.FixtureRequest) -> dict[str, Any]:
    return CHANGES[request.param]


def pair(change: dict[str, Any]) -> tuple[Run, Run]:
    return run(A), run(A.but(**change))


def test_facts_are_measured(change: dict[str, Any]) -> None:
    a, b = pair(change)
    weights, *states, hidden, returned = facts(a, b, "B")
    assert [fact.values for fact in states] == [
        {"more": "LSTM", "fewer": cell, "first": "state_h, state_c", "second": "state_h"}
        for cell in (change.get("cell"),)
        if cell
    ]
    named = set(weights.values.get("names", "").split(", ")) - {""}
    assert named == {
        name
        for name in {**a.weights, **b.weights}
        if not np.array_equal(a.weights.get(name), b.weights.get(name))
    }
    if not named:
        assert (weights.name, weights.holds) == ("weights_same", True)
        assert weights.values == {"count": a.parameter_count}
    elif {n: w.shape for n, w in a.weights.items()} == {n: w.shape for n, w in b.weights.items()}:
        assert (weights.name, weights.holds) == ("weights_others", None)
        apart = [np.abs(a.weights[name] - b.weights[name]).max() for name in named]
        assert weights.values["difference"] == max(apart)
    else:
        assert (weights.name, weights.holds) == ("weights_shapes", None)
        assert weights.values["first"] == a.parameter_count
        assert weights.values["second"] == b.parameter_count
    if a.trace.hidden.shape != b.trace.hidden.shape:
        assert hidden.name == "hidden_shapes"
    elif np.array_equal(a.trace.hidden, b.trace.hidden):
        assert (hidden.name, hidden.holds) == ("hidden_same", True)
    else:
        apart = np.abs(b.trace.hidden - a.trace.hidden)
        step, unit = hidden.values["step"] - 1, hidden.values["unit"]
        assert hidden.values["difference"] == apart.max() == apart[:, step, unit].max()
    kept = [[(t.name, t.values.shape) for t in result.returned] for result in (a, b)]
    assert returned.name == ("returned_same" if kept[0] == kept[1] else "returned_others")


def test_every_fact_has_its_sentence() -> None:
    runs = [pair(change) for change in CHANGES.values()]
    runs.append((run(NO_BIAS[0][0]), run(NO_BIAS[0][0].but(**NO_BIAS[0][1]))))
    assert_sentences("compare_facts", (fact for a, b in runs for fact in facts(a, b, "B")))


@pytest.mark.parametrize(("settings", "change"), NO_BIAS)
def test_biases_of_zeros_are_no_other_weights(settings: Settings, change: dict[str, Any]) -> None:
    """Keras draws the same kernels: the difference is the flag's alone, which is tried here by
    giving the other layer A's own kernels and biases of zeros."""
    a, b = run(settings), run(settings.but(**change))
    fact = facts(a, b, "B")[0]
    assert (fact.name, fact.holds) == ("weights_no_bias", True)
    assert fact.values["names"].split(", ") == [name for name in a.weights if name != "bias"]
    zeros = {
        name: np.zeros_like(w) if name == "bias" else a.weights[name]
        for name, w in b.weights.items()
    }
    np.testing.assert_array_equal(run(b.settings, zeros).trace.hidden, b.trace.hidden)


def test_biases_that_are_not_zero_are_other_weights() -> None:
    lstm = run(A), run(A.but(use_bias=False))  # unit_forget_bias begins with ones
    gru = [run(A.but(cell="GRU", reset_after=after)) for after in (True, False)]
    weights = dict(gru[0].weights) | {"bias": np.full_like(gru[0].weights["bias"], 0.5)}
    for a, b in (lstm, (run(gru[0].settings, weights), gru[1])):
        fact = facts(a, b, "B")[0]
        assert (fact.name, fact.values["names"]) == ("weights_shapes", "bias")


def test_flags_move_no_value() -> None:
    for name in ("return_sequences", "return_state"):
        weights, hidden, _ = facts(*pair({name: False}), "B")
        assert (weights.name, hidden.name) == ("weights_same", "hidden_same")


@pytest.mark.parametrize("sentence", [0, 1])
def test_the_picture_has_both_runs_and_their_difference(
    change: dict[str, Any], sentence: int
) -> None:
    a, b = pair(change)
    data = compare(a, b, sentence=sentence).figure["data"]
    strips = [trace for trace in data if trace["type"] == "heatmap"]
    limits = fitted(a, b)
    lit = [
        s for s in strips if s["name"] in ("outputs", "state_h", "state_c") and s["opacity"] == 1
    ]
    tensors = [tensor for result in (a, b) for tensor in result.returned]
    assert [strip["name"] for strip in lit] == [tensor.name for tensor in tensors]
    for strip, tensor in zip(lit, tensors, strict=True):
        units = tensor.values.shape[-1]
        np.testing.assert_array_equal(strip["z"], tensor.values[sentence].reshape(-1, units).T)
        assert strip["zmax"] == (limits.c if strip["name"] == "state_c" else limits.h)
    between = [strip for strip in strips if strip["name"] == "difference"]
    if a.trace.hidden.shape == b.trace.hidden.shape:
        apart = b.trace.hidden[sentence] - a.trace.hidden[sentence]
        np.testing.assert_array_equal(between[0]["z"], apart.T)
    else:
        assert not between
    tops = [strip["y"][0] for strip in strips if strip["name"] in ("outputs", "difference")]
    assert all(above < below for above, below in pairwise(dict.fromkeys(tops)))


def test_three_runs_have_a_strip_each_and_are_held_against_the_first() -> None:
    runs = [run(A.but(cell=cell)) for cell in ("LSTM", "GRU", "SimpleRNN")]
    picture = compare(*runs)
    strips = [t for t in picture.figure["data"] if t["type"] == "heatmap"]
    assert [strip["name"] for strip in strips].count("outputs") == 3
    apart = [strip for strip in strips if strip["name"] == "difference"]
    first, *others = (result.trace.hidden[0].T for result in runs)
    for strip, hidden in zip(apart, others, strict=True):
        np.testing.assert_array_equal(strip["z"], hidden - first)
    assert apart[0]["zmax"] == apart[1]["zmax"]
    assert all(name in picture.alt for name in ("A: LSTM(3", "B: GRU(3", "C: SimpleRNN(3"))


def test_only_what_has_the_shape_of_the_first_is_held_against_it() -> None:
    runs = [run(A), run(A.but(units=4)), run(A.but(cell="GRU"))]
    assert like_first(runs) == ["C"]
    assert like_first(runs[:2]) == []


def test_titles_say_what_differs() -> None:
    def titles(**change: Any) -> list[str]:
        layout = compare(*pair(change)).figure["layout"]
        return [found["text"] for found in layout["annotations"] if found.get("name") == "title"][
            :2
        ]

    assert titles(seed=1) == ["<b>A</b> Seed 10", "<b>B</b> Seed 1"]
    assert titles(cell="GRU") == ["<b>A</b> LSTM", "<b>B</b> GRU"]
    assert titles(embedding=False, units=2) == [
        "<b>A</b> Hidden size 3, Embedding on",
        "<b>B</b> Hidden size 2, Embedding off",
    ]
    assert titles(recurrent_activation="hard_sigmoid") == [
        "<b>A</b> recurrent_activation sigmoid (Keras's default)",
        "<b>B</b> recurrent_activation hard_sigmoid",
    ]


def test_tokens_stand_below_only_where_both_read_the_same() -> None:
    def ticks(change: dict[str, Any]) -> list[str]:
        return compare(*pair(change)).figure["layout"]["xaxis"]["ticktext"][1:]

    assert ticks({"cell": "GRU"})[0] == "1<br><b>4</b>"
    assert ticks({"go_backwards": True})[0] == "1"
    assert len(ticks(CHANGES["length"])) == 5


def test_the_script_gives_both_and_how_far_apart_they_are(change: dict[str, Any]) -> None:
    a, b = pair(change)
    namespace, output = executed(compared((a.settings, None), (b.settings, None)))
    for name, result in (("a", a), ("b", b)):
        assert list(namespace[name]) == [tensor.name for tensor in result.returned]
        for tensor in result.returned:
            got = namespace[name][tensor.name].numpy()
            np.testing.assert_allclose(got, tensor.values, atol=1e-6)
    said = [line for line in output.splitlines() if " differs by " in line]
    alike = [t for t in a.returned if np.shape(b.tensor(t.name)) == t.values.shape]
    assert [line.split()[0] for line in said] == [tensor.name for tensor in alike]
    for line, tensor in zip(said, alike, strict=True):
        apart = np.abs(tensor.values - b.tensor(tensor.name)).max()
        assert float(line.split()[-1]) == pytest.approx(apart, abs=1e-6)


def test_the_script_takes_a_cases_weights() -> None:
    case = cases()[0]
    source = compared((case.settings, case.weights), (case.settings.but(seed=1), None))
    namespace, _ = executed(source)
    np.testing.assert_allclose(
        namespace["a"]["outputs"].numpy(), case.run().tensor("outputs"), atol=1e-6
    )
