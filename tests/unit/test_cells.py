"""One step of each cell by hand: sigmoid(ln 3) = 3/4, tanh(ln 2) = 3/5 and tanh(ln 3) = 4/5."""

from __future__ import annotations

from inspect import signature

import numpy as np
import pytest

from components.backend import Settings, run
from components.backend.cells import CELLS, RECURRENT_ACTIVATIONS, Cell, unroll
from components.backend.cells.activations import hard_sigmoid, hard_sigmoid_keras2, sigmoid
from components.backend.cells.cell import PlainState, StepInput
from components.backend.cells.gru import gru_step
from components.backend.cells.lstm import LSTMState, lstm_step
from components.backend.cells.simple_rnn import simple_step
from components.backend.question.layout import BLOCKS as LAYOUT_BLOCKS
from components.backend.question.layout import STATES, SYMBOLS, layer_arguments
from components.backend.running import engine
from tests.layers import layer_class

LN2, LN3 = np.log(2), np.log(3)

BLOCKS = {
    "LSTM": ["input", "forget", "candidate", "output"],
    "GRU": ["update", "reset", "candidate"],
}
GATES = [(cell, gate) for cell, gates in BLOCKS.items() for gate in gates]


def row(*values: float) -> np.ndarray:
    return np.array([values], dtype="float64")


def of(
    weights: np.ndarray, bias: np.ndarray | None = None, *, reset_after: bool = True
) -> StepInput:
    bias = np.zeros(weights.shape[1]) if bias is None else bias
    return StepInput(weights, bias, sigmoid, reset_after)


def assert_gates(gates: dict[str, np.ndarray], **expected: float) -> None:
    assert {name: gate.item() for name, gate in gates.items()} == pytest.approx(expected)


def test_lstm_step() -> None:
    # h U = 0.5 * (2 ln 3, -2 ln 3, 0, 2 ln 3), so z = (ln 3, -ln 3, ln 2, 0)
    # i = 3/4, f = 1/4, g = 3/5, o = 1/2
    # c' = 1/4 * 4 (ln 2 - 0.45) + 3/4 * 3/5 = ln 2
    # h' = 1/2 * tanh(ln 2) = 0.3
    state, gates = lstm_step(
        row(0, 0, LN2, -LN3),
        LSTMState(state_h=row(0.5), state_c=row(4 * (LN2 - 0.45))),
        of(row(2 * LN3, -2 * LN3, 0, 2 * LN3)),
    )
    assert_gates(gates, input=0.75, forget=0.25, candidate=0.6, output=0.5)
    assert state.state_c.item() == pytest.approx(LN2)
    assert state.state_h.item() == pytest.approx(0.3)


def test_gru_step_resets_after_the_product() -> None:
    # h U + b_r = 0.5 * (2 ln 3, -2 ln 3, 4 ln 2) + (0, 0, 2 ln 2) = (ln 3, -ln 3, 4 ln 2)
    # z = 3/4, r = 1/4, g = tanh(1/4 * 4 ln 2) = 3/5: the reset gate takes the bias as well
    # h' = 3/4 * 0.5 + 1/4 * 0.6 = 0.525
    state, gates = gru_step(
        row(0, 0, 0),
        PlainState(row(0.5)),
        of(row(2 * LN3, -2 * LN3, 4 * LN2), bias=np.array([0, 0, 2 * LN2])),
    )
    assert_gates(gates, update=0.75, reset=0.25, candidate=0.6)
    assert state.state_h.item() == pytest.approx(0.525)


# Two units, for with one unit and no bias the two kinds of GRU are the same.
# x W + b = (0, 0 | -ln 3, ln 3 | 0, 0), h = (0.4, 0.5), and h U reads unit 1 into unit 0 alone:
# z = (1/2, 1/2), r = (1/4, 3/4)
TWO_UNITS = row(0, 0, -LN3, LN3, 0, 0), PlainState(row(0.4, 0.5))
READS_UNIT_1 = np.array([[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 8 / 3 * LN2, 0]])


def test_gru_step_resets_before_the_product() -> None:
    # (r * h) U_g = (3/4 * 1/2 * 8/3 ln 2, 0) = (ln 2, 0): unit 1 goes through its own gate
    # g = (3/5, 0), h' = (0.2 + 0.3, 0.25 + 0)
    state, gates = gru_step(*TWO_UNITS, of(READS_UNIT_1, reset_after=False))
    np.testing.assert_allclose(gates["reset"], row(0.25, 0.75))
    np.testing.assert_allclose(gates["candidate"], row(0.6, 0))
    np.testing.assert_allclose(state.state_h, row(0.5, 0.25))


def test_the_two_kinds_of_gru_differ() -> None:
    # r * (h U_g) = (1/4 * 1/2 * 8/3 ln 2, 0) = (ln 2 / 3, 0): the gate of the unit that reads
    _, gates = gru_step(*TWO_UNITS, of(READS_UNIT_1))
    np.testing.assert_allclose(gates["candidate"], row(np.tanh(LN2 / 3), 0))


def test_simple_step() -> None:
    # x W + b + h U = ln 3 + 0.5 * 2 (ln 2 - ln 3) = ln 2
    state, gates = simple_step(row(LN3), PlainState(row(0.5)), of(row(2 * (LN2 - LN3))))
    assert state.state_h.item() == pytest.approx(0.6)
    assert gates == {}


def test_step_of_each_cell() -> None:
    steps = {"LSTM": lstm_step, "GRU": gru_step, "SimpleRNN": simple_step}
    assert {name: CELLS[name].step for name in steps} == steps
    assert all(name == cell.name for name, cell in CELLS.items())


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_record_says_of_the_cell_what_keras_does(cell: Cell) -> None:
    """Its states, in Keras's order, and how many blocks stand side by side in a kernel."""
    result = run(Settings(cell=cell.name, units=3))
    assert tuple(tensor.name for tensor in result.returned) == ("outputs", *cell.states)
    layer = layer_class(cell.name)(3, **layer_arguments(result.settings))
    _, *states = layer(np.zeros((1, 2, 4), "float32"))
    assert len(states) == len(cell.states)
    assert len(np.atleast_1d(layer.cell.state_size)) == len(cell.states)
    for kernel in ("kernel", "recurrent_kernel"):
        assert getattr(layer.cell, kernel).shape[-1] == len(cell.block_names) * 3
        assert result.weights[kernel].shape[-1] == len(cell.block_names) * 3


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
def test_a_record_agrees_with_its_step(cell: Cell) -> None:
    units, columns = 2, 2 * len(cell.block_names)
    state = cell.state(*(np.zeros((1, units)) for _ in cell.states))
    after, gates = cell.step(np.zeros((1, columns)), state, of(np.zeros((units, columns))))
    assert type(after) is cell.state
    assert tuple(gates) == tuple(cell.gates)
    assert LAYOUT_BLOCKS[cell.name] == (tuple(gates) or ("h",))
    assert all(values.shape == (1, units) for values in (*after, *gates.values()))


def test_states_of_all_cells() -> None:
    assert STATES == ("state_h", "state_c")


@pytest.mark.parametrize("cell", [cell for cell in CELLS.values() if not cell.layer])
def test_a_record_knows_the_arguments_of_its_layer(cell: Cell) -> None:
    """Of those that not every cell takes, the ones that Keras's own layer takes. A layer that Keras
    does not have takes what its record says: test_reaches_keras."""
    named = frozenset().union(*(other.arguments for other in CELLS.values()))
    with engine.use_keras() as (keras, _):
        taken = signature(getattr(keras.layers, cell.name)).parameters
    assert cell.arguments == named & taken.keys()
    assert not named <= taken.keys()


def test_letters_of_the_gates() -> None:
    lstm = {"input": "i", "forget": "f", "candidate": "g", "output": "o"}
    gru = {"update": "z", "reset": "r", "candidate": "g"}
    assert (lstm | gru).items() <= SYMBOLS.items()


def test_lstm_unrolled_over_two_steps() -> None:
    # Each step: i = 3/4, f = 1/4, g = 3/5, o = 1/2
    # c = 0.45, then 1/4 * 0.45 + 0.45 = 0.5625
    ones = np.ones((1, 2, 1))
    weights = {"kernel": row(LN3, -LN3, LN2, 0), "recurrent_kernel": np.zeros((1, 4))}
    steps = unroll("LSTM", ones, weights)
    np.testing.assert_allclose(steps.cell, [[[0.45], [0.5625]]])
    np.testing.assert_allclose(steps.hidden, 0.5 * np.tanh([[[0.45], [0.5625]]]))
    np.testing.assert_allclose(steps.gates["input"], [[[0.75], [0.75]]])


@pytest.mark.parametrize("reset_after", [True, False])
def test_gru_unrolled_over_two_steps(reset_after: bool) -> None:
    # Each step: z = 3/4, g = 3/5; h = 1/4 * 0.6 = 0.15, then 3/4 * 0.15 + 0.15 = 0.2625
    weights = {"kernel": row(LN3, 0, LN2), "recurrent_kernel": np.zeros((1, 3))}
    steps = unroll("GRU", np.ones((1, 2, 1)), weights, reset_after=reset_after)
    np.testing.assert_allclose(steps.hidden, [[[0.15], [0.2625]]])
    assert steps.cell is None


def test_simple_unrolled_over_two_steps() -> None:
    # h = tanh(ln 2) = 0.6, then tanh(0 + 0.6 * 5/3 ln 3) = 0.8
    weights = {"kernel": row(LN2), "recurrent_kernel": row(5 / 3 * LN3)}
    steps = unroll("SimpleRNN", np.array([[[1.0], [0.0]]]), weights)
    np.testing.assert_allclose(steps.hidden, [[[0.6], [0.8]]])
    assert steps.gates == {}


def test_unrolled_from_given_states() -> None:
    # i = 3/4, f = 1/4, g = 3/5, o = 1/2; c = 1/4 * 4 (ln 2 - 0.45) + 0.45 = ln 2, h = 0.3
    initial = {"state_h": row(0), "state_c": row(4 * (LN2 - 0.45))}
    weights = {"kernel": row(LN3, -LN3, LN2, 0), "recurrent_kernel": np.zeros((1, 4))}
    steps = unroll("LSTM", np.ones((1, 1, 1)), weights, initial=initial)
    np.testing.assert_allclose(steps.cell, [[[LN2]]])
    np.testing.assert_allclose(steps.hidden, [[[0.3]]])
    assert steps.initial == initial


@pytest.mark.parametrize("cell", CELLS)
def test_unrolled_from_zeros_where_nothing_is_given(cell: str) -> None:
    columns = 2 * len(CELLS[cell].block_names)
    weights = {"kernel": np.ones((1, columns)), "recurrent_kernel": np.ones((2, columns))}
    inputs = np.ones((3, 2, 1), "float32")
    steps = unroll(cell, inputs, weights)
    assert tuple(steps.initial) == CELLS[cell].states
    assert all(np.array_equal(zeros, np.zeros((3, 2))) for zeros in steps.initial.values())
    given = unroll(cell, inputs, weights, initial=steps.initial)
    np.testing.assert_array_equal(given.hidden, steps.hidden)


def test_masked_steps_hold_the_states() -> None:
    # h = tanh(ln 2) = 0.6, held, then tanh(0 + 0.6 * 5/3 ln 3) = 0.8; the other sentence begins
    # late: 0, held, then 0.6, as if the steps before were not there
    weights = {"kernel": row(LN2), "recurrent_kernel": row(5 / 3 * LN3)}
    inputs = np.array([[[1.0], [1.0], [0.0]], [[1.0], [1.0], [1.0]]])
    mask = np.array([[True, False, True], [False, False, True]])
    steps = unroll("SimpleRNN", inputs, weights, mask=mask)
    np.testing.assert_allclose(steps.hidden, [[[0.6], [0.6], [0.8]], [[0], [0], [0.6]]])


def test_sentences_do_not_touch_each_other() -> None:
    weights = {"kernel": row(LN2), "recurrent_kernel": row(5 / 3 * LN3)}
    two = unroll("SimpleRNN", np.array([[[1.0], [0.0]], [[0.0], [1.0]]]), weights)
    np.testing.assert_allclose(two.hidden, [[[0.6], [0.8]], [[0], [0.6]]])


@pytest.mark.parametrize(("cell", "gate"), GATES)
@pytest.mark.parametrize("where", ["kernel", "bias", "recurrent_kernel"])
def test_blocks_of_the_weights(cell: str, gate: str, where: str) -> None:
    """A block that is ln 3 where all others are 0 opens its own gate alone."""
    weights = {"kernel": np.zeros((1, len(BLOCKS[cell]))), "bias": np.zeros(len(BLOCKS[cell]))}
    weights["recurrent_kernel"] = np.zeros_like(weights["kernel"])
    weights[where][..., BLOCKS[cell].index(gate)] = LN3
    if where == "recurrent_kernel":  # the first step's state is zeros, so this one is given
        state = LSTMState(row(1), row(0)) if cell == "LSTM" else PlainState(row(1))
        step_input = of(weights["recurrent_kernel"], reset_after=False)
        _, gates = CELLS[cell].step(weights["kernel"], state, step_input)
    else:
        gates = unroll(cell, np.ones((1, 1, 1)), weights, reset_after=False).gates
    opened = 0.8 if gate == "candidate" else 0.75
    if (cell, gate, where) == ("GRU", "candidate", "recurrent_kernel"):
        opened = 0.5  # tanh(ln 3 / 2): the reset gate, at 1/2, lets half of it through
    assert_gates(gates, **dict.fromkeys(BLOCKS[cell], 0.5) | {"candidate": 0} | {gate: opened})
    assert list(gates) == BLOCKS[cell]


def test_second_row_of_the_bias_is_the_recurrent_one() -> None:
    # r = 1/4 out of the first row; g = tanh(1/4 * 4 ln 2) = 3/5 out of the second
    weights = {
        "kernel": np.zeros((1, 3)),
        "recurrent_kernel": np.zeros((1, 3)),
        "bias": np.array([[0, -LN3, 0], [0, 0, 4 * LN2]]),
    }
    gates = unroll("GRU", np.ones((1, 1, 1)), weights).gates
    assert_gates(gates, update=0.5, reset=0.25, candidate=0.6)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("function", "end"), [(hard_sigmoid, 3), (hard_sigmoid_keras2, 2.5)])
def test_hard_sigmoids_reach_their_ends_exactly(function: object, end: float, dtype: str) -> None:
    just_inside = end - 1e-3
    x = np.array([-1e9, -end, -just_inside, 0, just_inside, end, 1e9], dtype)
    y = function(x)
    assert y.dtype == dtype
    assert y[[0, 1, 3, 5, 6]].tolist() == [0, 0, 0.5, 1, 1]
    assert 0 < y[2] < 1e-3
    assert 1 - 1e-3 < y[4] < 1


def test_how_far_apart_the_two_hard_sigmoids_are() -> None:
    """As the box of the curves says."""
    x = np.linspace(-6, 6, 1201)
    apart = np.abs(hard_sigmoid(x) - hard_sigmoid_keras2(x))
    assert apart.max() == pytest.approx(0.083, abs=5e-4)
    assert sorted(np.abs(x[apart > apart.max() - 1e-9]).round(6)) == [2.5, 2.5]


def test_sigmoid() -> None:
    with np.errstate(all="raise"):
        y = sigmoid(np.array([-1e9, -LN3, 0, LN3, 1e9]))
    np.testing.assert_allclose(y, [0, 0.25, 0.5, 0.75, 1], atol=1e-37)


@pytest.mark.parametrize(
    ("name", "at_one"),
    [("sigmoid", 0.731058579), ("hard_sigmoid", 2 / 3), ("hard_sigmoid_keras2", 0.7)],
)
def test_recurrent_activation_by_its_name(name: str, at_one: float) -> None:
    assert RECURRENT_ACTIVATIONS[name](np.array(1.0)) == pytest.approx(at_one)
    weights = {"kernel": row(1, 1, 1), "recurrent_kernel": np.zeros((1, 3))}
    gates = unroll("GRU", np.ones((1, 1, 1)), weights, recurrent_activation=name).gates
    assert_gates(gates, update=at_one, reset=at_one, candidate=np.tanh(1))


@pytest.mark.parametrize("x", [-20.0, -50.0, -80.0])
def test_sigmoid_is_precise_where_it_is_next_to_zero(x: float) -> None:
    """A closed gate is small, never 0: sigmoid only comes close."""
    found = sigmoid(np.array([x], "float32"))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [np.exp(x) / (1 + np.exp(x))], rtol=1e-5)


def test_sigmoid_does_not_overflow() -> None:
    with np.errstate(all="raise"):
        assert sigmoid(np.array([-1e9, 1e9], "float32"))[1] == 1
