"""PyTorch's layers: their weights as Keras's and back, held against what PyTorch computed, and the
script that stands in for one of Keras's layers.

torch_cases.json has what torch 2.13.0 returned, so no test needs PyTorch.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import nbformat
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.backend import Layer, Settings, SettingsError, run, torch_forward
from components.backend.cells import CELLS, unroll
from components.backend.question.layout import parameter_count, returned_layout, weight_layout
from components.backend.question.linked import choices
from components.backend.running import engine
from components.backend.scripts.code import notebook
from components.backend.scripts.torch_code import (
    both_compared,
    module,
    more_parameters,
    ported,
    torch_script,
)
from components.backend.torch_forward import facts, forward
from components.backend.torch_weights import (
    TABLE,
    keras_of,
    lacks,
    module_of,
    pairs,
    torch_layout,
    torch_of,
)
from tests.kinds import chosen_of, every_kind, pairwise, random_weights
from tests.layers import tensors
from tests.strategies import examples, plain_fields, valid_values

Array = np.ndarray
CASES = json.loads(Path(__file__).with_name("torch_cases.json").read_text("utf-8"))["cases"]
KERAS = {cell.torch.module: name for name, cell in CELLS.items() if cell.torch}
FLAGS = (True, False)
OPTIONS = {
    "cell": tuple(KERAS.values()),
    "return_sequences": FLAGS,
    "return_state": FLAGS,
    "embedding": FLAGS,
    "input_scaling": choices(Settings, "input_scaling"),
    "use_bias": FLAGS,
    "go_backwards": FLAGS,
}
KINDS = {
    "-".join(kind.to_query()) + f"-{kind.cell}": kind
    for kind in pairwise(
        every_kind(OPTIONS, tokens=((4, 21, 64), (13, 77, 66)), units=3),
        partial(chosen_of, OPTIONS),
    )
}
SHAPES = [
    Settings(cell=cell, units=units, embedding=embedding, use_bias=bias)
    for cell in KERAS.values()
    for units, embedding, bias in ((4, True, True), (1, False, True), (3, True, False))
]

Computes = Callable[[str, dict[str, Array], Array, dict[str, Array] | None], list[Array]]
"""Given a cell, its weights by Keras's names, what it reads, (sentence, step, feature), and its
initial states: h of every step, and each state after the last one."""


def by_replay(
    cell: str, weights: dict[str, Array], inputs: Array, initial: dict[str, Array] | None
) -> list[Array]:
    found = unroll(cell, inputs, weights, initial=initial)
    states = [found.hidden] if found.cell is None else [found.hidden, found.cell]
    return [found.hidden, *(state[:, -1] for state in states)]


def by_keras(
    cell: str, weights: dict[str, Array], inputs: Array, initial: dict[str, Array] | None
) -> list[Array]:
    with engine.use_keras() as (keras, tensorflow):
        flags = {"return_sequences": True, "return_state": True, "use_bias": "bias" in weights}
        layer = getattr(keras.layers, cell)(len(weights["recurrent_kernel"]), **flags)
        layer.build(inputs.shape)
        layer.set_weights([*weights.values()])
        states = initial and [*map(tensorflow.constant, initial.values())]
        return tensors(layer(tensorflow.constant(inputs), initial_state=states))


def by_formulas(
    cell: str, weights: dict[str, Array], inputs: Array, initial: dict[str, Array] | None
) -> list[Array]:
    """PyTorch's, written out with NumPy, with the weights moved back to PyTorch."""
    layer = Layer(cell=cell, units=len(weights["recurrent_kernel"]), use_bias="bias" in weights)
    zeros = [np.zeros((len(inputs), layer.units), np.float32)] * len(CELLS[cell].states)
    first = [*initial.values()] if initial else zeros
    states = forward(torch_of(weights, layer), layer, inputs, first)
    return [states[0], *(state[:, -1] for state in states)]


def arrays(case: dict[str, Any], *names: str) -> dict[str, Array]:
    return {name: np.float32(case[name]) for name in names if case[name] is not None}


def cell_of(case: dict[str, Any]) -> str:
    return KERAS[re.match(r"torch\.nn\.(\w+)\(", case["module"])[1]]


def computed(case: dict[str, Any], compute: Computes) -> dict[str, Array]:
    """What a case's module returns, by PyTorch's names, computed a layer and a direction at a time
    with the weights that `keras_of` gives."""
    cell, states = cell_of(case), CELLS[cell_of(case)].states
    layers = int(re.search(r"num_layers=(\d)", case["module"])[1])
    directions = ["", "_reverse"][: 1 + ("bidirectional=True" in case["module"])]
    given_states = arrays(case, "h_0", "c_0")
    sequence, last = np.float32(case["input"]), []
    for number in range(layers):
        ways = []
        for way in directions:
            own = {
                name.removesuffix(f"_l{number}{way}") + "_l0": np.float32(array)
                for name, array in case["state_dict"].items()
                if name.endswith(f"_l{number}{way}")
            }
            first = [state[len(last)] for state in given_states.values()]
            initial = dict(zip(states, first, strict=True)) if first else None
            turned = slice(None, None, -1 if way else 1)
            steps, *ends = compute(cell, keras_of(own, cell), sequence[:, turned], initial)
            ways.append(steps[:, turned])
            last.append(ends)
        sequence = np.concatenate(ways, axis=-1)
    ends = zip(("h_n", "c_n"), zip(*last, strict=True), strict=False)
    return {"output": sequence, **{name: np.stack(each) for name, each in ends}}


@pytest.mark.parametrize("compute", [by_replay, by_keras, by_formulas])
@pytest.mark.parametrize("number", range(len(CASES)))
def test_keras_returns_what_pytorch_returned(number: int, compute: Computes) -> None:
    case = CASES[number]
    found = computed(case, compute)
    wanted = arrays(case, "output", "h_n", "c_n")
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        assert found[name].shape == values.shape
        np.testing.assert_allclose(found[name], values, rtol=0, atol=1e-6)


ONE_LAYER = [n for n, case in enumerate(CASES) if "1, bidirectional=False" in case["module"]]


@pytest.mark.parametrize("number", ONE_LAYER)
def test_a_run_returns_what_pytorch_returned(number: int) -> None:
    """With the case's input as the Embedding's table, and each of its rows read once."""
    case = CASES[number]
    cell, inputs = cell_of(case), np.float32(case["input"])
    tokens = tuple(map(tuple, np.arange(inputs[..., 0].size).reshape(inputs.shape[:2]).tolist()))
    settings = Settings(
        cell=cell,
        units=4,
        embedding_dim=inputs.shape[-1],
        vocabulary_size=inputs[..., 0].size,
        use_bias="bias=True" in case["module"],
        tokens=tokens,
    )
    given_states = arrays(case, "h_0", "c_0").values()
    initial = dict(zip(CELLS[cell].states, (state[0] for state in given_states), strict=False))
    own = {name: np.float32(array) for name, array in case["state_dict"].items()}
    weights = keras_of(own | {"embedding.weight": inputs.reshape(-1, inputs.shape[-1])}, cell)
    result = run(settings, weights, initial=initial or None)
    outputs, *states = (tensor.values for tensor in result.returned)
    wanted, *last = arrays(case, "output", "h_n", "c_n").values()
    for found, values in zip((outputs, *states), (wanted, *(s[0] for s in last)), strict=True):
        np.testing.assert_allclose(found, values, rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_pytorchs_formulas_give_what_keras_returned(kind: str) -> None:
    (fact,) = facts(run(KINDS[kind], random_weights(KINDS[kind], 1)))
    assert fact.holds
    assert fact.values["difference"] < 1e-5


def test_with_the_gates_of_a_gru_in_kerass_order_they_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So the fact can fail."""

    def unordered(weights: dict[str, Array], layer: Layer) -> dict[str, Array]:
        moved = torch_of(weights, layer)
        table = {name: array for name, array in moved.items() if name == TABLE}
        return table | {
            name: np.concatenate([array[3:6], array[:3], array[6:]])
            for name, array in moved.items()
            if name != TABLE
        }

    monkeypatch.setattr(torch_forward, "torch_of", unordered)
    (fact,) = facts(run(Settings(cell="GRU", units=3)))
    assert not fact.holds


def test_the_cases_are_of_all_modules() -> None:
    assert {cell_of(case) for case in CASES} == {*KERAS.values()}
    assert len(ONE_LAYER) == 12


@given(
    st.sampled_from(tuple(KERAS.values())),
    st.integers(1, 64),
    st.integers(1, 16),
    st.booleans(),
    st.integers(0, 1000),
)
def test_there_and_back(cell: str, units: int, features: int, bias: bool, seed: int) -> None:
    settings = Settings(cell=cell, units=units, embedding_dim=features, use_bias=bias)
    weights = {n: np.float32(a) for n, a in random_weights(settings, seed).items()}
    torch = torch_of(weights, settings)
    assert {n: a.shape for n, a in torch.items()} == {
        w.name: w.shape for w in torch_layout(settings)
    }
    assert all(array.flags.c_contiguous for array in torch.values())
    back = keras_of(torch, cell)
    assert list(back) == list(weights)
    for name, array in weights.items():
        np.testing.assert_array_equal(back[name], array)


@given(st.sampled_from(SHAPES), st.integers(0, 1000))
def test_back_and_there(settings: Settings, seed: int) -> None:
    draw = np.random.default_rng(seed)
    layouts = torch_layout(settings)
    torch = {w.name: draw.uniform(-1, 1, w.shape).astype("float32") for w in layouts}
    again = torch_of(keras_of(torch, settings.cell), settings)
    assert list(again) == list(torch)
    for name in again.keys() - {"bias_ih_l0", "bias_hh_l0"}:
        np.testing.assert_array_equal(again[name], torch[name])
    if settings.use_bias:
        one, other = (d["bias_ih_l0"] + d["bias_hh_l0"] for d in (again, torch))
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("settings", SHAPES)
def test_every_weight_has_its_pair(settings: Settings) -> None:
    weights = {n: np.float32(a) for n, a in random_weights(settings, 1).items()}
    torch, found = torch_of(weights, settings), pairs(settings)
    assert [pair.torch for pair in found] == [*torch_layout(settings)]
    assert list(dict.fromkeys(p.keras for p in found if p.keras)) == [*weight_layout(settings)]
    for pair in found:
        held = torch[pair.torch.name]
        if pair.keras is None:
            assert not held.any()
            continue
        values = weights[pair.keras.name]
        values = values if pair.row is None else values[pair.row]
        np.testing.assert_array_equal(np.sort(held, axis=None), np.sort(values, axis=None))


@pytest.mark.parametrize(
    ("settings", "lacking"),
    [
        (Settings(), ()),
        (Settings(cell="SimpleRNN", recurrent_activation="hard_sigmoid", reset_after=False), ()),
        (Settings(cell="SimpleRNN", activation="relu"), ()),
        (Settings(cell="SimpleRNN", activation="linear"), ("activation",)),
        (Settings(cell="LSTM", activation="relu"), ("activation",)),
        (Settings(cell="GRU", activation="linear"), ("activation",)),
        (Settings(cell="LSTM", reset_after=False), ()),
        (Settings(cell="GRU", reset_after=False), ("reset_after",)),
        (Settings(recurrent_activation="hard_sigmoid"), ("recurrent_activation",)),
        (Settings(recurrent_activation="hard_sigmoid_keras2"), ("recurrent_activation",)),
        (
            Settings(cell="GRU", recurrent_activation="hard_sigmoid", reset_after=False),
            ("recurrent_activation", "reset_after"),
        ),
    ],
)
def test_what_pytorch_lacks(settings: Settings, lacking: tuple[str, ...]) -> None:
    assert lacks(settings) == lacking
    weights = random_weights(settings, 3)
    if not lacking:
        assert torch_of(weights, settings)
        return
    with pytest.raises(SettingsError) as caught:
        torch_of(weights, settings)
    assert tuple(problem.field for problem in caught.value.problems) == lacking


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def by_pytorchs_documentation(module: str, state_dict: dict[str, Array], tokens: Array) -> Array:
    """h of every step, (sentence, step, unit), by the equations in PyTorch's documentation of a
    module without further arguments but relu's name for an RNN."""
    own = {name: array.astype(float) for name, array in state_dict.items()}
    read = own[TABLE][tokens]
    ih, hh = own["weight_ih_l0"].T, own["weight_hh_l0"].T
    b_ih, b_hh = (own.get(name, 0.0) for name in ("bias_ih_l0", "bias_hh_l0"))
    h = c = np.zeros((len(tokens), len(hh)))
    found = []
    for x in np.swapaxes(read, 0, 1):
        from_x, from_h = x @ ih + b_ih, h @ hh + b_hh
        if module == "LSTM":
            i, f, g, o = np.split(from_x + from_h, 4, axis=-1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        elif module == "GRU":
            (r, z, n), (hr, hz, hn) = (np.split(part, 3, axis=-1) for part in (from_x, from_h))
            z = sigmoid(z + hz)
            h = (1 - z) * np.tanh(n + sigmoid(r + hr) * hn) + z * h
        else:
            h = (np.tanh if module == "RNN" else partial(np.maximum, 0))(from_x + from_h)
        found.append(h)
    return np.stack(found, axis=1)


@examples(0.5)
@given(st.fixed_dictionaries({n: valid_values(Layer, n) for n in plain_fields(Layer)}))
def test_whatever_changes_a_number_is_refused_or_followed(drawn: dict[str, Any]) -> None:
    """README's recipe, for any arguments of a layer that become PyTorch's weights."""
    flags = {"units": 3, "return_sequences": True, "recurrent_initializer": "orthogonal"}
    settings = Settings(**drawn | flags, tokens=((4, 21, 64, 13), (77, 66, 54, 30)))
    for layer in (settings, *_near(settings)):
        found = run(layer)
        try:
            state_dict = torch_of(found.weights, layer)
        except SettingsError as error:
            assert {problem.field for problem in error.problems} <= set(Layer.model_fields)
            continue
        relu = layer.cell == "SimpleRNN" and layer.activation == "relu"
        module = "relu" if relu else CELLS[layer.cell].torch.module
        wanted = by_pytorchs_documentation(module, state_dict, np.array(layer.tokens))
        np.testing.assert_allclose(found.returned[0].values, wanted, rtol=1e-5, atol=1e-5)


RECIPE = {
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "reset_after": True,
    "go_backwards": False,
    "dropout": 0.0,
    "recurrent_dropout": 0.0,
}
"""The arguments that PyTorch's modules have no others of."""


def _near(settings: Settings) -> list[Settings]:
    """The settings as PyTorch needs them, but for one argument that is as it was drawn."""
    return [settings.but(**RECIPE | {name: getattr(settings, name)}) for name in RECIPE]


def test_a_layer_that_reads_backwards_is_refused() -> None:
    settings = Settings(go_backwards=True)
    with pytest.raises(SettingsError) as caught:
        torch_of(run(settings).weights, settings)
    assert str(caught.value) == (
        "go_backwards: got True; allowed: False, as torch.nn.LSTM has no other"
    )


def test_what_pytorch_lacks_in_words() -> None:
    settings = Settings(cell="GRU", recurrent_activation="hard_sigmoid", reset_after=False)
    with pytest.raises(SettingsError) as caught:
        torch_of(random_weights(settings, 3), settings)
    assert str(caught.value) == (
        "recurrent_activation: got 'hard_sigmoid'; "
        "allowed: 'sigmoid', as torch.nn.GRU has no other\n"
        "reset_after: got False; allowed: True, as torch.nn.GRU has no other"
    )


GRU = Settings(cell="GRU", units=2)
DICT = torch_of(random_weights(GRU, 3), GRU)


class NeedsGrad:
    """As NumPy sees a tensor of PyTorch's that requires grad."""

    def __array__(self, *_: Any, **__: Any) -> Array:
        raise RuntimeError("Use tensor.detach().numpy() instead.")


def test_anything_that_numpy_takes_can_be_converted() -> None:
    lists = {name: array.tolist() for name, array in DICT.items()}
    weights = keras_of(lists, "GRU")
    assert all(array.dtype == np.float32 for array in weights.values())
    back = torch_of({name: array.tolist() for name, array in weights.items()}, GRU)
    for name, array in DICT.items():
        np.testing.assert_array_equal(back[name], array)


@pytest.mark.parametrize(
    ("state_dict", "cell", "said"),
    [
        (DICT | {"weight_ih_l1": 0}, "GRU", "state_dict: got num_layers=2; allowed: weight_ih_l0 "),
        (DICT | {"weight_hh_l0_reverse": 0}, "GRU", "got bidirectional=True; "),
        (DICT | {"weight_hr_l0": 0, "bias_ih_l1": 0}, "GRU", "num_layers=2 and proj_size; "),
        (DICT | {"weights": 0}, "GRU", " and 'weights'; allowed: "),
        ({n: DICT[n] for n in DICT if n != "bias_hh_l0"}, "GRU", "with or without both of bias_ih"),
        ({n: DICT[n] for n in DICT if n != "weight_ih_l0"}, "GRU", "one layer of one direction"),
        ({}, "GRU", "state_dict: got {}; allowed: weight_ih_l0 and weight_hh_l0, with"),
        ([*DICT.values()], "GRU", "state_dict: got a list; allowed: a mapping with weight_ih_l0"),
        (
            DICT,
            "LSTM",
            "state_dict.weight_hh_l0: got shape (6, 2); allowed: finite numbers of shape",
        ),
        (DICT, "RNN", "cell: got 'RNN'; allowed: only LSTM, GRU, SimpleRNN"),
        (DICT | {"weight_hh_l0": np.ones(6)}, "GRU", "state_dict.weight_hh_l0: got shape (6,)"),
        (DICT | {"weight_hh_l0": [[1], [1, 2]]}, "GRU", "state_dict.weight_hh_l0: got a list"),
        (DICT | {"bias_ih_l0": NeedsGrad()}, "GRU", "cannot read as numbers (Use tensor.detach()"),
    ],
)
def test_a_state_dict_that_is_refused(state_dict: Any, cell: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        keras_of(state_dict, cell)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("weights", "layer", "said"),
    [
        (keras_of(DICT, "GRU"), Settings(units=2), "weights.kernel: got shape (2, 6); allowed: "),
        (DICT, GRU, "weights.kernel: got nothing; allowed: "),
        ([], GRU, "weights: got a list; allowed: a mapping with kernel, recurrent_kernel, bias"),
    ],
)
def test_weights_that_do_not_become_pytorchs(weights: Any, layer: Any, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        torch_of(weights, layer)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("shape", "known"),
    [
        ((16, 4), ("LSTM", 4)),
        ((12, 4), ("GRU", 4)),
        ((12, 3), ("LSTM", 3)),
        ((5, 5), ("RNN", 5)),
        ((5, 4), None),
        ((16,), None),
        ((), None),
        ((4, 1, 1), None),
    ],
)
def test_a_shape_tells_the_module(shape: tuple[int, ...], known: tuple[str, int] | None) -> None:
    assert module_of(shape) == known


def weights_in(code: str) -> dict[str, Array]:
    """The weights that stand in a script."""
    (found,) = (
        node.value
        for node in ast.parse(code).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "weights"
    )
    return eval(compile(ast.Expression(found), "script", "eval"), {"np": np})


@pytest.mark.parametrize("kind", KINDS)
def test_the_script_has_the_weights(kind: str) -> None:
    settings = KINDS[kind]
    weights = {n: np.float32(a) for n, a in random_weights(settings, 3).items()}
    code = torch_script(settings, weights)
    forward = settings.but(go_backwards=False)  # the script reverses the input
    found, wanted = weights_in(code), torch_of(weights, forward)
    assert list(found) == list(wanted)
    for name, array in wanted.items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], array)


@pytest.mark.parametrize("kind", KINDS)
def test_the_script_prints_what_keras_returns(kind: str) -> None:
    settings = KINDS[kind]
    code = torch_script(settings, random_weights(settings, 3))
    compile(code, "script", "exec")
    names = [layout.name for layout in returned_layout(settings)]
    printed = re.search(r"^for name, tensor in \[(.*)\]:$", code, re.MULTILINE)[1]
    assert printed == ", ".join(f'("{name}", {name})' for name in names)
    assert ("torch.flip(" in code) == settings.go_backwards
    assert ("[:, -1]" in code) == (not settings.return_sequences)
    assert f"layer = {module(settings)}\n" in code
    assert (f"tokens /= {settings.vocabulary_size}" in code) == settings.scaled
    imported = (n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Import | ast.ImportFrom))
    assert {ast.unparse(node) for node in imported} == {"import numpy as np", "import torch"}
    assert all(len(line) <= 100 for line in code.splitlines() if not line.startswith("tokens = "))


@pytest.mark.parametrize("kind", KINDS)
def test_the_script_says_why_pytorch_counts_more(kind: str) -> None:
    settings = KINDS[kind]
    weights = random_weights(settings, 3)
    forward = torch_of(weights, settings.but(go_backwards=False))
    counts = [sum(a.size for a in w.values()) for w in (weights, forward)]
    assert counts[0] == parameter_count(weight_layout(settings))
    assert more_parameters(settings) == counts[1] - counts[0]
    last = torch_script(settings, weights).splitlines()[-1]
    if not settings.use_bias:
        assert last == "# Keras counts as many: there are no biases."
    elif settings.cell == "GRU":
        assert last == "# Keras counts as many: with reset_after both have two biases."
    else:
        assert last.startswith(f"# Keras counts {counts[1] - counts[0]} fewer: its {settings.cell}")


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_taken_there_and_back(kind: str) -> None:
    settings = KINDS[kind]
    weights = {n: np.float32(a) for n, a in random_weights(settings, 3).items()}
    state_dict = torch_of(weights, settings.but(go_backwards=False))
    own = [array for name, array in weights.items() if name != "embeddings"]
    with engine.use_keras():
        exec(ported(settings, "keras"), names := {"state_dict": state_dict})
        layer = names["layer"]
        for found, wanted in zip(layer.get_weights(), own, strict=True):
            np.testing.assert_array_equal(found, wanted)
        # And there again, as far as it needs no PyTorch.
        there, last = ported(settings, "torch").replace("import torch\n", "").split("\nmodule = ")
        exec(there, names := {"layer": layer})
    state_dict.pop(TABLE, None)
    assert names["state_dict"].keys() == state_dict.keys()
    for name, wanted in state_dict.items():
        np.testing.assert_array_equal(names["state_dict"][name], wanted)
    ast.parse(f"module = {last}")


class Tensor(np.ndarray):
    """An array, as far as the code to compare needs a tensor of PyTorch's."""

    def numpy(self) -> Array:
        return np.asarray(self)


def from_numpy(array: Array) -> Tensor:
    assert min(array.strides) > 0, "PyTorch refuses arrays that are turned round"
    return array.view(Tensor)


class _Module(NamedTuple):
    """PyTorch's formulas, called as its modules are."""

    state_dict: dict[str, Array]
    settings: Settings

    @property
    def input_size(self) -> int:
        return self.state_dict["weight_ih_l0"].shape[1]

    def __call__(self, x: Tensor) -> tuple[Tensor, None]:
        h, *_ = forward(self.state_dict, self.settings, x)
        return h.view(Tensor), None


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_and_a_module_are_compared(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the code that is shown for every layer, with PyTorch's formulas for a module."""
    settings = KINDS[kind]
    weights = random_weights(settings, 3)
    right = torch_of(weights, settings.but(go_backwards=False))
    other = dict(right, weight_hh_l0=np.float32(0.9) * right["weight_hh_l0"])
    torch = SimpleNamespace(from_numpy=from_numpy, no_grad=nullcontext)
    monkeypatch.setitem(sys.modules, "torch", torch)

    def compared(state_dict: dict[str, Array]) -> float:
        exec(code, {"layer": layer, "module": _Module(state_dict, settings)})
        return float(capsys.readouterr().out)

    code = both_compared()
    assert all(len(line) <= 100 for line in code.splitlines())
    with engine.use_keras():
        exec(ported(settings, "keras"), names := {"state_dict": right})
        layer = names["layer"]
        assert compared(right) < 1e-5
        assert compared(other) > 1e-3


def test_modules_as_code() -> None:
    assert module(Settings()) == "torch.nn.LSTM(2, 3, batch_first=True)"
    plain = Settings(cell="SimpleRNN", units=2, embedding=False, use_bias=False)
    assert module(plain) == "torch.nn.RNN(1, 2, bias=False, batch_first=True)"


def test_the_script_is_a_notebook_too() -> None:
    code = torch_script(Settings(), run(Settings()).weights)
    document = nbformat.reads(notebook(code), as_version=4)
    nbformat.validate(document)
    source = "\n".join(cell.source for cell in document.cells if cell.cell_type == "code")
    assert ast.dump(ast.parse(source)) == ast.dump(ast.parse(code))
