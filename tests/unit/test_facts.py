"""What is stated of a run, worked out again here from its numbers."""

from __future__ import annotations

import ast
import dataclasses
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import components.backend
from components.backend import Run, Settings, run
from components.backend.cells import ACTIVATIONS, CELLS, RECURRENT_ACTIVATIONS
from components.backend.question.linked import choices
from components.backend.running import results
from components.backend.running.facts import (
    FAR,
    SATURATED,
    Fact,
    activation_curves,
    checks,
    facts,
    length_fact,
    sums,
)
from tests.kinds import called, chosen_of, every_kind, product_of, random_run, soaked

FLAGS = (True, False)
TWO_SENTENCES = ((4, 21, 64), (13, 77, 66))
WRITTEN_OUT = ("LSTM", "GRU", "SimpleRNN")
"""The cells whose last equation stands here once more."""
RUNS = product_of(cell=WRITTEN_OUT, returned=product(FLAGS, FLAGS), backwards=FLAGS)
EVERY_RUN = pytest.mark.parametrize(
    ("cell", "sequences", "state", "backwards"),
    [
        pytest.param(
            case["cell"], *case["returned"], case["backwards"], id=param.id, marks=param.marks
        )
        for param in soaked(RUNS)
        for case in param.values
    ],
)


def make(cell: str, sequences: bool = True, state: bool = True, backwards: bool = False) -> Run:
    return run(
        Settings(
            cell=cell,
            return_sequences=sequences,
            return_state=state,
            go_backwards=backwards,
            tokens=TWO_SENTENCES,
        )
    )


def told(result: Run) -> tuple[Fact, ...]:
    return facts(result) + checks(result)


def fact(result: Run, name: str) -> Fact:
    (found,) = (fact for fact in told(result) if fact.name.startswith(name))
    return found


def tampered(result: Run, name: str, by: float) -> Run:
    """The run as if Keras had returned something else under that name."""
    returned = tuple(
        dataclasses.replace(tensor, values=tensor.values + np.float32(by))
        if tensor.name == name
        else tensor
        for tensor in result.returned
    )
    return dataclasses.replace(result, returned=returned)


OPTIONS = {
    "cell": tuple(CELLS),
    "return_sequences": FLAGS,
    "return_state": FLAGS,
    "go_backwards": FLAGS,
    "activation": choices(Settings, "activation"),
    "recurrent_activation": choices(Settings, "recurrent_activation"),
    "reset_after": FLAGS,
    "use_bias": FLAGS,
    "embedding": FLAGS,
    "dropout": (0.0, 0.5),
    "recurrent_dropout": (0.0, 0.5),
}


@pytest.mark.parametrize(
    "settings",
    soaked(
        every_kind(OPTIONS, tokens=TWO_SENTENCES),
        partial(chosen_of, OPTIONS),
        partial(called, OPTIONS),
    ),
)
def test_facts_hold(settings: Settings) -> None:
    result = run(settings)
    found, cell = told(result), result.trace.cell
    names, bounded = [fact.name for fact in found], settings.activation == "tanh"
    is_told = {
        **dict.fromkeys(("count_", "equation_", "replay", ("last_", "same_")), True),
        "unbounded_": not bounded,
        "saturation_": bounded or settings.cell != "SimpleRNN",  # whose states have no ends then
        "c_grows": bounded and cell is not None and np.abs(cell).max() > 1,
    }
    assert {start: sum(name.startswith(start) for name in names) for start in is_told} == is_told
    assert len({*names}) == len(names)
    assert [fact.name for fact in found if fact.holds is False] == []


@EVERY_RUN
def test_last_output(cell: str, sequences: bool, state: bool, backwards: bool) -> None:
    result = make(cell, sequences, state, backwards)
    if not state:
        name = "last_states_unreturned" if cell == "LSTM" else "last_output_unreturned"
        assert fact(result, name) == Fact(name, None)
        return
    outputs, state_h = (tensor.values for tensor in result.returned[:2])
    np.testing.assert_array_equal(outputs[:, -1] if sequences else outputs, state_h)
    name = "last_output" if sequences else "same_tensor_twice"
    assert fact(result, name) == Fact(name, True, {"difference": 0.0})


@pytest.mark.parametrize("sequences", FLAGS)
@pytest.mark.parametrize("cell", CELLS)
def test_last_output_can_fail(cell: str, sequences: bool) -> None:
    result = tampered(make(cell, sequences), "state_h", by=2**-10)
    found = fact(result, "last_output" if sequences else "same_tensor_twice")
    assert not found.holds
    assert found.values["difference"] == pytest.approx(2**-10, rel=1e-3)


def expected_state(result: Run) -> np.ndarray:
    """The last h out of the cell's last equation."""
    trace, weights = result.trace, result.weights
    before, gates = trace.hidden[:, -2], {n: g[:, -1] for n, g in trace.gates.items()}
    if result.settings.cell == "LSTM":
        return gates["output"] * np.tanh(trace.cell[:, -1])
    if result.settings.cell == "GRU":
        return gates["update"] * before + (1 - gates["update"]) * gates["candidate"]
    read = trace.inputs[:, -1] @ weights["kernel"]
    return np.tanh(read + before @ weights["recurrent_kernel"] + weights["bias"])


@EVERY_RUN
def test_state_equation(cell: str, sequences: bool, state: bool, backwards: bool) -> None:
    result = make(cell, sequences, state, backwards)
    found = fact(result, f"equation_{cell}")
    outputs = result.tensor("outputs")
    last = outputs[:, -1] if sequences else outputs
    hidden = result.tensor("state_h") if state else last
    difference = np.abs(hidden - expected_state(result)).max()
    assert found.holds
    assert found.values["difference"] == pytest.approx(difference, abs=1e-6)
    assert found.values["name"] == ("state_h" if state else "outputs")


@pytest.mark.parametrize("cell", CELLS)
def test_state_equation_can_fail(cell: str) -> None:
    found = fact(tampered(make(cell), "state_h", by=1e-3), f"equation_{cell}")
    assert not found.holds
    assert found.values["difference"] == pytest.approx(1e-3, rel=0.1)


@pytest.mark.parametrize("cell", CELLS)
def test_state_equation_of_a_single_step(cell: str) -> None:
    assert fact(run(Settings(cell=cell, tokens=((7,),))), f"equation_{cell}").holds


def test_state_equation_reads_the_returned_cell_state() -> None:
    assert not fact(tampered(make("LSTM"), "state_c", by=0.1), "equation_LSTM").holds


@EVERY_RUN
def test_replay(cell: str, sequences: bool, state: bool, backwards: bool) -> None:
    result = make(cell, sequences, state, backwards)
    trace = result.trace
    twins = {
        "outputs": trace.hidden if sequences else trace.hidden[:, -1],
        "state_h": trace.hidden[:, -1],
        "state_c": None if trace.cell is None else trace.cell[:, -1],
    }
    worst = max(float(np.abs(t.values - twins[t.name]).max()) for t in result.returned)
    assert fact(result, "replay") == Fact("replay", True, {"difference": worst})


@pytest.mark.parametrize(
    ("cell", "state", "name", "names"),
    [
        ("LSTM", True, "count_LSTM", "outputs, state_h, state_c"),
        ("GRU", True, "count_GRU", "outputs, state_h"),
        ("SimpleRNN", True, "count_SimpleRNN", "outputs, state_h"),
        ("LSTM", False, "count_one", "outputs"),
        ("GRU", False, "count_one", "outputs"),
        ("SimpleRNN", False, "count_one", "outputs"),
    ],
)
def test_count(cell: str, state: bool, name: str, names: str) -> None:
    found = fact(make(cell, state=state), "count_")
    assert found == Fact(name, None, {"count": names.count(",") + 1, "names": names})


def with_bias(cell: str, bias: list[float], **options: Any) -> Fact:
    """The saturation of a layer that its bias alone decides."""
    units = 1 if cell != "SimpleRNN" else len(bias)
    columns = len(bias)
    settings = Settings(cell=cell, units=units, embedding=False, tokens=((9, 5),), **options)
    zeros = {"kernel": np.zeros((1, columns)), "recurrent_kernel": np.zeros((units, columns))}
    return fact(run(settings, zeros | {"bias": np.array(bias)}), "saturation_")


@pytest.mark.parametrize(
    ("bias", "stuck"),
    [
        ([0, 0, 0, 0], 0),
        ([9, 0, 0, 0], 2),  # the input gate, at both steps
        ([9, -9, 0, 0], 4),
        ([9, -9, 0, 9], 6),
        ([0, 0, 9, 0], 0),  # the candidate is no gate
        ([4.5, -4.5, 0, 0], 0),  # sigmoid(4.5) = 0.989: nearly
        ([4.7, -4.7, 0, 0], 4),  # sigmoid(4.7) = 0.991: saturated
    ],
)
def test_saturation_of_gates(bias: list[float], stuck: int) -> None:
    found = with_bias("LSTM", bias)
    assert found.holds is None
    assert found.values["stuck"] == stuck
    assert found.values["count"] == 6
    assert found.values["share"] == pytest.approx(stuck / 6)
    assert found.name == "saturation_gates"
    assert found.values["farthest"] == pytest.approx(max(abs(bias[i]) for i in (0, 1, 3)))


def test_saturation_depends_on_the_activation() -> None:
    shares = [
        with_bias("GRU", [2.5, 0, 0], reset_after=False, recurrent_activation=name).values["share"]
        for name in ("sigmoid", "hard_sigmoid", "hard_sigmoid_keras2")
    ]
    assert shares == [0, 0, 0.5]


def test_saturation_of_states() -> None:
    found = with_bias("SimpleRNN", [0, 9, -9])
    assert (found.values["stuck"], found.values["count"]) == (4, 6)
    assert found.name == "saturation_states"
    assert found.values["farthest"] == 9


@pytest.mark.parametrize("activation", ["relu", "linear"])
@pytest.mark.parametrize(
    "cell", [name for name, cell in CELLS.items() if "activation" in cell.arguments]
)
def test_how_far_the_states_grow(cell: str, activation: str) -> None:
    result = run(Settings(cell=cell, activation=activation, tokens=TWO_SENTENCES, embedding=False))
    (found,) = (fact for fact in facts(result) if fact.name.startswith("unbounded_"))
    letters = CELLS[cell].letters
    assert (found.name, found.holds) == (f"unbounded_{letters}", None)
    for letter in letters:
        steps = np.abs(result.trace.states[f"state_{letter}"])
        size, step = found.values[letter], found.values[f"{letter}_step"]
        assert size == steps.max() == steps[:, step - 1].max()


@pytest.mark.parametrize("steps", [1, 2, 10])
@pytest.mark.parametrize("cell", CELLS)
def test_the_length_changes_no_weight(cell: str, steps: int) -> None:
    settings = Settings(cell=cell, tokens=((7,) * steps,), units=3)
    count = run(settings).parameter_count
    other = 2 if steps == 1 else 1
    values = {"steps": steps, "count": count, "other_steps": other, "other": count}
    assert length_fact(settings) == Fact("length", True, values)


def test_a_length_that_changes_weights_would_be_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    def grows(settings: Settings) -> Run:
        return dataclasses.replace(run(settings), parameter_count=100 * settings.steps)

    monkeypatch.setattr(results, "run", grows)
    fact = length_fact(Settings())
    assert fact.holds is False
    assert (fact.values["count"], fact.values["other"]) == (1000, 100)


SUMMED = [
    Settings(**options, tokens=TWO_SENTENCES, units=3, embedding_dim=2, input_scaling="unit")
    for options in (
        {},
        {"use_bias": False},
        {"recurrent_activation": "hard_sigmoid"},
        {"cell": "GRU"},
        {"cell": "GRU", "reset_after": False, "recurrent_activation": "hard_sigmoid_keras2"},
        {"cell": "GRU", "embedding": False, "go_backwards": True},
        {"cell": "SimpleRNN", "embedding": False},
        {"cell": "SimpleRNN", "activation": "relu"},
    )
]


@pytest.mark.parametrize("settings", SUMMED)
def test_sums_are_what_the_gates_were_given(settings: Settings) -> None:
    result = random_run(settings, 3)
    squeeze = RECURRENT_ACTIVATIONS[settings.recurrent_activation]
    expected = {name: g for name, g in result.trace.gates.items() if name != "candidate"}
    if settings.cell == "SimpleRNN":
        squeeze, expected = ACTIVATIONS[settings.activation], {"h": result.trace.hidden}
    found = sums(result)
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(squeeze(found[name]), values, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("name", RECURRENT_ACTIVATIONS)
def test_far_is_where_a_gate_saturates(name: str) -> None:
    squeeze = RECURRENT_ACTIVATIONS[name]
    for sign in (-1, 1):
        near, far = squeeze(sign * FAR[name] * np.array([0.999, 1.001]))
        assert SATURATED < near < 1 - SATURATED
        assert far < SATURATED or far > 1 - SATURATED


def test_far_is_where_a_state_saturates() -> None:
    assert np.tanh(0.999 * FAR["tanh"]) < 1 - SATURATED < np.tanh(1.001 * FAR["tanh"])


def test_a_sum_far_from_0_is_stated_where_no_gate_is_stuck() -> None:
    """A reset gate at 0.987 has a sum of 4.3, though nothing is within 0.01 of an end."""
    settings = Settings(cell="GRU", units=4, embedding=False, tokens=((7, 7, 7),), seed=0)
    result = run(settings)
    found = fact(result, "saturation_")
    reset = result.trace.gates["reset"].max()
    assert 0.98 < reset < 0.99
    assert (found.name, found.values["stuck"]) == ("saturation_gates", 0)
    assert found.values["farthest"] >= np.log(reset / (1 - reset)) - 1e-4 > 4


@pytest.mark.parametrize(
    ("options", "name", "largest"),
    [
        ({"embedding": False}, "saturation_gates_raw", 9),
        ({"embedding": False, "input_scaling": "unit"}, "saturation_gates", 0.09),
        ({"embedding": False, "cell": "SimpleRNN"}, "saturation_states_raw", 9),
        ({"embedding": True}, "saturation_gates", None),
        ({"embedding": True, "cell": "SimpleRNN"}, "saturation_states", None),
    ],
)
def test_saturation_says_how_large_the_input_was(
    options: dict[str, Any], name: str, largest: float | None
) -> None:
    result = run(Settings(tokens=((9, 5),), **options))
    if largest is None:
        largest = np.abs(result.weights["embeddings"][[9, 5]]).max()
    assert fact(result, "saturation_").name == name
    assert fact(result, "saturation_").values["largest"] == pytest.approx(largest)


def test_activation_curves() -> None:
    x, curves = activation_curves(limit=6, points=13)
    np.testing.assert_allclose(x, np.arange(-6, 7))
    np.testing.assert_allclose(curves["sigmoid"], 1 / (1 + np.exp(-x)))
    np.testing.assert_allclose(curves["hard_sigmoid"], np.clip(x / 6 + 0.5, 0, 1))
    np.testing.assert_allclose(curves["hard_sigmoid_keras2"], np.clip(x / 5 + 0.5, 0, 1))


def test_c_goes_beyond_one_and_h_does_not() -> None:
    settings = Settings(embedding=False, units=6)  # the ids themselves
    result = run(settings)
    (found,) = (fact for fact in facts(result) if fact.name == "c_grows")
    cell, step = np.abs(result.trace.cell), found.values["step"]
    assert found.holds
    assert found.values["c"] == cell.max() == cell[:, step - 1].max() > 1
    assert found.values["h"] == np.abs(result.trace.hidden).max() <= 1
    zeros = settings.but(kernel_initializer="zeros")
    for other in (settings.but(cell="GRU"), settings.but(activation="linear"), zeros):
        assert "c_grows" not in {fact.name for fact in facts(run(other))}


SOURCES = sorted(Path(*components.backend.__path__).rglob("*.py"))


def said_true(source: str) -> list[int]:
    """The lines of the facts that hold whatever was measured: with a True in what decides it."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    facts = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Fact"]
    decide = [
        (*call.args[1:2], *(each.value for each in call.keywords if each.arg == "holds"))
        for call in facts
    ]
    assert all(decide)
    nodes = (node for parts in decide for part in parts for node in ast.walk(part))
    return [node.lineno for node in nodes if isinstance(node, ast.Constant) and node.value is True]


def test_what_holds_was_measured() -> None:
    assert "facts.py" in {path.name for path in SOURCES}
    assert {
        path.name: found for path in SOURCES if (found := said_true(path.read_text("utf-8")))
    } == {}
    said = ['Fact("a", True)', 'Fact("a", x == 0 if y else True, {})', 'Fact("a", holds=True)']
    assert [said_true(one) for one in said] == [[1], [1], [1]]
    assert said_true('Fact("a", x == 0, {"b": True})') == []
