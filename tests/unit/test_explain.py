"""Live Keras models, explained: every output is what Keras gives, every step what its layers do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.backend import (
    AnySettings,
    EngineError,
    Explained,
    LayerCall,
    SettingsError,
    explain,
    from_keras,
    run,
)
from components.backend.cells import CELLS, REPLAYED
from components.backend.explained.traces import TOLERANCES
from components.backend.running import replay
from components.backend.weight_files.read import read_weights
from tests.architectures import (
    FEATURES,
    IDS,
    LARGE,
    MODELS,
    X,
    functional,
    keras,
    layers,
    made,
    numbers,
    of_ids,
    of_numbers,
    own,
    tensorflow,
)

UNTRACED = {"ConvLSTM2D", "LSTM in TimeDistributed"}
HALF = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


def tensors(value: Any) -> list[np.ndarray]:
    found = keras.tree.flatten(value)
    return [np.array(keras.ops.convert_to_numpy(each)).astype("float32") for each in found]


def assert_same(mine: LayerCall | Explained, keras_own: Any) -> None:
    expected = tensors(keras_own)
    for tensor, values in zip(mine.returned, expected, strict=True):
        np.testing.assert_allclose(tensor.values, values, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    "name", [*MODELS, *(pytest.param(name, marks=pytest.mark.whole) for name in LARGE)]
)
def test_a_model_is_explained(name: str) -> None:
    model, x = made(name)
    found = explain(model, x)
    assert (found.name, found.parameter_count) == (model.name, model.count_params())
    traced = [each for each in found.layers if each.cells]
    assert bool(traced) == (name not in UNTRACED)
    allowed = TOLERANCES[HALF[name]] if name in HALF else 1e-6
    for each in traced:
        assert each.difference <= allowed * max(1, *(np.abs(r.values).max() for r in each.returned))
        assert not each.untraced
    for each in traced if name not in HALF else ():
        assert_steps_are_those_of_keras(each)
    if name in {"subclassed", "nested models", "stateful"}:  # a layer is called twice, or goes on
        assert_same(found, model(x))
    else:
        assert_every_layer_returns_what_keras_says(found, model, x)


def assert_steps_are_those_of_keras(found: LayerCall) -> None:
    """Held against Keras's own layer of that cell with other flags: the outputs at all steps."""
    for each in found.cells:
        layer, trace = each.layer, each.trace
        twin = getattr(layers, layer.cell)(
            layer.units,
            activation=layer.activation,
            use_bias=layer.use_bias,
            return_sequences=True,
            return_state=True,
            unroll=True,
            dtype="float64" if found.dtype == "float64" else "float32",
            **{
                n: getattr(layer, n)
                for n in ("recurrent_activation", "reset_after")
                if n in CELLS[layer.cell].arguments
            },
        )
        twin.build(trace.inputs.shape)
        twin.set_weights([*each.weights.values()])
        mask = None if trace.mask is None else keras.ops.convert_to_tensor(trace.mask)
        states = [keras.ops.convert_to_tensor(state) for state in trace.initial.values()]
        outputs, *last = tensors(twin(trace.inputs, mask=mask, initial_state=states))
        shown = np.logical_or.accumulate(trace.counts, axis=1)[..., np.newaxis]
        np.testing.assert_allclose(trace.hidden * shown, outputs, rtol=1e-5, atol=1e-6)
        for state, values in zip(trace.states.values(), last, strict=True):
            np.testing.assert_allclose(state[:, -1], values, rtol=1e-5, atol=1e-6)


def assert_every_layer_returns_what_keras_says(found: Explained, model: Any, x: Any) -> None:
    wanted = [layer for layer in model.layers if not isinstance(layer, layers.InputLayer)]
    given = model.inputs if len(model.inputs) > 1 else model.inputs[0]
    outputs = keras.Model(given, [[layer.output for layer in wanted], model.outputs])(x)
    for layer, values in zip(wanted, outputs[0], strict=True):
        *more, mine = [each for each in found.layers if each.name == layer.name]
        if not more:  # of a layer that is called twice, Keras tells the output of one call
            assert_same(mine, values)
        assert mine.kind == type(layer).__name__
        assert mine.parameter_count == layer.count_params()
        assert mine.dtype == layer.dtype_policy.name
    assert_same(found, outputs[1])


def test_the_layers_stand_in_the_order_of_their_calls() -> None:
    model, x = made("nested models")
    inner = model.layers[1].name
    rows = [(each.path, each.name, each.number) for each in explain(model, x).layers]
    lstm, gru = (inner,), model.layers[-1].name
    assert rows == [
        ((), inner, 0),
        (lstm, "inner_lstm", 0),
        ((), inner, 1),
        (lstm, "inner_lstm", 1),
        ((), gru, 0),
    ]


def test_a_layer_that_is_called_twice() -> None:
    model, x = made("subclassed")
    found = explain(model, x)
    first, second = found.layer("own_gru"), found.layer("own_gru", 1)
    np.testing.assert_array_equal(second.inputs[0], first.returned[0].values)
    np.testing.assert_array_equal(first.trace.mask, IDS > 0)
    np.testing.assert_array_equal(second.trace.mask, IDS > 0)
    with pytest.raises(KeyError):
        found.layer("own_gru", 2)


def test_layers_of_one_name_are_told_apart_by_their_paths() -> None:
    inner, _ = of_numbers(layers.LSTM(FEATURES, return_sequences=True, name="lstm"))
    model, x = functional(lambda x: layers.LSTM(2, name="lstm")(inner(inner(x))), X)
    found = explain(model, x)
    assert found.layer("lstm", path=()) is found.layers[-1]
    assert found.layer("lstm", path=(inner.name,)) is found.layers[1]
    assert found.layer("lstm", 1) is found.layers[3]
    with pytest.raises(KeyError, match=rf"'lstm' needs path=, one of .*\('{inner.name}',\), \(\)"):
        found.layer("lstm")
    with pytest.raises(KeyError):
        found.layer("lstm", 1, path=())


def test_a_decoder_begins_with_the_states_of_its_encoder() -> None:
    found = explain(*made("encoder and decoder"))
    encoder, decoder = found.layer("encoder"), found.layer("decoder")
    for name in ("state_h", "state_c"):
        np.testing.assert_array_equal(decoder.trace.initial[name], encoder.tensor(name))
    np.testing.assert_array_equal(encoder.trace.mask, IDS > 0)
    assert decoder.trace.mask is None  # Keras drops it where initial_state is passed
    assert decoder.input_shapes == ((3, 6, 3), (3, 5), (3, 5))


def test_a_stateful_layer_goes_on_from_its_states_and_keeps_them() -> None:
    model, x = made("stateful")
    model(x)
    (gru, both) = model.layers
    before = tensors([gru.states, both.forward_layer.states, both.backward_layer.states])
    found = explain(model, x)
    begun = [s for each in found.layers for c in each.cells for s in c.trace.initial.values()]
    after = tensors([gru.states, both.forward_layer.states, both.backward_layer.states])
    for one, other, kept in zip(before, begun, after, strict=True):
        assert np.abs(one).max() > 0
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, kept)


def test_both_directions_and_each_cell_are_there() -> None:
    found = explain(*made("Bidirectional(RNN([LSTMCell, SimpleRNNCell]))"))
    (both,) = found.layers
    assert [each.name for each in both.cells] == [
        *("forward_0", "forward_1"),
        *("backward_0", "backward_1"),
    ]
    for lower, upper in (both.cells[:2], both.cells[2:]):
        np.testing.assert_array_equal(upper.trace.inputs, lower.trace.hidden)
    np.testing.assert_array_equal(both.cells[2].trace.inputs, X[:, ::-1])
    assert both.trace.gates.keys() == {"input", "forget", "candidate", "output"}


def test_a_model_that_is_a_graph_and_calls_a_cell_by_hand() -> None:
    model = own.FeedsBack()
    expected = model(X)
    found = explain(model, X)
    assert [(each.kind, each.number) for each in found.layers] == [
        *(("RNN", 0), ("Dense", 0), ("LSTMCell", 0), ("Dense", 1), ("LSTMCell", 1), ("Dense", 2)),
    ]
    assert found.layer("warm_up").cells
    assert_same(found, expected)
    assert not tensorflow.config.functions_run_eagerly()


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (lambda: own.OwnLSTM(2), "a OwnLSTM: steps are replayed of"),
        (lambda: own.OwnArguments(2), "a OwnArguments: steps are replayed of"),
        (lambda: layers.RNN(own.OwnCell(2)), "a OwnCell: steps are replayed of"),
        (
            lambda: layers.Bidirectional(layers.RNN(own.OwnCell(2))),
            "a OwnCell: steps are replayed of",
        ),
        (lambda: layers.GRU(2, activation="mish"), "activation: got 'mish'"),
        (lambda: layers.LSTM(2, recurrent_activation=lambda x: x), "recurrent_activation: got '<"),
    ],
)
def test_what_is_not_replayed_says_why(layer: Callable[[], Any], said: str) -> None:
    model, x = of_numbers(layer())
    (found,) = explain(model, x).layers
    assert said in found.untraced
    assert (found.cells, found.trace, found.difference) == ((), None, None)
    assert_same(found, model(x))


def test_in_a_bidirectional_of_ones_own_both_layers_are_replayed() -> None:
    model, x = of_numbers(own.OwnBoth(layers.LSTM(2)))
    both, *directions = explain(model, x).layers
    assert "a OwnBoth: steps are replayed of" in both.untraced
    assert_same(both, model(x))
    assert [len(each.cells) for each in directions] == [1, 1]


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (numbers(1, 30, 2), "is too large for a 32-bit number"),
        (np.full((1, 3, 2), np.nan, "float32"), "numbers that are not finite"),
    ],
)
def test_numbers_that_cannot_be_followed(x: np.ndarray, said: str) -> None:
    model, _ = of_numbers(layers.SimpleRNN(8, activation="relu"), x=x)
    model.layers[0].cell.recurrent_kernel.assign(np.full((8, 8), 30.0))
    (found,) = explain(model, x).layers
    assert found.cells == ()
    assert said in found.untraced


@pytest.mark.parametrize("name", sorted(REPLAYED.keys() - {"hard_sigmoid_keras2"}))
@pytest.mark.parametrize("cell", CELLS)
def test_every_activation(cell: str, name: str) -> None:
    arguments = {"activation": name}
    if "recurrent_activation" in CELLS[cell].arguments:
        arguments["recurrent_activation"] = name
    keras.utils.set_random_seed(6)
    x = X[:, :2] if name == "exponential" else X  # e to the power of e grows within a few steps
    model, x = of_numbers(getattr(layers, cell)(4, **arguments), x=x / 2)
    model.set_weights([weights / 5 for weights in model.get_weights()])
    (found,) = explain(model, x).layers
    assert found.difference <= 1e-6 * max(1, np.abs(found.returned[0].values).max())
    assert found.cells[0].layer.activation == name
    far = np.linspace(-20, 20, 81, dtype="float32").reshape(3, 27)
    expected = tensors(getattr(keras.activations, name)(far))
    np.testing.assert_allclose(REPLAYED[name](far), expected[0], rtol=2e-6, atol=2e-6)


# What is left as it was


AS_IT_WAS = """
import json, os, random
import keras, numpy as np
from components.backend import Settings, explain, from_keras, run
from components.backend.running import engine
engine._BUILDS_BETWEEN_CLEARS = 1

def state():
    drawn = [random.getstate(), np.random.get_state()[1].tolist()]
    return [*drawn, keras.config.dtype_policy().name, keras.config.floatx(), dict(os.environ)]

def next_draws():
    return [keras.random.normal((3,)).numpy().tolist(), random.random(), np.random.random()]

run(Settings())  # loads TensorFlow
found = []
for policy in ("float32", "mixed_float16", "float64"):
    keras.config.set_floatx("float64" if policy == "float64" else "float32")
    keras.config.set_dtype_policy(policy)
    model = keras.Sequential([keras.Input((4, 2)), keras.layers.LSTM(3), keras.layers.Dropout(0.5)])
    keras.utils.set_random_seed(5)
    expected = [next_draws(), next_draws()]
    keras.utils.set_random_seed(5)
    same = [next_draws()]
    before = state()
    explain(model, np.ones((1, 4, 2)))
    from_keras(model.layers[0])
    run(Settings(units=6, dropout=0.2, seed=len(found)))
    is_same = state() == before
    found.append([is_same, [*same, next_draws()] == expected])
print(json.dumps(found))
"""


def test_the_process_is_as_it_was(python: Callable[..., str]) -> None:
    assert json.loads(python("-c", AS_IT_WAS)) == [[True, True]] * 3


def test_a_model_is_as_it_was_even_if_it_raises() -> None:
    call = keras.Operation.__call__
    model, x = of_numbers(layers.LSTM(3, activity_regularizer="l2"), layers.Dropout(0.5))
    before = [dict(vars(layer)) for layer in (model, *model.layers)]
    values = tensors(model.variables)
    with pytest.raises(EngineError, match="size-incompatible"):
        explain(model, x[..., :2])
    explain(model, x)
    assert keras.Operation.__call__ is call
    assert [*map(len, before)] == [len(vars(layer)) for layer in (model, *model.layers)]
    assert model.losses == []
    for one, other in zip(values, tensors(model.variables), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("make", [lambda: own.BuildsLate(), lambda: own.BuildsLateInside()])
def test_a_model_that_is_refused_is_as_it_was(make: Callable[[], Any]) -> None:
    model, call = make(), keras.Layer.__call__
    for _ in range(2):
        with pytest.raises(SettingsError, match="model: got no weights yet"):
            explain(model, X)
        assert model.weights == []
    assert keras.Layer.__call__ is call
    model(X)
    assert explain(model, X).layers[-1].cells


def test_only_a_layer_that_is_called_needs_weights() -> None:
    model = own.CallsOneOfTwo()
    expected = model(X)
    found = explain(model, X)
    assert [each.kind for each in found.layers] == ["LSTM", "Add"]
    assert_same(found, expected)
    assert not model.trained.built


def test_nested_lists_are_an_array() -> None:
    model, x = made("Embedding, LSTM, Dense")
    found, same = explain(model, x.tolist()), explain(model, x)
    np.testing.assert_array_equal(found.returned[0].values, same.returned[0].values)


def test_arrays_are_read_only() -> None:
    found = explain(*made("encoder and decoder"))
    for each in found.layers:
        arrays = [*each.inputs, *(tensor.values for tensor in each.returned)]
        arrays += [a for c in each.cells for a in (*c.weights.values(), c.trace.hidden)]
        assert not any(array.flags.writeable for array in arrays)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        (lambda: keras.Sequential([layers.LSTM(2)]), "model: got no weights yet"),
        (lambda: own.BuildsLate(), "model: got no weights yet"),
        (lambda: "model.keras", "model: got a str; allowed: a Keras model"),
    ],
)
def test_what_is_no_model_is_refused(model: Callable[[], Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        explain(model(), X)


# One layer


def built(layer: Any, features: int = FEATURES) -> Any:
    layer.build((None, None, features))
    return layer


LAYERS = {
    "LSTM": lambda: layers.LSTM(600, return_sequences=True, activation="gelu"),
    "GRU": lambda: layers.GRU(5, reset_after=False, use_bias=False, return_state=True),
    "SimpleRNN": lambda: layers.SimpleRNN(5, activation="softsign", go_backwards=True),
    "RNN": lambda: layers.RNN(layers.LSTMCell(5), return_sequences=True),
    "forward": lambda: layers.Bidirectional(layers.GRU(3)).forward_layer,
    "backward": lambda: layers.Bidirectional(layers.GRU(3)).backward_layer,
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_runs_from_its_settings(name: str) -> None:
    layer = built(LAYERS[name]())
    settings, weights, rest = from_keras(layer)
    assert isinstance(settings, AnySettings)
    assert rest == {}
    result = run(settings.but(values=X), weights=weights)
    for tensor, expected in zip(result.returned, tensors(layer(X)), strict=True):
        np.testing.assert_array_equal(tensor.values, expected)


def test_a_layer_that_reads_many_features() -> None:
    x = numbers(1, 2, 700)
    settings, weights, _ = from_keras(built(layer := layers.GRU(2), 700))
    result = run(settings.but(values=x), weights=weights)
    np.testing.assert_array_equal(result.last_output, tensors(layer(x))[0])


def test_what_is_no_setting_is_named() -> None:
    layer = layers.LSTM(
        2,
        dropout=0.3,
        recurrent_dropout=0.1,
        stateful=True,
        kernel_initializer="he_normal",
        kernel_regularizer="l2",
        zero_output_for_mask=True,
        dtype="mixed_float16",
    )
    layer.build((1, None, 3))
    settings, _, rest = from_keras(layer)
    assert not settings.drops
    assert rest == {
        "dropout": 0.3,
        "recurrent_dropout": 0.1,
        "stateful": True,
        "kernel_initializer": "HeNormal",
        "kernel_regularizer": "L2",
        "zero_output_for_mask": True,
        "dtype": "mixed_float16",
    }


@pytest.mark.parametrize(
    ("layer", "said"),
    [
        (lambda: "lstm", "layer: got a str; allowed: keras.layers.LSTM"),
        (lambda: layers.LSTM(2, name="new"), "new: got no weights yet"),
        (lambda: built(layers.Dense(2, name="end")), "end: got a Dense"),
        (lambda: built(own.OwnLSTM(2, name="own")), "own: got a OwnLSTM"),
        (lambda: built(layers.RNN(own.OwnCell(2), name="own")), "own: got a OwnCell"),
        (lambda: built(layers.Bidirectional(layers.GRU(2), name="both")), "both: got a Bidirect"),
        (
            lambda: built(layers.RNN([layers.GRUCell(2), layers.GRUCell(2)], name="two")),
            "two: got several cells",
        ),
        (lambda: built(layers.GRU(2, activation="mish")), "activation: got 'mish'; allowed: only"),
    ],
)
def test_a_layer_that_is_no_setting_is_refused(layer: Callable[[], Any], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        from_keras(layer())


@pytest.mark.parametrize("argument", ["activation", "recurrent_activation"])
def test_a_refused_activation_is_told_those_that_a_live_layer_may_have(argument: str) -> None:
    with pytest.raises(SettingsError) as refused:
        from_keras(built(layers.GRU(2, **{argument: "mish"})))
    (problem,) = refused.value.problems
    assert problem.field == argument
    for name in problem.allowed.values["names"].split(", "):
        settings = from_keras(built(layers.GRU(2, **{argument: name}))).settings
        assert getattr(settings, argument) == name


@pytest.mark.parametrize("ending", [".keras", ".weights.h5", ".h5"])
def test_a_large_file_is_read_if_it_is_asked_for(ending: str, tmp_path: Path) -> None:
    model, _ = of_ids(layers.Embedding(2000, 8), layers.LSTM(600))
    path = tmp_path / f"model{ending}"
    model.save_weights(path) if ending == ".weights.h5" else model.save(path)
    table, lstm = model.layers
    settings = AnySettings(units=600, vocabulary_size=2000, embedding_dim=8)
    with pytest.raises(SettingsError, match="bytes"):
        read_weights(path.read_bytes(), settings)
    found = read_weights(path.read_bytes(), settings, most=None).weights
    for mine, theirs in zip(found.values(), tensors([*table.weights, *lstm.weights]), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_a_mismatch_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the equations here were others than Keras's."""
    monkeypatch.setitem(REPLAYED, "tanh", np.sin)
    model, x = made("GRU on GRU")
    with pytest.raises(replay.MismatchError, match=r"gru\w*: outputs: the recomputed steps differ"):
        explain(model, x)


def test_an_answer_tells_its_layers_a_line_each() -> None:
    parts = [layers.Dense(2, name=f"dense_{at}") for at in range(50)]
    model = keras.Sequential([keras.Input((3, 4)), layers.GRU(2, name="gru"), *parts])
    found = explain(model, np.ones((1, 3, 4), "float32"))
    first, *lines = repr(found).splitlines()
    assert first == f"{model.name} (Sequential), {model.count_params():,} parameters"
    assert lines[0].strip() == "gru (GRU): (1, 3, 4) -> (1, 2)"
    assert len(lines) + 1 == 40
    assert lines[-1].strip() == "… and 13 more, in .layers"
    with pytest.raises(KeyError, match="no layer 'gru_9'.*'gru', 0, .*'dense_0', 0"):
        found.layer("gru_9")


def test_an_error_of_keras_names_the_layer_in_one_line() -> None:
    inner = keras.Sequential([keras.Input((None, 4)), layers.GRU(2, name="gru")], name="inner")
    x = keras.Input((None, 4))
    model = keras.Model(x, layers.Dense(1)(inner(x)))
    with pytest.raises(EngineError) as caught:
        explain(model, np.full((1, 2, 3), 7.5, "float32"))
    said = str(caught.value)
    assert "\n" not in said
    assert "\x1b" not in said
    assert "7.5" not in said


def test_what_a_time_distributed_holds_is_named() -> None:
    inner = keras.Sequential([keras.Input((4, 2)), layers.GRU(2)], name="inner")
    model = keras.Sequential([keras.Input((3, 4, 2)), layers.TimeDistributed(inner), layers.GRU(2)])
    first, second = explain(model, np.ones((1, 3, 4, 2), "float32")).layers
    assert "inner" in first.untraced
    assert second.cells
